"""Seeded commands of every kind, sane and insane, from people who look at the market before they act.

They look at the slow model, never at the engine, so that a broken engine cannot talk them out of finding it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, Final

from msgspec import structs

from trading.engine import commands as c
from trading.engine import types as t
from trading.engine.instrument import Fees, Instrument, Rates
from trading.engine.parameters import Parameters
from trading.engine.terms import Terms

from .random_liquidation import some_liquidation
from .random_rules import VenueLife
from .reference_rules import STOPS
from .reference_state import RefOrder, RefWorld

GOLD: Final = 1  # both limits rounded down, CLOSE means yesterday
SOY: Final = 2  # limits to the nearest tick, CLOSE closes both buckets
FIRST_DAY: Final = 2026_01_05
# (account, tenant, group): two brokers, one group inside the first.
ACCOUNTS: Final = ((1, 1, 0), (2, 1, 5), (3, 1, 5), (4, 2, 0), (5, 2, 0))
INSANE: Final = (0, -1, 2**31, 2**62, -(2**62), 7)
WORKING_MAX: Final = 30


def instruments(dice: random.Random) -> tuple[Instrument, Instrument]:
    """The two contracts of a world; each world has its own price rules."""
    gold = Instrument(
        GOLD, "SHFE.au2612", "SHFE", "au", "黄金2612", "Gold 2612", 1_000, 200, 2_000,
        Rates(160_000, 160_000, Fees(open_fen=1_000, close_fen=1_000)), 5_000, True, True, 500, 40_000, 2028_12_15,
        True, dice.choice((t.PRICE_RESTING, t.PRICE_MEDIAN)), dice.choice((t.AUCTION_NEAREST, t.AUCTION_HIGHEST)),
    )  # fmt: skip
    soy = Instrument(
        SOY, "DCE.m2701", "DCE", "m", "豆粕2701", "Soybean meal 2701", 10, 10_000, 1_000,
        Rates(100_000, 120_000, Fees(open_ppm=100, close_ppm=100, close_today_ppm=50)), 20_000, False, False, 1_000,
        3_001, 2028_01_15, True, dice.choice((t.PRICE_RESTING, t.PRICE_MEDIAN)), t.AUCTION_NEAREST,
    )  # fmt: skip
    return gold, soy


class RandomLife:
    """A stream of commands; the same seed and the same world give the same stream."""

    def __init__(self, world: RefWorld, seed: int) -> None:
        self.world = world
        self.dice = random.Random(seed)
        self.count = 0
        self.specs = instruments(self.dice)
        self.sent: list[c.PlaceOrder] = []
        self.rules = VenueLife(self.world, self.dice)
        self.later: list[tuple[int, c.AnyCommand]] = []  # what is thrown is soon released, or nothing would live

    def opening(self) -> Iterator[c.AnyCommand]:
        """A market with people in it."""
        for spec in self.specs:
            yield c.PutInstrument(0, spec, "u1")
        yield c.RollDay(0, FIRST_DAY, [], "system")
        for account_id, tenant_id, group_id in ACCOUNTS:
            yield c.OpenAccount(tenant_id, account_id, group_id, "u1", account_id in (1, 4))
            yield c.MoveCash(tenant_id, account_id, t.DEPOSIT, 400_000_000, f"first-{account_id}", "u2", "u3")
        yield c.SetHedge(2, 5, True, "u2", "u3")

    def next(self) -> c.AnyCommand:
        """The next command."""
        self.count += 1
        settling = self.world.settling
        if settling is not None and self.dice.random() < 0.5:
            if settling.through >= ACCOUNTS[-1][0] and self.dice.random() < 0.7:
                return c.EndSettlement(0, "system")
            after = settling.through if self.dice.random() < 0.9 else 3
            return c.SettleAccounts(0, after, self.dice.choice((1, 2, 500, 501)), "system")
        if self.later and self.later[0][0] <= self.count:
            return self.later.pop(0)[1]
        if self.rules.day_is_due(self.count):
            return self._roll()
        if self.rules.climbs():
            return self._venue()
        at = self.dice.random()
        if len(self.world.orders) > WORKING_MAX and at < 0.5:
            return self.cancel(all_of=0.3)
        for share, act in (
            (0.55, self.order), (0.71, self.special), (0.78, self.cancel), (0.87, self.replace), (0.89, self.cash)
        ):  # fmt: skip
            if at < share:
                return act()
        if at < 0.905 or (self.world.liquidations and at < 0.925):
            return self.liquidation() or self.order()
        return self.control()

    def liquidation(self) -> c.AnyCommand | None:
        """A forced liquidation, begun or gone on with; the account may trade again some time after."""
        command = some_liquidation(self.world, self.dice)
        if isinstance(command, c.OpenLiquidation):
            for steps in (40, 90):
                self._later(steps, c.SetAccountStatus(command.tenant_id, command.account_id, t.ACTIVE, False, "", "u5"))
        return command

    def _later(self, steps: int, command: c.AnyCommand) -> None:
        self.later.append((self.count + steps, command))
        self.later.sort(key=lambda item: item[0])

    def _tenant(self, account_id: int) -> int:
        return self.dice.choice((1, 2)) if self.dice.random() < 0.01 else ACCOUNTS[account_id - 1][1]

    def order(self) -> c.PlaceOrder:
        """Any order, now and then one that nobody sane would send."""
        dice = self.dice
        account_id = dice.choice(ACCOUNTS)[0]
        instrument_id = dice.choice((GOLD, GOLD, SOY, *self.rules.listed()))
        order_type = t.MARKET if dice.random() < 0.06 else t.LIMIT
        middle = self.world.contracts[instrument_id].last
        fields: dict[str, Any] = {
            "side": dice.choice((t.BUY, t.SELL)),
            "offset": dice.choice(
                (t.OPEN, t.OPEN, t.OPEN, t.AUTO, t.AUTO, t.AUTO, t.CLOSE, t.CLOSE_TODAY, t.CLOSE_YESTERDAY)
            ),
            "order_type": order_type,
            "time_in_force": dice.choice((t.DAY, t.DAY, t.DAY, t.DAY, t.IOC, t.FOK)),
            "qty": dice.randint(1, 6),
            "price_ticks": 0 if order_type == t.MARKET else middle + dice.randint(-8, 8),
            "instrument_id": instrument_id,
        }
        if dice.random() < 0.02:
            fields[dice.choice(sorted(fields))] = dice.choice(INSANE)
        day = self.world.trading_day if dice.random() < 0.99 else 2025_12_31
        command = c.PlaceOrder(
            tenant_id=self._tenant(account_id), account_id=account_id, client_order_id=f"c{self.count}",
            trading_day=day, actor="u9", **fields,
        )  # fmt: skip
        self.sent = [*self.sent[-20:], command]
        return command

    def special(self) -> c.PlaceOrder:
        """An order with terms: mostly ones that fit together, on the side of the price where they belong."""
        dice = self.dice
        plain = self.order()
        key = dice.choice((GOLD, GOLD, GOLD, SOY, *self.rules.listed()))
        last = self.world.contracts[key].last
        up = 1 if plain.side == t.BUY else -1
        far, lives = dice.randint(1, 9), dice.choice((t.DAY, t.GTC, t.GTD))
        till = self.world.trading_day + dice.randint(0, 2) if lives == t.GTD else 0
        near, qty = last - up * dice.randint(-2, 6), max(1, min(plain.qty, 50))
        ahead = last + up * far
        kinds: tuple[tuple[int, int, int, Terms | None], ...] = (
            (t.STOP, lives, 0, Terms(trigger_ticks=ahead, good_till=till)),
            (t.STOP_LIMIT, lives, ahead + dice.randint(-2, 2), Terms(trigger_ticks=ahead, good_till=till)),
            (t.TRAILING_STOP, lives, 0, Terms(trail_ticks=far, good_till=till)),
            (t.LIMIT, t.IOC, near, Terms(min_qty=dice.randint(1, qty + 1))),
            (t.LIMIT, lives, near, Terms(display_qty=dice.randint(1, 3), good_till=till)),
            (t.LIMIT, lives, last - up * dice.randint(0, 3), Terms(display_qty=1, good_till=till)),
            (t.LIMIT, lives, last - up * dice.randint(0, 3), Terms(display_qty=1, good_till=till)),
            (t.LIMIT, lives, near, Terms(post_only=True, good_till=till)),
            (t.LIMIT, t.GTC, near, None),
            (t.LIMIT, t.AUCTION, near, None),
            (t.LIMIT, t.DAY, near, Terms(take_profit_ticks=near + up * far, stop_loss_ticks=near - up * far)),
            (t.LIMIT, lives, near, Terms(take_profit_ticks=near + up * 2 * far, good_till=till)),
            (t.LIMIT, t.GTC, near, Terms(take_profit_ticks=near + up * far, stop_loss_ticks=near - up * 20)),
            (t.MARKET, t.IOC, 0, Terms(stop_loss_ticks=last - up * far)),
            (t.STOP, lives, 0, Terms(trigger_ticks=ahead, good_till=till, other_leg="nobody")),
            (t.STOP_LIMIT, lives, ahead, Terms(trigger_ticks=ahead, good_till=till, other_leg="nobody")),
        )  # fmt: skip
        in_auction = self.world.contracts[key].phase == t.AUCTION_ENTRY and dice.random() < 0.3
        order_type, lives, price, terms = (t.LIMIT, t.AUCTION, near, None) if in_auction else dice.choice(kinds)
        command = structs.replace(
            plain, order_type=order_type, time_in_force=lives, price_ticks=price, terms=terms, instrument_id=key,
            offset=plain.offset if dice.random() < 0.6 else t.OPEN, client_order_id=f"s{self.count}",
        )  # fmt: skip
        if terms is not None and terms.other_leg:
            command = self._second_leg(command, terms)
        self.sent[-1] = command
        return command

    def _second_leg(self, command: c.PlaceOrder, terms: Terms) -> c.PlaceOrder:
        """Mostly the second leg of an order that works."""
        dice = self.dice
        legs = [order for order in self.world.orders if order.contract.number == command.instrument_id]
        if not legs or dice.random() < 0.1:
            return command
        leg = dice.choice(legs)
        up = 1 if leg.side == t.BUY else -1
        ahead = leg.contract.last + up * dice.randint(1, 9)
        return structs.replace(
            command, account_id=leg.account.number, tenant_id=leg.account.tenant_id, side=leg.side,
            offset=leg.offset if dice.random() < 0.9 else command.offset, qty=max(1, leg.open_qty - dice.randint(0, 1)),
            price_ticks=ahead if command.price_ticks else 0,
            terms=structs.replace(terms, trigger_ticks=ahead, other_leg=leg.client_order_id),
        )  # fmt: skip

    def _some_order(self) -> tuple[int, int, RefOrder | None]:
        """(account, order), mostly one that works."""
        dice = self.dice
        if self.world.orders and dice.random() < 0.92:
            order = dice.choice(self.world.orders)
            return order.account.number, order.number, order
        return dice.choice(ACCOUNTS)[0], dice.randint(0, self.world.next_order + 3), None

    def cancel(self, all_of: float = 0.05) -> c.AnyCommand:
        """Cancel one, or all of an account."""
        dice = self.dice
        account_id, order_id, _ = self._some_order()
        if dice.random() < all_of:
            reason = dice.choice(("", "", "client", "disconnect", "in his own words"))
            return c.CancelAll(self._tenant(account_id), account_id, dice.choice((0, GOLD, SOY)), reason, "u9")
        return c.CancelOrder(self._tenant(account_id), account_id, order_id, f"c{self.count - 3}", "u9")

    def replace(self) -> c.AnyCommand:
        """Change an order a little."""
        dice = self.dice
        account_id, order_id, order = self._some_order()
        qty, price = (order.qty, order.price) if order is not None else (1, 1)
        qty = dice.choice(INSANE) if dice.random() < 0.02 else max(0, qty + dice.randint(-3, 2))
        if dice.random() < 0.5:
            price += dice.randint(-4, 4)
        trigger = 0
        if order is not None and order.order_type in STOPS and dice.random() < 0.8:
            trigger = max(0, order.trigger + dice.randint(-3, 3)) if order.trigger else 0
            price = price if order.order_type == t.STOP_LIMIT else 0
        return c.ReplaceOrder(self._tenant(account_id), account_id, order_id, qty, price, "u9", trigger)

    def cash(self) -> c.AnyCommand:
        """Pay in or out."""
        dice = self.dice
        account_id = dice.choice(ACCOUNTS)[0]
        amount = dice.choice((1, 1_000_000, 50_000_000, 10**15, *INSANE))
        kind, checker = dice.choice((t.DEPOSIT, t.WITHDRAW)), dice.choice(("u2", "u3", "u3", "u3"))
        return c.MoveCash(self._tenant(account_id), account_id, kind, amount, f"r{dice.randint(0, 200)}", "u2", checker)

    def control(self) -> c.AnyCommand:
        """What officers and operators do."""
        dice = self.dice
        acts = (
            self._status, self._limits, self._rates, self._kill, self._instrument, self.phase, self.phase, self.phase,
            self._self_trade, self._rules, self._rules, self._confirm, self._confirm, self._confirm, self._correct,
            *[self._parameters] * 5, self._withdraw, self._hedge, self._timer, self._venue, self._venue, self._venue,
            self._roll, self._roll, self._roll, self._roll,
        )  # fmt: skip
        return dice.choice(acts)()

    def _status(self) -> c.AnyCommand:
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        status = dice.choice((t.CLOSE_ONLY, t.BLOCKED, t.BLOCKED, 9))
        self._later(20, c.SetAccountStatus(tenant_id, account_id, t.ACTIVE, False, "", "u5"))
        return c.SetAccountStatus(self._tenant(account_id), account_id, status, dice.random() < 0.3, "", "u5")

    def _limits(self) -> c.AnyCommand:
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        order, position, working, rate = (dice.choice(some) for some in ((0, 3, 5), (0, 12), (0, 3, 8), (0, 1, 3)))
        self._later(60, c.SetAccountLimits(tenant_id, account_id, 0, 0, 0, 0, "u2", "u3"))
        return c.SetAccountLimits(self._tenant(account_id), account_id, order, position, working, rate, "u2", "u3")

    def _rates(self) -> c.AnyCommand:
        dice = self.dice
        ppm = dice.choice((50_000, 180_000, 240_000, 0))
        fees = Fees(*(dice.choice((0, 7, 900)) for _ in range(3)), *(dice.choice((0, 33)) for _ in range(3)))
        return c.SetTenantRates(dice.choice((1, 2)), dice.choice((GOLD, SOY)), Rates(ppm, ppm, fees), "u2", "u3")

    def _kill(self) -> c.AnyCommand:
        dice = self.dice
        scope, target = dice.choice(
            ((t.KILL_VENUE, 0), (t.KILL_TENANT, 1), (t.KILL_INSTRUMENT, GOLD), (t.KILL_TENANT, 9))
        )
        tenant_id = dice.choice((0, 0, 1))
        self._later(8, c.SetKill(tenant_id, scope, target, False, "", "u1"))
        return c.SetKill(tenant_id, scope, target, True, "", "u1")

    def _instrument(self) -> c.AnyCommand:
        dice = self.dice
        spec = dice.choice(self.specs)
        settlement = self.world.contracts[spec.instrument_id].settlement
        ppm = dice.choice((160_000, 120_000))
        changed = structs.replace(
            spec, limit_ppm=dice.choice((2_000, 5_000, 10_000)),
            rates=Rates(ppm, ppm, Fees(open_fen=dice.choice((0, 500)), close_ppm=dice.choice((0, 20)))),
            previous_settlement_ticks=settlement + dice.choice((0, 0, 0, 5)),
        )  # fmt: skip
        # Now and then one person stands for both; set-up names no maker.
        maker = {2_000: "u1" if ppm == 120_000 else "", 5_000: "u2", 10_000: ""}[changed.limit_ppm]
        return c.PutInstrument(0, changed, "u1", maker)

    def phase(self) -> c.AnyCommand:
        """Move contracts through their phases; what stops trading is soon set going again."""
        dice = self.dice
        keys = dice.choice(([GOLD], [GOLD], [SOY], [SOY, GOLD]))
        road = dice.choice((
            (t.AUCTION_ENTRY, t.AUCTION_MATCH, t.CONTINUOUS), (t.AUCTION_ENTRY, t.AUCTION_MATCH, t.CONTINUOUS),
            (t.AUCTION_ENTRY, t.HALTED, t.CONTINUOUS), (t.BREAK, t.CONTINUOUS), (t.CLOSED, t.CONTINUOUS),
            (t.CLOSED, t.SETTLEMENT, t.CLOSED, t.AUCTION_ENTRY, t.AUCTION_MATCH, t.BREAK, t.CONTINUOUS),
            (t.HALTED, t.CONTINUOUS),
        ))  # fmt: skip
        for number, phase in enumerate(road[1:], 1):
            self._later(6 * number, c.SetPhase(0, keys, phase, "", "system"))
        return c.SetPhase(0, keys, road[0] if dice.random() < 0.9 else 77, "", "system")

    def _timer(self) -> c.AnyCommand:
        """Wind up a dead man's switch; nobody winds it again, or somebody does in time."""
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        self._later(dice.choice((5, 30, 40)), c.CancelOverdue(tenant_id, account_id, "system"))
        if dice.random() < 0.3:
            self._later(20, c.SetCancelAfter(tenant_id, account_id, dice.choice((0, 1_000)), "u9"))
        after_ms = dice.choice((1_000, 1_000, 1_000, 0, 7))
        return c.SetCancelAfter(self._tenant(account_id), account_id, after_ms, "u9")

    def _venue(self) -> c.AnyCommand:
        first, *others = self.rules.act(self.count, self._tenant)
        for command in others:
            self._later(0, command)
        return first

    def _self_trade(self) -> c.AnyCommand:
        account_id = self.dice.choice(ACCOUNTS)[0]
        return c.SetSelfTrade(self._tenant(account_id), account_id, self.dice.choice((0, 1, 2, 3)), "u9")

    def _rules(self) -> c.AnyCommand:
        """A broker's rules; what would stop all its clients for long is soon taken back."""
        dice = self.dice
        tenant_id = dice.choice((1, 2))
        self._later(150, c.SetTenantRules(tenant_id, False, 1_000_000, 0, "u2", "u3"))
        part, reserve = dice.choice((1_000_000, 800_000, 0, 1_000_001)), dice.choice((0, 5_000_000))
        return c.SetTenantRules(tenant_id, dice.random() < 0.9, part, reserve, "u2", dice.choice(("u2", "u3", "u3")))

    def _confirm(self) -> c.AnyCommand:
        """Agree to a statement, mostly the last one of somebody who has one to agree to."""
        dice = self.dice
        waiting = [one for one in self.world.accounts.values() if one.statements and not one.statements[-1].agreed]
        account = dice.choice(waiting or list(self.world.accounts.values()))
        day = account.statements[-1].day if account.statements else self.world.trading_day
        version = 1 + account.times_corrected(day) if dice.random() < 0.9 else dice.choice((0, 1, 2))
        day = day if dice.random() < 0.9 else 2025_12_31
        return c.ConfirmStatement(self._tenant(account.number), account.number, day, version, "u9")

    def _correct(self) -> c.AnyCommand:
        """Put an ended day right."""
        dice = self.dice
        account = dice.choice(list(self.world.accounts.values()))
        last = account.statements[-1].day if account.statements else FIRST_DAY
        day = dice.choice((last, last, FIRST_DAY, self.world.trading_day, 7))
        amount = dice.choice((1, -1, 250_000, -250_000, 30_000_000, -30_000_000, *INSANE))
        return c.CorrectStatement(
            self._tenant(account.number), account.number, day, amount, dice.choice(("a fee was wrong", "wrong", " ")),
            f"k{dice.randint(0, 200)}", "u2", dice.choice(("u2", "u3", "u3", "u3")),
        )  # fmt: skip

    def _parameters(self) -> c.AnyCommand:
        """A row of any level, mostly one that soon begins."""
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        tenant_id, account_id = dice.choice(((0, 0), (0, 0), (tenant_id, 0), (tenant_id, 0), (tenant_id, account_id)))
        number, product = dice.choice(((GOLD, ""), (SOY, ""), (0, "SHFE.au"), (0, "DCE.m")))
        hedge = dice.random() < 0.2
        said: dict[str, Any] = {}
        if dice.random() < 0.6:
            said |= {
                name: dice.choice((None, 90_000, 150_000, 210_000)) for name in ("long_margin_ppm", "short_margin_ppm")
            }
            said |= {name: dice.choice((None, None, 50_000)) for name in ("long_margin_fen", "short_margin_fen")}
            said["margin_relative"] = tenant_id > 0 and dice.random() < 0.4
        if dice.random() < 0.6:
            said["larger_side"] = dice.choice((0, 1, 1, 1, 2, 2))
        for name in ("open_fen", "close_fen", "close_today_fen", "open_ppm", "close_ppm", "close_today_ppm"):
            if dice.random() < 0.2:
                said[name] = dice.choice((0, 11, 250))
        for name, some in (("order_fen", (0, 10, 100)), ("cancel_fen", (0, 20)), ("max_order_qty", (4, 400)),
                           ("max_position_qty", (9, 60))):  # fmt: skip
            if dice.random() < 0.15:
                said[name] = dice.choice(some)
        if tenant_id == 0 and not hedge and dice.random() < 0.6:
            said["limit_ppm"] = dice.choice((3_000, 8_000, 15_000))
        if dice.random() < 0.03:
            said[dice.choice(("long_margin_ppm", "order_fen", "max_order_qty", "limit_ppm"))] = dice.choice(INSANE)
        day = (
            self._day_after(self.world.trading_day)
            if dice.random() < 0.8
            else self.world.trading_day + dice.choice((0, 2))
        )
        aim = (account_id, number, product if dice.random() < 0.98 else "SHFE.ag")
        return c.PutParameters(
            tenant_id, *aim, hedge, day, Parameters(**said), "公告 1", "u2", dice.choice(("u3", "u3", "u3", "u2"))
        )

    def _withdraw(self) -> c.AnyCommand:
        dice = self.dice
        rows = self.world.rows.rows
        if not rows or dice.random() < 0.1:
            return c.WithdrawParameters(dice.choice((0, 1)), dice.randint(0, 99), "", "u2", "u3")
        row = dice.choice(rows[-4:])
        tenant_id = row.tenant_id if dice.random() < 0.9 else 2
        return c.WithdrawParameters(tenant_id, row.row_id, "a mistake", "u2", "u3")

    def _hedge(self) -> c.AnyCommand:
        dice = self.dice
        account_id = dice.choice(ACCOUNTS)[0]
        return c.SetHedge(self._tenant(account_id), account_id, dice.random() < 0.6, "u2", dice.choice(("u3", "u2")))

    @staticmethod
    def _day_after(day: int) -> int:
        return day + 1 if day % 100 < 28 else (day // 100 + (1 if day // 100 % 100 < 12 else 89)) * 100 + 1

    def _roll(self) -> c.AnyCommand:
        dice = self.dice
        day = self.world.trading_day
        after = self._day_after(day)
        rows = []
        for key, contract in sorted(self.world.contracts.items()):
            if dice.random() < 0.95:
                far = dice.choice((-75, -40, -2, 0, 2, 40, 75)) if key <= SOY else dice.choice((-3, 0, 3))
                rows.append((key, contract.last + far))
        if dice.random() < 0.4:
            return c.BeginSettlement(0, after, rows if dice.random() < 0.5 else [], "system")
        return c.RollDay(0, after if dice.random() < 0.9 else day, rows, "system")
