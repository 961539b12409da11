"""What a venue's rules bring into random life: one-sided closes, ladders, roads to delivery, contracts that end."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final

from trading.engine import commands as c
from trading.engine import types as t
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep

from .reference_state import RefContract, RefWorld

FIRST_SHORT_LIVED: Final = 3
HOLDERS: Final = ((1, 1), (2, 1), (3, 1), (4, 2), (5, 2))
TABLE: Final = [LimitStep(3_000, 2_000), LimitStep(5_000, 2_000), LimitStep(5_000, 2_000, True)]


def day_after(day: int, days: int = 1) -> int:
    """A later day, in a calendar of 28-day months as the rolls of random life count."""
    for _ in range(days):
        day = day + 1 if day % 100 < 28 else (day // 100 + (1 if day // 100 % 100 < 12 else 89)) * 100 + 1
    return day


class VenueLife:
    """Makes commands of the venue's rules. Lists silver months that live a few days, one after the other."""

    def __init__(self, world: RefWorld, dice: random.Random) -> None:
        self.world = world
        self.dice = dice
        # (day, from which count): it is to end soon, so that what was one-sided at its close is judged.
        self.due: tuple[int, int] = (0, 0)
        self.count = 0

    def listed(self) -> list[int]:
        """The short-lived contracts that trade."""
        return [key for key, one in self.world.contracts.items() if key >= FIRST_SHORT_LIVED and not one.expired]

    def day_is_due(self, count: int) -> bool:
        """Whether the day should end now; asked again after a while when it did not."""
        day, at = self.due
        if day != self.world.trading_day or count < at:
            return False
        self.due = (day, count + 4)
        return True

    def climbs(self) -> bool:
        """Whether a contract on the ladder should go for another one-sided close now."""
        return bool(self._climbers()) and self.dice.random() < 0.1

    def _climbers(self) -> list[RefContract]:
        day = self.world.trading_day
        return [
            one for one in self.world.contracts.values()
            if one.ladder and one.window_day != day and one.phase == t.CONTINUOUS and not one.expired
        ]  # fmt: skip

    def act(self, count: int, tenant: Callable[[int], int]) -> list[c.AnyCommand]:
        """One act, in one command or several that follow each other at once."""
        self.count = count
        dice = self.dice
        if self._climbers() and dice.random() < 0.7:
            return self._close(dice.choice(self._climbers()))
        halted = [one for one in self.world.contracts.values() if one.phase == t.HALTED and not one.expired]
        if halted and dice.random() < 0.5:
            return [c.SetPhase(0, [halted[0].number], t.CONTINUOUS, "", "system")]
        if not self.listed() and dice.random() < 0.7:
            return self._list_another()
        if not self.world.ladders or dice.random() < 0.1:
            return [self._ladder()]
        at = dice.random()
        if at < 0.15:
            account_id = dice.choice(HOLDERS)[0]
            return [c.SetHolderKind(tenant(account_id), account_id, dice.random() < 0.5, "u1")]
        if at < 0.35:
            return [self._delivery(self._some_contract())]
        return self._close(self._some_contract())

    def _some_contract(self) -> RefContract:
        return self.world.contracts[self.dice.choice(sorted(self.world.contracts))]

    def _ladder(self) -> c.AnyCommand:
        dice = self.dice
        venue, product = dice.choice((("SHFE", ""), ("SHFE", "au"), ("DCE", ""), ("SHFE", "")))
        steps = dice.choice((TABLE, TABLE, TABLE, TABLE[:2], [], [LimitStep(-1, 0)], [LimitStep(900_000, 900_000)]))
        return c.PutLimitLadder(
            0,
            venue,
            product,
            steps,
            "u2",
            dice.choice(("u3", "u3", "u3", "u2")),
            dice.choice((300,) * 7 + (60, 900, 0)),
        )

    def _list_another(self) -> list[c.AnyCommand]:
        """A new month: a few days to live, most of them on the road to delivery."""
        key = max(FIRST_SHORT_LIVED - 1, *self.world.contracts) + 1
        last = day_after(self.world.trading_day, self.dice.randint(1, 4))
        spec = Instrument(
            key, f"SHFE.ag{2600 + key}", "SHFE", "ag", f"白银{2600 + key}", f"Silver {2600 + key}", 15, 10_000, 1_500,
            Rates(120_000, 120_000, Fees(open_ppm=50, close_ppm=50)), 4_000, True, True, 500, 8_000, last,
        )  # fmt: skip
        delivery = self._road(last)
        acts: list[c.AnyCommand] = [c.PutInstrument(0, spec, "u1"), c.PutDelivery(0, key, delivery, "u2", "u3")]
        for number, tenant in HOLDERS:  # what lives on meets the road at the day's end
            acts.append(
                c.PlaceOrder(
                    tenant, number, f"g{self.count}-{number}", self.world.trading_day, key,
                    t.BUY, t.OPEN, t.LIMIT, t.GTC, self.dice.randint(1, 4), 7_990 - self.dice.randint(0, 3), "u9",
                )
            )  # fmt: skip
        return acts

    def _road(self, last: int) -> Delivery:
        dice, today = self.dice, self.world.trading_day
        first = DeliveryStep(today, dice.choice((0, 100_000, 150_000)), 1, dice.choice((0, 12)))
        second = DeliveryStep(day_after(today), 200_000, dice.choice((1, 2, 3, 3)), dice.choice((0, 3, 6)))
        natural = (today, last) if dice.random() < 0.6 else (0, 0)
        return Delivery([first, second][dice.choice((0, 0, 1)) :], *natural)

    def _delivery(self, contract: RefContract) -> c.AnyCommand:
        """The road of some contract; now and then one that leads nowhere."""
        dice = self.dice
        road = self._road(contract.spec.last_trading_day)
        if dice.random() < 0.2:
            road = Delivery([DeliveryStep(20260101, 1), DeliveryStep(20250101)], 20260101, 20250101)
        return c.PutDelivery(0, contract.number, road, "u2", dice.choice(("u3", "u3", "u3", "u2")))

    def _close(self, contract: RefContract) -> list[c.AnyCommand]:
        """Everybody leaves, one side comes to its limit, the window begins, and mostly the day closes on it."""
        dice, key = self.dice, contract.number
        side, price = (t.BUY, contract.upper) if self._leans_up(contract) else (t.SELL, contract.lower)
        acts: list[c.AnyCommand] = [c.CancelAll(tenant, number, key, "", "u9") for number, tenant in HOLDERS]
        for number, tenant in dice.sample(HOLDERS, 3):
            acts.append(
                c.PlaceOrder(
                    tenant, number, f"w{self.count}-{number}", self.world.trading_day, key, side, t.OPEN, t.LIMIT,
                    t.DAY, 3, price, "u9",
                )
            )  # fmt: skip
        acts.append(c.WatchClose(0, [key], "system"))
        number, tenant = dice.choice(HOLDERS)
        if dice.random() < 0.4:  # somebody meets the limit, or opens it
            other, off = (t.SELL, dice.choice((0, 0, -3))) if side == t.BUY else (t.BUY, dice.choice((0, 0, 3)))
            acts.append(
                c.PlaceOrder(
                    tenant, number, f"x{self.count}", self.world.trading_day, key, other, t.OPEN, t.LIMIT,
                    dice.choice((t.DAY, t.IOC)), dice.choice((3, 3, 12)), price + off, "u9",
                )
            )  # fmt: skip
        if dice.random() < 0.8:
            self.due = (self.world.trading_day, self.count + len(acts) + 3)
            acts += [c.SetPhase(0, [key], t.CLOSED, "", "system")]
        if dice.random() < 0.3:
            acts.append(c.SetPhase(0, [key], t.CONTINUOUS, "", "system"))
        return acts

    def _leans_up(self, contract: RefContract) -> bool:
        """What has closed at a limit mostly does so again on the same side."""
        return self.dice.random() < (0.5 if contract.ladder is None else 0.85 if contract.ladder[1] == t.BUY else 0.15)
