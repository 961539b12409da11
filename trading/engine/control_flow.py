"""Commands about accounts, money, rates, contracts and kill switches."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import (
    CASH_FEN_MAX,
    FEE_FEN_MAX,
    LOT_VALUE_FEN_MAX,
    MARGIN_PPM_MIN,
    NUMBER_MAX,
    ORDER_QTY_MAX,
    ORDERS_PER_SECOND_MAX,
    PRICE_TICKS_MAX,
    QTY_MAX,
    RATE_PPM_MAX,
    name_ok,
    reason_ok,
    trading_day_ok,
)
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
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.events import (
    AccountLimitsChanged,
    AccountOpened,
    AccountStatusChanged,
    CashMoved,
    Event,
    InstrumentPut,
    KillChanged,
    SelfTradeSet,
    TenantRatesChanged,
)
from trading.engine.exchange.market import Market
from trading.engine.exchange.price_band import price_band
from trading.engine.execution import Execution
from trading.engine.group_mode import group_mode, in_liquidation
from trading.engine.instrument import Instrument, Rates
from trading.engine.order_flow import OrderFlow
from trading.engine.refusing import refuse
from trading.engine.state import State
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


def two_people(maker: str, checker: str) -> str:
    """Code of a refusal unless two named people stand behind a command."""
    if not name_ok(maker) or not name_ok(checker):
        return rejects.FIELD_BAD
    return rejects.MAKER_IS_CHECKER if maker == checker else ""


def rates_ok(rates: Rates) -> bool:
    """Say whether margins and fees are inside all bounds."""
    fees = rates.fees
    return (
        all(MARGIN_PPM_MIN <= ppm <= RATE_PPM_MAX for ppm in (rates.long_margin_ppm, rates.short_margin_ppm))
        and all(0 <= fen <= FEE_FEN_MAX for fen in (fees.open_fen, fees.close_fen, fees.close_today_fen))
        and all(0 <= ppm <= RATE_PPM_MAX for ppm in (fees.open_ppm, fees.close_ppm, fees.close_today_ppm))
    )


def instrument_ok(spec: Instrument) -> bool:
    """Say whether a contract makes sense by itself."""
    return (
        0 < spec.instrument_id <= NUMBER_MAX
        and all(name_ok(text) for text in (spec.symbol, spec.venue, spec.product, spec.name_zh, spec.name_en))
        and 0 < spec.multiplier <= NUMBER_MAX
        and 0 < spec.tick_e4 <= NUMBER_MAX
        # 1/10,000 of a unit times units a lot, in hundredths: the three figures say one thing.
        and spec.tick_value_fen * 100 == spec.tick_e4 * spec.multiplier
        and 0 < spec.limit_ppm < RATE_PPM_MAX
        and 0 < spec.max_order_qty <= ORDER_QTY_MAX
        and 0 < spec.previous_settlement_ticks <= PRICE_TICKS_MAX // 2
        and spec.previous_settlement_ticks * spec.tick_value_fen <= LOT_VALUE_FEN_MAX // 2
        and trading_day_ok(spec.last_trading_day)
        and rates_ok(spec.rates)
    )


class ControlFlow:
    """What officers, back office and operators do."""

    __slots__ = ("_execution", "_order_flow", "_state")

    def __init__(self, state: State, execution: Execution, order_flow: OrderFlow) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._order_flow: Final = order_flow

    def open_account(self, command: OpenAccount, events: list[Event]) -> None:
        """Open a money account; its number is unique over all tenants."""
        state = self._state
        tenant_id, account_id, group_id = command.tenant_id, command.account_id, command.group_id
        if not (
            0 < tenant_id <= NUMBER_MAX
            and 0 < account_id <= NUMBER_MAX
            and 0 <= group_id <= NUMBER_MAX
            and name_ok(command.actor)
        ):
            refuse(events, tenant_id, account_id, rejects.FIELD_BAD)
            return
        if account_id in state.accounts:
            refuse(events, tenant_id, account_id, rejects.ACCOUNT_EXISTS)
            return
        account = state.accounts[account_id] = Account(account_id, state.tenant(tenant_id), group_id)
        account.account_seq = 1
        account.natural = command.natural
        account.stp_mode = group_mode(state, account.group_key)
        account.nets = state.parameters.nets
        events.append(
            AccountOpened(tenant_id, account_id, 1, group_id, command.actor, account.funds(), command.natural)
        )

    def _account(self, account_id: int, tenant_id: int, events: list[Event]) -> Account | None:
        account = self._state.account_of(account_id, tenant_id)
        if account is None:
            refuse(events, tenant_id, account_id, rejects.ACCOUNT_UNKNOWN)
        return account

    def move_cash(self, command: MoveCash, events: list[Event]) -> None:
        """Deposit or withdraw."""
        account = self._account(command.account_id, command.tenant_id, events)
        if account is None:
            return
        code, figures = self._cash_problem(command, account)
        if code:
            refuse(events, account.tenant_id, account.account_id, code, **figures)
            return
        amount = command.amount_fen
        account.tenant.references.add(command.reference)
        if command.kind == DEPOSIT:
            account.cash_fen += amount
            account.deposits_fen += amount
            account.tenant.bank_fen += amount
        else:
            account.cash_fen -= amount
            account.withdrawals_fen += amount
            account.tenant.bank_fen -= amount
        account.account_seq += 1
        events.append(
            CashMoved(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                command.kind,
                amount,
                command.reference,
                command.maker,
                command.checker,
                account.funds(),
            )
        )

    @staticmethod
    def _cash_problem(command: MoveCash, account: Account) -> tuple[str, dict[str, int]]:
        code = two_people(command.maker, command.checker)
        if code:
            return code, {}
        if command.kind not in (DEPOSIT, WITHDRAW) or not name_ok(command.reference):
            return rejects.FIELD_BAD, {}
        if command.reference in account.tenant.references:
            return rejects.REFERENCE_USED, {}
        amount = command.amount_fen
        if not 0 < amount <= CASH_FEN_MAX:
            return rejects.AMOUNT_BAD, {"lowest": 1, "highest": CASH_FEN_MAX}
        if command.kind == DEPOSIT:
            room = CASH_FEN_MAX - account.cash_fen
            return ("", {}) if amount <= room else (rejects.AMOUNT_BAD, {"amount": amount, "highest": max(room, 0)})
        if account.status == BLOCKED:
            return rejects.ACCOUNT_BLOCKED, {"status": BLOCKED}
        withdrawable = account.withdrawable_fen()
        if amount > withdrawable:
            return rejects.WITHDRAW_OVER, {"amount": amount, "withdrawable": withdrawable}
        return "", {}

    def set_status(self, command: SetAccountStatus, events: list[Event]) -> None:
        """Change an account's right to trade."""
        account = self._account(command.account_id, command.tenant_id, events)
        if account is None:
            return
        if (
            command.status not in (ACTIVE, CLOSE_ONLY, BLOCKED)
            or not name_ok(command.actor)
            or not reason_ok(command.reason)
        ):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        standing = self._state.liquidations.get(account.account_id)
        if standing is not None and command.status == ACTIVE:
            # R3: nothing is opened while positions are closed by force.
            refuse(events, account.tenant_id, account.account_id, rejects.LIQUIDATION_OPEN, number=standing.number)
            return
        previous = account.status
        account.status = command.status
        account.account_seq += 1
        events.append(
            AccountStatusChanged(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                command.status,
                previous,
                command.reason,
                command.actor,
            )
        )
        if command.cancel_orders:
            self._order_flow.sweep(account, 0, CANCELED_BY_OFFICER, command.actor, events)

    def set_limits(self, command: SetAccountLimits, events: list[Event]) -> None:
        """Change an account's own limits; what works or is held already stays."""
        account = self._account(command.account_id, command.tenant_id, events)
        if account is None:
            return
        code = two_people(command.maker, command.checker)
        if not code and not (
            0 <= command.max_order_qty <= QTY_MAX
            and 0 <= command.max_position_qty <= QTY_MAX
            and 0 <= command.max_working_orders <= QTY_MAX
            and 0 <= command.max_orders_per_second <= ORDERS_PER_SECOND_MAX
        ):
            code = rejects.FIELD_BAD
        if code:
            refuse(events, account.tenant_id, account.account_id, code)
            return
        account.max_order_qty = command.max_order_qty
        account.max_position_qty = command.max_position_qty
        account.max_working_orders = command.max_working_orders
        if account.max_orders_per_second != command.max_orders_per_second:
            account.max_orders_per_second = command.max_orders_per_second
            account.recent_ns = None
        account.account_seq += 1
        events.append(
            AccountLimitsChanged(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                command.max_order_qty,
                command.max_position_qty,
                command.max_working_orders,
                command.max_orders_per_second,
                command.maker,
                command.checker,
            )
        )

    def set_rates(self, command: SetTenantRates, events: list[Event]) -> None:
        """Set a broker's own margin and fees of one contract."""
        contract = self._state.contracts.get(command.instrument_id)
        tenant_id = command.tenant_id
        code = two_people(command.maker, command.checker)
        if not code and not (0 < tenant_id <= NUMBER_MAX and rates_ok(command.rates)):
            code = rejects.FIELD_BAD
        if code or contract is None:
            refuse(events, tenant_id, 0, code or rejects.INSTRUMENT_UNKNOWN)
            return
        contract.put_rates(tenant_id, command.rates)
        events.append(
            TenantRatesChanged(tenant_id, command.instrument_id, command.rates, command.maker, command.checker)
        )

    def put_instrument(self, command: PutInstrument, events: list[Event]) -> None:
        """Add a contract or change its terms.

        While lots are held or orders work, the settlement price, the tick and the band stay as they are until the
        settlement; a changed ratio or fee counts for what is new.
        """
        state, spec = self._state, command.instrument
        if command.tenant_id != 0 or not name_ok(command.actor) or not instrument_ok(spec):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        problem = two_people(command.maker, command.actor) if command.maker else ""
        if problem:
            refuse(events, 0, 0, problem)
            return
        instrument_id = spec.instrument_id
        if state.symbols.get(spec.symbol, instrument_id) != instrument_id:
            refuse(events, 0, 0, rejects.FIELD_BAD, instrument_id=state.symbols[spec.symbol])
            return
        contract = state.contracts.get(instrument_id)
        if contract is not None and contract.expired:
            refuse(events, 0, 0, rejects.CONTRACT_EXPIRED, last_trading_day=contract.spec.last_trading_day)
            return
        if contract is None:
            contract = state.contracts[instrument_id] = Contract(spec, state.parameters)
            state.markets[instrument_id] = Market(instrument_id)
            self._begin(contract)
        elif self._is_idle(instrument_id):
            del state.symbols[contract.spec.symbol]
            contract.put_spec(spec)
            contract.last_value_fen = spec.previous_settlement_ticks * spec.tick_value_fen
            self._begin(contract)
        elif self._moves_value(contract, spec):
            refuse(events, 0, 0, rejects.FIELD_BAD, previous_settlement_ticks=contract.settlement_ticks)
            return
        else:
            del state.symbols[contract.spec.symbol]
            contract.put_spec(spec)
        state.symbols[spec.symbol] = instrument_id
        market = state.markets[instrument_id]
        events.append(InstrumentPut(0, spec, market.lower_ticks, market.upper_ticks, command.actor, command.maker))

    def _begin(self, contract: Contract) -> None:
        spec = contract.spec
        lower, upper = price_band(
            settlement_ticks=spec.previous_settlement_ticks,
            limit_ppm=contract.limit_ppm_in_force,
            rounds_down=spec.band_rounds_down,
        )
        self._state.markets[spec.instrument_id].begin_day(
            settlement_ticks=spec.previous_settlement_ticks, lower_ticks=lower, upper_ticks=upper
        )

    def _is_idle(self, instrument_id: int) -> bool:
        market = self._state.markets[instrument_id]
        book, stops = market.book, market.stops
        waits = stops is not None and len(stops.triggers) > 0
        return not (market.open_interest or market.volume or book.bids.keys or book.asks.keys or waits)

    @staticmethod
    def _moves_value(contract: Contract, spec: Instrument) -> bool:
        """Say whether new terms would change what is held, or the meaning of a price."""
        old = contract.spec
        return (
            spec.previous_settlement_ticks != contract.settlement_ticks
            or spec.tick_value_fen != old.tick_value_fen
            or spec.tick_e4 != old.tick_e4
            or spec.multiplier != old.multiplier
            or spec.close_means_yesterday != old.close_means_yesterday
        )

    def set_self_trade(self, command: SetSelfTrade, events: list[Event]) -> None:
        """Set what happens when orders of an account's control group would meet."""
        state = self._state
        account = state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        if command.mode not in (STP_NEWEST, STP_OLDEST, STP_BOTH) or not name_ok(command.actor):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        if in_liquidation(state, account.group_key):
            refuse(events, account.tenant_id, account.account_id, rejects.LIQUIDATION_OPEN)
            return
        state.stp_modes[account.group_key] = command.mode
        for other in state.accounts.values():
            if other.group_key == account.group_key:
                other.stp_mode = command.mode
        account.account_seq += 1
        events.append(
            SelfTradeSet(account.tenant_id, account.account_id, account.account_seq, command.mode, command.actor)
        )

    def set_kill(self, command: SetKill, events: list[Event]) -> None:
        """Throw or release a kill switch. A tenant reaches only its own, and not what the platform threw."""
        state, scope, target = self._state, command.scope, command.target_id
        tenant_id = command.tenant_id
        allowed = (
            (scope == KILL_VENUE and tenant_id == 0 and target == 0)
            or (scope == KILL_INSTRUMENT and tenant_id == 0)
            or (scope == KILL_TENANT and 0 < target <= NUMBER_MAX and tenant_id in (0, target))
        )
        if not allowed or not name_ok(command.actor) or not reason_ok(command.reason):
            refuse(events, tenant_id, 0, rejects.FIELD_BAD)
            return
        if scope == KILL_INSTRUMENT and target not in state.contracts:
            refuse(events, tenant_id, 0, rejects.INSTRUMENT_UNKNOWN)
            return
        if scope == KILL_VENUE:
            state.venue_killed = command.on
        elif scope == KILL_INSTRUMENT:
            state.contracts[target].killed = command.on
        elif tenant_id == 0:
            state.tenant(target).killed_by_platform = command.on
        else:
            state.tenant(target).killed_by_tenant = command.on
        events.append(KillChanged(tenant_id, scope, target, command.on, command.reason, command.actor))
        if command.on:
            self._cancel_killed(scope, target, command.actor, events)

    def _cancel_killed(self, scope: int, target: int, actor: str, events: list[Event]) -> None:
        for order in list(self._state.orders.values()):
            if order.is_listed and (
                scope == KILL_VENUE
                or (scope == KILL_TENANT and order.account.tenant_id == target)
                or (scope == KILL_INSTRUMENT and order.contract.instrument_id == target)
            ):
                self._execution.end(order, CANCELED_KILL, actor, events)
