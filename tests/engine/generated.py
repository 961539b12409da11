"""Seeded random commands of every kind, sane and insane, for tests that need a lot of life."""

from __future__ import annotations

import random
from collections.abc import Iterator

from msgspec import structs

from trading.engine.commands import (
    AnyCommand,
    BeginSettlement,
    CancelAll,
    CancelOrder,
    CancelOverdue,
    ConfirmStatement,
    CorrectStatement,
    EndSettlement,
    MoveCash,
    OpenAccount,
    OpenLiquidation,
    PlaceOrder,
    PutDelivery,
    PutInstrument,
    PutLimitLadder,
    PutParameters,
    ReplaceOrder,
    RollDay,
    SetAccountLimits,
    SetAccountStatus,
    SetCancelAfter,
    SetHedge,
    SetHolderKind,
    SetKill,
    SetPhase,
    SetSelfTrade,
    SetTenantRates,
    SetTenantRules,
    SettleAccounts,
    StepLiquidation,
    StopLiquidation,
    WatchClose,
    WithdrawParameters,
)
from trading.engine.instrument import Fees, Rates
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep
from trading.engine.machine import Machine
from trading.engine.parameters import Parameters
from trading.engine.terms import Terms
from trading.engine.types import (
    ACTIVE,
    AUCTION,
    AUCTION_ENTRY,
    AUCTION_MATCH,
    AUTO,
    BLOCKED,
    BREAK,
    BUY,
    CLOSE,
    CLOSE_ONLY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    CLOSED,
    CONTINUOUS,
    DAY,
    DEPOSIT,
    FOK,
    GTC,
    GTD,
    HALTED,
    IOC,
    KILL_INSTRUMENT,
    KILL_TENANT,
    KILL_VENUE,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    SETTLEMENT,
    STOP,
    STOP_LIMIT,
    TRAILING_STOP,
    WITHDRAW,
)

from .support import GOLD, SOY, gold, soy

# (account, tenant, group): two brokers, one group inside the first.
ACCOUNTS = ((1, 1, 0), (2, 1, 5), (3, 1, 5), (4, 1, 0), (5, 2, 0), (6, 2, 5), (7, 2, 0))
EARLY = 3  # a month that expires with the first day
INSANE = (0, -1, 2**31, 2**62, -(2**62), 7)


