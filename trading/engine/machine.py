"""The machine: one deterministic function from commands to events, joining counter and exchange.

`apply` is all that changes it. Same commands, same times: same events and the same state hash, in this process, in a
replay, or after a snapshot. There is no clock, no randomness and no I/O below this line.
"""

from __future__ import annotations

from typing import Final

from trading.engine import rejects, snapshot
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
from trading.engine.control_flow import ControlFlow
from trading.engine.day_flow import DayFlow
from trading.engine.delivery_flow import DeliveryFlow
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderRepeated
from trading.engine.execution import Execution
from trading.engine.follow_ups import FollowUps
from trading.engine.instrument import Instrument
from trading.engine.ladder_flow import LadderFlow, look
from trading.engine.liquidation_flow import LiquidationFlow
from trading.engine.order_flow import OrderFlow
from trading.engine.parameter_flow import ParameterFlow
from trading.engine.phase_flow import PhaseFlow
from trading.engine.plain_orders import PlainOrders
from trading.engine.previewing import preview
from trading.engine.queries import account_view, instrument_stats, liquidation_view, order_book, order_view
from trading.engine.refusing import refuse
from trading.engine.replace_flow import ReplaceFlow
from trading.engine.settlement_flow import SettlementFlow
from trading.engine.state import State
from trading.engine.statement_flow import StatementFlow
from trading.engine.views import AccountView, InstrumentStats, LiquidationView, OrderBookView, OrderView, Preview

# Between the steps of a settlement no money, no contract and no phase may move: some accounts have seen the day's end.
_NOT_WHILE_SETTLING: Final = (
    BeginSettlement,
    CorrectStatement,
    MoveCash,
    OpenAccount,
    OpenLiquidation,
    PutDelivery,
    PutInstrument,
    PutLimitLadder,
    PutParameters,
    RollDay,
    SetHedge,
    SetPhase,
    SetTenantRates,
    StepLiquidation,
    StopLiquidation,
    SetTenantRules,
    WithdrawParameters,
)

# After all others somebody may trade on other terms, or not at all: `State.standing`.
_KEEPS_STANDING: Final = frozenset(
    {CancelAll, CancelOverdue, ConfirmStatement, CorrectStatement, MoveCash, OpenAccount, ReplaceOrder, SetCancelAfter}
)


