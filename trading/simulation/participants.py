"""How the simulated participants decide. Pure: dice, reference price and own orders in, wishes out."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from trading.engine import types as t
from trading.simulation.own_orders import OwnOrder, OwnOrders
from trading.simulation.paths import Band

LEVELS: Final = 12  # of each side that every maker fills; ten are promised


@dataclass(frozen=True, slots=True)
class Wish:
    """An order somebody wants to send; AUTO closes what can be closed and opens the rest of the time."""

    instrument_id: int
    side: int
    qty: int
    price_ticks: int
    time_in_force: int = t.DAY


@dataclass(frozen=True, slots=True)
class Move:
    """A working order of ours that should stand at another price; `away` from the market, or towards it."""

    order: OwnOrder
    price_ticks: int
    leaves_qty: int
    away: bool


@dataclass(slots=True)
class Quotes:
    """What a maker wants to change. What steps back goes before what steps forward: nobody is run over."""

    cancels: list[OwnOrder] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    wishes: list[Wish] = field(default_factory=list)


class MarketMaker:
    """Keeps a ladder of small orders on both sides of the reference price and moves it along.

    An order that stands too near or too far is moved to where one is missing: one command where a cancel and a new
    order would be two.
    """

    def __init__(self, orders: OwnOrders, *, number: int, seed: int) -> None:
        self.orders = orders
        self._dice = random.Random(f"{seed}-maker-{number}")
        # The first maker stands on every price; the others stand a little wider and thin out.
        self._half_spread = 1 + number % 2
        self._every = 1 + number % 3

    def quotes(self, *, instrument_id: int, reference: int, band: Band, lots: int) -> Quotes:
        """Return the changes towards the wanted ladder."""
        quotes = Quotes()
        for side in (t.BUY, t.SELL):
            self._side(quotes, instrument_id, side, reference=reference, band=band, lots=lots)
        return quotes

    def _side(self, quotes: Quotes, instrument_id: int, side: int, *, reference: int, band: Band, lots: int) -> None:
        away = -1 if side == t.BUY else 1
        wanted = {
            price: level
            for level in range(LEVELS)
            if band.lower_ticks
            <= (price := reference + away * (self._half_spread + level * self._every))
            <= band.upper_ticks
        }
        standing = self.orders.standing(instrument_id=instrument_id, side=side)
        taken = {order.price_ticks for order in standing} | self.orders.expected(instrument_id=instrument_id, side=side)
        missing = [price for price in wanted if price not in taken]  # nearest first
        near = [order for order in standing if away * (order.price_ticks - reference) < self._half_spread]
        reach = self._half_spread + LEVELS * self._every
        far = [order for order in standing if away * (order.price_ticks - reference) >= reach]
        far.sort(key=lambda order: away * order.price_ticks, reverse=True)
        for price in missing:
            # The nearest gaps are filled from behind; what stands too near steps back into the gaps that are left.
            order = far.pop(0) if far else None
            size = self._size(wanted[price], lots)
            if order is not None:
                quotes.moves.append(Move(order, price, _allowed(order, size), away=False))
            elif len(near) >= len(missing) - missing.index(price):
                order = near.pop()
                quotes.moves.append(Move(order, price, _allowed(order, size), away=True))
            else:
                quotes.wishes.append(Wish(instrument_id, side, size, price))
        quotes.cancels += near
        quotes.cancels += far[: max(0, len(far) - LEVELS)]

    def _size(self, level: int, lots: int) -> int:
        return max(1, round(lots * self._dice.uniform(0.4, 1.6) * (1 + level * 0.18)))


def _allowed(order: OwnOrder, size: int) -> int:
    return min(size, order.leaves_qty) if order.closes else size


class NoiseTrader:
    """Comes at random, mostly takes what is there, sometimes waits with an order near the market."""

    def __init__(self, orders: OwnOrders, *, number: int, seed: int, per_second: float) -> None:
        self.orders = orders
        self._dice = random.Random(f"{seed}-noise-{number}")
        self._per_second = per_second
        self._due_s = 0.0

    def is_due(self, now_s: float, *, activity: float) -> bool:
        """Say whether it is time to act, and settle when the next time will be."""
        if now_s < self._due_s:
            return False
        first = self._due_s == 0.0
        self._due_s = now_s + self._dice.expovariate(self._per_second * max(0.2, activity))
        return not first

    def act(self, *, instrument_id: int, reference: int, last: int, band: Band, lots: int) -> Wish:
        """Return an order. Who believes in the reference buys below it; most have no opinion."""
        dice = self._dice
        lean = max(-0.35, min(0.35, (reference - last) * 0.06))
        side = t.BUY if dice.random() < 0.5 + lean else t.SELL
        toward = 1 if side == t.BUY else -1
        qty = self._size(lots)
        if dice.random() < 0.8:
            # Bounded by a price: a market order of somebody who does not want to be surprised.
            reach = dice.choice((1, 1, 2, 2, 3, 5)) if dice.random() < 0.95 else 12
            price = self._bounded(reference + toward * (reach + 1), band)
            return Wish(instrument_id, side, qty, price, t.IOC)
        price = self._bounded(reference - toward * dice.randint(1, 8), band)
        return Wish(instrument_id, side, qty, price)

    def stale(self, instrument_id: int, *, reference: int) -> list[OwnOrder]:
        """Orders of ours that wait too far away, and now and then one we have lost patience with."""
        return [
            order
            for order in self.orders.working.values()
            if order.instrument_id == instrument_id
            and not order.busy
            and (abs(order.price_ticks - reference) > 15 or self._dice.random() < 0.02)
        ]

    def _size(self, lots: int) -> int:
        dice = self._dice
        size = dice.choice((1, 1, 1, 2, 2, 3, 4, 5)) if dice.random() < 0.97 else dice.randint(8, 25)
        return max(1, size * max(1, lots // 6))

    @staticmethod
    def _bounded(price: int, band: Band) -> int:
        return min(max(price, band.lower_ticks), band.upper_ticks)
