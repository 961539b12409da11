"""The slow model's offices: accounts, cash, rights, limits, rates, contracts, kill switches."""

from __future__ import annotations

from trading.engine.commands import (
    MoveCash,
    OpenAccount,
    PutInstrument,
    SetAccountLimits,
    SetAccountStatus,
    SetKill,
    SetSelfTrade,
    SetTenantRates,
)
from trading.engine.events import (
    AccountLimitsChanged,
    AccountOpened,
    AccountStatusChanged,
    CashMoved,
    InstrumentPut,
    KillChanged,
    SelfTradeSet,
    TenantRatesChanged,
)
from trading.engine.instrument import Instrument, Rates
from trading.engine.types import (
    ACTIVE,
    BLOCKED,
    CANCELED_BY_OFFICER,
    CANCELED_KILL,
    CLOSE_ONLY,
    DEPOSIT,
    KILL_INSTRUMENT,
    KILL_TENANT,
    KILL_VENUE,
    STP_BOTH,
    STP_NEWEST,
    STP_OLDEST,
    WITHDRAW,
)

from .reference_days import put_band
from .reference_market import end
from .reference_orders import refuse, sweep
from .reference_rules import BILLION, day_ok, name_ok, reason_ok
from .reference_state import MILLION, RefAccount, RefContract, RefWorld

LARGEST = 2**31 - 1


def account_for(world: RefWorld, account_id: int, tenant_id: int) -> RefAccount | None:
    """The tenant's account; refuses the command when there is none."""
    account = world.accounts.get(account_id)
    if account is not None and account.tenant_id == tenant_id:
        return account
    refuse(world, tenant_id, account_id, "account_not_found")
    return None


def people(maker: str, checker: str) -> str:
    """Two named people, or why not."""
    if not name_ok(maker) or not name_ok(checker):
        return "invalid_field"
    return "maker_is_checker" if maker == checker else ""


def open_account(world: RefWorld, command: OpenAccount) -> None:
    """Open a money account."""
    tenant_id, number, group = command.tenant_id, command.account_id, command.group_id
    bounded = 1 <= tenant_id <= LARGEST and 1 <= number <= LARGEST and 0 <= group <= LARGEST
    if not bounded or not name_ok(command.actor):
        refuse(world, tenant_id, number, "invalid_field")
    elif number in world.accounts:
        refuse(world, tenant_id, number, "account_exists")
    else:
        account = world.accounts[number] = RefAccount(number, tenant_id, group, seq=1, natural=command.natural)
        world.events.append(
            AccountOpened(tenant_id, number, 1, group, command.actor, world.funds(account), command.natural)
        )


def move_cash(world: RefWorld, command: MoveCash) -> None:
    """Deposit or withdraw."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    code = cash_problem(world, account, command)
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    world.references.add((account.tenant_id, command.reference))
    sign = 1 if command.kind == DEPOSIT else -1
    account.postings.append(("bank", world.day_number, sign * command.amount_fen))
    account.seq += 1
    world.events.append(
        CashMoved(
            account.tenant_id, account.number, account.seq, command.kind, command.amount_fen, command.reference,
            command.maker, command.checker, world.funds(account),
        )
    )  # fmt: skip


def cash_problem(world: RefWorld, account: RefAccount, command: MoveCash) -> str:
    """What is wrong with a movement of cash."""
    code = people(command.maker, command.checker)
    if code:
        return code
    if command.kind not in (DEPOSIT, WITHDRAW) or not name_ok(command.reference):
        return "invalid_field"
    if (account.tenant_id, command.reference) in world.references:
        return "reference_used"
    if not 1 <= command.amount_fen <= 10**15:
        return "amount"
    if command.kind == DEPOSIT:
        return "amount" if account.cash() + command.amount_fen > 10**15 else ""
    if account.status == BLOCKED:
        return "account_frozen"
    return "over_withdrawable" if command.amount_fen > world.withdrawable(account) else ""


def set_status(world: RefWorld, command: SetAccountStatus) -> None:
    """Change an account's right to trade."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    known = command.status in (ACTIVE, CLOSE_ONLY, BLOCKED)
    if not known or not name_ok(command.actor) or not reason_ok(command.reason):
        refuse(world, account.tenant_id, account.number, "invalid_field")
        return
    if command.status == ACTIVE and account.number in world.liquidations:
        refuse(world, account.tenant_id, account.number, "liquidation_open")
        return
    before, account.status = account.status, command.status
    account.seq += 1
    world.events.append(
        AccountStatusChanged(
            account.tenant_id, account.number, account.seq, command.status, before, command.reason, command.actor
        )
    )
    if command.cancel_orders:
        sweep(world, account, 0, CANCELED_BY_OFFICER, command.actor)