class Machine:
    """Counter and exchange as one. Read through the methods; change only through `apply`."""

    __slots__ = (
        "_control",
        "_days",
        "_delivery",
        "_execution",
        "_follow_ups",
        "_ladders",
        "_liquidations",
        "_orders",
        "_parameters",
        "_phases",
        "_plain",
        "_replaces",
        "_settlement",
        "_statements",
        "state",
    )

    def __init__(self, state: State | None = None) -> None:
        self.state: Final = State() if state is None else state
        execution = self._execution = Execution(self.state)
        self._follow_ups: Final = FollowUps(self.state, execution)
        plain = self._plain = PlainOrders(self.state, execution)
        self._orders: Final = OrderFlow(self.state, execution, plain)
        self._replaces: Final = ReplaceFlow(self.state, execution)
        self._control: Final = ControlFlow(self.state, execution, self._orders)
        self._liquidations: Final = LiquidationFlow(self.state, execution)
        self._days: Final = DayFlow(self.state, execution, self._liquidations)
        self._ladders: Final = LadderFlow(self.state)
        self._delivery: Final = DeliveryFlow(self.state)
        self._settlement: Final = SettlementFlow(self.state, execution, self._days)
        self._statements: Final = StatementFlow(self.state)
        self._parameters: Final = ParameterFlow(self.state)
        self._phases: Final = PhaseFlow(self.state, execution, self._follow_ups)

    def apply(self, command: AnyCommand, at_ns: int, market_ns: int) -> list[Event]:
        """Apply one command; the first event is its outcome.

        A repeated client order id gives exactly one OrderRepeated and spends no number. `market_ns` is the venue's
        clock: it is journaled beside the events and moves nothing here.
        """
        state, execution = self.state, self._execution
        if state.ended:
            state.ended.clear()
        events: list[Event] = []
        # Plain orders go the short way, all others and whatever is refused the general one.
        if type(command) is PlaceOrder:
            if not self._plain.enter(command, at_ns, events):
                self._orders.place(command, at_ns, events)
                if type(events[0]) is OrderRepeated:
                    return events
        elif type(command) is CancelOrder:
            if not self._plain.cancel(command, events):
                self._orders.cancel(command, events)
        else:
            self._apply_rare(command, at_ns, events)
        if execution.traded is not None or execution.touched:
            execution.at_ns = at_ns
            self._follow_ups.settle(events)
        if state.liquidations:
            execution.at_ns = at_ns
            self._liquidations.review(events)
        if state.watches:
            look(state)
        state.seq += 1
        return events

    def _apply_rare(self, command: AnyCommand, at_ns: int, events: list[Event]) -> None:
        if self.state.settling is not None and isinstance(command, _NOT_WHILE_SETTLING):
            refuse(events, command.tenant_id, 0, rejects.SETTLING, through=self.state.settling.through)
            return
        self._execution.at_ns = at_ns
        if type(command) not in _KEEPS_STANDING:
            self._shake_standing(command)
        if isinstance(command, ReplaceOrder):
            self._replaces.replace(command, at_ns, events)
        elif isinstance(command, CancelAll):
            self._orders.cancel_all(command, events)
        elif isinstance(command, OpenAccount):
            self._control.open_account(command, events)
        elif isinstance(command, MoveCash):
            self._control.move_cash(command, events)
        elif isinstance(command, SetAccountStatus):
            self._control.set_status(command, events)
        elif isinstance(command, SetAccountLimits):
            self._control.set_limits(command, events)
        elif isinstance(command, SetTenantRates):
            self._control.set_rates(command, events)
        elif isinstance(command, PutInstrument):
            self._control.put_instrument(command, events)
        elif isinstance(command, SetKill):
            self._control.set_kill(command, events)
        elif isinstance(command, RollDay):
            self._days.roll(command, events)
        elif isinstance(command, SetCancelAfter):
            self._orders.set_cancel_after(command, at_ns, events)
        elif isinstance(command, CancelOverdue):
            self._orders.cancel_overdue(command, at_ns, events)
        elif isinstance(command, SetSelfTrade):
            self._control.set_self_trade(command, events)
        elif isinstance(command, BeginSettlement):
            self._settlement.begin(command, events)
        elif isinstance(command, SettleAccounts):
            self._settlement.settle(command, events)
        elif isinstance(command, EndSettlement):
            self._settlement.end(command, events)
        elif isinstance(command, OpenLiquidation):
            self._liquidations.open(command, events)
        elif isinstance(command, StepLiquidation):
            self._liquidations.step(command, events)
        elif isinstance(command, StopLiquidation):
            self._liquidations.stop(command, events)
        elif isinstance(command, SetPhase):
            self._phases.set_phase(command, events)
        elif isinstance(command, SetTenantRules | ConfirmStatement | CorrectStatement):
            self._apply_statement(command, events)
        elif isinstance(command, PutParameters):
            self._parameters.put(command, events)
        elif isinstance(command, WithdrawParameters):
            self._parameters.withdraw(command, events)
        elif isinstance(command, SetHedge):
            self._parameters.set_hedge(command, events)
        else:
            self._apply_venue_rule(command, events)

    def _shake_standing(self, command: AnyCommand) -> None:
        """What was found out about plain standing counts no longer: of the account named, or of everybody."""
        if not isinstance(command, SetAccountLimits | SetAccountStatus | SetHolderKind):
            self.state.standing += 1
        elif command.account_id in self.state.accounts:
            self.state.accounts[command.account_id].forget_standing()

    def _apply_venue_rule(self, command: AnyCommand, events: list[Event]) -> None:
        if isinstance(command, WatchClose):
            self._ladders.watch_close(command, events)
        elif isinstance(command, PutLimitLadder):
            self._ladders.put_ladder(command, events)
        elif isinstance(command, PutDelivery):
            self._delivery.put_delivery(command, events)
        elif isinstance(command, SetHolderKind):
            self._delivery.set_holder_kind(command, events)
        else:
            raise EngineBrokenError(f"no such command: {type(command).__name__}")

    def _apply_statement(
        self, command: SetTenantRules | ConfirmStatement | CorrectStatement, events: list[Event]
    ) -> None:
        if isinstance(command, SetTenantRules):
            self._statements.set_rules(command, events)
        elif isinstance(command, ConfirmStatement):
            self._statements.confirm(command, events)
        else:
            self._statements.correct(command, events)

    @property
    def seq(self) -> int:
        """Number of commands applied."""
        return self.state.seq

    @property
    def trading_day(self) -> int:
        """The trading day as YYYYMMDD; 0 before the first."""
        return self.state.trading_day

    @property
    def day_number(self) -> int:
        """How many days have begun."""
        return self.state.day_number

    def preview(self, command: PlaceOrder) -> Preview:
        """What the order would do now. Changes nothing."""
        return preview(self.state, command)

    def depth(self, instrument_id: int, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Best bids and asks as (price in ticks, lots); empty for an unknown contract."""
        market = self.state.markets.get(instrument_id)
        return ([], []) if market is None else market.book.depth(levels)

    def order_book(self, instrument_id: int) -> OrderBookView | None:
        """A contract's book order by order; None for an unknown contract."""
        market = self.state.markets.get(instrument_id)
        return None if market is None else order_book(self.state, market)

    def instruments(self) -> list[tuple[Instrument, int, int]]:
        """All contracts with the band in force."""
        state = self.state
        return [
            (state.contracts[key].spec, state.markets[key].lower_ticks, state.markets[key].upper_ticks)
            for key in sorted(state.contracts)
        ]

    def instrument_stats(self, instrument_id: int) -> InstrumentStats | None:
        """The day's statistics of a contract."""
        market = self.state.markets.get(instrument_id)
        if market is None:
            return None
        state, watch = self.state, self.state.watches.get(instrument_id)
        watched = 0 if watch is None else watch.side
        return instrument_stats(state.contracts[instrument_id], market, state.trading_day, watched)

    def account_ids(self) -> list[int]:
        """All accounts."""
        return sorted(self.state.accounts)

    def account_view(self, account_id: int) -> AccountView | None:
        """One account as it stands."""
        account = self.state.accounts.get(account_id)
        return None if account is None else account_view(self.state, account)

    def liquidations(self) -> list[LiquidationView]:
        """All open liquidations, by account."""
        open_ones = self.state.liquidations
        return [liquidation_view(self.state, open_ones[key]) for key in sorted(open_ones)]

    def order_view(self, account_id: int, order_id: int, *, entered: tuple[int, int] | None = None) -> OrderView | None:
        """One order of the account: working, or ended in the last command. Older ones live in the query tables.

        `entered`: number and time of the command that entered it, from who has them at hand.
        """
        order = self.state.orders.get(order_id)
        if order is None:
            for ended in self.state.ended:
                if ended.order_id == order_id:
                    order = ended
        if order is None or order.account.account_id != account_id:
            return None
        return order_view(self.state, order, entered)

    def state_hash(self) -> bytes:
        """Hash of the canonical snapshot. Costs time with the size of the state."""
        return snapshot.state_hash(self.state)
