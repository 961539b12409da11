"""What trades bring about: stops that were reached, second legs that must go, protection of what was opened."""

from __future__ import annotations

from typing import Final

from trading.engine.counter.freezing import freeze
from trading.engine.counter.order_states import TRIGGER, next_state
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import Plan, check_open, check_price, price_units, resolve
from trading.engine.counter.specials import unlink
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderTriggered
from trading.engine.exchange.market import Market
from trading.engine.execution import Execution
from trading.engine.guards import Guards
from trading.engine.state import State
from trading.engine.types import CANCELED_OCO, CANCELED_UNCOVERED, CONTINUOUS, OPEN

SYSTEM: Final = "system"
"""Who acts when nobody commanded it."""


class FollowUps:
    """Runs after every command that may have traded."""

    __slots__ = ("_execution", "_guards", "_plan", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._plan: Final = Plan()
        self._guards: Final = Guards(state, execution)

    def settle(self, events: list[Event]) -> None:
        """Go on until nothing follows any more. Each round ends an order or uses up a trigger, so it ends."""
        execution = self._execution
        while execution.touched or execution.traded is not None:
            touched = execution.touched[:]
            execution.touched.clear()
            for order in touched:
                self._end_fellow(order, events)
            market, execution.traded = execution.traded, None
            if market is not None:
                self.elect(market, execution.low_ticks, execution.high_ticks, events)
            # Only now: what is entered here has not seen the prices of the trades before it.
            for order in touched:
                self._protect(order, events)

    def _end_fellow(self, order: Order, events: list[Event]) -> None:
        fellow = unlink(order)
        if fellow is not None and fellow.is_listed:
            self._execution.end(fellow, CANCELED_OCO, SYSTEM, events)

    def _protect(self, order: Order, events: list[Event]) -> None:
        special = order.special
        if special is None:
            return
        filled, special.filled_now = special.filled_now, 0
        if filled and (special.terms.take_profit_ticks or special.terms.stop_loss_ticks):
            self._guards.attach(order, filled, events)

    def elect(self, market: Market, low: int, high: int, events: list[Event]) -> None:
        """Trigger the stops that trades between two prices have reached."""
        stops = market.stops
        if stops is None or market.phase != CONTINUOUS:
            return
        while True:
            order_id = stops.next_due(low, high)
            if not order_id:
                break
            self._trigger(self._state.orders[order_id], market, events)
        stops.follow(low, high)

    def _trigger(self, order: Order, market: Market, events: list[Event]) -> None:
        execution, account, contract = self._execution, order.account, order.contract
        special = order.special
        if special is None or market.stops is None:
            raise EngineBrokenError("a stop without a trigger")
        trigger = special.trigger_ticks = market.stops.trigger_of(order.order_id)
        self._end_fellow(order, events)
        plan = self._plan
        check_price(plan, order.side, order.order_type, order.price_ticks, market.lower_ticks, market.upper_ticks)
        if not special.is_frozen and not self._take_over(order):
            execution.end(order, CANCELED_UNCOVERED, SYSTEM, events)
            return
        market.stops.remove(order.order_id)
        order.price_ticks = plan.price_ticks
        plan.figures = {}
        order.status = next_state(order.status, TRIGGER)
        account.account_seq += 1
        events.append(
            OrderTriggered(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order.order_id,
                contract.instrument_id,
                order.qty,
                order.price_ticks,
                trigger,
                market.last_ticks,
                account.funds(),
                None if order.offset == OPEN else order.position.state(contract.instrument_id),
            )
        )
        execution.run(order, market, SYSTEM, events)

    def _take_over(self, order: Order) -> bool:
        """Freeze for a leg that had left that to its fellow; False when lots or money are not there any more."""
        plan, account, contract = self._plan, order.account, order.contract
        code = resolve(plan, account, contract, order.side, order.offset, order.qty, True)
        if not code and plan.holding is not None:
            price_units(plan, contract.tariff(account.tariff_key), contract, order.side)
            if plan.offset == OPEN:
                code = check_open(plan, account, contract, order.side, order.qty, 0, 0, 0)
        plan.figures = {}
        if code or plan.holding is None or plan.position is None:
            return False
        order.holding, order.position, order.offset = plan.holding, plan.position, plan.offset
        order.margin_unit, order.fee_unit = plan.margin_unit, plan.fee_unit
        order.from_today, order.from_yesterday = plan.from_today, plan.from_yesterday
        freeze(order, order.qty)
        if order.special is not None:
            order.special.is_frozen = True
        return True
