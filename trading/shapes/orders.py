"""An order and a fill as JSON. Hand-written encoding: an order's answer is on the hot path of every trade."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from trading.choices import (
    FINAL_STATUSES,
    OFFSET_WORDS,
    ORDER_STATUS_WORDS,
    ORDER_TYPE_WORDS,
    SIDE_WORDS,
    TIME_IN_FORCE_WORDS,
)
from trading.engine import types as t
from trading.engine.events import OrderAccepted, OrderRejected
from trading.engine.views import OrderView
from trading.models.event_body import AccountFill
from trading.shapes.contracts import Contract
from trading.shapes.figures import figures_shape
from trading.shapes.numbers import day_text, money, time_text

CLIENT_ORDER_ID_PATTERN: Final = r"^[A-Za-z0-9._:/@+-]{1,64}$"
"""Ids that need no escaping in JSON, in a URL's path segment escape cleanly, and fit a database column."""


_ENDED: Final = frozenset(FINAL_STATUSES)
_TERMS: Final = {
    (order_type, time_in_force): f'"type":"{type_word}","time_in_force":"{time_word}",'
    for order_type, type_word in ORDER_TYPE_WORDS.items()
    for time_in_force, time_word in TIME_IN_FORCE_WORDS.items()
}
_PLAIN: Final = re.compile(CLIENT_ORDER_ID_PATTERN.replace("$", r"\Z"))


def canceled_status(reason: str) -> int:
    """Return the status of an order that left the book for a reason: the end of the day expires it."""
    return t.EXPIRED if reason == t.CANCELED_DAY_END else t.CANCELED


