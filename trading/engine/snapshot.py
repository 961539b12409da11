"""Snapshots: the whole state as canonical bytes. Equal states give equal bytes, however they came about.

Reading them back is the other half: `snapshot_reading`.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import msgspec

from trading.engine.book_order import BookOrder
from trading.engine.counter.accounts import Account, Tenant
from trading.engine.counter.contracts import Contract
from trading.engine.counter.liquidations import Liquidation
from trading.engine.counter.orders import Order
from trading.engine.counter.packed_ids import PackedIds, packed
from trading.engine.counter.positions import Lot, Position
from trading.engine.counter.settling import Settling
from trading.engine.counter.specials import Special
from trading.engine.day_segments import cut, first_unfiled, of_today
from trading.engine.exchange.book import BookSide
from trading.engine.exchange.market import Market
from trading.engine.snapshot_reading import load_state
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
from trading.engine.types import ENGINE_VERSION, HELD

if TYPE_CHECKING:
    from trading.engine.machine import Machine

NO_IDS: Final = PackedIds(0, b"", b"", b"")


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
