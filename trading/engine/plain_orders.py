"""The short way of plain orders: one question instead of many, for what nearly all orders are.

A plain order carries no terms, and its account has plain standing in the contract: no limit, kill switch, fee for
messages, larger side or rule of the venue has a word to say (`has_plain_standing`). The answer is kept on the holding
and counts until the next command that could change it (`State.standing`).

The short way decides nothing that the general one (`order_flow`, `counter/pretrade`) would decide otherwise: whatever
is not plain, and whatever would be refused, is handed back untouched. So every refusal, with its code and figures,
is made in one place. `tests/engine/test_plain_orders.py` runs random lives with it and without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import astuple

from trading.engine.bounds import NAME_LEN_MAX, PRICE_TICKS_MAX, QTY_MAX, name_ok
from trading.engine.commands import CancelOrder, PlaceOrder
from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import pack_row
from trading.engine.counter.fees import closing_unit_fen, freeze_unit_fen
from trading.engine.counter.freezing import release
from trading.engine.counter.order_states import AFTER_CANCEL
from trading.engine.counter.orders import Order
from trading.engine.counter.positions import Holding
from trading.engine.counter.pretrade import split_lots
from trading.engine.events import Event, Funds, OrderAccepted, OrderCanceled, PositionState
from trading.engine.exchange.market import Market
from trading.engine.execution import Execution
from trading.engine.order_terms import PLAIN, RESTING
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import (
    ACTIVE,
    AUCTION,
    BUY,
    CANCELED_BY_CLIENT,
    CLOSE,
    CLOSE_YESTERDAY,
    CONTINUOUS,
    DAY,
    FOK,
    LIMIT,
    NEW,
    OPEN,
    SELL,
)

_ACTORS_MAX: Final = 100_000
_OFFSETS: Final = frozenset(offset for _side, offset, _type, _lives in PLAIN)
_KINDS: Final = frozenset((order_type, lives) for _side, _offset, order_type, lives in PLAIN if lives != AUCTION)

# All fields in one call: read one by one they cost a look-up each.
_fields: Final[
    Callable[[PlaceOrder], tuple[int, int, str, int, int, int, int, int, int, int, int, str, Terms | None]]
] = astuple


_cancel_fields: Final[Callable[[CancelOrder], tuple[int, int, int, str, str]]] = astuple


def has_plain_standing(state: State, account: Account, contract: Contract) -> bool:
    """Say whether nothing special holds for an account's orders in a contract: only price, lots and money count."""
    tenant, tariff, market = account.tenant, contract.tariff(account.tariff_key), state.markets[contract.instrument_id]
    return not (
        account.status != ACTIVE
        or account.max_order_qty
        or account.max_position_qty
        or account.max_working_orders
        or account.max_orders_per_second
        or account.nets
        or tenant.confirms
        or tenant.killed_by_tenant
        or tenant.killed_by_platform
        or state.venue_killed
        or contract.killed
        or contract.restricted
        or contract.charges_messages
        or not contract.is_tradable(state.trading_day)
        or not tariff.is_plain
        or tariff.max_order_qty > QTY_MAX
        or market.phase != CONTINUOUS
        or market.lower_ticks <= 0
        or market.upper_ticks > PRICE_TICKS_MAX
    )


