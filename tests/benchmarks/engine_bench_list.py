"""The seeded message list that all engines of `make bench-engine` are given.

60 % limit orders, 30 % cancels, 5 % changes of price and 5 % market orders around a drifting middle, with about as many
orders at rest as asked for. Which orders still rest is found out by letting our own book run along, so that cancels and
changes name living orders; that the list is not made for one engine shows in the fills, which are counted for all.
"""

from __future__ import annotations

import random
from typing import Final, NamedTuple

from trading.engine.book_order import BookOrder
from trading.engine.exchange.book import Book
from trading.engine.exchange.matching import match
from trading.engine.types import BUY, SELL

SEED: Final = 7
MIDDLE_TICKS: Final = 39_000
DRIFT_MAX_TICKS: Final = 300
REACH_TICKS: Final = 80
LIMIT_ORDER: Final = 0
CANCEL: Final = 1
CHANGE: Final = 2
MARKET_ORDER: Final = 3


class Message(NamedTuple):
    """One message; orders are numbered from 1 as they are entered, accounts from 0. A change keeps the quantity."""

    kind: int
    number: int
    side: int
    qty: int
    price_ticks: int
    account: int
    closes: bool


class MessageList:
    """Makes the messages one after another, the first ones only fill the book."""

    def __init__(self, *, resting: int, accounts: int, seed: int = SEED) -> None:
        # Accounts have dice of their own: the flow of orders is the same for any number of them.
        self._dice, self._account_dice = random.Random(seed), random.Random(seed + 1)
        self._resting, self._accounts = resting, accounts
        self._book = Book()
        self._middle = MIDDLE_TICKS
        self._count = 0
        self._alive: list[BookOrder] = []
        self._place_of: dict[int, int] = {}
        self._makers: list[BookOrder] = []
        self._qtys: list[int] = []

    def opening(self) -> list[Message]:
        """The orders that stand in the book before anything is measured."""
        return [self._limit(meets=False) for _ in range(self._resting)]

    def next(self, count: int) -> list[Message]:
        """The next messages."""
        return [self._next() for _ in range(count)]

    def _next(self) -> Message:
        dice = self._dice
        step = dice.random()
        self._middle += (step < 0.1) - (step > 0.9)
        self._middle = min(max(self._middle, MIDDLE_TICKS - DRIFT_MAX_TICKS), MIDDLE_TICKS + DRIFT_MAX_TICKS)
        draw = dice.random()
        if draw < 0.30:
            return self._cancel()
        if draw < 0.35:
            return self._change()
        if draw < 0.40:
            side = dice.choice((BUY, SELL))
            edge = MIDDLE_TICKS + (2_000 if side == BUY else -2_000)
            return self._enter(MARKET_ORDER, side, dice.randint(1, 10), edge)
        return self._limit(meets=dice.random() < (0.55 if len(self._alive) > self._resting else 0.25))

    def _limit(self, *, meets: bool) -> Message:
        dice = self._dice
        side = dice.choice((BUY, SELL))
        away = -dice.randint(1, 4) if meets else dice.randint(1, REACH_TICKS)
        price = self._middle - away if side == BUY else self._middle + away
        return self._enter(LIMIT_ORDER, side, dice.randint(1, 10), price)

    def _enter(self, kind: int, side: int, qty: int, price_ticks: int) -> Message:
        self._count += 1
        order = BookOrder(self._count, side, price_ticks, qty, -1)
        match(self._book, order, self._makers, self._qtys)
        met = {maker.group_key for maker in self._makers}
        for maker in self._makers:
            if maker.leaves_qty == 0:
                self._forget(maker.order_id)
        self._makers.clear()
        self._qtys.clear()
        account = self._account_dice.randrange(self._accounts)
        while account in met:  # nobody meets himself, so that every engine gives the same fills
            account = self._account_dice.randrange(self._accounts)
        order.group_key = account
        if order.leaves_qty and kind == LIMIT_ORDER:
            self._book.add(order)
            self._place_of[order.order_id] = len(self._alive)
            self._alive.append(order)
        closes = self._account_dice.random() < 0.3
        return Message(kind, order.order_id, side, qty, 0 if kind == MARKET_ORDER else price_ticks, account, closes)

    def _cancel(self) -> Message:
        order = self._alive[self._dice.randrange(len(self._alive))]
        self._book.remove(order)
        self._forget(order.order_id)
        return Message(CANCEL, order.order_id, order.side, 0, 0, order.group_key, False)

    def _change(self) -> Message:
        order = self._alive[self._dice.randrange(len(self._alive))]
        away = self._dice.randint(1, REACH_TICKS)
        book, buys = self._book, order.side == BUY
        opposite = book.asks.best if buys else book.bids.best
        price = self._middle - away if buys else self._middle + away
        if opposite is not None:  # it stays a resting order, at another price
            price = min(price, opposite.price_ticks - 1) if buys else max(price, opposite.price_ticks + 1)
        if price == order.price_ticks:
            price += -1 if buys else 1
        book.remove(order)
        order.price_ticks = price
        book.add(order)
        return Message(CHANGE, order.order_id, order.side, 0, price, order.group_key, False)

    def _forget(self, number: int) -> None:
        at, last = self._place_of.pop(number), self._alive.pop()
        if last.order_id != number:
            self._alive[at] = last
            self._place_of[last.order_id] = at
