"""The exchange part of the engine on its own, as `make bench-engine` measures it: every order rule on, no counter.

It does for bare orders what the engine's execution does for accounts' orders. A module of its own, because the compiled
form is measured with this caller compiled too: inside the machine the exchange's caller is compiled as well.
"""

from __future__ import annotations

from typing import Final

from tests.benchmarks.engine_bench_list import MIDDLE_TICKS
from trading.engine.book_order import BookOrder
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.exchange.matching import fillable_qty, match
from trading.engine.exchange.phases import CANCEL_REFUSED, ENTRY_ALLOWED
from trading.engine.exchange.price_rule import median_price
from trading.engine.types import BUY, CONTINUOUS, DAY, FOK, LIMIT, MARKET, PRICE_MEDIAN, PRICE_RESTING

Fill = tuple[int, int, int, int]
"""Taker, maker, price, lots."""

_QTY_MAX: Final = 500
_NOTHING: Final[list[Fill]] = []


class Ours:
    """The exchange part of the engine: phase, band, quantity, price-time, self-trade, icebergs, statistics, stops."""

    def __init__(self) -> None:
        self.market: Final = Market(1)
        self.market.begin_day(
            settlement_ticks=MIDDLE_TICKS, lower_ticks=MIDDLE_TICKS - 5_000, upper_ticks=MIDDLE_TICKS + 5_000
        )
        self.orders: Final[dict[int, BookOrder]] = {}
        self.price_rule = PRICE_RESTING
        self._makers: Final[list[BookOrder]] = []
        self._qtys: Final[list[int]] = []

    def place(
        self, number: int, side: int, order_type: int, lives: int, qty: int, price_ticks: int, group: int
    ) -> list[Fill]:
        """Enter an order; gives its fills."""
        market = self.market
        if (market.phase != CONTINUOUS and market.phase not in ENTRY_ALLOWED) or qty <= 0 or qty > _QTY_MAX:
            return _NOTHING
        if order_type == MARKET:
            price_ticks = market.upper_ticks if side == BUY else market.lower_ticks
        elif price_ticks < market.lower_ticks or price_ticks > market.upper_ticks:
            return _NOTHING
        order = BookOrder(number, side, price_ticks, qty, group)
        book = market.book
        if side == BUY:
            own, best = book.bids, book.asks.best
            meets = best is not None and best.price_ticks <= price_ticks
        else:
            own, best = book.asks, book.bids.best
            meets = best is not None and best.price_ticks >= price_ticks
        if meets:
            if lives == FOK and fillable_qty(book, order) < qty:
                return _NOTHING
            return self._meet(order, own, order_type, lives)
        if order_type == LIMIT and lives == DAY:
            own.add(order)
            self.orders[number] = order
        return _NOTHING

    def _meet(self, order: BookOrder, own: BookSide, order_type: int, lives: int) -> list[Fill]:
        """Match an order that reaches the opposite side; what is left rests, where it may."""
        stopped = match(self.market.book, order, self._makers, self._qtys)
        fills = self._trades(order, order_type) if self._makers else _NOTHING
        if order.leaves_qty and not stopped and order_type == LIMIT and lives == DAY:
            own.add(order)
            self.orders[order.order_id] = order
        return fills

    def _trades(self, taker: BookOrder, order_type: int) -> list[Fill]:
        market, makers, qtys = self.market, self._makers, self._qtys
        fills: list[Fill] = []
        median = self.price_rule == PRICE_MEDIAN and order_type == LIMIT
        stops, taker_id = market.stops, taker.order_id
        for at in range(len(makers)):
            maker, qty = makers[at], qtys[at]
            price, maker_id = maker.price_ticks, maker.order_id
            if median:
                price = median_price(price, taker.price_ticks, market.last_ticks)
            market.record_trade(price, qty, 2)
            if stops is not None:
                stops.next_due(price, price)
            if maker.level is None:
                del self.orders[maker_id]
            fills.append((taker_id, maker_id, price, qty))
        makers.clear()
        qtys.clear()
        return fills

    def cancel(self, number: int) -> None:
        """Take an order out."""
        if self.market.phase != CONTINUOUS and self.market.phase in CANCEL_REFUSED:
            return
        order = self.orders.pop(number, None)
        if order is not None:
            self.market.book.remove(order)

    def change(self, number: int, price_ticks: int) -> list[Fill]:
        """Move an order to another price; it loses its place."""
        market = self.market
        order = self.orders.get(number)
        if order is None or not market.lower_ticks <= price_ticks <= market.upper_ticks:
            return _NOTHING
        market.book.remove(order)
        order.price_ticks = price_ticks
        book = market.book
        own, opposite = (book.bids, book.asks) if order.side == BUY else (book.asks, book.bids)
        best = opposite.best
        if best is not None and best.price_ticks * opposite.sign >= price_ticks * opposite.sign:
            fills = self._meet(order, own, LIMIT, DAY)
            if order.level is None:
                del self.orders[number]
            return fills
        own.add(order)
        return _NOTHING
