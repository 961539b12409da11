"""Orders that close by force: the broker's, in the client's account, and out of the client's reach."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.commands import StepLiquidation
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import pack_row
from trading.engine.counter.freezing import freeze
from trading.engine.counter.liquidations import Liquidation, Part, free_in, held_in, position_of
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Position
from trading.engine.counter.pretrade import Plan, check_price, check_standing, check_tradable, price_units, resolve
from trading.engine.counter.specials import Special
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderAccepted
from trading.engine.execution import Execution
from trading.engine.liquidation_events import LiquidationStepped
from trading.engine.special_entry import check_phase
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import BUY, CANCELED_LIQUIDATION, CLOSE_TODAY, DAY, LIMIT, LONG, NEW, SELL


class ForcedOrders:
    """Enters the orders of liquidations."""

    __slots__ = ("_execution", "_plan", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._plan: Final = Plan()

    def problem(self, command: StepLiquidation, account: Account, item: Liquidation) -> tuple[str, dict[str, int]]:
        """Why a step cannot be taken now. The account's own limits and status do not count: the broker acts."""
        state, plan, part = self._state, self._plan, item.parts[command.row]
        contract, market = state.contracts[part.instrument_id], state.markets[part.instrument_id]
        code = check_standing(account, contract, state.trading_day, state.venue_killed, plan)
        if code == rejects.ACCOUNT_BLOCKED:
            plan.figures = {}
            code = check_tradable(contract, state.trading_day, plan)
        code = code or check_phase(plan, market.phase, LIMIT, DAY)
        code = code or check_price(
            plan, _order_side(part), LIMIT, command.price_ticks, market.lower_ticks, market.upper_ticks
        )
        limit = _largest_order(command, account, contract)
        if not code and command.qty > limit:
            code, plan.figures = rejects.QTY_OVER_MAX, {"qty": command.qty, "limit": limit}
        if not code and command.qty > part.remaining():
            code, plan.figures = rejects.LIQUIDATION_OVER, {"qty": command.qty, "remaining": part.remaining()}
        if not code:
            closable = self._closable(account, item, part)
            if command.qty > closable:
                code = rejects.OVER_CLOSE_TODAY if part.offset == CLOSE_TODAY else rejects.OVER_CLOSE_YESTERDAY
                plan.figures = {"qty": command.qty, "closable": closable}
        return code, plan.take_figures()

    def _closable(self, account: Account, item: Liquidation, part: Part) -> int:
        """Lots of the row's bucket that no other row is closing."""
        lots = held_in(position_of(account, part.instrument_id, part.side), part.offset)
        for other in item.parts:
            order = self._state.orders.get(other.order_id)
            if order is not None and other is not part and _same_bucket(other, part):
                lots -= order.open_qty()
        return lots

    def work(self, command: StepLiquidation, account: Account, item: Liquidation, events: list[Event]) -> None:
        """Take the step: clear the way, then send the order to market."""
        state, part, actor = self._state, item.parts[command.row], command.actor
        position = position_of(account, part.instrument_id, part.side)
        if position is None:
            raise EngineBrokenError("lots to close are gone")
        item.steps += 1
        order_id = state.next_order_id
        state.next_order_id = order_id + 1
        account.account_seq += 1
        events.append(
            LiquidationStepped(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                item.number,
                item.steps,
                command.row,
                order_id,
                part.instrument_id,
                command.qty,
                command.price_ticks,
                actor,
            )
        )
        last = state.orders.get(part.order_id)
        if last is not None:
            self._execution.end(last, CANCELED_LIQUIDATION, actor, events)
        self._clear(account, position, part.offset, command.qty, actor, events)
        part.order_id = order_id
        self._enter(command, account, item, part, order_id, events)

    def _clear(
        self, account: Account, position: Position, offset: int, qty: int, actor: str, events: list[Event]
    ) -> None:
        """Cancel the client's own orders that hold the lots, newest first, until enough are free."""
        order = account.order_tail
        while order is not None and free_in(position, offset) < qty:
            before = order.account_prev
            lots = order.from_today if offset == CLOSE_TODAY else order.from_yesterday
            if order.position is position and lots and not order.is_forced():
                self._execution.end(order, CANCELED_LIQUIDATION, actor, events)
                before = account.order_tail  # the other leg of a pair may have gone with it
            order = before

    def _enter(
        self,
        command: StepLiquidation,
        account: Account,
        item: Liquidation,
        part: Part,
        order_id: int,
        events: list[Event],
    ) -> None:
        state, plan, side, qty = self._state, self._plan, _order_side(part), command.qty
        contract = state.contracts[part.instrument_id]
        code = resolve(plan, account, contract, side, part.offset, qty)
        if code or plan.holding is None or plan.position is None:
            raise EngineBrokenError(f"a forced order found no lots: {code}")
        plan.price_ticks = command.price_ticks
        price_units(plan, contract.tariff(account.tariff_key), contract, side)
        terms = Terms(force_reason=item.reason)
        client_order_id = self._remember(command, account, item, part, order_id, terms)
        order = Order(
            order_id,
            side,
            command.price_ticks,
            qty,
            account,
            plan.holding,
            plan.position,
            client_order_id,
            part.offset,
            LIMIT,
            DAY,
            NEW,
            plan.margin_unit,
            plan.fee_unit,
            plan.from_today,
            plan.from_yesterday,
        )
        order.special = Special(terms)
        freeze(order, qty)
        account.account_seq += 1
        events.append(
            OrderAccepted(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order_id,
                client_order_id,
                part.instrument_id,
                side,
                part.offset,
                LIMIT,
                DAY,
                qty,
                command.price_ticks,
                command.actor,
                account.funds(),
                plan.position.state(part.instrument_id),
                terms,
            )
        )
        self._execution.run(order, state.markets[part.instrument_id], command.actor, events)

    def _remember(
        self, command: StepLiquidation, account: Account, item: Liquidation, part: Part, order_id: int, terms: Terms
    ) -> str:
        """File the order under an id of its own, as every order of the day is."""
        state = self._state
        name = client_order_id = f"liq{item.number}.{item.steps}"
        again = 1
        while account.order_under(client_order_id):  # a client may have thought of the same name
            again += 1
            client_order_id = f"{name}.{again}"
        state.memory.rows += pack_row(
            account.account_id, part.instrument_id, _order_side(part), part.offset, LIMIT, DAY, command.qty,
            command.price_ticks, state.seq + 1, self._execution.at_ns,
        )  # fmt: skip
        state.memory.terms[order_id] = terms
        account.client_ids[client_order_id] = order_id
        return client_order_id


def _largest_order(command: StepLiquidation, account: Account, contract: Contract) -> int:
    """Lots of one forced order at most: a row of exchange or broker binds the broker's own orders too.

    Steps of journals before rows did so say nothing of it, and were held to the contract's figure.
    """
    if not command.by_tariff:
        return contract.spec.max_order_qty
    return contract.tariff(account.tariff_key).max_order_qty


def _order_side(part: Part) -> int:
    return SELL if part.side == LONG else BUY


def _same_bucket(one: Part, other: Part) -> bool:
    return (one.instrument_id, one.side, one.offset) == (other.instrument_id, other.side, other.offset)
