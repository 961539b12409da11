"""An order and a fill as JSON. Hand-written encoding: an order's answer is on the hot path of every trade."""

from __future__ import annotations

import json
from collections.abc import Mapping
from json.encoder import encode_basestring_ascii as json_text
from typing import Final

from trading.choices import FINAL_STATUSES, ORDER_STATUS_WORDS
from trading.engine import types as t
from trading.engine.events import Leg, OrderAccepted, OrderRejected, Trade
from trading.engine.terms import Terms
from trading.engine.views import OrderView
from trading.models.event_body import AccountFill
from trading.shapes.contracts import Contract
from trading.shapes.figures import figures_shape
from trading.shapes.numbers import CENTS, money, time_json
from trading.shapes.order_terms import NO_TERMS_JSON, terms_json, with_stop_price

CLIENT_ORDER_ID_PATTERN: Final = r"^[A-Za-z0-9._:/@+-]{1,64}$"
"""Ids that need no escaping in JSON, in a URL's path segment escape cleanly, and fit a database column."""


_ENDED: Final = frozenset(FINAL_STATUSES)
_NOTHING_WRONG: Final = '"reject_code":null,"figures":null,"cancel_reason":null,"created_at":'
_STATUS: Final = {status: f'"status":"{word}",' for status, word in ORDER_STATUS_WORDS.items()}
_STATUS_PLAIN: Final = {status: text + _NOTHING_WRONG for status, text in _STATUS.items()}
_UNTOUCHED: Final = f'"filled_avg_price":null,{_STATUS_PLAIN[t.NEW]}'


def canceled_status(reason: str) -> int:
    """Return the status of an order that left the book for a reason: the end of the day expires it."""
    return t.EXPIRED if reason in t.EXPIRING else t.CANCELED


class OrderState:
    """One order as the doors know it: the fixed part encoded once, the moving part as numbers."""

    __slots__ = (
        "_created_text",
        "_extras",
        "_price_text",
        "_text",
        "acked_ns",
        "cancel_reason",
        "created_ns",
        "figures",
        "filled_qty",
        "filled_ticks",
        "order_id",
        "qty",
        "received_ns",
        "reject_code",
        "seq",
        "status",
        "updated_ns",
        "whose",
        "words",
    )

    # By position as well: every accepted order comes by here, and eleven names cost 0.4 us.
    def __init__(
        self,
        account_id: int,
        order_id: int,
        client_order_id: str,
        contract: Contract,
        side: int,
        offset: int,
        order_type: int,
        time_in_force: int,
        qty: int,
        price_ticks: int,
        trading_day: int,
    ) -> None:
        words = contract.words(trading_day, side, offset, order_type, time_in_force)
        self.order_id = order_id
        self.words = words
        self.qty = qty
        self.filled_qty = 0
        self.filled_ticks = 0
        self.status: int = t.NEW
        self.reject_code: str | None = None
        self.figures: Mapping[str, int] | None = None
        self.cancel_reason: str | None = None
        self.created_ns = 0
        self.updated_ns = 0
        self.seq = 0
        self.received_ns = 0
        self.acked_ns = 0
        self._created_text: str | None = None
        self._price_text = contract.price_json(price_ticks) if words.limited else "null"
        self._text: str | None = None
        self._extras = NO_TERMS_JSON
        # Our own ids need no escaping; ids of other doors (files, machines) may hold anything.
        self.whose = f'"{order_id}","client_order_id":{json_text(client_order_id)},"account":{account_id},'

    @property
    def contract(self) -> Contract:
        """The contract that the order is for."""
        return self.words.contract

    @property
    def ended(self) -> bool:
        """Whether the order's status never changes again."""
        return self.status in _ENDED

    @property
    def leaves_qty(self) -> int:
        """The lots still working."""
        return 0 if self.status in _ENDED else self.qty - self.filled_qty

    def filled(self, *, filled_qty: int, filled_ticks: int, leaves_qty: int) -> None:
        """Take over the fill totals after a trade."""
        self.filled_qty = filled_qty
        self.filled_ticks = filled_ticks
        self.status = t.PARTIALLY_FILLED if leaves_qty else t.FILLED

    def canceled(self, *, reason: str) -> None:
        """The rest left the book."""
        self.status = canceled_status(reason)
        self.cancel_reason = reason

    def replaced(self, *, qty: int, price_ticks: int) -> None:
        """The order stands with a new total quantity and price."""
        self.qty = qty
        if self.words.limited:
            self._price_text = self.words.contract.price_json(price_ticks)

    def put_terms(self, terms: Terms, *, trigger_ticks: int) -> None:
        """Show the order's terms. Where a trailing stop waits is known when it is triggered, not before."""
        if self.words.trails and self.status == t.HELD:
            trigger_ticks = 0
        self._extras = terms_json(terms, trigger_ticks, self.words.contract)
        self._text = None

    def held(self, terms: Terms) -> None:
        """The order waits for its trigger."""
        self.status = t.HELD
        self.put_terms(terms, trigger_ticks=terms.trigger_ticks)

    def put_trigger(self, trigger_ticks: int) -> None:
        """The trigger was moved, or met."""
        if self.words.trails and self.status == t.HELD:
            return
        self._extras = with_stop_price(self._extras, trigger_ticks, self.words.contract)

    def triggered(self, *, price_ticks: int, trigger_ticks: int) -> None:
        """The last price reached the trigger: an order like any other from now on."""
        self.status = t.NEW
        self.put_trigger(trigger_ticks)
        if self.words.limited:
            self._price_text = self.words.contract.price_json(price_ticks)

    def changed(self, seq: int, at_ns: int, acked_ns: int, at_text: str) -> str:
        """Note the journal number and times of a change and return the order's new text; every change ends here."""
        self.seq = seq
        self.updated_ns = at_ns
        self.acked_ns = acked_ns
        if not self.created_ns:
            self.created_ns = at_ns
            self._created_text = at_text
        return self._encoded(at_text)

    def json(self) -> str:
        """Return the order as JSON text; the same text serves the event and the answer of one change."""
        text = self._text
        return text if text is not None else self._encoded(_time(self.updated_ns))

    def _encoded(self, updated_text: str) -> str:
        qty, filled_qty, status = self.qty, self.filled_qty, self.status
        created_text = self._created_text
        if created_text is None:
            created_text = self._created_text = _time(self.created_ns)
        if status == t.NEW and not filled_qty:
            moving = (
                f'{qty},"filled_qty":0,"leaves_qty":{qty},"limit_price":{self._price_text},{self._extras},{_UNTOUCHED}'
            )
        else:
            average = self.words.contract.average_json(self.filled_ticks, filled_qty) if filled_qty else "null"
            plain = self.cancel_reason is None and self.reject_code is None
            moving = (
                f'{qty},"filled_qty":{filled_qty},"leaves_qty":{0 if status in _ENDED else qty - filled_qty},'
                f'"limit_price":{self._price_text},{self._extras},"filled_avg_price":{average},'
                f"{_STATUS_PLAIN[status] if plain else self._ending()}"
            )
        text = self._text = (
            f'{{"id":{self.whose}{self.words.order}{moving}{created_text},"updated_at":{updated_text},'
            f'"seq":{self.seq},"received_ns":{self.received_ns},"acked_ns":{self.acked_ns}}}'
        )
        return text

    def _ending(self) -> str:
        code = self.reject_code
        return (
            f'{_STATUS[self.status]}"reject_code":{_word(code)},'
            f'"figures":{_figures(code, self.figures, self.words.contract)},'
            f'"cancel_reason":{_word(self.cancel_reason)},"created_at":'
        )