class OrderState:
    """One order as the doors know it: the fixed part encoded once, the moving part as numbers."""

    __slots__ = (
        "_common",
        "_created_of",
        "_created_text",
        "_terms",
        "_text",
        "account_id",
        "acked_ns",
        "cancel_reason",
        "client_order_id",
        "contract",
        "created_ns",
        "day",
        "figures",
        "filled_qty",
        "filled_ticks",
        "limited",
        "order_id",
        "price_ticks",
        "qty",
        "received_ns",
        "reject_code",
        "seq",
        "status",
        "trading_day",
        "updated_ns",
    )

    def __init__(
        self,
        *,
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
        self.account_id = account_id
        self.order_id = order_id
        self.client_order_id = client_order_id
        self.contract = contract
        self.limited = order_type == t.LIMIT
        self.qty = qty
        self.price_ticks = price_ticks
        self.trading_day = trading_day
        self.filled_qty = 0
        self.filled_ticks = 0
        self.status = t.NEW
        self.reject_code: str | None = None
        self.figures: Mapping[str, int] | None = None
        self.cancel_reason: str | None = None
        self.created_ns = 0
        self.updated_ns = 0
        self.seq = 0
        self.received_ns = 0
        self.acked_ns = 0
        self._created_of = 0
        self._created_text = "null"
        self._text: str | None = None
        client_text = client_order_id if _is_plain(client_order_id) else json.dumps(client_order_id)[1:-1]
        self.day = day_text(trading_day)
        # What an order's own text and the texts of its fills share.
        self._common = (
            f'"client_order_id":"{client_text}","account":{account_id},"symbol":"{contract.symbol}",'
            f'"side":"{SIDE_WORDS[side]}","position_effect":"{OFFSET_WORDS[offset]}",'
        )
        # The few texts there are of these are shared by all orders: a big book's orders stay small.
        self._terms = _TERMS[order_type, time_in_force]

    @property
    def fill_head(self) -> str:
        """The start of the text of each of the order's fills."""
        return f'"order_id":"{self.order_id}",{self._common}'

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
        self.price_ticks = price_ticks

    def touched(self, *, seq: int, at_ns: int) -> None:
        """Note the journal number and time of the last change; every change ends with this."""
        self._text = None
        self.seq = seq
        self.updated_ns = at_ns
        if not self.created_ns:
            self.created_ns = at_ns

    def json(self) -> str:
        """Return the order as JSON text; the same text serves the event and the answer of one change."""
        text = self._text
        if text is None:
            text = self._text = self._encoded()
        return text

    def _encoded(self) -> str:
        contract, filled_qty, status = self.contract, self.filled_qty, self.status
        created_ns, updated_ns = self.created_ns, self.updated_ns
        if created_ns != self._created_of:
            self._created_of = created_ns
            self._created_text = f'"{time_text(created_ns)}"' if created_ns else "null"
        average = (
            f'"{contract.average_price(filled_ticks=self.filled_ticks, qty=filled_qty)}"' if filled_qty else "null"
        )
        price = f'"{contract.price(self.price_ticks)}"' if self.limited else "null"
        updated = self._created_text if updated_ns == created_ns else _time(updated_ns)
        code, reason = self.reject_code, self.cancel_reason
        ending = (
            '"reject_code":null,"figures":null,"cancel_reason":null'
            if code is None and reason is None
            else (
                f'"reject_code":{_word(code)},"figures":{_figures(code, self.figures, contract)},'
                f'"cancel_reason":{_word(reason)}'
            )
        )
        return (
            f'{{"id":"{self.order_id}",{self._common}{self._terms}"trading_day":"{self.day}",'
            f'"qty":{self.qty},"filled_qty":{filled_qty},'
            f'"leaves_qty":{0 if status in _ENDED else self.qty - filled_qty},'
            f'"limit_price":{price},"filled_avg_price":{average},"status":"{ORDER_STATUS_WORDS[status]}",'
            f'{ending},"created_at":{self._created_text},"updated_at":{updated},"seq":{self.seq},'
            f'"received_ns":{self.received_ns},"acked_ns":{self.acked_ns}}}'
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
    return state


def order_of_event(event: OrderAccepted | OrderRejected, *, contract: Contract, trading_day: int) -> OrderState:
    """Make the doors' order of the event that began it."""
    state = OrderState(
        account_id=event.account_id,
        order_id=event.order_id,
        client_order_id=event.client_order_id,
        contract=contract,
        side=event.side,
        offset=event.offset,
        order_type=event.order_type,
        time_in_force=event.time_in_force,
        qty=event.qty,
        price_ticks=event.price_ticks,
        trading_day=trading_day,
    )
    if isinstance(event, OrderRejected):
        state.status = t.REJECTED
        state.reject_code = event.code
        state.figures = event.figures
    return state


def fill_json(*, order: OrderState, fill: AccountFill, at_text: str, seq: int) -> str:
    """Return one side of a trade as JSON text."""
    leg = fill.leg
    return (
        f'{{"id":"{fill.trade_id}",{order.fill_head}"qty":{fill.qty},'
        f'"price":"{order.contract.price(fill.price_ticks)}","fee":"{money(leg.fee_fen)}",'
        f'"close_profit":"{money(leg.close_profit_fen)}",'
        f'"close_profit_by_trade":"{money(leg.close_profit_trade_fen)}",'
        f'"liquidity":"{"taker" if fill.is_taker else "maker"}","trading_day":"{order.day}",'
        f'"at":"{at_text}","seq":{seq}}}'
    )


def _is_plain(text: str) -> bool:
    # Our own ids need no escaping; ids of other doors (files, machines) may hold anything.
    return _PLAIN.match(text) is not None


def _time(ns: int) -> str:
    # Unknown until the projection has the order: null, never a made-up time.
    return f'"{time_text(ns)}"' if ns else "null"


def _word(code: str | None) -> str:
    return "null" if code is None else json.dumps(code)


def _figures(code: str | None, figures: Mapping[str, int] | None, contract: Contract) -> str:
    return "null" if figures is None else json.dumps(figures_shape(code or "", figures, contract=contract))
