"""The contracts as the doors need them: every spelling of a symbol, prices as text, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from django.utils.translation import gettext_noop as _

from portal.lib.money import AmountError, text_to_ticks
from trading.choices import OFFSET_WORDS, ORDER_TYPE_WORDS, SIDE_WORDS, TIME_IN_FORCE_WORDS
from trading.engine import types as t
from trading.engine.bounds import PRICE_TICKS_MAX
from trading.engine.instrument import Instrument
from trading.shapes.numbers import day_text, millionths_json, money, quotient, ratio

_PRICE_CACHE_MAX: Final = 20_000
_SYMBOL_FORMS: Final = re.compile(r"(?:([A-Za-z]{2,8})\.)?([A-Za-z]{1,4}\d{3,4})(?:\.([A-Za-z]{2,8}))?\Z", re.ASCII)


class PriceError(ValueError):
    """A price text is no whole number of ticks; `code` says which way.

    The message is an English sentence that the doors translate; empty where the code's own says all.
    """

    def __init__(self, code: str, message: str = "") -> None:
        self.code = code
        super().__init__(message)


class OrderWords:
    """What a contract's orders of one kind say, encoded once and shared, so that a big book's orders stay small."""

    __slots__ = ("contract", "day", "fill", "is_stop", "limited", "order", "trading_day", "trails")

    def __init__(
        self, contract: Contract, *, trading_day: int, side: int, offset: int, order_type: int, time_in_force: int
    ) -> None:
        self.contract = contract
        self.trading_day = trading_day
        self.day = day_text(trading_day)
        self.limited = order_type in (t.LIMIT, t.STOP_LIMIT)
        self.is_stop = order_type in (t.STOP, t.STOP_LIMIT, t.TRAILING_STOP)
        self.trails = order_type == t.TRAILING_STOP
        deal = f'"symbol":"{contract.symbol}","side":"{SIDE_WORDS[side]}","position_effect":"{OFFSET_WORDS[offset]}",'
        self.fill = f'{deal}"qty":'
        self.order = (
            f'{deal}"type":"{ORDER_TYPE_WORDS[order_type]}","time_in_force":"{TIME_IN_FORCE_WORDS[time_in_force]}",'
            f'"trading_day":"{self.day}","qty":'
        )


class Contract:
    """One instrument with what the doors compute of it once: tick text, decimals, symbol bytes, price texts."""

    __slots__ = (
        "_multiplier",
        "_quoted",
        "_texts",
        "_tick_e4_200",
        "_ticks",
        "_words",
        "decimals",
        "instrument",
        "lower_ticks",
        "symbol",
        "tick_text",
        "upper_ticks",
    )

    def __init__(self, instrument: Instrument, *, lower_ticks: int, upper_ticks: int) -> None:
        self.instrument = instrument
        self.lower_ticks = lower_ticks
        self.upper_ticks = upper_ticks
        self.symbol = instrument.symbol
        self.tick_text = quotient(instrument.tick_e4, 10_000, decimals_min=0, decimals_max=4)
        self.decimals = len(self.tick_text.partition(".")[2])
        self._multiplier = instrument.multiplier
        self._tick_e4_200 = 200 * instrument.tick_e4
        self._texts: dict[int, str] = {}
        self._quoted: dict[int, str] = {}
        self._words: dict[int, OrderWords] = {}
        self._ticks: dict[str, int] = {}

    def price(self, ticks: int) -> str:
        """Return a price in ticks as text with the tick's decimals."""
        text = self._texts.get(ticks)
        if text is None:
            if len(self._texts) >= _PRICE_CACHE_MAX:
                self._texts.clear()
            # decimals of the tick are at most four, so the division is exact
            units = ticks * self.instrument.tick_e4 // 10 ** (4 - self.decimals)
            text = _fixed(units, self.decimals)
            self._texts[ticks] = text
        return text

    def price_json(self, ticks: int) -> str:
        """Return a price in ticks as a JSON string; the orders at a price share it."""
        text = self._quoted.get(ticks)
        if text is None:
            if len(self._quoted) >= _PRICE_CACHE_MAX:
                self._quoted.clear()
            text = self._quoted[ticks] = f'"{self.price(ticks)}"'
        return text

    def words(self, trading_day: int, side: int, offset: int, order_type: int, time_in_force: int) -> OrderWords:
        """Return what all orders of this kind say; the last day asked for is remembered."""
        key = side | offset << 4 | order_type << 8 | time_in_force << 12
        words = self._words.get(key)
        if words is None or words.trading_day != trading_day:
            words = self._words[key] = OrderWords(
                self,
                trading_day=trading_day,
                side=side,
                offset=offset,
                order_type=order_type,
                time_in_force=time_in_force,
            )
        return words

    def ticks(self, text: str) -> int:
        """Return a price text as ticks; raise `PriceError` when it is malformed or between two ticks."""
        ticks = self._ticks.get(text)
        if ticks is None:
            try:
                ticks = text_to_ticks(text, tick=self.tick_text)
            except AmountError:
                # A number of the right form that is no multiple is a price refusal; anything else is malformed.
                if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text, re.ASCII):
                    raise PriceError("price_tick") from None
                raise PriceError("invalid_field", _("A price is a plain decimal number such as 800.02.")) from None
            if ticks <= 0:
                raise PriceError("invalid_field", _("A price is greater than zero."))
            if ticks > PRICE_TICKS_MAX:
                raise PriceError("invalid_field", _("No price is as high as that."))
            if len(self._ticks) >= _PRICE_CACHE_MAX:
                self._ticks.clear()
            self._ticks[text] = ticks
        return ticks

    def average_json(self, filled_ticks: int, qty: int) -> str:
        """Return the mean of prices given as the sum of price × lots, to six decimals at most, as a JSON string."""
        ticks = filled_ticks // qty
        if ticks * qty == filled_ticks:  # nearly always: most orders trade at one price
            return self.price_json(ticks)
        if filled_ticks < 0:
            text = quotient(filled_ticks * self.instrument.tick_e4, qty * 10_000, decimals_min=self.decimals)
            return f'"{text}"'
        return millionths_json((filled_ticks * self._tick_e4_200 + qty) // (2 * qty), self.decimals)

    def cost_json(self, cost_fen: int, qty: int) -> str:
        """Return the mean price behind a cost in fen, to six decimals at most, as a JSON string."""
        units = self._multiplier * qty
        if cost_fen < 0:
            return f'"{quotient(cost_fen, 100 * units, decimals_min=self.decimals)}"'
        return millionths_json((cost_fen * 20_000 + units) // (2 * units), self.decimals)

    def average_price(self, *, filled_ticks: int, qty: int) -> str:
        """Return the mean of prices given as the sum of price × lots, to six decimals at most."""
        return self.average_json(filled_ticks, qty)[1:-1]

    def cost_price(self, *, cost_fen: int, qty: int) -> str:
        """Return the mean price behind a cost in fen, to six decimals at most."""
        return self.cost_json(cost_fen, qty)[1:-1]

    def day_average(self, *, volume: int, turnover_fen: int) -> str | None:
        """Return the average price of a day's trades, to six decimals at most; None before the first one."""
        return self.cost_price(cost_fen=turnover_fen, qty=volume) if volume else None

    def facts(self, *, language: str = "zh-hans") -> dict[str, object]:
        """Return the contract's part of the instrument JSON (without market figures)."""
        item = self.instrument
        fees = item.rates.fees
        english = language.startswith("en") and item.name_en
        return {
            "symbol": item.symbol,
            "venue": item.venue,
            "product": item.product,
            "name": item.name_en if english else item.name_zh,
            "multiplier": item.multiplier,
            "tick": self.tick_text,
            "price_decimals": self.decimals,
            "tick_value": money(item.tick_value_fen),
            "margin_long": ratio(item.rates.long_margin_ppm),
            "margin_short": ratio(item.rates.short_margin_ppm),
            "fee_open": money(fees.open_fen),
            "fee_close": money(fees.close_fen),
            "fee_close_today": money(fees.close_today_fen),
            "fee_open_ratio": ratio(fees.open_ppm),
            "fee_close_ratio": ratio(fees.close_ppm),
            "fee_close_today_ratio": ratio(fees.close_today_ppm),
            "lower_limit": self.price(self.lower_ticks),
            "upper_limit": self.price(self.upper_ticks),
            "previous_settlement": self.price(item.previous_settlement_ticks),
            "max_order_qty": item.max_order_qty,
            "last_trading_date": day_text(item.last_trading_day),
            "close_means_yesterday": item.close_means_yesterday,
            "tradable": item.tradable,
        }


class Contracts:
    """All contracts by number and by every accepted spelling of the symbol."""

    __slots__ = ("_by_form", "by_id", "by_symbol")

    def __init__(self) -> None:
        self.by_id: dict[int, Contract] = {}
        self.by_symbol: dict[str, Contract] = {}
        self._by_form: dict[str, Contract] = {}

    def load(self, rows: Iterable[tuple[Instrument, int, int]]) -> None:
        """Replace everything by these contracts and their price bands."""
        self.by_id.clear()
        self.by_symbol.clear()
        self._by_form.clear()
        for instrument, lower_ticks, upper_ticks in rows:
            self.put(instrument, lower_ticks=lower_ticks, upper_ticks=upper_ticks)

    def put(self, instrument: Instrument, *, lower_ticks: int, upper_ticks: int) -> Contract:
        """Add or change one contract."""
        contract = Contract(instrument, lower_ticks=lower_ticks, upper_ticks=upper_ticks)
        self.by_id[instrument.instrument_id] = contract
        self.by_symbol[contract.symbol] = contract
        for form in symbol_forms(contract.symbol):
            self._by_form[form] = contract
        return contract

    def get(self, symbol: str) -> Contract | None:
        """Return the contract of a symbol in any accepted spelling, or None."""
        found = self.by_symbol.get(symbol)
        return found if found is not None else self._by_form.get(symbol.upper())

    def __iter__(self) -> Iterator[Contract]:
        return iter(self.by_id.values())

    def __len__(self) -> int:
        return len(self.by_id)


def symbol_forms(symbol: str) -> tuple[str, ...]:
    """Return the accepted spellings of a canonical symbol, in capitals: venue first, venue last, bare."""
    venue, _, code = symbol.upper().partition(".")
    return (f"{venue}.{code}", f"{code}.{venue}", code)


def looks_like_symbol(text: str) -> bool:
    """Say whether a text has the form of a symbol at all."""
    return len(text) <= 24 and _SYMBOL_FORMS.match(text) is not None


def _fixed(units: int, decimals: int) -> str:
    if decimals == 0:
        return str(units)
    sign, units = ("-", -units) if units < 0 else ("", units)
    scale = 10**decimals
    return f"{sign}{units // scale}.{units % scale:0{decimals}d}"
