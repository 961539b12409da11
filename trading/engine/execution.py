"""Joins exchange and counter for one order at a time: match, book each fill on both sides, end or rest what is left."""

from __future__ import annotations

from typing import Final

from trading.engine.book_order import BookOrder
from trading.engine.counter.fills import book_fill
from trading.engine.counter.freezing import release
from trading.engine.counter.order_states import CANCEL, EXPIRE, next_state
from trading.engine.counter.orders import Order
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderCanceled, Trade
from trading.engine.exchange.market import Market
from trading.engine.exchange.matching import fillable_qty, match
from trading.engine.state import State
from trading.engine.types import (
    CANCELED_DAY_END,
    CANCELED_FOK,
    CANCELED_IOC,
    CANCELED_MARKET,
    CANCELED_SELF_TRADE,
    DAY,
    FOK,
    MARKET,
    OPEN,
)


class Execution:
    """The way of an accepted order through the exchange, and the end of any order."""

    __slots__ = ("_makers", "_qtys", "_state")

    def __init__(self, state: State) -> None:
        self._state: Final = state
        # Reused by every order, so that matching allocates nothing.
        self._makers: Final[list[BookOrder]] = []
        self._qtys: Final[list[int]] = []

    def run(self, order: Order, market: Market, actor: str, events: list[Event]) -> None:
        """Match an order that has just been accepted or has lost its place; it is not in the book."""
        if order.time_in_force == FOK and fillable_qty(market.book, order) < order.leaves_qty:
            self.end(order, CANCELED_FOK, actor, events)
            return
        makers = self._makers
        stopped = match(market.book, order, makers, self._qtys)
        if makers:
            self._book_trades(order, market, events)
        if order.leaves_qty == 0:
            return
        if stopped:
            self.end(order, CANCELED_SELF_TRADE, actor, events)
        elif order.order_type == MARKET:
            self.end(order, CANCELED_MARKET, actor, events)
        elif order.time_in_force != DAY:
            self.end(order, CANCELED_IOC, actor, events)
        else:
            market.book.add(order)

    def _book_trades(self, taker: Order, market: Market, events: list[Event]) -> None:
        state = self._state
        trading_day = state.trading_day
        contract = taker.contract
        for maker, qty in zip(self._makers, self._qtys, strict=True):
            if not isinstance(maker, Order):
                raise EngineBrokenError("a stranger in the book")
            price_ticks = maker.price_ticks
            opened = (maker.offset == OPEN) + (taker.offset == OPEN)
            open_interest = market.record_trade(price_ticks, qty, opened)
            contract.last_value_fen = price_ticks * contract.tick_value_fen
            trade_id = state.next_trade_id
            state.next_trade_id = trade_id + 1
            maker_leg = book_fill(maker, qty, price_ticks, trading_day)
            taker_leg = book_fill(taker, qty, price_ticks, trading_day)
            if maker_leg.order_leaves_qty == 0:
                self._forget(maker)
            events.append(
                Trade(
                    0,
                    trade_id,
                    contract.instrument_id,
                    price_ticks,
                    qty,
                    taker.side,
                    open_interest,
                    maker_leg,
                    taker_leg,
                )
            )
        if taker.leaves_qty == 0:
            self._forget(taker)
        self._makers.clear()
        self._qtys.clear()

    def _forget(self, order: Order) -> None:
        order_id = order.order_id
        del self._state.orders[order_id]
        self._state.ended[order_id] = order

    def end(self, order: Order, reason: str, actor: str, events: list[Event]) -> None:
        """Cancel what is left of an order, resting or not."""
        self._state.markets[order.contract.instrument_id].book.remove(order)
        order.status = next_state(order.status, EXPIRE if reason == CANCELED_DAY_END else CANCEL)
        canceled = order.qty - order.filled_qty
        release(order, canceled)
        order.leaves_qty = 0
        account = order.account
        account.drop_order(order)
        account.account_seq += 1
        self._forget(order)
        instrument_id = order.contract.instrument_id
        events.append(
            OrderCanceled(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order.order_id,
                instrument_id,
                order.filled_qty,
                canceled,
                reason,
                actor,
                account.funds(),
                None if order.offset == OPEN else order.position.state(instrument_id),
            )
        )
