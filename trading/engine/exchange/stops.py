"""Stops that wait for the last price, by trigger; at one trigger the oldest goes first."""

from __future__ import annotations

from bisect import bisect_left, insort

from trading.engine.types import BUY

Key = tuple[int, int]  # (trigger, order number), the trigger of a sell stop negated: the first due is always the first


class StopBook:
    """The waiting stops of one contract. `trails` holds the distance of those whose trigger follows the price."""

    __slots__ = ("buys", "sells", "trails", "triggers")

    def __init__(self) -> None:
        self.buys: list[Key] = []
        self.sells: list[Key] = []
        self.triggers: dict[int, tuple[int, int]] = {}  # order number -> (side, trigger)
        self.trails: dict[int, int] = {}

    def add(self, order_id: int, side: int, trigger_ticks: int, trail_ticks: int) -> None:
        """Let a stop wait."""
        self.triggers[order_id] = (side, trigger_ticks)
        if side == BUY:
            insort(self.buys, (trigger_ticks, order_id))
        else:
            insort(self.sells, (-trigger_ticks, order_id))
        if trail_ticks:
            self.trails[order_id] = trail_ticks

    def remove(self, order_id: int) -> None:
        """Forget a stop that was triggered or cancelled."""
        side, trigger = self.triggers.pop(order_id)
        keys, key = (self.buys, (trigger, order_id)) if side == BUY else (self.sells, (-trigger, order_id))
        del keys[bisect_left(keys, key)]
        self.trails.pop(order_id, None)

    def trigger_of(self, order_id: int) -> int:
        """The price a stop waits for, as it stands now."""
        return self.triggers[order_id][1]

    def next_due(self, low_ticks: int, high_ticks: int) -> int:
        """The stop that is next after trades between two prices; 0 when none is due. Buy stops go first."""
        if self.buys and self.buys[0][0] <= high_ticks:
            return self.buys[0][1]
        if self.sells and -self.sells[0][0] >= low_ticks:
            return self.sells[0][1]
        return 0

    def follow(self, low_ticks: int, high_ticks: int) -> None:
        """Let the triggers of trailing stops follow the price; they only ever come nearer."""
        for order_id, trail in list(self.trails.items()):
            side, trigger = self.triggers[order_id]
            moved = min(trigger, low_ticks + trail) if side == BUY else max(trigger, high_ticks - trail)
            if moved != trigger:
                self.remove(order_id)
                self.add(order_id, side, moved, trail)
