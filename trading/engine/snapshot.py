"""Snapshots: the whole state as canonical bytes and back. Equal states give equal bytes, however they came about."""

from __future__ import annotations

from collections import deque
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import msgspec

from trading.engine.book_order import BookOrder
from trading.engine.counter.accounts import Account, Tenant
from trading.engine.counter.contracts import Contract
from trading.engine.counter.day_memory import DayMemory
from trading.engine.counter.liquidations import Liquidation, Part
from trading.engine.counter.orders import Order
from trading.engine.counter.packed_ids import PackedIds, Shelf, packed
from trading.engine.counter.positions import Lot, Position
from trading.engine.counter.settling import Settling
from trading.engine.counter.specials import Special
from trading.engine.day_segments import cut, first_unfiled, of_today, put_back
from trading.engine.errors import EngineBrokenError
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.exchange.stops import StopBook
from trading.engine.parameter_days import begin_parameters, mark_accounts
from trading.engine.snapshot_rows import (
    AccountRow,
    ContractRow,
    HoldingRow,
    LiquidationRow,
    LotRow,
    OrderRow,
    PositionRow,
    SegmentRef,
    SettlingRow,
    SpecialRow,
    StateRow,
    TenantRow,
)
from trading.engine.state import State
from trading.engine.terms import Terms
from trading.engine.types import BUY, ENGINE_VERSION, HELD, OLDEST_VERSION, OPEN

if TYPE_CHECKING:
    from trading.engine.machine import Machine

NO_IDS: Final = PackedIds(0, b"", b"", b"")
_SEGMENTS_AT: Final = StateRow.__struct_fields__.index("segments")


def state_hash(state: State) -> bytes:
    """32 bytes that name a state."""
    return blake2b(dump_state(state), digest_size=32).digest()


def dump(machine: Machine) -> bytes:
    """Write a machine down."""
    return dump_state(machine.state)


def load(data: bytes, segments: list[bytes] | None = None) -> Machine:
    """Make the machine again, from `dump`'s bytes or from those of `dump_cut` and all its segments.

    Bytes of another engine version are refused: only that version can read them.
    """
    from trading.engine.machine import Machine  # the machine itself uses this module for its hash

    return Machine(load_state(data, segments))


def dump_state(state: State) -> bytes:
    """The state as canonical MessagePack."""
    memory = state.memory
    accounts = [_account_row(item, packed(item.client_ids, item.packed_ids)) for item in _sorted_accounts(state)]
    refusals = [(key, code, list(figures.items())) for key, (code, figures) in sorted(memory.refusals.items())]
    terms = sorted(memory.terms.items(), key=lambda item: item[0])
    return msgspec.msgpack.encode(_state_row(state, accounts, memory.rows, refusals, terms, []))


def dump_cut(machine: Machine, filed: list[SegmentRef]) -> tuple[bytes, list[SegmentRef], bytes]:
    """Write a machine down in two: what the day's memory has gained since the segments `filed`, and all else.

    Gives all else, the segments that it refers to, and the bytes of the last of these when it is new, else nothing.
    """
    state = machine.state
    refs, new = of_today(state, filed), b""
    since = first_unfiled(state, filed)
    if state.next_order_id > since:
        ref, new = cut(state, since)
        refs = [*refs, ref]
    accounts = [_account_row(item, NO_IDS) for item in _sorted_accounts(state)]
    return msgspec.msgpack.encode(_state_row(state, accounts, bytearray(), [], [], refs)), refs, new


def _sorted_accounts(state: State) -> list[Account]:
    return [state.accounts[key] for key in sorted(state.accounts)]


def _state_row(
    state: State,
    accounts: list[AccountRow],
    rows: bytearray,
    refusals: list[tuple[int, str, list[tuple[str, int]]]],
    terms: list[tuple[int, Terms]],
    segments: list[SegmentRef],
) -> StateRow:
    return StateRow(
        ENGINE_VERSION,
        state.seq,
        state.trading_day,
        state.day_number,
        state.next_order_id,
        state.next_trade_id,
        state.venue_killed,
        [_tenant_row(state.tenants[key]) for key in sorted(state.tenants)],
        [_contract_row(state.contracts[key], state.markets[key]) for key in sorted(state.contracts)],
        accounts,
        [_order_row(state, state.orders[key]) for key in sorted(state.orders)],
        state.memory.first_order_id,
        rows,
        refusals,
        terms,
        sorted(state.stp_modes.items()),
        _settling_row(state.settling),
        sorted(state.timers.items()),
        state.next_liquidation,
        [_liquidation_row(state.liquidations[key]) for key in sorted(state.liquidations)],
        sorted(state.liquidation_ends.items()),
        state.parameters.next_row_id,
        [state.parameters.by_id[key] for key in sorted(state.parameters.by_id)],
        [(venue, product, state.ladders[venue, product]) for venue, product in sorted(state.ladders)],
        sorted(state.watches.items(), key=lambda item: item[0]),
        [(*key, state.close_windows[key]) for key in sorted(state.close_windows)],
        segments,
    )


