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
    BUY,
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
        """Match an order that has just been accepted or has lost its place; it is not in the book.

        A new order is entered among the working ones only when it comes to rest: most that trade never do.
        """
        if order.time_in_force == FOK and fillable_qty(market.book, order) < order.leaves_qty:
            self.end(order, CANCELED_FOK, actor, events)
            return
        book = market.book
        side, best = (book.bids, book.asks.best) if order.side == BUY else (book.asks, book.bids.best)
        stopped = False
        # Nobody to meet: most orders of a quiet market, which need no matching at all.
        if best is not None and best.price_ticks * side.sign <= order.price_ticks * side.sign:
            stopped = match(book, order, self._makers, self._qtys)
            if self._makers:
                self._book_trades(order, market, events)
        if order.leaves_qty == 0:
            self._forget(order)
        elif stopped:
            self.end(order, CANCELED_SELF_TRADE, actor, events)
        elif order.order_type == MARKET:
            self.end(order, CANCELED_MARKET, actor, events)
        elif order.time_in_force != DAY:
            self.end(order, CANCELED_IOC, actor, events)
        else:
            side.add(order)
            if not order.is_listed:
                order.account.add_order(order)
                self._state.orders[order.order_id] = order

    def _book_trades(self, taker: Order, market: Market, events: list[Event]) -> None:
        state, makers, qtys = self._state, self._makers, self._qtys
        trading_day, contract, taker_opens = state.trading_day, taker.contract, taker.offset == OPEN
        instrument_id, tick_value_fen = contract.instrument_id, contract.tick_value_fen
        for at in range(len(makers)):
            maker, qty = makers[at], qtys[at]
            if not isinstance(maker, Order):
                raise EngineBrokenError("a stranger in the book")
            price_ticks = maker.price_ticks
            open_interest = market.record_trade(price_ticks, qty, (maker.offset == OPEN) + taker_opens)
            contract.last_value_fen = price_ticks * tick_value_fen
            trade_id = state.next_trade_id
            state.next_trade_id = trade_id + 1
            maker_leg = book_fill(maker, qty, price_ticks, trading_day)
            taker_leg = book_fill(taker, qty, price_ticks, trading_day)
            if maker.leaves_qty == 0:
                self._unlist(maker)
            events.append(
                Trade(0, trade_id, instrument_id, price_ticks, qty, taker.side, open_interest, maker_leg, taker_leg)
            )
        makers.clear()
        qtys.clear()

    def _unlist(self, order: Order) -> None:
        order.account.drop_order(order)
        del self._state.orders[order.order_id]

    def _forget(self, order: Order) -> None:
        """The command's own order has ended: it works no more, and is shown once more with the answer."""
        if order.is_listed:
            self._unlist(order)
        self._state.ended[order.order_id] = order

    def end(self, order: Order, reason: str, actor: str, events: list[Event]) -> None:
        """Cancel what is left of an order, resting or not."""
        account, instrument_id = order.account, order.contract.instrument_id
        if order.level is not None:
            self._state.markets[instrument_id].book.remove(order)
        order.status = next_state(order.status, EXPIRE if reason == CANCELED_DAY_END else CANCEL)
        canceled = order.qty - order.filled_qty
        release(order, canceled)
        order.leaves_qty = 0
        self._forget(order)
        account.account_seq += 1
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
