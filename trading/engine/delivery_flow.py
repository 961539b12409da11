"""The road to delivery: its table, who must be out by when, and the end of a contract."""

from __future__ import annotations

from typing import Final

from trading.engine import rejects
from trading.engine.bounds import MARGIN_PPM_MIN, QTY_MAX, RATE_PPM_MAX, name_ok, trading_day_ok
from trading.engine.commands import PutDelivery, SetHolderKind
from trading.engine.control_flow import two_people
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Position
from trading.engine.events import Event
from trading.engine.ladder_flow import moved
from trading.engine.ladders import STEPS_MAX, Delivery
from trading.engine.refusing import refuse
from trading.engine.state import State
from trading.engine.types import CLOSED, LONG, OPEN
from trading.engine.venue_events import DeliveryPut, HolderKindSet, LotsExpired

LOT_MULTIPLE_MAX: Final = 10_000


def delivery_ok(delivery: Delivery, last_trading_day: int) -> bool:
    """Say whether a road makes sense: steps in order of their days, natural persons out before the end."""
    days = [step.from_day for step in delivery.steps]
    last_open, zero = delivery.natural_open_day, delivery.natural_zero_day
    return (
        len(days) <= STEPS_MAX
        and all(trading_day_ok(day) for day in days)
        and days == sorted(set(days))
        and all(
            (step.margin_ppm == 0 or MARGIN_PPM_MIN <= step.margin_ppm <= RATE_PPM_MAX)
            and 1 <= step.lot_multiple <= LOT_MULTIPLE_MAX
            and 0 <= step.position_limit <= QTY_MAX
            for step in delivery.steps
        )
        and (
            last_open == zero == 0
            or (trading_day_ok(last_open) and trading_day_ok(zero) and last_open <= zero <= last_trading_day)
        )
    )


class DeliveryFlow:
    """Puts roads to delivery and the kinds of holders."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state: Final = state

    def put_delivery(self, command: PutDelivery, events: list[Event]) -> None:
        """Put a contract's road. What works or is held already stays as it is until the settlement."""
        state = self._state
        contract = state.contracts.get(command.instrument_id)
        code = two_people(command.maker, command.checker)
        if not code and command.tenant_id != 0:
            code = rejects.FIELD_BAD
        if code or contract is None:
            refuse(events, command.tenant_id, 0, code or rejects.INSTRUMENT_UNKNOWN)
            return
        if contract.expired or contract.spec.last_trading_day < state.trading_day:
            refuse(events, 0, 0, rejects.CONTRACT_EXPIRED, last_trading_day=contract.spec.last_trading_day)
            return
        if not delivery_ok(command.delivery, contract.spec.last_trading_day):
            refuse(events, 0, 0, rejects.FIELD_BAD, last_trading_day=contract.spec.last_trading_day)
            return
        contract.delivery = command.delivery
        contract.enter_day(state.trading_day)
        contract.put_settlement(contract.settlement_ticks)
        events.append(DeliveryPut(0, contract.instrument_id, command.delivery, command.maker, command.checker))
        events.append(moved(state, [contract.instrument_id], state.trading_day, command.checker))

    def set_holder_kind(self, command: SetHolderKind, events: list[Event]) -> None:
        """Note whether an account's holder is a natural person."""
        account = self._state.account_of(command.account_id, command.tenant_id)
        if account is None:
            refuse(events, command.tenant_id, command.account_id, rejects.ACCOUNT_UNKNOWN)
            return
        if not name_ok(command.actor):
            refuse(events, account.tenant_id, account.account_id, rejects.FIELD_BAD)
            return
        account.natural = command.natural
        account.account_seq += 1
        events.append(
            HolderKindSet(
                account.tenant_id, account.account_id, account.account_seq, command.natural, command.actor
            )
        )  # fmt: skip


def may_live_on(order: Order) -> bool:
    """Say whether the road to delivery lets an order into the new day."""
    contract, account = order.contract, order.account
    if order.open_qty() % contract.lot_multiple:
        return False
    if order.offset != OPEN:
        return True
    if contract.closed_to_natural and account.natural:
        return False
    if contract.position_limit == 0 or (order.special is not None and not order.special.is_frozen):
        return True
    position = order.position
    return position.today_qty + position.yesterday_qty + position.opening_qty <= contract.position_limit


def expire_contracts(state: State, trading_day: int, actor: str, events: list[Event]) -> None:
    """End the contracts whose last trading day has been settled. Their orders have ended with the day.

    All lots stand at the settlement price and their profit is cash, so longs and shorts go together without a posting.
    """
    due = [state.contracts[key] for key in sorted(state.contracts) if state.contracts[key].ends_before(trading_day)]
    if not due:
        return
    for account_id in sorted(state.accounts):
        account = state.accounts[account_id]
        for contract in due:
            if contract.instrument_id in account.holdings:
                _expire_holding(state, account, contract, events)
    for contract in due:
        contract.expired = True
        market = state.markets[contract.instrument_id]
        market.open_interest = 0
        market.phase = CLOSED
    events.append(moved(state, [contract.instrument_id for contract in due], trading_day, actor))


def _expire_holding(state: State, account: Account, contract: Contract, events: list[Event]) -> None:
    holding = account.holdings[contract.instrument_id]
    for position in (holding.long, holding.short):
        qty = position.yesterday_qty
        if qty:
            account.account_seq += 1
            account.margin_fen -= position.margin_fen
            events.append(_expire(state, account, contract, position, qty))
    holding.net_qty = holding.net_cost_fen = 0
    account.drop_holding(contract.instrument_id)


def _expire(state: State, account: Account, contract: Contract, position: Position, qty: int) -> LotsExpired:
    value_fen = contract.settlement_ticks * contract.tick_value_fen * qty
    profit = value_fen - position.open_cost_fen
    position.clear()
    return LotsExpired(
        account.tenant_id,
        account.account_id,
        account.account_seq,
        contract.instrument_id,
        position.side,
        qty,
        contract.settlement_ticks,
        profit if position.side == LONG else -profit,
        contract.spec.last_trading_day,
        account.funds(),
        position.state(contract.instrument_id),
    )
