"""Protection of what an order opened: a limit order takes the profit, a stop bounds the loss, one pair a fill."""

from __future__ import annotations

from typing import Final

from trading.engine.counter.day_memory import pack_row
from trading.engine.counter.freezing import freeze
from trading.engine.counter.orders import Order
from trading.engine.counter.pretrade import Plan, check_price, price_units, resolve
from trading.engine.counter.specials import Special, link
from trading.engine.events import Event, OrderAccepted
from trading.engine.exchange.market import Market
from trading.engine.execution import Execution
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import BUY, CLOSE, CLOSE_TODAY, GTC, HELD, LIMIT, NEW, OPEN, SELL, STOP

ACTOR: Final = "system"


class Guards:
    """Enters protecting orders."""

    __slots__ = ("_execution", "_plan", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._plan: Final = Plan()

    def attach(self, parent: Order, qty: int, events: list[Event]) -> None:
        """Protect `qty` lots that an order has just opened."""
        plan, contract, special = self._plan, parent.contract, parent.special
        if special is None:
            return
        terms = special.terms
        side = SELL if parent.side == BUY else BUY
        offset = CLOSE_TODAY if contract.spec.close_means_yesterday else CLOSE
        if resolve(plan, parent.account, contract, side, offset, qty):
            plan.figures = {}
            return  # closed again by another order of the same command: nothing is left to protect
        special.guards += 1
        gain: Order | None = None
        loss: Order | None = None
        market = self._state.markets[contract.instrument_id]
        if terms.take_profit_ticks:
            gain = self._enter(
                parent, "tp", side, qty, LIMIT, terms.take_profit_ticks, Terms(parent_id=parent.order_id)
            )
            freeze(gain, qty)
            self._accepted(gain, events)
            self._execution.enlist(gain)
        if terms.stop_loss_ticks:
            other_leg = gain.client_order_id if gain is not None else ""
            stop = Terms(trigger_ticks=terms.stop_loss_ticks, other_leg=other_leg, parent_id=parent.order_id)
            loss = self._enter(parent, "sl", side, qty, STOP, 0, stop)
            self._hold(loss, gain, market, events)
        if gain is not None:
            self._execution.run(gain, market, ACTOR, events)

    def _hold(self, loss: Order, gain: Order | None, market: Market, events: list[Event]) -> None:
        loss.status = HELD
        if gain is None or loss.special is None:
            freeze(loss, loss.qty)
        else:
            loss.special.is_frozen = False
            loss.margin_unit = loss.fee_unit = loss.from_today = loss.from_yesterday = 0
            link(loss, gain)
        self._accepted(loss, events)
        self._execution.hold(loss, market)
        # The price may be past the trigger already.
        self._execution.note_price(market, market.last_ticks)

    def _enter(
        self, parent: Order, kind: str, side: int, qty: int, order_type: int, price_ticks: int, terms: Terms
    ) -> Order:
        state, plan, account, contract = self._state, self._plan, parent.account, parent.contract
        market = state.markets[contract.instrument_id]
        check_price(plan, side, order_type, price_ticks, market.lower_ticks, market.upper_ticks)
        price_units(plan, contract.tariff(account.tariff_key), contract, side)
        order_id = state.next_order_id
        state.next_order_id = order_id + 1
        number = parent.special.guards if parent.special is not None else 1
        client_order_id = f"{parent.client_order_id}.{kind}{number}"
        while account.order_under(client_order_id):
            number += 1
            client_order_id = f"{parent.client_order_id}.{kind}{number}"
        state.memory.rows += pack_row(
            account.account_id, contract.instrument_id, side, plan.offset, order_type, GTC, qty, price_ticks,
            state.seq + 1, self._execution.at_ns,
        )  # fmt: skip
        state.memory.terms[order_id] = terms
        account.client_ids[client_order_id] = order_id
        account.account_seq += 1
        order = Order(
            order_id,
            side,
            plan.price_ticks,  # of a stop the band's edge, as for any other
            qty,
            account,
            parent.holding,
            parent.position,
            client_order_id,
            plan.offset,
            order_type,
            GTC,
            NEW,
            plan.margin_unit,
            plan.fee_unit,
            plan.from_today,
            plan.from_yesterday,
        )
        order.special = Special(terms)
        return order

    def _accepted(self, order: Order, events: list[Event]) -> None:
        account, special = order.account, order.special
        events.append(
            OrderAccepted(
                account.tenant_id,
                account.account_id,
                account.account_seq,
                order.order_id,
                order.client_order_id,
                order.contract.instrument_id,
                order.side,
                order.offset,
                order.order_type,
                order.time_in_force,
                order.qty,
                order.price_ticks,
                ACTOR,
                account.funds(),
                None if order.offset == OPEN else order.position.state(order.contract.instrument_id),
                special.terms if special is not None else None,
            )
        )
