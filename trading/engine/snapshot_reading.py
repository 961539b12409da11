"""Reading snapshots back: from canonical bytes to the state that wrote them (`snapshot` writes them)."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from trading.engine.counter.accounts import Account, Tenant
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import DayMemory
from trading.engine.counter.liquidations import Liquidation, Part
from trading.engine.counter.orders import Order
from trading.engine.counter.packed_ids import PackedIds, Shelf
from trading.engine.counter.positions import Lot, Position
from trading.engine.counter.settling import Settling
from trading.engine.counter.specials import Special
from trading.engine.day_segments import put_back
from trading.engine.errors import EngineBrokenError
from trading.engine.exchange.market import Market
from trading.engine.exchange.stops import StopBook
from trading.engine.parameter_days import begin_parameters, mark_accounts
from trading.engine.snapshot_rows import (
    AccountRow,
    ContractRow,
    LotRow,
    OrderRow,
    PositionRow,
    SegmentRef,
    SpecialRow,
    StateRow,
    TenantRow,
)
from trading.engine.state import State
from trading.engine.types import BUY, ENGINE_VERSION, HELD, OLDEST_VERSION, OPEN

_SEGMENTS_AT: Final = StateRow.__struct_fields__.index("segments")


def segments_of(data: bytes) -> list[SegmentRef]:
    """The segments that a body refers to."""
    rows = msgspec.msgpack.decode(data, type=list[msgspec.Raw])
    return msgspec.msgpack.decode(rows[_SEGMENTS_AT], type=list[SegmentRef]) if len(rows) > _SEGMENTS_AT else []


def version_of(data: bytes) -> int:
    """The engine version that wrote a snapshot, whatever else it holds."""
    rows = msgspec.msgpack.decode(data, type=list[msgspec.Raw])
    return msgspec.msgpack.decode(bytes(rows[0]), type=int)


def load_state(data: bytes, segments: list[bytes] | None = None) -> State:
    """Read a state back."""
    try:
        found = version_of(data)
        if not OLDEST_VERSION <= found <= ENGINE_VERSION:
            raise EngineBrokenError(f"the snapshot is of engine version {found}, this is {ENGINE_VERSION}")
        row = msgspec.msgpack.decode(data, type=StateRow)
    except (msgspec.MsgspecError, IndexError) as problem:
        raise EngineBrokenError(f"these bytes are no snapshot: {problem}") from problem
    state = State()
    memory = state.memory = DayMemory(row.first_order_id)
    shelves = put_back(memory, row.segments, segments or [])
    state.seq = row.seq
    state.trading_day = row.trading_day
    state.day_number = row.day_number
    state.next_order_id = row.next_order_id
    state.next_trade_id = row.next_trade_id
    state.venue_killed = row.venue_killed
    for tenant_row in row.tenants:
        _load_tenant(state, tenant_row)
    for contract_row in row.contracts:
        _load_contract(state, contract_row)
    for account_row in row.accounts:
        _load_account(state, account_row, shelves)
    for order_row in row.orders:
        _load_order(state, order_row)
    for order_row in row.orders:
        if order_row.special is not None:
            _load_special(state, order_row.order_id, order_row.special)
    for contract_row in row.contracts:
        _load_book(state, contract_row)
    _load_memory(state, row)
    _load_liquidations(state, row)
    if row.settling is not None:
        item = row.settling
        state.settling = Settling(item.next_trading_day, dict(item.prices), dict(item.old_prices), dict(item.phases))
        state.settling.through = item.through
    _load_parameters(state, row)
    return state


def _load_parameters(state: State, row: StateRow) -> None:
    """Put the rows in force that were: those of the day to come while a settlement is under way."""
    state.parameters.next_row_id = row.next_row_id
    for item in row.parameters:
        state.parameters.put(item)
    if row.parameters or any(account.hedge for account in state.accounts.values()):
        mark_accounts(state)
    begin_parameters(state, row.trading_day if row.settling is None else row.settling.next_trading_day)


def _load_tenant(state: State, row: TenantRow) -> None:
    tenant = state.tenants[row.tenant_id] = Tenant(row.tenant_id)
    tenant.bank_fen = row.bank_fen
    tenant.fee_fen = row.fee_fen
    tenant.killed_by_tenant = row.killed_by_tenant
    tenant.killed_by_platform = row.killed_by_platform
    tenant.references = set(row.references)
    tenant.corrected_fen = row.corrected_fen
    tenant.confirms = row.confirms
    tenant.withdraw_ppm = row.withdraw_ppm
    tenant.reserve_fen = row.reserve_fen


def _load_contract(state: State, row: ContractRow) -> None:
    spec = row.spec
    contract = state.contracts[spec.instrument_id] = Contract(spec, state.parameters)
    contract.cleared_fen = row.cleared_fen
    contract.killed = row.killed
    contract.last_value_fen = row.last_ticks * spec.tick_value_fen
    contract.rung, contract.delivery, contract.expired = row.rung, row.delivery, row.expired
    if row.entered_day:
        contract.enter_day(row.entered_day)
        contract.put_settlement(contract.settlement_ticks)
    for tenant_id, rates in row.tenant_rates:
        contract.put_rates(tenant_id, rates)
    state.symbols[spec.symbol] = spec.instrument_id
    market = state.markets[spec.instrument_id] = Market(spec.instrument_id)
    market.lower_ticks = row.lower_ticks
    market.upper_ticks = row.upper_ticks
    market.last_ticks = row.last_ticks
    market.open_ticks = row.open_ticks
    market.high_ticks = row.high_ticks
    market.low_ticks = row.low_ticks
    market.volume = row.volume
    market.turnover_ticks = row.turnover_ticks
    market.open_interest = row.open_interest
    market.phase = row.phase
    market.one_sided = row.one_sided
    market.watched_day = row.watched_day


def _load_account(state: State, row: AccountRow, shelves: list[Shelf]) -> None:
    account = Account(row.account_id, state.tenants[row.tenant_id], row.group_id)
    state.accounts[row.account_id] = account
    account.account_seq = row.account_seq
    account.stp_mode = row.stp_mode
    account.hedge = row.hedge
    account.natural = row.natural
    account.status = row.status
    account.cash_fen = row.cash_fen
    account.margin_fen = row.margin_fen
    account.frozen_margin_fen = row.frozen_margin_fen
    account.frozen_fee_fen = row.frozen_fee_fen
    account.close_profit_fen = row.close_profit_fen
    account.fee_fen = row.fee_fen
    account.pre_balance_fen = row.pre_balance_fen
    account.deposits_fen = row.deposits_fen
    account.withdrawals_fen = row.withdrawals_fen
    account.corrected_fen = row.corrected_fen
    account.statement_day = row.statement_day
    account.statement_version = row.statement_version
    account.confirmed_version = row.confirmed_version
    account.corrections = dict(row.corrections)
    account.max_order_qty = row.max_order_qty
    account.max_position_qty = row.max_position_qty
    account.max_working_orders = row.max_working_orders
    account.max_orders_per_second = row.max_orders_per_second
    account.recent_ns = deque(row.recent_ns) if row.recent_ns else None
    if shelves:
        account.packed_ids = PackedIds(0, b"", b"", b"", row.account_id, shelves)
    elif row.id_count:
        account.packed_ids = PackedIds(row.id_count, row.client_ids, row.order_ids, row.id_marks)
    for holding_row in row.holdings:
        holding = account.add_holding(state.contracts[holding_row.instrument_id])
        _load_position(holding.long, holding_row.long)
        _load_position(holding.short, holding_row.short)
        holding.net_qty = _held(holding.long) - _held(holding.short)
        holding.net_cost_fen = holding.long.mark_cost_fen - holding.short.mark_cost_fen


def _held(position: Position) -> int:
    return position.today_qty + position.yesterday_qty


def _chain(rows: list[LotRow]) -> tuple[Lot | None, Lot | None, int]:
    head: Lot | None = None
    tail: Lot | None = None
    qty = 0
    for row in rows:
        lot = Lot(row.price_ticks, row.qty, row.margin_unit, row.opened_day)
        if tail is None:
            head = lot
        else:
            tail.next = lot
        tail = lot
        qty += row.qty
    return head, tail, qty


def _load_position(position: Position, row: PositionRow) -> None:
    position.open_cost_fen = row.open_cost_fen
    position.mark_cost_fen = row.mark_cost_fen
    position.margin_fen = row.margin_fen
    position.yesterday_unit = row.yesterday_unit
    position.today_head, position.today_tail, position.today_qty = _chain(row.today)
    position.yesterday_head, position.yesterday_tail, position.yesterday_qty = _chain(row.yesterday)


def _load_order(state: State, row: OrderRow) -> None:
    account = state.accounts[row.account_id]
    holding = account.holdings[row.instrument_id]
    position = holding.long if (row.side == BUY) == (row.offset == OPEN) else holding.short
    order = Order(
        row.order_id,
        row.side,
        row.price_ticks,
        row.qty,
        account,
        holding,
        position,
        row.client_order_id,
        row.offset,
        row.order_type,
        row.time_in_force,
        row.status,
        row.margin_unit,
        row.fee_unit,
        row.from_today,
        row.from_yesterday,
    )
    order.filled_qty = row.filled_qty
    order.filled_ticks = row.filled_ticks
    order.hidden_qty = row.hidden_qty
    order.leaves_qty = row.qty - row.filled_qty - row.hidden_qty
    if row.offset == OPEN and (row.special is None or row.special.is_frozen):
        position.opening_qty += order.open_qty()
        if account.nets:
            position.opening_margin_fen += order.open_qty() * order.margin_unit
    elif row.offset != OPEN:
        position.frozen_today += row.from_today
        position.frozen_yesterday += row.from_yesterday
    account.add_order(order)
    state.orders[row.order_id] = order


def _load_special(state: State, order_id: int, row: SpecialRow) -> None:
    order = state.orders[order_id]
    special = order.special = Special(row.terms)
    order.display_qty = row.terms.display_qty
    special.trigger_ticks = row.trigger_ticks
    special.fellow = state.orders.get(row.fellow_id)
    special.is_frozen = row.is_frozen
    special.guards = row.guards
    special.entered_day, special.entered_seq, special.entered_ns = row.entered_day, row.entered_seq, row.entered_ns
    if order.status == HELD:
        market = state.markets[order.contract.instrument_id]
        if market.stops is None:
            market.stops = StopBook()
        market.stops.add(order_id, order.side, row.trigger_ticks, row.terms.trail_ticks)


def _load_book(state: State, row: ContractRow) -> None:
    book = state.markets[row.spec.instrument_id].book
    for side_rows in (row.bids, row.asks):
        # Worst price first: every level then opens as the best, which is the cheap way in.
        for level_row in reversed(side_rows):
            for order_id in level_row[1:]:
                book.add(state.orders[order_id])


def _load_liquidations(state: State, row: StateRow) -> None:
    state.next_liquidation = row.next_liquidation
    state.liquidation_ends.update(row.liquidation_ends)
    for item in row.liquidations:
        parts = [Part(*part) for part in item.rows]
        state.liquidations[item.account_id] = Liquidation(
            item.account_id, item.number, item.reason, item.basis, item.target_ppm, parts, item.steps
        )


def _load_memory(state: State, row: StateRow) -> None:
    memory = state.memory
    if not row.segments:
        memory.rows, memory.packed_before = row.memory, row.next_order_id
    for order_id, code, figures in row.refusals:
        memory.refusals[order_id] = (code, dict(figures))
    for order_id, terms in row.terms:
        memory.terms[order_id] = terms
    state.stp_modes.update(row.stp_modes)
    state.timers.update(row.timers)
    state.watches.update(row.watches)
    for venue, product, steps in row.ladders:
        state.ladders[venue, product] = steps
    for venue, product, window_s in row.close_windows:
        state.close_windows[venue, product] = window_s