def _liquidation_row(item: Liquidation) -> LiquidationRow:
    return LiquidationRow(
        item.account_id,
        item.number,
        item.reason,
        item.basis,
        item.target_ppm,
        item.steps,
        [(part.instrument_id, part.side, part.offset, part.qty, part.filled, part.order_id) for part in item.parts],
    )


def _settling_row(settling: Settling | None) -> SettlingRow | None:
    if settling is None:
        return None
    return SettlingRow(
        settling.next_trading_day,
        sorted(settling.prices.items()),
        sorted(settling.old_prices.items()),
        sorted(settling.phases.items()),
        settling.through,
    )


def _tenant_row(tenant: Tenant) -> TenantRow:
    return TenantRow(
        tenant.tenant_id,
        tenant.bank_fen,
        tenant.fee_fen,
        tenant.killed_by_tenant,
        tenant.killed_by_platform,
        sorted(tenant.references),
        tenant.corrected_fen,
        tenant.confirms,
        tenant.withdraw_ppm,
        tenant.reserve_fen,
    )


def _queue(side: BookSide) -> list[list[int]]:
    rows: list[list[int]] = []
    for key in reversed(side.keys):
        row = [key * side.sign]
        order: BookOrder | None = side.levels[key * side.sign].head
        while order is not None:
            row.append(order.order_id)
            order = order.next
        rows.append(row)
    return rows


def _contract_row(contract: Contract, market: Market) -> ContractRow:
    return ContractRow(
        contract.spec,
        contract.cleared_fen,
        contract.killed,
        sorted(contract.tenant_rates.items(), key=lambda item: item[0]),
        market.lower_ticks,
        market.upper_ticks,
        market.last_ticks,
        market.open_ticks,
        market.high_ticks,
        market.low_ticks,
        market.volume,
        market.turnover_ticks,
        market.open_interest,
        _queue(market.book.bids),
        _queue(market.book.asks),
        market.phase,
        contract.rung,
        contract.delivery,
        market.one_sided,
        market.watched_day,
        contract.entered_day,
        contract.expired,
    )


def _lots(head: Lot | None) -> list[LotRow]:
    rows: list[LotRow] = []
    lot = head
    while lot is not None:
        rows.append(LotRow(lot.price_ticks, lot.qty, lot.margin_unit, lot.opened_day))
        lot = lot.next
    return rows


def _position_row(position: Position) -> PositionRow:
    return PositionRow(
        position.open_cost_fen,
        position.mark_cost_fen,
        position.margin_fen,
        position.yesterday_unit,
        _lots(position.today_head),
        _lots(position.yesterday_head),
    )


def _account_row(account: Account, ids: PackedIds) -> AccountRow:
    holdings = account.holdings
    return AccountRow(
        account.account_id,
        account.tenant_id,
        account.group_id,
        account.account_seq,
        account.status,
        account.cash_fen,
        account.margin_fen,
        account.frozen_margin_fen,
        account.frozen_fee_fen,
        account.close_profit_fen,
        account.fee_fen,
        account.pre_balance_fen,
        account.deposits_fen,
        account.withdrawals_fen,
        account.max_order_qty,
        account.max_position_qty,
        account.max_working_orders,
        account.max_orders_per_second,
        list(account.recent_ns or ()),
        [
            HoldingRow(key, _position_row(holdings[key].long), _position_row(holdings[key].short))
            for key in sorted(holdings)
        ],
        ids.count,
        ids.ids,
        ids.orders,
        ids.marks.tobytes(),
        account.stp_mode,
        account.corrected_fen,
        account.statement_day,
        account.statement_version,
        account.confirmed_version,
        sorted(account.corrections.items()),
        account.hedge,
        account.natural,
    )


def _special_row(state: State, order: Order, special: Special) -> SpecialRow:
    trigger = special.trigger_ticks
    stops = state.markets[order.contract.instrument_id].stops
    if order.status == HELD and stops is not None:
        trigger = stops.trigger_of(order.order_id)
    return SpecialRow(
        special.terms,
        trigger,
        0 if special.fellow is None else special.fellow.order_id,
        special.is_frozen,
        special.guards,
        special.entered_day,
        special.entered_seq,
        special.entered_ns,
    )


def _order_row(state: State, order: Order) -> OrderRow:
    return OrderRow(
        order.order_id,
        order.account.account_id,
        order.contract.instrument_id,
        order.client_order_id,
        order.side,
        order.offset,
        order.order_type,
        order.time_in_force,
        order.status,
        order.price_ticks,
        order.qty,
        order.filled_qty,
        order.filled_ticks,
        order.margin_unit,
        order.fee_unit,
        order.from_today,
        order.from_yesterday,
        order.hidden_qty,
        None if order.special is None else _special_row(state, order, order.special),
    )


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
        holding.contract,
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
