"""The slow model's forced liquidations: what is closed is counted from the orders each time somebody asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from trading.engine.commands import OpenLiquidation, StepLiquidation, StopLiquidation
from trading.engine.events import AccountStatusChanged, CashMoved, Trade
from trading.engine.liquidation_events import (
    LiquidationCarried,
    LiquidationEnded,
    LiquidationOpened,
    LiquidationStepped,
)
from trading.engine.terms import Terms
from trading.engine.types import (
    ACTIVE,
    BUY,
    CLOSE_ONLY,
    CLOSE_TODAY,
    CLOSE_YESTERDAY,
    DAY,
    LIMIT,
    LONG,
    OPEN,
    SELL,
    SHORT,
)

from . import reference_rules as rules
from .reference_control import account_for, people
from .reference_market import end, run
from .reference_orders import accepted, make, number_order, refuse
from .reference_parameters import margin_rule, smallest
from .reference_rules import BILLION, Wish
from .reference_state import MILLION, RefAccount, RefOrder, RefWorld

BEYOND = 999_999_999
NOBODY = RefAccount(number=0, tenant_id=0, group_id=0)  # whom only the exchange's rows concern
RESTORED, DONE, STOPPED = 1, 2, 3
REASON = "liquidation"


@dataclass(eq=False)
class RefRow:
    """One row of a plan with all orders that ever worked for it."""

    instrument_id: int
    side: int
    today: bool
    qty: int
    orders: list[RefOrder] = field(default_factory=list)

    @property
    def closed(self) -> int:
        """Lots that its orders have closed."""
        return sum(order.filled for order in self.orders)

    @property
    def offset(self) -> int:
        """The bucket as orders name it."""
        return CLOSE_TODAY if self.today else CLOSE_YESTERDAY


@dataclass(eq=False)
class RefLiquidation:
    """An open liquidation."""

    account: RefAccount
    number: int
    reason: int
    basis: int
    target: int
    rows: list[RefRow]
    steps: int = 0


def held(account: RefAccount, row: RefRow) -> int:
    """Lots of the row's bucket."""
    lots = account.lots.get((row.instrument_id, row.side), [])
    return sum(lot.qty for lot in lots if lot.is_today is row.today)


