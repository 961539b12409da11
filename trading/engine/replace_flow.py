"""Replacing a working order: new total quantity, new price, frozen money and lots set anew."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import PRICE_TICKS_MAX, QTY_MAX, name_ok
from trading.engine.commands import ReplaceOrder
from trading.engine.counter.charging import charge_cancel
from trading.engine.counter.freezing import freeze, release
from trading.engine.counter.limits import check_order_qty, check_rate, count_order
from trading.engine.counter.order_states import REPLACE, next_state
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import (
    Plan,
    check_confirmed,
    check_delivery,
    check_open,
    check_price,
    check_standing,
    price_units,
)
from trading.engine.errors import EngineBrokenError
from trading.engine.events import Event, OrderReplaced
from trading.engine.exchange.market import Market
from trading.engine.exchange.phases import CANCEL_REFUSED
from trading.engine.execution import Execution
from trading.engine.refusing import refuse, refuse_order, refuse_unknown_order
from trading.engine.special_entry import check_guards, check_phase, check_post_only
from trading.engine.state import State
from trading.engine.types import BUY, CLOSE_ONLY, CLOSE_TODAY, CLOSE_YESTERDAY, HELD, LIMIT, OPEN, STOP_LIMIT


class ReplaceFlow:
    """Changes orders that rest."""

    __slots__ = ("_execution", "_plan", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._plan: Final = Plan()

    def replace(self, command: ReplaceOrder, at_ns: int, events: list[Event]) -> None:
        """Give an order a new total quantity and price.

        Less at the same price keeps the place in the queue and is always allowed: it only lowers risk. Everything else
        meets the checks of a new order, goes to the back, and may trade at once.
        """
        state = self._state
        account = state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        order = state.orders.get(command.order_id)
        if order is None or order.account is not account:
            refuse_unknown_order(state, account, command.order_id, events)
            return
        phase = state.markets[order.contract.instrument_id].phase
        if phase in CANCEL_REFUSED:
            refuse_order(events, order, rejects.WRONG_PHASE, {"phase": phase})
            return
        if order.special is not None and order.is_forced():
            refuse_order(events, order, rejects.FORCED_ORDER, {"reason": order.special.terms.force_reason})
            return
        plan = self._plan
        if order.status == HELD:
            self._replace_held(command, order, events)
            return
        code = self._shape_problem(command, order)
        if code:
            refuse_order(events, order, code, plan.take_figures())
            return
        if command.price_ticks == order.price_ticks and command.qty <= order.qty:
            multiple = order.contract.lot_multiple
            if (command.qty - order.filled_qty) % multiple:
                figures = {"qty": command.qty - order.filled_qty, "multiple": multiple}
                refuse_order(events, order, rejects.LOT_MULTIPLE, figures)
                return
            self._shrink(command, order, events)
            return
        code = self._problem(command, order, at_ns)
        if code:
            refuse_order(events, order, code, plan.take_figures())
            return
        count_order(account, at_ns)
        self._move(command, order, events)

    def _shape_problem(self, command: ReplaceOrder, order: Order) -> str:
        figures = self._plan.figures
        if not name_ok(command.actor):
            return rejects.FIELD_BAD
        if not 0 < command.qty <= QTY_MAX:
            figures["lowest"] = order.filled_qty + 1
            figures["highest"] = QTY_MAX
            return rejects.QTY_BAD
        if not 0 < command.price_ticks <= PRICE_TICKS_MAX:
            figures["lowest"] = 1
            figures["highest"] = PRICE_TICKS_MAX
            return rejects.PRICE_BAD
        if command.qty <= order.filled_qty:
            figures["qty"] = command.qty
            figures["filled"] = order.filled_qty
            return rejects.REPLACE_BAD
        return ""

    def _shrink(self, command: ReplaceOrder, order: Order, events: list[Event]) -> None:
        """Less at the same price: an iceberg gives up hidden lots first."""
        market = self._state.markets[order.contract.instrument_id]
        cut = order.qty - command.qty
        release(order, cut)
        order.qty = command.qty
        unseen = min(cut, order.hidden_qty)
        order.hidden_qty -= unseen
        market.book.reduce(order, order.leaves_qty - (cut - unseen))
        self._report(order, command.actor, True, events)

    def _problem(self, command: ReplaceOrder, order: Order, at_ns: int) -> str:
        """The checks of a new order; what the old terms have frozen counts as free."""
        state, plan, account, contract = self._state, self._plan, order.account, order.contract
        market = state.markets[contract.instrument_id]
        plan.offset = order.offset
        plan.holding, plan.position = order.holding, order.position
        leaves = command.qty - order.filled_qty
        code = (
            check_standing(account, contract, state.trading_day, state.venue_killed, plan)
            or check_phase(plan, market.phase, order.order_type, order.time_in_force)
            or check_rate(account, at_ns, plan.figures)
            or check_price(plan, order.side, LIMIT, command.price_ticks, market.lower_ticks, market.upper_ticks)
            or self._check_terms(order, command.price_ticks, market)
            or check_order_qty(account, command.qty, contract.tariff(account.tariff_key).max_order_qty, plan.figures)
            or self._split(order, leaves)
            or (check_delivery(plan, account, contract, leaves) if contract.restricted else "")
        )
        if code:
            return code
        price_units(plan, contract.tariff(account.tariff_key), contract, order.side)
        return self._open_problem(order, leaves) if order.offset == OPEN else ""

    def _check_terms(self, order: Order, price_ticks: int, market: Market) -> str:
        """What an order's own terms ask of its price holds for every price it is given."""
        if order.special is None:
            return ""
        plan, terms = self._plan, order.special.terms
        code = check_post_only(plan, order.side, price_ticks, terms, market)
        return code or check_guards(plan, order.side, price_ticks, terms, market)

    def _split(self, order: Order, leaves: int) -> str:
        """Find the lots that a closing order of `leaves` lots would close, its own frozen ones being free."""
        plan, position = self._plan, order.position
        plan.from_today = plan.from_yesterday = 0
        if order.offset == OPEN:
            return ""
        today = position.today_qty - position.frozen_today + order.from_today
        yesterday = position.yesterday_qty - position.frozen_yesterday + order.from_yesterday
        if order.offset == CLOSE_TODAY:
            closable, code = today, rejects.OVER_CLOSE_TODAY
            plan.from_today = leaves
        elif order.offset == CLOSE_YESTERDAY:
            closable, code = yesterday, rejects.OVER_CLOSE_YESTERDAY
            plan.from_yesterday = leaves
        else:
            closable, code = today + yesterday, rejects.OVER_CLOSE
            plan.from_yesterday = min(leaves, yesterday)
            plan.from_today = leaves - plan.from_yesterday
        if leaves <= closable:
            return ""
        plan.figures = {"qty": leaves, "closable": closable}
        return code

    def _open_problem(self, order: Order, leaves: int) -> str:
        """Room and money for an opening order. One that needs no more of either than now is never refused for them."""
        plan, account, open_qty = self._plan, order.account, order.open_qty()
        spare_margin, spare_fee = open_qty * order.margin_unit, open_qty * order.fee_unit
        needed = leaves * (plan.margin_unit + plan.fee_unit)
        if account.status != CLOSE_ONLY and leaves <= open_qty and needed <= spare_margin + spare_fee:
            return ""
        code = check_confirmed(plan, account)
        if code:
            return code
        order.position.opening_qty -= open_qty
        code = check_open(plan, account, order.contract, order.side, leaves, spare_margin, spare_fee, 0)
        order.position.opening_qty += open_qty
        return code

    def _move(self, command: ReplaceOrder, order: Order, events: list[Event]) -> None:
        plan = self._plan
        market = self._state.markets[order.contract.instrument_id]
        market.book.remove(order)
        release(order, order.open_qty())
        order.hidden_qty = 0
        leaves = command.qty - order.filled_qty
        order.qty = command.qty
        order.leaves_qty = leaves
        order.price_ticks = command.price_ticks
        order.margin_unit = plan.margin_unit
        order.fee_unit = plan.fee_unit
        order.from_today = plan.from_today
        order.from_yesterday = plan.from_yesterday
        freeze(order, leaves)
        self._report(order, command.actor, False, events)
        self._execution.run(order, market, command.actor, events)

    def _replace_held(self, command: ReplaceOrder, order: Order, events: list[Event]) -> None:
        """Move a stop's trigger or limit, or make it smaller. It has traded nothing, so nothing can be lost."""
        state, special = self._state, order.special
        market = state.markets[order.contract.instrument_id]
        stops = market.stops
        if special is None or stops is None:
            raise EngineBrokenError("a stop without a trigger")
        trail = special.terms.trail_ticks
        trigger = command.trigger_ticks or stops.trigger_of(order.order_id)
        code, figures = self._held_problem(command, order, trigger, market.last_ticks)
        if not code and not all(
            market.lower_ticks <= ticks <= market.upper_ticks for ticks in (trigger, command.price_ticks) if ticks
        ):
            code = rejects.PRICE_BAND
            figures = {"price_ticks": trigger, "lower_ticks": market.lower_ticks, "upper_ticks": market.upper_ticks}
        if code:
            refuse_order(events, order, code, figures)
            return
        if special.is_frozen:
            release(order, order.qty - command.qty)
        order.qty = order.leaves_qty = command.qty
        order.price_ticks = command.price_ticks or order.price_ticks
        stops.remove(order.order_id)
        stops.add(order.order_id, order.side, trigger, trail)
        special.trigger_ticks = trigger
        self._report(order, command.actor, True, events)

    @staticmethod
    def _held_problem(command: ReplaceOrder, order: Order, trigger: int, last: int) -> tuple[str, dict[str, int]]:
        limited = order.order_type == STOP_LIMIT
        if not name_ok(command.actor) or not 0 <= command.trigger_ticks <= PRICE_TICKS_MAX:
            return rejects.FIELD_BAD, {}
        if not 0 < command.qty <= order.qty:
            return rejects.REPLACE_BAD, {"qty": command.qty, "highest": order.qty}
        if command.qty % order.contract.lot_multiple:
            return rejects.LOT_MULTIPLE, {"qty": command.qty, "multiple": order.contract.lot_multiple}
        if not (0 < command.price_ticks <= PRICE_TICKS_MAX if limited else command.price_ticks == 0):
            return rejects.PRICE_BAD, {"lowest": int(limited), "highest": PRICE_TICKS_MAX if limited else 0}
        if trigger > last if order.side == BUY else trigger < last:
            return "", {}
        return rejects.STOP_SIDE, {"trigger_ticks": trigger, "last_ticks": last}

    @staticmethod
    def _report(order: Order, actor: str, kept_place: bool, events: list[Event]) -> None:
        order.status = next_state(order.status, REPLACE)
        account = order.account
        account.account_seq += 1
        instrument_id = order.contract.instrument_id
        events.append(
            OrderReplaced(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order.order_id,
                instrument_id,
                order.qty,
                order.price_ticks,
                order.filled_qty,
                kept_place,
                actor,
                account.funds(),
                None if order.offset == OPEN else order.position.state(instrument_id),
                order.special.trigger_ticks if order.status == HELD and order.special is not None else 0,
            )
        )
        if order.contract.charges_messages:
            charge_cancel(order, events)
