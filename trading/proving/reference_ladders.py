"""The slow model's venue rules: one-sided markets and their ladder, the road to delivery, the end of a contract."""

from __future__ import annotations

from itertools import pairwise

from msgspec.structs import replace

from trading.engine.commands import PutDelivery, PutLimitLadder, SetHolderKind, WatchClose
from trading.engine.events import Event
from trading.engine.ladders import Delivery
from trading.engine.types import BREAK, BUY, CLOSED, CONTINUOUS, HALTED, LONG, OPEN, SELL, SHORT
from trading.engine.venue_events import (
    ContractsMoved,
    ContractTerms,
    DeliveryPut,
    HolderKindSet,
    LimitLadderPut,
    LotsExpired,
)

from .reference_orders import refuse
from .reference_parameters import limit_ppm
from .reference_rules import BILLION, day_ok, name_ok
from .reference_state import MILLION, RefContract, RefOrder, RefWorld


def terms(contract: RefContract) -> ContractTerms:
    """What the rules make of a contract."""
    step, ladder = contract.step(), contract.ladder or (0, 0, 0, 0, 0, False)
    return ContractTerms(
        contract.number, contract.phase, contract.closed_as if contract.seen is None else contract.alone(),
        ladder[0], ladder[1], contract.widest, contract.floor, step.lot_multiple, step.position_limit,
        contract.no_natural_opens, contract.expired,
    )  # fmt: skip


def tell(contracts: list[RefContract], day: int, actor: str) -> ContractsMoved:
    """Say how contracts stand."""
    return ContractsMoved(0, day, [terms(one) for one in contracts], actor)


def people_ok(maker: str, checker: str) -> str:
    """Two named people, or why not."""
    if not name_ok(maker) or not name_ok(checker):
        return "invalid_field"
    return "maker_is_checker" if maker == checker else ""


def side_alone(world: RefWorld, contract: RefContract) -> int:
    """The side that stands at its limit while nobody stands on the other."""
    bids, asks = world.resting(contract, BUY), world.resting(contract, SELL)
    if bids and not asks and bids[0].price == contract.upper:
        return BUY
    return SELL if asks and not bids and asks[0].price == contract.lower else 0


def look(world: RefWorld) -> None:
    """After every command: who stands alone in the markets that are near their close."""
    for contract in world.contracts.values():
        if contract.seen is not None:
            contract.seen.append(side_alone(world, contract))


def put_ladder(world: RefWorld, command: PutLimitLadder) -> None:
    """Put a table of steps, or take it away."""
    code = people_ok(command.maker, command.checker)
    figures = [ppm for step in command.steps for ppm in (step.add_ppm, step.margin_over_ppm)]
    sane = command.tenant_id == 0 and name_ok(command.venue) and (name_ok(command.product) or command.product == "")
    if not code and not (
        sane
        and len(command.steps) <= 16
        and 0 < command.window_s <= 14_400
        and all(0 <= ppm < MILLION for ppm in figures)
    ):
        code = "invalid_field"
    if code:
        refuse(world, command.tenant_id, 0, code)
        return
    world.ladders[command.venue, command.product] = command.steps
    world.windows[command.venue, command.product] = command.window_s
    world.events.append(
        LimitLadderPut(
            0, command.venue, command.product, command.steps, command.maker, command.checker, command.window_s
        )
    )


def watch_close(world: RefWorld, command: WatchClose) -> None:
    """The window before the close begins."""
    if command.tenant_id != 0 or not name_ok(command.actor):
        refuse(world, command.tenant_id, 0, "invalid_field")
        return
    for key in sorted(set(command.instrument_ids)):
        contract = world.contracts.get(key)
        if contract is None:
            refuse(world, 0, 0, "instrument_not_found")
            return
        if contract.expired or contract.phase not in (CONTINUOUS, BREAK, HALTED):
            refuse(world, 0, 0, "phase_change")
            return
    found = [world.contracts[key] for key in sorted(set(command.instrument_ids))]
    begun = [one for one in found if one.window_day != world.trading_day]
    if not begun:
        refuse(world, 0, 0, "phase_change")
        return
    for contract in begun:
        contract.window_day, contract.seen = world.trading_day, [side_alone(world, contract)]
    world.events.append(tell(begun, world.trading_day, command.actor))


def close_window(contract: RefContract) -> None:
    """The close, or a settlement without one."""
    if contract.seen is not None:
        contract.closed_as, contract.seen = contract.alone() or contract.closed_as, None


def reopen(contract: RefContract) -> None:
    """Trading goes on after a close: it was not the day's last."""
    contract.closed_as = contract.window_day = 0


def begin_terms(world: RefWorld, next_day: int) -> list[RefContract]:
    """Begin the day's dated rows, then walk the ladder and the road; gives the contracts that have changed."""
    changed = []
    traded = {key: (limit_ppm(one), one.widest) for key, one in world.contracts.items()}
    world.rows.begin(next_day)
    for key, contract in sorted(world.contracts.items()):
        close_window(contract)
        side, contract.closed_as = contract.closed_as, 0
        if contract.expired or not (side or contract.road or contract.terms_day or contract.window_day):
            continue
        before = replace(terms(contract), limit_ppm=traded[key][1])
        if ends_before(contract, next_day):
            contract.ladder = None
        elif contract.phase != HALTED:
            contract.ladder = next_step(world, contract, side, traded[key][0])
        contract.terms_day = next_day
        if contract.ladder and contract.ladder[5]:
            contract.phase = HALTED
        if side or terms(contract) != before:
            changed.append(contract)
    return changed


