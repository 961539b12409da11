"""RollDay: the end of one trading day and the beginning of the next, in one command."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import LOT_VALUE_FEN_MAX, PRICE_TICKS_MAX, name_ok, trading_day_ok
from trading.engine.carrying import carry_orders, end_day_orders
from trading.engine.commands import RollDay
from trading.engine.counter.day_memory import DayMemory
from trading.engine.counter.settlement import has_anything, settle_account
from trading.engine.delivery_flow import expire_contracts
from trading.engine.events import DayRolled, Event
from trading.engine.exchange.price_band import price_band
from trading.engine.execution import Execution
from trading.engine.ladder_flow import enter_day, moved
from trading.engine.liquidation_flow import LiquidationFlow
from trading.engine.refusing import refuse
from trading.engine.state import State


class DayFlow:
    """Ends the trading day."""

    __slots__ = ("_execution", "_liquidations", "_state")

    def __init__(self, state: State, execution: Execution, liquidations: LiquidationFlow) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._liquidations: Final = liquidations

    def roll(self, command: RollDay, events: list[Event]) -> None:
        """Day orders end, marks go to cash at the given prices, today's lots become yesterday's, bands move."""
        state = self._state
        if command.tenant_id != 0 or not name_ok(command.actor) or not trading_day_ok(command.next_trading_day):
            refuse(events, command.tenant_id, 0, rejects.FIELD_BAD)
            return
        if command.next_trading_day <= state.trading_day:
            refuse(events, 0, 0, rejects.TRADING_DAY, trading_day=state.trading_day)
            return
        prices: dict[int, int] = {}
        figures = self.collect(command.settlement, prices, complete=True)
        if figures:
            refuse(events, 0, 0, rejects.ROLL_BAD, **figures)
            return
        ended_trading_day = state.trading_day
        end_day_orders(state, self._execution, command.next_trading_day, command.actor, events)
        changed = enter_day(state, command.next_trading_day)
        rows = self.put_prices(prices)
        if changed:
            events.append(moved(state, changed, command.next_trading_day, command.actor))
        carry_orders(state, self._execution, command.actor, events)
        for account_id in sorted(state.accounts):
            account = state.accounts[account_id]
            account.forget_ids()
            if has_anything(account):
                events.append(settle_account(account, ended_trading_day))
        expire_contracts(state, command.next_trading_day, command.actor, events)
        self.begin_day(command.next_trading_day, events)
        events.append(DayRolled(0, ended_trading_day, state.trading_day, state.day_number, rows, command.actor))

    def begin_day(self, trading_day: int, events: list[Event]) -> None:
        """Forget the orders of the day that ended; from now on it is the next one."""
        state = self._state
        if state.liquidations:
            self._liquidations.carry(events)
        state.memory = DayMemory(state.next_order_id)
        state.ended.clear()  # their day is over, and with it what is remembered of them
        state.trading_day = trading_day
        state.day_number += 1

    def collect(self, given: list[tuple[int, int]], prices: dict[int, int], *, complete: bool) -> dict[str, int]:
        """Gather prices; give the figures of what is wrong with them, none when all is well.

        `complete`: every contract in which lots are held must be among them.
        """
        state = self._state
        for instrument_id, price_ticks in given:
            contract = state.contracts.get(instrument_id)
            if contract is None or instrument_id in prices:
                return {"instrument_id": instrument_id, "known": int(contract is not None)}
            market = state.markets[instrument_id]
            held = market.open_interest > 0
            lowest = market.lower_ticks if held else 1
            highest = (
                market.upper_ticks
                if held
                else min(PRICE_TICKS_MAX // 2, LOT_VALUE_FEN_MAX // 2 // contract.tick_value_fen)
            )
            if not lowest <= price_ticks <= highest:
                return {"instrument_id": instrument_id, "lower_ticks": lowest, "upper_ticks": highest}
            prices[instrument_id] = price_ticks
        for instrument_id in sorted(state.markets):
            market = state.markets[instrument_id]
            if complete and market.open_interest and instrument_id not in prices:
                return {"instrument_id": instrument_id, "open_interest": market.open_interest}
        return {}

    def put_prices(self, prices: dict[int, int]) -> list[tuple[int, int, int, int]]:
        """Put every contract on its settlement price; one without a price keeps the previous."""
        state = self._state
        rows: list[tuple[int, int, int, int]] = []
        for instrument_id in sorted(state.contracts):
            contract = state.contracts[instrument_id]
            settlement = prices.get(instrument_id, contract.settlement_ticks)
            contract.put_settlement(settlement)
            contract.last_value_fen = settlement * contract.tick_value_fen
            lower, upper = price_band(
                settlement_ticks=settlement,
                limit_ppm=contract.limit_ppm_in_force,
                rounds_down=contract.spec.band_rounds_down,
            )
            state.markets[instrument_id].begin_day(settlement_ticks=settlement, lower_ticks=lower, upper_ticks=upper)
            rows.append((instrument_id, settlement, lower, upper))
        return rows
