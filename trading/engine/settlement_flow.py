"""Settlement in steps: begin, accounts in chunks, end. Between two steps the core may die and go on.

One `RollDay` does the same in one command; this is for markets too large to stand still so long.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from trading.engine import rejects
from trading.engine.bounds import name_ok, trading_day_ok
from trading.engine.carrying import carry_orders, end_day_orders
from trading.engine.commands import BeginSettlement, EndSettlement, SettleAccounts
from trading.engine.counter.settlement import has_anything, settle_account
from trading.engine.counter.settling import Settling
from trading.engine.day_flow import DayFlow
from trading.engine.delivery_flow import expire_contracts
from trading.engine.events import AccountsSettled, DayRolled, Event, PhaseChanged, SettlementBegun
from trading.engine.exchange.settlement_price import settlement_price
from trading.engine.execution import Execution
from trading.engine.ladder_flow import enter_day, moved
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.types import AUCTION_ENTRY, AUCTION_MATCH, CLOSED, SETTLEMENT

CHUNK_MAX: Final = 500


class SettlementFlow:
    """The three commands of a settlement."""

    __slots__ = ("_days", "_execution", "_state")

    def __init__(self, state: State, execution: Execution, days: DayFlow) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._days: Final = days

    def begin(self, command: BeginSettlement, events: list[Event]) -> None:
        """Stop trading, end the day's orders, put every contract on its settlement price.

        A contract without a given price gets the average of its trades.
        """
        state = self._state
        if command.tenant_id != 0 or not name_ok(command.actor) or not trading_day_ok(command.next_trading_day):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        if state.trading_day == 0 or command.next_trading_day <= state.trading_day:
            refuse(events, 0, 0, rejects.TRADING_DAY, trading_day=state.trading_day)
            return
        for instrument_id, market in state.markets.items():
            if market.phase in (AUCTION_ENTRY, AUCTION_MATCH):
                refuse(events, 0, 0, rejects.PHASE_BAD, instrument_id=instrument_id, phase=market.phase)
                return
        wanted = {
            key: settlement_price(market, previous_ticks=state.contracts[key].settlement_ticks)
            for key, market in state.markets.items()
        }
        given: dict[int, int] = {}
        figures = self._days.collect(command.prices, given, complete=False)
        if figures:
            refuse(events, 0, 0, rejects.ROLL_BAD, **figures)
            return
        wanted.update(given)
        old = {key: contract.settlement_ticks for key, contract in state.contracts.items()}
        rows = [(key, wanted[key], old[key]) for key in sorted(wanted)]
        events.append(SettlementBegun(0, state.trading_day, command.next_trading_day, rows, command.actor))
        end_day_orders(state, self._execution, command.next_trading_day, command.actor, events)
        changed = enter_day(state, command.next_trading_day)
        phases = {key: market.phase for key, market in state.markets.items()}
        settling = Settling(command.next_trading_day, wanted, old, phases)
        self._days.put_prices(wanted)
        for market in state.markets.values():
            market.phase = SETTLEMENT
        if changed:
            events.append(moved(state, changed, command.next_trading_day, command.actor))
        carry_orders(state, self._execution, command.actor, events)
        state.settling = settling

    def settle(self, command: SettleAccounts, events: list[Event]) -> None:
        """Settle the next accounts. A chunk that was settled before is refused with where to go on."""
        state, settling = self._state, self._state.settling
        if command.tenant_id != 0 or not name_ok(command.actor) or not 0 < command.count <= CHUNK_MAX:
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD, highest=CHUNK_MAX)
            return
        if settling is None or command.after_account_id != settling.through:
            through = -1 if settling is None else settling.through
            refuse(events, 0, 0, rejects.SETTLEMENT_ORDER, settling=int(settling is not None), through=through)
            return
        numbers = sorted(state.accounts)
        start = bisect_right(numbers, settling.through)
        chunk = numbers[start : start + command.count]
        if not chunk:
            refuse(events, 0, 0, rejects.SETTLEMENT_ORDER, settling=1, through=settling.through, remaining=0)
            return
        settling.through = chunk[-1]
        events.append(AccountsSettled(0, chunk[-1], len(chunk), len(numbers) - start - len(chunk)))
        for account_id in chunk:
            account = state.accounts[account_id]
            if has_anything(account):
                events.append(settle_account(account, state.trading_day, next_trading_day=settling.next_trading_day))

    def end(self, command: EndSettlement, events: list[Event]) -> None:
        """Begin the next trading day, when every account is settled."""
        state, settling = self._state, self._state.settling
        if command.tenant_id != 0 or not name_ok(command.actor):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        if settling is None:
            refuse(events, 0, 0, rejects.SETTLEMENT_ORDER, settling=0)
            return
        remaining = sum(1 for account_id in state.accounts if account_id > settling.through)
        if remaining:
            refuse(events, 0, 0, rejects.SETTLEMENT_ORDER, settling=1, through=settling.through, remaining=remaining)
            return
        rows = [
            (key, settling.prices[key], state.markets[key].lower_ticks, state.markets[key].upper_ticks)
            for key in sorted(settling.prices)
        ]
        for account in state.accounts.values():
            account.forget_ids()
        expire_contracts(state, settling.next_trading_day, command.actor, events)
        for instrument_id in settling.phases:
            if state.contracts[instrument_id].expired:
                settling.phases[instrument_id] = CLOSED
            state.markets[instrument_id].phase = settling.phases[instrument_id]
        ended = state.trading_day
        self._days.begin_day(settling.next_trading_day, events)
        state.settling = None
        events.append(DayRolled(0, ended, state.trading_day, state.day_number, rows, command.actor))
        for phase in sorted(set(settling.phases.values())):
            back = [(key, SETTLEMENT) for key in sorted(settling.phases) if settling.phases[key] == phase]
            events.append(PhaseChanged(0, phase, back, "", command.actor))