def order_of_view(view: OrderView, *, contract: Contract) -> OrderState:
    """Make the doors' order of the engine's view of it."""
    state = OrderState(
        account_id=view.account_id,
        order_id=view.order_id,
        client_order_id=view.client_order_id,
        contract=contract,
        side=view.side,
        offset=view.offset,
        order_type=view.order_type,
        time_in_force=view.time_in_force,
        qty=view.qty,
        price_ticks=view.price_ticks,
        trading_day=view.trading_day,
    )
    state.filled_qty = view.filled_qty
    state.filled_ticks = view.filled_ticks
    state.status = view.status
    state.seq = view.seq
    state.created_ns = view.entered_ns
    if view.terms is not None:
        state.put_terms(view.terms, trigger_ticks=view.terms.trigger_ticks)
    return state


def order_of_event(event: OrderAccepted | OrderRejected, *, contract: Contract, trading_day: int) -> OrderState:
    """Make the doors' order of the event that began it."""
    state = OrderState(
        event.account_id,
        event.order_id,
        event.client_order_id,
        contract,
        event.side,
        event.offset,
        event.order_type,
        event.time_in_force,
        event.qty,
        event.price_ticks,
        trading_day,
    )
    if type(event) is OrderRejected:
        state.status = t.REJECTED
        state.reject_code = event.code
        state.figures = event.figures
    elif type(event) is OrderAccepted and event.terms is not None:
        if state.words.is_stop:
            state.held(event.terms)
        else:
            state.put_terms(event.terms, trigger_ticks=0)
    return state


def fill_json(order: OrderState, trade: Trade | AccountFill, leg: Leg, taker: bool, seq: int, at_text: str) -> str:
    """Return one side of a trade as JSON text."""
    fee, profit, by_trade = leg.fee_fen, leg.close_profit_fen, leg.close_profit_trade_fen
    fee_text = f"{fee // 100}{CENTS[fee % 100]}" if fee >= 0 else money(fee)
    words = order.words
    return (
        f'{{"id":"{trade.trade_id}","order_id":{order.whose}{words.fill}{trade.qty},'
        f'"price":{words.contract.price_json(trade.price_ticks)},'
        f'"fee":"{fee_text}","close_profit":"{money(profit) if profit else "0.00"}",'
        f'"close_profit_by_trade":"{money(by_trade) if by_trade else "0.00"}",'
        f'"liquidity":"{"taker" if taker else "maker"}","trading_day":"{words.day}",'
        f'"at":{at_text},"seq":{seq}}}'
    )


def _time(ns: int) -> str:
    # Unknown until the projection has the order: null, never a made-up time.
    return time_json(ns) if ns else "null"


def _word(code: str | None) -> str:
    return "null" if code is None else json.dumps(code)


def _figures(code: str | None, figures: Mapping[str, int] | None, contract: Contract) -> str:
    return "null" if figures is None else json.dumps(figures_shape(code or "", figures, contract=contract))
