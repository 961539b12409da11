"""Entering and cancelling orders."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import (
    CANCEL_AFTER_MS_MAX,
    CANCEL_AFTER_MS_MIN,
    NAME_LEN_MAX,
    PRICE_TICKS_MAX,
    QTY_MAX,
    name_ok,
    reason_ok,
)
from trading.engine.commands import CancelAll, CancelOrder, CancelOverdue, PlaceOrder, SetCancelAfter
from trading.engine.counter.accounts import Account
from trading.engine.counter.charging import charge_cancel, charge_entry
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import pack_row
from trading.engine.counter.freezing import freeze
from trading.engine.counter.limits import check_rate, count_order
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import Plan, assess, check_standing
from trading.engine.events import CancelAfterSet, Event, OrderAccepted, OrderRejected, OrderRepeated
from trading.engine.exchange.market import Market
from trading.engine.exchange.phases import CANCEL_REFUSED
from trading.engine.execution import Execution
from trading.engine.order_terms import PLAIN, UNPRICED, terms_problem
from trading.engine.plain_orders import PlainOrders
from trading.engine.refusing import refuse, refuse_order, refuse_unknown_order
from trading.engine.special_entry import assess_special, begin_special, check_phase
from trading.engine.state import State
from trading.engine.types import (
    AUCTION,
    BUY,
    CANCELED_BY_CLIENT,
    CANCELED_BY_OFFICER,
    CANCELED_DISCONNECT,
    CANCELED_TIMER,
    CONTINUOUS,
    HELD,
    LIMIT,
    MARKET,
    NEW,
    OPEN,
    STOP_LIMIT,
)


class OrderFlow:
    """What clients do with orders, but for replacing them."""

    __slots__ = ("_execution", "_plain", "_plan", "_state")

    def __init__(self, state: State, execution: Execution, plain: PlainOrders) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._plan: Final = Plan()
        self._plain: Final = plain

    def place(self, command: PlaceOrder, at_ns: int, events: list[Event]) -> None:
        """Enter an order the general way.

        What cannot be filed under (account, trading day, client order id), or makes no sense as an order, is refused
        without a number and leaves no trace. Everything else gets a number and is kept, refused or not.
        """
        state = self._state
        account = state.accounts.get(command.account_id)
        if account is None or account.tenant_id != command.tenant_id:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        if command.trading_day != state.trading_day:
            refuse(events, account.tenant_id, account.account_id, rejects.TRADING_DAY, trading_day=state.trading_day)
            return
        first_id = account.client_ids.get(command.client_order_id, 0)
        if first_id == 0 and account.packed_ids is not None:
            first_id = account.order_under(command.client_order_id)
        if first_id:
            self._repeat(command, account, first_id, events)
            return
        contract = state.contracts.get(command.instrument_id)
        if contract is None:
            refuse(events, account.tenant_id, account.account_id, rejects.INSTRUMENT_UNKNOWN)
            return
        order_type, actor, client_order_id = command.order_type, command.actor, command.client_order_id
        if (
            0 < command.qty <= QTY_MAX
            and (
                0 < command.price_ticks <= PRICE_TICKS_MAX
                if order_type in (LIMIT, STOP_LIMIT)
                else command.price_ticks == 0
            )
            and (
                (command.side, command.offset, order_type, command.time_in_force) in PLAIN
                if command.terms is None
                else not terms_problem(command, command.terms)
            )
            and 0 < len(client_order_id) <= NAME_LEN_MAX
            and client_order_id.isprintable()
            and 0 < len(actor) <= NAME_LEN_MAX
            and actor.isprintable()
        ):
            self._enter(command, account, contract, at_ns, events)
        else:
            self._refuse_nonsense(command, events)

    @staticmethod
    def _refuse_nonsense(command: PlaceOrder, events: list[Event]) -> None:
        tenant_id, account_id = command.tenant_id, command.account_id
        if not 0 < command.qty <= QTY_MAX:
            refuse(events, tenant_id, account_id, rejects.QTY_BAD, lowest=1, highest=QTY_MAX)
        elif command.order_type in (LIMIT, STOP_LIMIT) and not 0 < command.price_ticks <= PRICE_TICKS_MAX:
            refuse(events, tenant_id, account_id, rejects.PRICE_BAD, lowest=1, highest=PRICE_TICKS_MAX)
        elif command.order_type in UNPRICED and command.price_ticks != 0:
            refuse(events, tenant_id, account_id, rejects.PRICE_BAD, lowest=0, highest=0)
        else:
            code = terms_problem(command, command.terms) if command.terms is not None else ""
            refuse(events, tenant_id, account_id, code or rejects.FIELD_BAD)

    def _repeat(self, command: PlaceOrder, account: Account, first_id: int, events: list[Event]) -> None:
        """The same order again gets the first answer; another order under a used id is refused."""
        memory = self._state.memory
        code, figures = rejects.DUPLICATE, {"order_id": first_id}
        terms = (
            command.instrument_id,
            command.side,
            command.offset,
            command.order_type,
            command.time_in_force,
            command.qty,
            command.price_ticks,
        )
        if memory.is_same(first_id, terms, command.terms):
            code, figures = memory.refusals.get(first_id, ("", {}))
        events.append(
            OrderRepeated(account.tenant_id, account.account_id, first_id, memory.entry_of(first_id)[0], code, figures)
        )

    def _enter(
        self, command: PlaceOrder, account: Account, contract: Contract, at_ns: int, events: list[Event]
    ) -> None:
        state, plan = self._state, self._plan
        order_id = state.next_order_id
        state.next_order_id = order_id + 1
        state.memory.rows += pack_row(
            account.account_id,
            command.instrument_id,
            command.side,
            command.offset,
            command.order_type,
            command.time_in_force,
            command.qty,
            command.price_ticks,
            state.seq + 1,
            at_ns,
        )
        account.client_ids[command.client_order_id] = order_id
        if command.terms is not None:
            state.memory.terms[order_id] = command.terms
        account.account_seq += 1
        market = state.markets[command.instrument_id]
        plan.offset = command.offset
        code = check_standing(account, contract, state.trading_day, state.venue_killed, plan)
        if not code and (market.phase != CONTINUOUS or command.time_in_force == AUCTION):
            code = check_phase(plan, market.phase, command.order_type, command.time_in_force)
        if not code and account.max_orders_per_second:
            code = check_rate(account, at_ns, plan.figures)
            if not code:
                count_order(account, at_ns)
        if not code:
            if command.terms is None:
                code = assess(plan, account, contract, command, market.lower_ticks, market.upper_ticks)
            else:
                code = assess_special(state, plan, command, command.terms, account, contract, market)
            if not code and command.order_type == MARKET:
                code = self._check_opposite(command, market)
        if code:
            self._reject(command, account, order_id, code, events)
            return
        self._accept(command, account, contract, market, order_id, events)

    def _check_opposite(self, command: PlaceOrder, market: Market) -> str:
        """A market order that meets nobody would only be cancelled again: say so."""
        opposite = market.book.asks if command.side == BUY else market.book.bids
        if opposite.best is not None:
            return ""
        self._plan.figures = {"qty": command.qty, "opposite": 0}
        return rejects.MARKET_EMPTY

    def _reject(self, command: PlaceOrder, account: Account, order_id: int, code: str, events: list[Event]) -> None:
        plan = self._plan
        figures = plan.take_figures()
        self._state.memory.refusals[order_id] = (code, figures)
        events.append(
            OrderRejected(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order_id,
                command.client_order_id,
                command.instrument_id,
                command.side,
                plan.offset,
                command.order_type,
                command.time_in_force,
                command.qty,
                command.price_ticks,
                command.actor,
                code,
                figures,
            )
        )

    def _accept(
        self,
        command: PlaceOrder,
        account: Account,
        contract: Contract,
        market: Market,
        order_id: int,
        events: list[Event],
    ) -> None:
        plan = self._plan
        holding, position = plan.holding, plan.position
        side, qty = command.side, command.qty
        if holding is None or position is None:
            # Only an opening order can find nothing there.
            holding = account.add_holding(contract)
            position = holding.long if side == BUY else holding.short
            self._plain.ask(account, holding)
        order = Order(
            order_id,
            side,
            plan.price_ticks,
            qty,
            account,
            holding,
            position,
            command.client_order_id,
            plan.offset,
            command.order_type,
            command.time_in_force,
            NEW,
            plan.margin_unit,
            plan.fee_unit,
            plan.from_today,
            plan.from_yesterday,
        )
        terms = command.terms
        if terms is None:
            freeze(order, qty)
        else:
            terms = begin_special(self._state, plan, order, terms, market)
        events.append(
            OrderAccepted(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order_id,
                command.client_order_id,
                contract.instrument_id,
                side,
                plan.offset,
                command.order_type,
                command.time_in_force,
                qty,
                plan.price_ticks,
                command.actor,
                account.funds(),
                None if plan.offset == OPEN else position.state(contract.instrument_id),
                terms,
            )
        )
        if contract.charges_messages:
            charge_entry(order, events)
        if order.status == HELD:
            self._execution.hold(order, market)
        else:
            self._execution.run(order, market, command.actor, events)

    def cancel(self, command: CancelOrder, events: list[Event]) -> None:
        """Cancel one order by the engine's number or the client's."""
        state = self._state
        account = state.accounts.get(command.account_id)
        if account is None or account.tenant_id != command.tenant_id:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        order_id = command.order_id or account.order_under(command.client_order_id)
        order = state.orders.get(order_id)
        if order is None or order.account is not account:
            refuse_unknown_order(state, account, order_id, events)
            return
        if not name_ok(command.actor):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        phase = state.markets[order.contract.instrument_id].phase
        if phase != CONTINUOUS and phase in CANCEL_REFUSED:
            refuse_order(events, order, rejects.WRONG_PHASE, {"phase": phase})
            return
        if order.special is not None and order.is_forced():
            refuse_order(events, order, rejects.FORCED_ORDER, {"reason": order.special.terms.force_reason})
            return
        self._execution.end(order, CANCELED_BY_CLIENT, command.actor, events)
        if order.contract.charges_messages:
            charge_cancel(order, events)

    def cancel_all(self, command: CancelAll, events: list[Event]) -> None:
        """Cancel all working orders of an account, oldest first. With none there is nothing to cancel: refused."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        if not name_ok(command.actor) or not reason_ok(command.reason):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        reason = cancel_reason(command.reason)
        barred = self._barred_phase(account, command.instrument_id) if reason == CANCELED_BY_CLIENT else 0
        self.sweep(account, command.instrument_id, reason, command.actor, events)
        if not events and barred:
            refuse(events, account.tenant_id, account.account_id, rejects.WRONG_PHASE, phase=barred)
        elif not events:
            refuse(events, account.tenant_id, account.account_id, rejects.ORDER_UNKNOWN, working=0)

    def _barred_phase(self, account: Account, instrument_id: int) -> int:
        """A phase in which one of the account's orders cannot be cancelled by its client now; 0: none."""
        order = account.order_head
        while order is not None:
            phase = self._state.markets[order.contract.instrument_id].phase
            if phase in CANCEL_REFUSED and instrument_id in (0, order.contract.instrument_id):
                return phase
            order = order.account_next
        return 0

    def set_cancel_after(self, command: SetCancelAfter, at_ns: int, events: list[Event]) -> None:
        """Wind up, wind again, or turn off an account's dead man's switch."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        after = command.after_ms
        if not name_ok(command.actor) or (after and not CANCEL_AFTER_MS_MIN <= after <= CANCEL_AFTER_MS_MAX):
            refuse(
                events, account.tenant_id, account.account_id, rejects.FIELD_BAD,
                lowest=CANCEL_AFTER_MS_MIN, highest=CANCEL_AFTER_MS_MAX,
            )  # fmt: skip
            return
        self._timer_set(account, at_ns + after * 1_000_000 if after else 0, False, command.actor, events)

    def _timer_set(self, account: Account, due_ns: int, fired: bool, actor: str, events: list[Event]) -> None:
        if due_ns:
            self._state.timers[account.account_id] = due_ns
        else:
            self._state.timers.pop(account.account_id, None)
        account.account_seq += 1
        events.append(CancelAfterSet(account.tenant_id, account.account_id, account.account_seq, due_ns, fired, actor))

    def cancel_overdue(self, command: CancelOverdue, at_ns: int, events: list[Event]) -> None:
        """Nobody wound the switch again: cancel all. One that is not due, or is off, is left alone."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        due_ns = self._state.timers.get(command.account_id, 0)
        if account is None or not name_ok(command.actor) or not due_ns or at_ns < due_ns:
            refuse(events, command.tenant_id, command.account_id, rejects.TIMER_BAD, due_ns=due_ns)
            return
        self._timer_set(account, 0, True, command.actor, events)
        self.sweep(account, 0, CANCELED_TIMER, command.actor, events)

    def sweep(self, account: Account, instrument_id: int, reason: str, actor: str, events: list[Event]) -> None:
        """Cancel an account's working orders, of one contract unless 0.

        Those that close by force go on, and a client reaches none that he cannot cancel.
        """
        found: list[Order] = []
        markets = self._state.markets
        order = account.order_head
        while order is not None:
            key = order.contract.instrument_id
            barred = reason == CANCELED_BY_CLIENT and markets[key].phase in CANCEL_REFUSED
            if instrument_id in (0, key) and not barred and not order.is_forced():
                found.append(order)
            order = order.account_next
        for order in found:
            if order.is_listed:  # the end of one leg ends the other
                self._execution.end(order, reason, actor, events)
                if reason == CANCELED_BY_CLIENT and order.contract.charges_messages:
                    charge_cancel(order, events)


def cancel_reason(text: str) -> str:
    """The stable reason behind a text: clients give none, officers write in their own words."""
    if text in ("", CANCELED_BY_CLIENT):
        return CANCELED_BY_CLIENT
    return CANCELED_DISCONNECT if text == CANCELED_DISCONNECT else CANCELED_BY_OFFICER