def set_limits(world: RefWorld, command: SetAccountLimits) -> None:
    """Change an account's own limits."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    limits = (
        command.max_order_qty, command.max_position_qty, command.max_working_orders, command.max_orders_per_second
    )  # fmt: skip
    code = people(command.maker, command.checker)
    if not code and not all(0 <= limit <= most for limit, most in zip(limits, [BILLION] * 3 + [100_000], strict=True)):
        code = "invalid_field"
    if code:
        refuse(world, account.tenant_id, account.number, code)
        return
    if account.limits[3] != limits[3]:
        account.entry_times.clear()
    account.limits = limits
    account.seq += 1
    world.events.append(
        AccountLimitsChanged(account.tenant_id, account.number, account.seq, *limits, command.maker, command.checker)
    )


def rates_ok(rates: Rates) -> bool:
    """Margins from 0.1 % to all; fees up to a million yuan a lot and up to all of the turnover."""
    fees = rates.fees
    return (
        all(1_000 <= ppm <= MILLION for ppm in (rates.long_margin_ppm, rates.short_margin_ppm))
        and all(0 <= fen <= 100 * MILLION for fen in (fees.open_fen, fees.close_fen, fees.close_today_fen))
        and all(0 <= ppm <= MILLION for ppm in (fees.open_ppm, fees.close_ppm, fees.close_today_ppm))
    )


def set_rates(world: RefWorld, command: SetTenantRates) -> None:
    """Set a broker's own margin and fees."""
    contract = world.contracts.get(command.instrument_id)
    code = people(command.maker, command.checker)
    if not code and not (1 <= command.tenant_id <= LARGEST and rates_ok(command.rates)):
        code = "invalid_field"
    if code or contract is None:
        refuse(world, command.tenant_id, 0, code or "instrument_not_found")
        return
    contract.rates[command.tenant_id] = command.rates
    world.events.append(
        TenantRatesChanged(command.tenant_id, command.instrument_id, command.rates, command.maker, command.checker)
    )


def instrument_ok(spec: Instrument) -> bool:
    """Whether a contract makes sense by itself."""
    return (
        1 <= spec.instrument_id <= LARGEST
        and all(name_ok(text) for text in (spec.symbol, spec.venue, spec.product, spec.name_zh, spec.name_en))
        and 1 <= spec.multiplier <= LARGEST
        and 1 <= spec.tick_e4 <= LARGEST
        and spec.tick_value_fen * 100 == spec.tick_e4 * spec.multiplier
        and 1 <= spec.limit_ppm < MILLION
        and 1 <= spec.max_order_qty <= 100_000
        and 1 <= spec.previous_settlement_ticks <= BILLION // 2
        and spec.previous_settlement_ticks * spec.tick_value_fen <= 10**12 // 2
        and day_ok(spec.last_trading_day)
        and rates_ok(spec.rates)
    )