def next_step(
    world: RefWorld, contract: RefContract, side: int, own_limit: int
) -> tuple[int, int, int, int, int, bool] | None:
    """Where the day leads to on the ladder; `own_limit` is what the day just past had without one."""
    spec, was = contract.spec, contract.ladder
    table = world.ladders.get((spec.venue, spec.product)) or world.ladders.get((spec.venue, ""))
    if not side or not table:
        return None
    goes_on = was is not None and was[1] == side
    number = min(was[0] + 1, len(table)) if was is not None and goes_on else 1
    first_limit = was[2] if was is not None and goes_on else own_limit
    row = table[number - 1]
    limit = min(first_limit + row.add_ppm, MILLION - 1)
    margin = min(max(limit_ppm(contract), limit) + row.margin_over_ppm, MILLION)
    return number, side, first_limit, limit, margin, row.halts


def road_ok(road: Delivery, last_day: int) -> bool:
    """Whether a road makes sense."""
    days = [step.from_day for step in road.steps]
    natural = (road.natural_open_day, road.natural_zero_day)
    return (
        len(days) <= 16
        and all(day_ok(day) for day in days)
        and all(earlier < later for earlier, later in pairwise(days))
        and all(step.margin_ppm == 0 or 1_000 <= step.margin_ppm <= MILLION for step in road.steps)
        and all(1 <= step.lot_multiple <= 10_000 and 0 <= step.position_limit <= BILLION for step in road.steps)
        and (natural == (0, 0) or (all(day_ok(day) for day in natural) and natural[0] <= natural[1] <= last_day))
    )


def put_delivery(world: RefWorld, command: PutDelivery) -> None:
    """Put a contract's road; counts at once for what is new."""
    contract = world.contracts.get(command.instrument_id)
    code = people_ok(command.maker, command.checker) or ("invalid_field" if command.tenant_id else "")
    if code or contract is None:
        refuse(world, command.tenant_id, 0, code or "instrument_not_found")
    elif contract.expired or contract.spec.last_trading_day < world.trading_day:
        refuse(world, 0, 0, "contract_expired")
    elif not road_ok(command.delivery, contract.spec.last_trading_day):
        refuse(world, 0, 0, "invalid_field")
    else:
        contract.road, contract.terms_day = command.delivery, world.trading_day
        world.events.append(
            DeliveryPut(0, contract.number, command.delivery, command.maker, command.checker)
        )  # fmt: skip
        world.events.append(tell([contract], world.trading_day, command.checker))


def set_holder_kind(world: RefWorld, command: SetHolderKind) -> None:
    """A natural person holds the account, or not."""
    account = world.accounts.get(command.account_id)
    if account is None or account.tenant_id != command.tenant_id:
        refuse(world, command.tenant_id, command.account_id, "account_not_found")
    elif not name_ok(command.actor):
        refuse(world, account.tenant_id, account.number, "invalid_field")
    else:
        account.natural = command.natural
        account.seq += 1
        world.events.append(
            HolderKindSet(account.tenant_id, account.number, account.seq, command.natural, command.actor)
        )


def ends_before(contract: RefContract, day: int) -> bool:
    """Whether the contract is over when this day begins."""
    return contract.road is not None and not contract.expired and contract.spec.last_trading_day < day


def off_the_road(world: RefWorld, order: RefOrder) -> bool:
    """Whether an order may not live on into a new day of the road."""
    contract, account = order.contract, order.account
    step = contract.step()
    if order.open_qty % step.lot_multiple:
        return True
    if order.offset != OPEN:
        return False
    if account.natural and contract.no_natural_opens:
        return True
    held = sum(lot.qty for lot in account.lots_of(contract.number, order.direction))
    working = world.opening_qty(account, contract, order.direction)
    return order.is_frozen and 0 < step.position_limit < held + working


def expire(world: RefWorld, next_day: int, actor: str) -> list[Event]:
    """End the contracts that are over: all lots go at the settlement price at which they stand."""
    over = [one for _key, one in sorted(world.contracts.items()) if ends_before(one, next_day)]
    said: list[Event] = []
    for _number, account in sorted(world.accounts.items()):
        for contract in over:
            for side in (LONG, SHORT):
                lots = account.lots.pop((contract.number, side), [])
                if not lots:
                    continue
                if any(lot.mark_ticks != contract.settlement for lot in lots):
                    raise AssertionError(f"contract {contract.number} ends with lots off its settlement price")
                account.seq += 1
                sign = contract.spec.tick_value_fen if side == LONG else -contract.spec.tick_value_fen
                said.append(
                    LotsExpired(
                        account.tenant_id, account.number, account.seq, contract.number, side,
                        sum(lot.qty for lot in lots), contract.settlement,
                        sum((contract.settlement - lot.price_ticks) * lot.qty for lot in lots) * sign,
                        contract.spec.last_trading_day, world.funds(account),
                        world.position(account, contract.number, side),
                    )
                )  # fmt: skip
    for contract in over:
        contract.expired, contract.phase = True, CLOSED
    if over:
        said.append(tell(over, next_day, actor))
    return said


def window_s(world: RefWorld, contract: RefContract) -> int:
    """How many seconds before the close the contract is watched; 0 without a ladder."""
    for product in (contract.spec.product, ""):
        name = (contract.spec.venue, product)
        if world.ladders.get(name):
            return world.windows[name]
    return 0