class Commands:
    """A stream of commands that looks at the machine, as people do, to know what it may cancel or close."""

    def __init__(self, machine: Machine, seed: int) -> None:
        self.machine = machine
        self.dice = random.Random(seed)
        self.count = 0
        self.sent: list[PlaceOrder] = []
        self.later: list[tuple[int, AnyCommand]] = []  # what is thrown is soon released, or the market would be dead

    def opening(self) -> Iterator[AnyCommand]:
        """A market with people in it."""
        yield PutInstrument(0, gold(limit_ppm=5_000), "u1")
        yield PutInstrument(0, soy(limit_ppm=20_000), "u1")
        yield RollDay(0, 20260105, [], "system")
        yield PutInstrument(0, soy(instrument_id=EARLY, symbol="DCE.m2601", last_trading_day=20260105), "u1")
        yield PutDelivery(0, EARLY, Delivery([DeliveryStep(20260105, 120_000)]), "u2", "u3")
        for account_id, tenant_id, group_id in ACCOUNTS:
            yield OpenAccount(tenant_id, account_id, group_id, "u1")
            yield MoveCash(tenant_id, account_id, DEPOSIT, 400_000_000, f"first-{account_id}", "u2", "u3")
        yield SetHedge(2, 5, True, "u2", "u3")
        fields = Parameters(order_fen=10, cancel_fen=5, larger_side=1)
        yield PutParameters(0, 0, 0, "SHFE.au", False, 20260106, fields, "notice 1", "u2", "u3")

    def next(self) -> AnyCommand:
        """The next command."""
        self.count += 1
        settling = self.machine.state.settling
        if settling is not None and self.dice.random() < 0.5:
            if settling.through >= ACCOUNTS[-1][0] and self.dice.random() < 0.7:
                return EndSettlement(0, "system")
            after = settling.through if self.dice.random() < 0.9 else 3
            return SettleAccounts(0, after, self.dice.choice((1, 2, 500, 501)), "system")
        self.later.sort(key=lambda item: item[0])
        if self.later and self.later[0][0] <= self.count:
            return self.later.pop(0)[1]
        at = self.dice.random()
        if at < 0.6:
            return self.order()
        if at < 0.74:
            return self.special()
        if at < 0.82:
            return self.cancel()
        if at < 0.92:
            return self.replace()
        if at < 0.94 and self.sent:
            return self.dice.choice(self.sent)
        if at < 0.95:
            return self.cash()
        if at < 0.96:
            return self.liquidation() or self.order()
        return self.control()

    def _tenant(self, account_id: int) -> int:
        return self.dice.choice((1, 2)) if self.dice.random() < 0.01 else ACCOUNTS[account_id - 1][1]

    def order(self) -> PlaceOrder:
        """Any order, now and then one that nobody sane would send."""
        dice = self.dice
        account_id = dice.choice(ACCOUNTS)[0]
        instrument_id = dice.choice((GOLD, GOLD, SOY) if self.machine.day_number > 1 else (GOLD, SOY, EARLY))
        stats = self.machine.instrument_stats(instrument_id)
        middle = stats.last if stats is not None else 1
        order_type = MARKET if dice.random() < 0.06 else LIMIT
        fields = {
            "side": dice.choice((BUY, SELL)),
            "offset": dice.choice((OPEN, OPEN, OPEN, AUTO, AUTO, AUTO, CLOSE, CLOSE_TODAY, CLOSE_YESTERDAY)),
            "order_type": order_type,
            "time_in_force": dice.choice((DAY, DAY, DAY, DAY, IOC, FOK)),
            "qty": dice.randint(1, 6),
            "price_ticks": 0 if order_type == MARKET else middle + dice.randint(-8, 8),
            "instrument_id": instrument_id,
        }
        if dice.random() < 0.03:
            fields[dice.choice(sorted(fields))] = dice.choice(INSANE)
        command = PlaceOrder(
            tenant_id=self._tenant(account_id),
            account_id=account_id,
            client_order_id=f"c{self.count}",
            trading_day=self.machine.trading_day if dice.random() < 0.99 else 20251231,
            actor="u9",
            **fields,
        )
        self.sent.append(command)
        del self.sent[:-50]
        return command

    def special(self) -> PlaceOrder:
        """An order with terms: mostly ones that fit together, on the side of the price where they belong."""
        dice = self.dice
        plain = self.order()
        stats = self.machine.instrument_stats(GOLD)
        assert stats is not None
        up = 1 if plain.side == BUY else -1
        far, lives = dice.randint(1, 9), dice.choice((DAY, GTC, GTD))
        till = self.machine.trading_day + dice.randint(0, 2) if lives == GTD else 0
        near = stats.last - up * dice.randint(-2, 6)
        legs = [order for order in self.machine.state.orders.values() if order.offset == plain.offset]
        leg = dice.choice(legs) if legs and dice.random() < 0.6 else None
        kinds: tuple[tuple[int, int, int, Terms | None], ...] = (
            (STOP, lives, 0, Terms(trigger_ticks=stats.last + up * far, good_till=till)),
            (STOP_LIMIT, lives, stats.last + up * far, Terms(trigger_ticks=stats.last + up * far, good_till=till)),
            (TRAILING_STOP, lives, 0, Terms(trail_ticks=far, good_till=till)),
            (LIMIT, IOC, near, Terms(min_qty=dice.randint(1, plain.qty + 1) if plain.qty > 0 else 1)),
            (LIMIT, lives, near, Terms(display_qty=dice.randint(1, 3), good_till=till)),
            (LIMIT, lives, near, Terms(post_only=True, good_till=till)),
            (LIMIT, GTC, near, None),
            (LIMIT, AUCTION, near, None),
            (LIMIT, DAY, near, Terms(take_profit_ticks=near + up * far, stop_loss_ticks=near - up * far)),
            (MARKET, IOC, 0, Terms(stop_loss_ticks=stats.last - up * far)),
            (STOP, lives, 0, Terms(trigger_ticks=stats.last + up * far, good_till=till,
                                   other_leg=leg.client_order_id if leg is not None else "nobody")),
        )  # fmt: skip
        order_type, lives, price, terms = dice.choice(kinds)
        command = structs.replace(
            plain, order_type=order_type, time_in_force=lives, price_ticks=price, terms=terms, instrument_id=GOLD,
            offset=plain.offset if dice.random() < 0.6 else OPEN, client_order_id=f"s{self.count}",
        )  # fmt: skip
        if leg is not None and terms is not None and terms.other_leg:
            command = structs.replace(
                command, account_id=leg.account.account_id, tenant_id=leg.account.tenant_id, side=leg.side,
                instrument_id=leg.contract.instrument_id, qty=max(1, leg.open_qty()),
            )  # fmt: skip
        self.sent.append(command)
        return command

    def phase(self) -> AnyCommand:
        """Move a contract through its phases; what stops trading is soon set going again."""
        dice = self.dice
        key = dice.choice((GOLD, SOY))
        road = dice.choice((
            (AUCTION_ENTRY, AUCTION_MATCH, CONTINUOUS), (AUCTION_ENTRY, HALTED, CONTINUOUS), (BREAK, CONTINUOUS),
            (CLOSED, CONTINUOUS), (CLOSED, SETTLEMENT, CLOSED, AUCTION_ENTRY, AUCTION_MATCH, CONTINUOUS),
            (HALTED, CONTINUOUS),
        ))  # fmt: skip
        for number, phase in enumerate(road[1:], 1):
            self.later.append((self.count + 15 * number, SetPhase(0, [key], phase, "", "system")))
        return SetPhase(0, [key], road[0] if dice.random() < 0.9 else 77, "", "system")

    def _some_order(self) -> tuple[int, int]:
        """(account, order), mostly one that works."""
        dice = self.dice
        working = self.machine.state.orders
        if working and dice.random() < 0.92:
            order = working[dice.choice(sorted(working))]
            return order.account.account_id, order.order_id
        return dice.choice(ACCOUNTS)[0], dice.randint(0, self.machine.state.next_order_id + 3)

    def cancel(self) -> AnyCommand:
        """Cancel one, or all of an account."""
        dice = self.dice
        account_id, order_id = self._some_order()
        if dice.random() < 0.05:
            return CancelAll(self._tenant(account_id), account_id, dice.choice((0, GOLD, SOY)), "", "u9")
        return CancelOrder(self._tenant(account_id), account_id, order_id, f"c{self.count - 3}", "u9")

    def replace(self) -> AnyCommand:
        """Change an order a little."""
        dice = self.dice
        account_id, order_id = self._some_order()
        order = self.machine.order_view(account_id, order_id)
        qty, price = (order.qty, order.price_ticks) if order is not None else (1, 1)
        qty = dice.choice(INSANE) if dice.random() < 0.02 else max(0, qty + dice.randint(-3, 2))
        if dice.random() < 0.5:
            price += dice.randint(-4, 4)
        trigger = 0
        if order is not None and order.terms is not None and order.terms.trigger_ticks and dice.random() < 0.7:
            trigger = order.terms.trigger_ticks + dice.randint(-3, 3)
            price = 0 if order.order_type != STOP_LIMIT else price
        return ReplaceOrder(self._tenant(account_id), account_id, order_id, qty, price, "u9", trigger)

    def cash(self) -> AnyCommand:
        """Pay in or out."""
        dice = self.dice
        account_id = dice.choice(ACCOUNTS)[0]
        amount = dice.choice((1, 1_000_000, 50_000_000, 10**15, *INSANE))
        reference = f"r{dice.randint(0, 200)}"
        checker = dice.choice(("u2", "u3", "u3", "u3"))
        return MoveCash(
            self._tenant(account_id), account_id, dice.choice((DEPOSIT, WITHDRAW)), amount, reference, "u2", checker
        )

    def control(self) -> AnyCommand:
        """What officers and operators do."""
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        pick = dice.randint(0, 20)
        if pick in (12, 13):
            return self._parameters()
        if pick == 14:
            return self._withdraw_or_hedge()
        if pick == 15:
            return self._venue_rule(tenant_id, account_id)
        if pick == 16:
            return self._one_sided(dice.choice((GOLD, SOY)))
        if pick == 0:
            status = dice.choice((CLOSE_ONLY, BLOCKED, BLOCKED, 9))
            self.later.append((self.count + 20, SetAccountStatus(tenant_id, account_id, ACTIVE, False, "", "u5")))
            return SetAccountStatus(self._tenant(account_id), account_id, status, dice.random() < 0.3, "", "u5")
        if pick == 1:
            limits = [dice.choice((0, 5, 12)), dice.choice((0, 30)), dice.choice((0, 3, 8)), dice.choice((0, 1, 3))]
            self.later.append((self.count + 60, SetAccountLimits(tenant_id, account_id, 0, 0, 0, 0, "u2", "u3")))
            return SetAccountLimits(self._tenant(account_id), account_id, *limits, "u2", "u3")
        if pick == 2:
            ppm = dice.choice((50_000, 180_000, 240_000, 0))
            fees = Fees(*(dice.choice((0, 7, 900)) for _ in range(3)), *(dice.choice((0, 33)) for _ in range(3)))
            return SetTenantRates(tenant_id, dice.choice((GOLD, SOY)), Rates(ppm, ppm, fees), "u2", "u3")
        if pick == 3:
            return self._kill()
        if pick == 4:
            return self._instrument()
        if pick in (7, 8, 9):
            return self.phase()
        if pick == 11:
            due = self.machine.state.timers
            if due and dice.random() < 0.7:
                account_id = dice.choice(sorted(due))
                return CancelOverdue(ACCOUNTS[account_id - 1][1], account_id, "system")
            return SetCancelAfter(tenant_id, account_id, dice.choice((0, 1_000, 1_500, 7)), "u9")
        if pick == 10:
            return SetSelfTrade(self._tenant(account_id), account_id, dice.choice((0, 1, 2, 3)), "u9")
        if pick > 16:
            return self._statement()
        return self._roll()

    def liquidation(self) -> AnyCommand | None:
        """Begin to close somebody's lots by force, or go on with it; the account is let free some time after."""
        dice, state = self.dice, self.machine.state
        if state.liquidations and dice.random() < 0.8:
            item = state.liquidations[dice.choice(sorted(state.liquidations))]
            account = state.accounts[item.account_id]
            part = dice.choice(item.parts)
            price = state.markets[part.instrument_id].last_ticks + dice.randint(-6, 6)
            if dice.random() < 0.1:
                return StopLiquidation(account.tenant_id, item.account_id, item.number, "", "u5")
            return StepLiquidation(
                account.tenant_id, item.account_id, item.number, item.steps + dice.choice((1, 1, 1, 0)),
                item.parts.index(part), dice.choice((1, part.qty, *INSANE)), price, "system",
                item.steps % 4 != 3,
            )  # fmt: skip
        views = [self.machine.account_view(account_id) for account_id, _, _ in ACCOUNTS]
        holders = [view for view in views if view is not None and view.positions]
        if not holders:
            return None
        view = dice.choice(holders)
        rows = [
            (held.instrument_id, held.side, offset, qty)
            for held in view.positions
            for offset, qty in ((CLOSE_TODAY, held.today_qty), (CLOSE_YESTERDAY, held.yesterday_qty))
            if qty
        ]
        target = view.risk_ppm * dice.choice((50, 90, 100)) // 100
        self.later.append((self.count + 60, SetAccountStatus(view.tenant_id, view.account_id, ACTIVE, False, "", "u5")))
        return OpenLiquidation(
            view.tenant_id, view.account_id, 1, dice.choice((1, 2)), self.machine.seq, [1, 2, 3, 900_000_000], target,
            rows, "u2", dice.choice(("u3", "u3", "u2")),
        )  # fmt: skip

    def _statement(self) -> AnyCommand:
        """A broker's rules, a client's confirmation, a correction of yesterday."""
        dice = self.dice
        waiting = [row for row in ACCOUNTS if self.machine.state.accounts[row[0]].statement_version]
        account_id, tenant_id, _ = dice.choice(waiting or ACCOUNTS)
        day = self.machine.trading_day
        view = self.machine.account_view(account_id)
        if dice.random() < 0.2:
            self.later.append((self.count + 200, SetTenantRules(tenant_id, False, 1_000_000, 0, "u2", "u3")))
            return SetTenantRules(tenant_id, True, dice.choice((1_000_000, 500_000, -1)), 1_000, "u2", "u3")
        if view is not None and view.statement_version and dice.random() < 0.7:
            version = view.statement_version if dice.random() < 0.9 else 9
            return ConfirmStatement(tenant_id, account_id, view.statement_day, version, "u9")
        amount = dice.choice((1, -1, 90_000, -90_000, *INSANE))
        day = dice.choice((day - 1, day, 20260105, 0))
        return CorrectStatement(tenant_id, account_id, day, amount, "wrong fee", f"k{dice.randint(0, 99)}", "u2", "u3")

    def _venue_rule(self, tenant_id: int, account_id: int) -> AnyCommand:
        """Ladders, roads to delivery, kinds of holders; sane or not."""
        dice, day = self.dice, self.machine.trading_day
        steps = dice.choice(([LimitStep(3_000, 2_000), LimitStep(5_000, 2_000, True)], [], [LimitStep(-5, 0)]))
        road = Delivery(
            [DeliveryStep(day, 200_000, 1, 20), DeliveryStep(day + 1, 250_000, dice.choice((0, 2, 3)))],
            *dice.choice(((0, 0), (day, 20261215), (day, 20991231))),
        )
        venue, product, window_s = dice.choice(("SHFE", "DCE", "")), dice.choice(("", "au")), dice.choice((300, 90, -1))
        return dice.choice((
            PutLimitLadder(0, venue, product, steps, "u2", "u3", window_s),
            PutDelivery(0, dice.choice((GOLD, SOY, 99)), road, "u2", dice.choice(("u2", "u3", "u3"))),
            SetHolderKind(self._tenant(account_id), account_id, dice.random() < 0.5, "u1"),
        ))  # fmt: skip

    def _one_sided(self, key: int) -> AnyCommand:
        """Everybody leaves and one comes to a limit, in the window before a close."""
        dice, market = self.dice, self.machine.state.markets[key]
        side, price = dice.choice(((BUY, market.upper_ticks), (SELL, market.lower_ticks)))
        steps: list[AnyCommand] = [CancelAll(tenant, account, key, "", "u9") for account, tenant, _ in ACCOUNTS]
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        steps.append(
            PlaceOrder(
                tenant_id, account_id, f"w{self.count}", self.machine.trading_day, key, side, OPEN, LIMIT, DAY, 3,
                price, "u9",
            )
        )  # fmt: skip
        steps += [WatchClose(0, [key], "system"), SetPhase(0, [key], CLOSED, "", "system")]
        self.later = [(self.count, step) for step in steps] + self.later
        self.later.append((self.count + 30, SetPhase(0, [key], CONTINUOUS, "", "system")))
        return self._roll() if dice.random() < 0.2 else self.later.pop(0)[1]

    def _kill(self) -> AnyCommand:
        dice = self.dice
        scope, target = dice.choice(((KILL_VENUE, 0), (KILL_TENANT, 1), (KILL_INSTRUMENT, GOLD), (KILL_TENANT, 9)))
        tenant_id = dice.choice((0, 0, 1))
        self.later.append((self.count + 8, SetKill(tenant_id, scope, target, False, "", "u1")))
        return SetKill(tenant_id, scope, target, True, "", "u1")

    def _parameters(self) -> AnyCommand:
        """A dated row: of the exchange, a broker or a client, for a contract or a product."""
        dice = self.dice
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        tenant_id, account_id = dice.choice(((0, 0), (tenant_id, 0), (tenant_id, account_id)))
        number, product = dice.choice(((GOLD, ""), (SOY, ""), (0, "SHFE.au"), (0, "DCE.m")))
        ppm = dice.choice((None, 100_000, 200_000)) if dice.random() < 0.9 else 7
        fields = Parameters(
            long_margin_ppm=ppm, short_margin_ppm=ppm,
            long_margin_fen=dice.choice((None, 40_000)),
            margin_relative=dice.random() < 0.2,
            larger_side=dice.choice((None, 0, 1, 2)) if dice.random() < 0.95 else 3,
            open_fen=dice.choice((None, 0, 300)), close_ppm=dice.choice((None, 40)),
            order_fen=dice.choice((None, 10, 10)), cancel_fen=dice.choice((None, 5, 5)),
            max_order_qty=dice.choice((None, None, 4)), max_position_qty=dice.choice((None, None, 40)),
            limit_ppm=dice.choice((None, 9_000)) if tenant_id == 0 else None,
        )  # fmt: skip
        day = self._after(self.machine.trading_day) if dice.random() < 0.8 else self.machine.trading_day
        hedge = dice.random() < 0.2
        return PutParameters(tenant_id, account_id, number, product, hedge, day, fields, "notice 7", "u2", "u3")

    def _withdraw_or_hedge(self) -> AnyCommand:
        dice = self.dice
        rows = [row for _, row in sorted(self.machine.state.parameters.by_id.items())]
        coming = [row for row in rows if row.effective_day > self.machine.trading_day]
        if rows and dice.random() < 0.7:
            row = dice.choice(coming or rows)
            return WithdrawParameters(row.tenant_id, row.row_id, "a mistake", "u2", "u3")
        account_id, tenant_id, _ = dice.choice(ACCOUNTS)
        return SetHedge(tenant_id, account_id, dice.random() < 0.5, "u2", "u3")

    @staticmethod
    def _after(day: int) -> int:
        return day + 1 if day % 100 < 28 else (day // 100 + (1 if day // 100 % 100 < 12 else 89)) * 100 + 1

    def _instrument(self) -> AnyCommand:
        dice = self.dice
        make, key = dice.choice(((gold, GOLD), (soy, SOY)))
        stats = self.machine.instrument_stats(key)
        ppm = dice.choice((160_000, 120_000))
        limit_ppm = dice.choice((5_000, 10_000))
        return PutInstrument(
            0,
            make(
                limit_ppm=limit_ppm,
                rates=Rates(ppm, ppm, Fees(open_fen=dice.choice((0, 500)), close_ppm=dice.choice((0, 20)))),
                previous_settlement_ticks=stats.previous_settlement + dice.choice((0, 0, 0, 5)),
            ),
            "u1",
            # Now and then one person stands for both; set-up names no maker.
            {5_000: "u2", 10_000: "u1" if ppm == 120_000 else ""}[limit_ppm],
        )

    def _roll(self) -> AnyCommand:
        dice = self.dice
        day = self.machine.trading_day
        after = self._after(day)
        rows = []
        for key in (GOLD, SOY, EARLY):
            stats = self.machine.instrument_stats(key)
            if dice.random() < 0.95:
                rows.append((key, stats.last + dice.randint(-2, 2)))
        if dice.random() < 0.4:
            return BeginSettlement(0, after, rows if dice.random() < 0.5 else [], "system")
        return RollDay(0, after if dice.random() < 0.9 else day, rows, "system")