def put_instrument(world: RefWorld, command: PutInstrument) -> None:
    """Add a contract or change it; what is held or works keeps its settlement, tick and band."""
    spec = command.instrument
    if command.tenant_id != 0 or not name_ok(command.actor) or not instrument_ok(spec):
        refuse(world, command.tenant_id, 0, "invalid_field")
        return
    if command.maker != "" and people(command.maker, command.actor) != "":
        refuse(world, 0, 0, people(command.maker, command.actor))
        return
    same_symbol = [one for one in world.contracts.values() if one.spec.symbol == spec.symbol]
    contract = world.contracts.get(spec.instrument_id)
    if contract is not None and contract.expired and not any(one is not contract for one in same_symbol):
        refuse(world, 0, 0, "contract_expired")
        return
    if any(one is not contract for one in same_symbol) or (contract is not None and moves_value(world, contract, spec)):
        refuse(world, 0, 0, "invalid_field")
        return
    if contract is None:
        contract = world.contracts[spec.instrument_id] = RefContract(spec, world.rows)
        put_band(contract, spec.previous_settlement_ticks)
    elif is_idle(world, contract):
        contract.spec = spec
        put_band(contract, spec.previous_settlement_ticks)
    contract.spec = spec
    world.events.append(InstrumentPut(0, spec, contract.lower, contract.upper, command.actor, command.maker))


def is_idle(world: RefWorld, contract: RefContract) -> bool:
    """Nothing is held, nothing works, nothing was traded today."""
    works = any(order.contract is contract for order in world.orders)
    return not (works or contract.volume or world.open_interest(contract))


def moves_value(world: RefWorld, contract: RefContract, spec: Instrument) -> bool:
    """Whether new terms would change what is held or what a price means."""
    old = contract.spec
    return not is_idle(world, contract) and (
        (spec.tick_value_fen, spec.tick_e4, spec.multiplier, spec.close_means_yesterday)
        != (old.tick_value_fen, old.tick_e4, old.multiplier, old.close_means_yesterday)
        or spec.previous_settlement_ticks != contract.settlement
    )


def set_self_trade(world: RefWorld, command: SetSelfTrade) -> None:
    """Set what happens when orders of a group would meet."""
    account = account_for(world, command.account_id, command.tenant_id)
    if account is None:
        return
    if command.mode not in (STP_NEWEST, STP_OLDEST, STP_BOTH) or not name_ok(command.actor):
        refuse(world, account.tenant_id, account.number, "invalid_field")
        return
    if any(item.account.group == account.group for item in world.liquidations.values()):
        refuse(world, account.tenant_id, account.number, "liquidation_open")
        return
    world.modes[account.group] = command.mode
    account.seq += 1
    world.events.append(SelfTradeSet(account.tenant_id, account.number, account.seq, command.mode, command.actor))


def set_kill(world: RefWorld, command: SetKill) -> None:
    """Throw or release a kill switch; a tenant reaches only its own, and not the platform's."""
    scope, target, tenant_id = command.scope, command.target_id, command.tenant_id
    by_whom = {
        KILL_VENUE: tenant_id == 0 and target == 0,
        KILL_INSTRUMENT: tenant_id == 0,
        KILL_TENANT: 1 <= target <= LARGEST and tenant_id in (0, target),
    }
    if not by_whom.get(scope, False) or not name_ok(command.actor) or not reason_ok(command.reason):
        refuse(world, tenant_id, 0, "invalid_field")
        return
    if scope == KILL_INSTRUMENT and target not in world.contracts:
        refuse(world, tenant_id, 0, "instrument_not_found")
        return
    if scope == KILL_VENUE:
        world.venue_killed = command.on
    elif scope == KILL_INSTRUMENT:
        world.contracts[target].killed = command.on
    else:
        switch = (target, "platform" if tenant_id == 0 else "tenant")
        world.killed_tenants = world.killed_tenants | {switch} if command.on else world.killed_tenants - {switch}
    world.events.append(KillChanged(tenant_id, scope, target, command.on, command.reason, command.actor))
    if command.on:
        cancel_killed(world, scope, target, command.actor)


def cancel_killed(world: RefWorld, scope: int, target: int, actor: str) -> None:
    """Cancel what works under a kill switch, oldest first."""
    for order in list(world.orders):
        place = {KILL_VENUE: 0, KILL_TENANT: order.account.tenant_id, KILL_INSTRUMENT: order.contract.number}
        if order in world.orders and place[scope] == target:
            end(world, order, CANCELED_KILL, actor)