class PlainOrders:
    """Enters and cancels plain orders."""

    __slots__ = ("_accounts", "_actors", "_execution", "_markets", "_orders", "_state")

    def __init__(self, state: State, execution: Execution) -> None:
        self._state: Final = state
        self._execution: Final = execution
        self._actors: Final[set[str]] = set()  # those whose name was looked at: a few people and keys send all orders
        self._accounts: Final = state.accounts
        self._markets: Final = state.markets
        self._orders: Final = state.orders

    def enter(self, command: PlaceOrder, at_ns: int, events: list[Event]) -> bool:
        """Enter a plain order that nothing speaks against. False: nothing was done, it must go the general way."""
        (tenant_id, account_id, client_order_id, trading_day, instrument_id, side, offset, order_type, lives, qty,
         price_ticks, actor, terms) = _fields(command)  # fmt: skip
        state = self._state
        account = self._accounts.get(account_id)
        if account is None:
            return False
        holding = account.only_holding
        if holding is None or holding.instrument_id != instrument_id:
            holding = account.holdings.get(instrument_id)
            if holding is None:
                return False
        if holding.plain_at != state.standing and not self.ask(account, holding):
            return False
        market = self._markets[instrument_id]
        bound_ticks = price_ticks if order_type == LIMIT else _edge_ticks(market, side, price_ticks)
        if (
            tenant_id != account.tenant_id
            or trading_day != state.trading_day
            or terms is not None
            or (side != BUY and side != SELL)
            or (offset != OPEN and offset not in _OFFSETS)
            or ((lives != DAY or order_type != LIMIT) and (order_type, lives) not in _KINDS)
            or qty <= 0
            or qty > holding.tariff.max_order_qty
            or bound_ticks < market.lower_ticks
            or bound_ticks > market.upper_ticks
            or not client_order_id
            or len(client_order_id) > NAME_LEN_MAX
            or not client_order_id.isprintable()
            or (actor not in self._actors and not self._learn(actor))
            or client_order_id in account.client_ids
            or (account.packed_ids is not None and account.order_under(client_order_id))
        ):
            return False
        if offset == OPEN:
            order = self._open(
                account, holding, client_order_id, side, order_type, lives, qty, bound_ticks, actor, events
            )
        else:
            order = self._close(
                account, holding, client_order_id, side, offset, order_type, lives, qty, bound_ticks, actor, events
            )
        if order is None:
            return False
        account.client_ids[client_order_id] = order.order_id
        state.memory.rows += pack_row(
            account_id, instrument_id, side, offset, order_type, lives, qty, price_ticks, state.seq + 1, at_ns
        )
        book = market.book
        if side == BUY:
            own, opposite = book.bids, book.asks
            best = opposite.best
            meets = best is not None and best.price_ticks <= bound_ticks
        else:
            own, opposite = book.asks, book.bids
            best = opposite.best
            meets = best is not None and best.price_ticks >= bound_ticks
        # `run` written out: most find nobody to meet and rest, the others need no look at phase, slice and minimum.
        if meets and lives != FOK:
            self._execution.meet(order, market, own, opposite, actor, events)
        elif meets or lives not in RESTING:
            self._execution.run(order, market, actor, events)
        else:
            own.add(order)
            account.add_order(order)
            self._orders[order.order_id] = order
        return True

    def _learn(self, actor: str) -> bool:
        """Say whether an actor's name may be kept, and remember one that may."""
        if name_ok(actor):
            if len(self._actors) >= _ACTORS_MAX:
                self._actors.clear()
            self._actors.add(actor)
            return True
        return False

    def ask(self, account: Account, holding: Holding) -> bool:
        """Find out whether the account has plain standing in the contract; once, as long as nothing changes it."""
        standing, contract = self._state.standing, holding.contract
        if holding.plain_at == -standing:
            return False
        holding.tariff = contract.tariff(account.tariff_key)
        is_plain = has_plain_standing(self._state, account, contract)
        holding.plain_at = standing if is_plain else -standing
        return is_plain

    def _open(
        self, account: Account, holding: Holding, client_order_id: str, side: int, order_type: int, lives: int,
        qty: int, price_ticks: int, actor: str, events: list[Event],
    ) -> Order | None:  # fmt: skip
        """Accept an opening order if there is money for it."""
        state, tariff, contract = self._state, holding.tariff, holding.contract
        if side == BUY:
            position, margin_unit = holding.long, tariff.long_unit_fen
        else:
            position, margin_unit = holding.short, tariff.short_unit_fen
        fee_unit = tariff.open_fen
        if tariff.open_ppm:
            value_fen = max(price_ticks, contract.settlement_ticks) * contract.tick_value_fen
            fee_unit = freeze_unit_fen(fee_unit, tariff.open_ppm, value_fen)
        needed_margin_fen, needed_fee_fen = qty * margin_unit, qty * fee_unit
        cash_fen, margin_fen = account.cash_fen, account.margin_fen
        frozen_margin_fen, frozen_fee_fen = account.frozen_margin_fen, account.frozen_fee_fen
        # `Account.available_fen` written out: nothing nets here, and the events want the same figures.
        if account.only_holding is holding:
            profit_fen = contract.last_value_fen * holding.net_qty - holding.net_cost_fen
        else:
            profit_fen = account.profit_fen()
        available_fen = cash_fen - margin_fen - frozen_margin_fen - frozen_fee_fen
        if needed_margin_fen + needed_fee_fen > (available_fen + profit_fen if profit_fen < 0 else available_fen):
            return None
        order_id = state.next_order_id
        state.next_order_id = order_id + 1
        order = Order(
            order_id, side, price_ticks, qty, account, holding, position, client_order_id, OPEN, order_type,
            lives, NEW, margin_unit, fee_unit, 0, 0,
        )  # fmt: skip
        account.account_seq = seq = account.account_seq + 1
        account.frozen_margin_fen = frozen_margin_fen = frozen_margin_fen + needed_margin_fen
        account.frozen_fee_fen = frozen_fee_fen = frozen_fee_fen + needed_fee_fen
        position.opening_qty += qty
        events.append(
            OrderAccepted(
                account.tenant_id, account.account_id, seq, order_id, client_order_id, contract.instrument_id, side,
                OPEN, order_type, lives, qty, price_ticks, actor,
                Funds(
                    cash_fen, margin_fen, frozen_margin_fen, frozen_fee_fen, account.close_profit_fen, account.fee_fen
                ),
                None,
            )
        )  # fmt: skip
        return order

    def _close(
        self, account: Account, holding: Holding, client_order_id: str, side: int, offset: int, order_type: int,
        lives: int, qty: int, price_ticks: int, actor: str, events: list[Event],
    ) -> Order | None:  # fmt: skip
        """Accept a closing order if there are lots for it; "auto" that finds too few opens."""
        state, tariff, contract = self._state, holding.tariff, holding.contract
        position = holding.short if side == BUY else holding.long
        today = position.today_qty - position.frozen_today
        yesterday = position.yesterday_qty - position.frozen_yesterday
        if offset == CLOSE and contract.spec.close_means_yesterday:
            offset = CLOSE_YESTERDAY
        offset, from_today, from_yesterday = split_lots(offset, qty, today, yesterday)
        if offset == OPEN:
            return self._open(
                account, holding, client_order_id, side, order_type, lives, qty, price_ticks, actor, events
            )
        if from_today > today or from_yesterday > yesterday:
            return None
        value_fen = max(price_ticks, contract.settlement_ticks) * contract.tick_value_fen
        fee_unit = closing_unit_fen(tariff, from_today, from_yesterday, value_fen)
        order_id = state.next_order_id
        state.next_order_id = order_id + 1
        order = Order(
            order_id, side, price_ticks, qty, account, holding, position, client_order_id, offset, order_type,
            lives, NEW, 0, fee_unit, from_today, from_yesterday,
        )  # fmt: skip
        account.frozen_fee_fen += qty * fee_unit
        position.frozen_today += from_today
        position.frozen_yesterday += from_yesterday
        account.account_seq = seq = account.account_seq + 1
        events.append(
            OrderAccepted(
                account.tenant_id, account.account_id, seq, order_id, client_order_id, contract.instrument_id, side,
                offset, order_type, lives, qty, price_ticks, actor, account.funds(),
                position.state(contract.instrument_id),
            )
        )  # fmt: skip
        return order

    def cancel(self, command: CancelOrder, events: list[Event]) -> bool:
        """Cancel a resting order of an account with plain standing. False: nothing was done, as with `enter`."""
        tenant_id, account_id, order_id, _client_order_id, actor = _cancel_fields(command)
        state = self._state
        order = self._orders.get(order_id)
        if order is None:
            return False
        account, holding = order.account, order.holding
        if (
            account.account_id != account_id
            or account.tenant_id != tenant_id
            or order.special is not None
            or order.level is None
            or (actor not in self._actors and not self._learn(actor))
            or (holding.plain_at != state.standing and not self.ask(account, holding))
        ):
            return False
        instrument_id, position, filled = holding.instrument_id, order.position, order.filled_qty
        self._markets[instrument_id].book.remove(order)
        order.status = AFTER_CANCEL[order.status]
        canceled = order.qty - filled
        shown: PositionState | None = None
        frozen_fee_fen, frozen_margin_fen = account.frozen_fee_fen, account.frozen_margin_fen
        if order.offset == OPEN:  # `release` written out, for the figures that the event wants
            account.frozen_fee_fen = frozen_fee_fen = frozen_fee_fen - canceled * order.fee_unit
            account.frozen_margin_fen = frozen_margin_fen = frozen_margin_fen - canceled * order.margin_unit
            position.opening_qty -= canceled
        else:
            release(order, canceled)
            frozen_fee_fen, shown = account.frozen_fee_fen, position.state(instrument_id)
        order.leaves_qty = 0
        account.drop_order(order)
        del self._orders[order_id]
        state.ended.append(order)
        account.account_seq = seq = account.account_seq + 1
        events.append(
            OrderCanceled(
                tenant_id, account_id, seq, order_id, instrument_id, filled, canceled, CANCELED_BY_CLIENT, actor,
                Funds(
                    account.cash_fen, account.margin_fen, frozen_margin_fen, frozen_fee_fen, account.close_profit_fen,
                    account.fee_fen,
                ),
                shown,
            )
        )  # fmt: skip
        return True


def _edge_ticks(market: Market, side: int, price_ticks: int) -> int:
    """What bounds a market order: the band's edge on its own bad side. 0 where one is refused."""
    opposite = market.book.asks if side == BUY else market.book.bids
    if price_ticks or opposite.best is None:
        return 0
    return market.upper_ticks if side == BUY else market.lower_ticks