def figures(world: RefWorld, account: RefAccount, basis: int) -> tuple[int, int, int]:
    """(equity, margin by the basis, risk degree in millionths rounded up)."""
    margin = world.margin(account)
    if basis == 2:
        margin = 0
        for (key, side), lots in account.lots.items():
            contract = world.contracts[key]
            ppm, fen = margin_rule(contract, NOBODY, is_long=side == LONG)
            for lot in lots:
                value = (lot.price_ticks if lot.is_today else contract.settlement) * contract.spec.tick_value_fen
                margin += ((2 * value * ppm + MILLION) // (2 * MILLION) + fen) * lot.qty
    equity = account.cash() + world.profit(account)
    if margin <= 0:
        return equity, margin, 0
    return equity, margin, BEYOND if equity <= 0 else min(BEYOND, (margin * MILLION + equity - 1) // equity)


def shape_ok(command: OpenLiquidation) -> bool:
    """What makes sense by itself."""
    lines, target = list(command.lines_ppm), command.target_ppm
    if lines == []:
        lined = target == 0
    else:
        ascending = all(one <= other for one, other in pairwise(lines))
        lined = len(lines) == 4 and ascending and lines[0] >= 1 and lines[3] < BEYOND and 0 <= target < lines[3]
    return (
        lined
        and 1 <= command.reason <= 11
        and not (command.reason == 1 and target == 0)
        and command.basis in (1, 2)
        and 1 <= len(command.rows) <= 200
        and all(row[1] in (LONG, SHORT) and row[2] in (CLOSE_TODAY, CLOSE_YESTERDAY) for row in command.rows)
    )


def open_liquidation(world: RefWorld, command: OpenLiquidation) -> None:
    """Begin to close by force."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    code = people(command.maker, command.checker) or ("" if shape_ok(command) else "invalid_field")
    if not code and account.number in world.liquidations:
        code = "liquidation_open"
    if not code and not world.liquidated.get(account.number, 0) <= command.trigger_seq <= world.seq:
        code = "liquidation_trigger"
    rows = [RefRow(key, side, offset == CLOSE_TODAY, qty) for key, side, offset, qty in command.rows]
    equity, margin, degree = figures(world, account, command.basis)
    if not code and command.target_ppm and degree <= command.target_ppm:
        code = "liquidation_not_needed"
    if not code and len({tuple(row[:3]) for row in command.rows}) < len(rows):
        code = "liquidation_plan"
    if not code and any(not 1 <= row.qty <= held(account, row) for row in rows):
        code = "liquidation_plan"
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    number, world.next_liquidation = world.next_liquidation, world.next_liquidation + 1
    world.liquidations[account.number] = RefLiquidation(
        account, number, command.reason, command.basis, command.target_ppm, rows
    )
    account.seq += 1
    world.events.append(
        LiquidationOpened(
            account.tenant_id, account.number, account.seq, number, command.reason, command.basis, command.trigger_seq,
            command.lines_ppm, command.target_ppm, equity, margin, degree, command.rows, command.maker, command.checker,
        )
    )  # fmt: skip
    if account.status == ACTIVE:
        account.status = CLOSE_ONLY
        account.seq += 1
        why = f"liquidation {number}"
        world.events.append(
            AccountStatusChanged(
                account.tenant_id, account.number, account.seq, CLOSE_ONLY, ACTIVE, why, command.checker
            )
        )
    for order in [one for one in world.orders_of(account) if one.offset == OPEN]:
        if order in world.orders:
            end(world, order, REASON, command.checker)


def is_over(world: RefWorld, item: RefLiquidation) -> int:
    """How it has ended; 0 when it has not."""
    equity, _margin, degree = figures(world, item.account, item.basis)
    if item.target and degree <= item.target and equity >= 1:
        return RESTORED
    left = any(row.closed < row.qty and held(item.account, row) for row in item.rows)
    return 0 if left else DONE


def rows_of(item: RefLiquidation) -> list[tuple[int, int, int, int, int]]:
    """The rows as events carry them."""
    return [(row.instrument_id, row.side, row.offset, row.qty, row.closed) for row in item.rows]


def finish(world: RefWorld, item: RefLiquidation, outcome: int, reason: str, actor: str) -> None:
    """It is over: say so, and cancel what works for it."""
    account = item.account
    del world.liquidations[account.number]
    world.liquidated[account.number] = world.seq + 1
    account.seq += 1
    world.events.append(
        LiquidationEnded(
            account.tenant_id, account.number, account.seq, item.number, outcome,
            *figures(world, account, item.basis), rows_of(item), reason, actor,
        )
    )  # fmt: skip
    for row in item.rows:
        for order in row.orders:
            if order in world.orders:
                end(world, order, REASON, actor)


def review(world: RefWorld) -> None:
    """After trades and movements of money: who is restored, or has nothing left, is left alone."""
    if any(isinstance(event, Trade | CashMoved) for event in world.events):
        for number in sorted(world.liquidations):
            item = world.liquidations[number]
            outcome = is_over(world, item)
            if outcome:
                finish(world, item, outcome, "", "system")


def carry(world: RefWorld) -> None:
    """The day has ended: today's lots are yesterday's; what is not over goes on."""
    for number in sorted(world.liquidations):
        item = world.liquidations[number]
        for row in item.rows:
            row.today = False
        outcome = is_over(world, item)
        if outcome:
            finish(world, item, outcome, "", "system")
            continue
        item.account.seq += 1
        world.events.append(
            LiquidationCarried(item.account.tenant_id, number, item.account.seq, item.number, rows_of(item))
        )


def stop_liquidation(world: RefWorld, command: StopLiquidation) -> None:
    """An officer ends it."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    item = world.liquidations.get(account.number)
    if item is None or item.number != command.number:
        refuse(world, account.tenant_id, account.number, "liquidation_not_open")
    elif not rules.name_ok(command.actor) or not rules.reason_ok(command.reason):
        refuse(world, account.tenant_id, account.number, "invalid_field")
    else:
        finish(world, item, STOPPED, command.reason, command.actor)


def step_problem(world: RefWorld, command: StepLiquidation, item: RefLiquidation, row: RefRow) -> str:
    """Why a step cannot be taken now; the account's own limits and status do not count."""
    account, contract = item.account, world.contracts[row.instrument_id]
    status, account.status = account.status, ACTIVE
    code = rules.standing(world, account, contract) or rules.phase(contract, LIMIT, DAY)
    account.status = status
    if code:
        return code
    if not contract.lower <= command.price_ticks <= contract.upper:
        return "price_band"
    said = smallest(contract, account, "max_order_qty") if command.by_tariff else None
    if command.qty > contract.spec.max_order_qty or (said is not None and command.qty > said):
        return "order_quantity_limit"
    if command.qty > row.qty - row.closed:
        return "liquidation_over_plan"
    others = [other for other in item.rows if other is not row]
    taken = sum(
        order.open_qty
        for other in others
        for order in other.orders
        if order in world.orders
        and (other.instrument_id, other.side, other.today) == (row.instrument_id, row.side, row.today)
    )
    if command.qty > held(account, row) - taken:
        return "over_close_today" if row.today else "over_close_yesterday"
    return ""


def step_liquidation(world: RefWorld, command: StepLiquidation) -> None:
    """Work one row with a new order."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    item = world.liquidations.get(account.number)
    code = ""
    if item is None or item.number != command.number:
        code = "liquidation_not_open"
    elif command.step != item.steps + 1:
        code = "liquidation_step"
    elif not rules.name_ok(command.actor) or not 0 <= command.row < len(item.rows):
        code = "invalid_field"
    elif not 1 <= command.qty <= BILLION:
        code = "quantity"
    if code or item is None:
        refuse(world, account.tenant_id, account.number, code)
        return
    outcome = is_over(world, item)
    if outcome:
        finish(world, item, outcome, "", "system")
        return
    row = item.rows[command.row]
    code = step_problem(world, command, item, row)
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    take_step(world, command, item, row)


def take_step(world: RefWorld, command: StepLiquidation, item: RefLiquidation, row: RefRow) -> None:
    """The way is cleared, then the order goes to market."""
    account, actor = item.account, command.actor
    item.steps += 1
    number = world.next_order
    world.next_order += 1  # the order has its number before anything is canceled for it
    account.seq += 1
    world.events.append(
        LiquidationStepped(
            account.tenant_id, account.number, account.seq, item.number, item.steps, command.row, number,
            row.instrument_id, command.qty, command.price_ticks, actor,
        )
    )  # fmt: skip
    for order in row.orders:
        if order in world.orders:
            end(world, order, REASON, actor)
    clear(world, account, row, command.qty, actor)
    enter(world, command, item, row, number)


def clear(world: RefWorld, account: RefAccount, row: RefRow, qty: int, actor: str) -> None:
    """Cancel the client's own orders that hold the lots, the newest first, as long as it needs."""
    while True:
        state = world.position(account, row.instrument_id, row.side)
        free = state.today_qty - state.frozen_today if row.today else state.yesterday_qty - state.frozen_yesterday
        if free >= qty:
            return
        blocking = [
            order
            for order in world.orders_of(account)
            if order.offset != OPEN
            and (order.contract.number, order.direction) == (row.instrument_id, row.side)
            and (order.from_today if row.today else order.from_yesterday)
            and not order.terms.force_reason
        ]
        end(world, blocking[-1], REASON, actor)


def enter(world: RefWorld, command: StepLiquidation, item: RefLiquidation, row: RefRow, number: int) -> None:
    """The order itself."""
    account, contract = item.account, world.contracts[row.instrument_id]
    side = SELL if row.side == LONG else BUY
    wish = Wish(account, contract, side, row.offset, LIMIT, command.qty, command.price_ticks)
    if rules.resolve(world, wish):
        raise AssertionError(f"no lots for the forced order {number}")
    rules.price_units(wish)
    name = base = f"liq{item.number}.{item.steps}"
    again = 1
    while name in account.client_ids:
        again += 1
        name = f"{base}.{again}"
    after, world.next_order = world.next_order, number
    number_order(world, account, name)
    world.next_order = after
    terms = Terms(force_reason=item.reason)
    order = make(wish, number, name, DAY, terms)
    row.orders.append(order)
    world.orders.append(order)
    accepted(world, order, command.actor, terms)
    run(world, order, command.actor)
