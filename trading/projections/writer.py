"""Writes a fold: COPY for new rows, one array statement a table for rows that exist already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import psycopg

from trading.engine.events import Funds
from trading.projections import small_tables, targets
from trading.projections.copy_text import Target, copy_is_refused, copy_lines, insert_lines, int_array
from trading.projections.fold import BalanceChange, Fold

Cursor = psycopg.Cursor[Any]

# Without statistics on fresh tables the planner may prefer a full scan joined by hash; every update here goes to a
# few hundred known keys.
SESSION: Final = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off"

_ORDERS: Final = """
UPDATE trading_order o SET qty = coalesce(u.qty, o.qty), price_ticks = coalesce(u.price_ticks, o.price_ticks),
  filled_qty = u.filled_qty, leaves_qty = u.leaves_qty, canceled_qty = coalesce(u.canceled_qty, o.canceled_qty),
  filled_ticks = coalesce(u.filled_ticks, o.filled_ticks), status = u.status,
  cancel_reason = coalesce(u.cancel_reason, o.cancel_reason), replaced_seq = coalesce(u.replaced_seq, o.replaced_seq),
  trigger_ticks = coalesce(u.trigger_ticks, o.trigger_ticks),
  triggered_seq = coalesce(u.triggered_seq, o.triggered_seq),
  updated_ns = u.updated_ns, last_seq = u.last_seq
FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::integer[], %s::integer[],
  %s::integer[], %s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[])
  AS u(tenant_id, account_id, id, qty, price_ticks, filled_qty, leaves_qty, canceled_qty, filled_ticks, status,
  cancel_reason, replaced_seq, updated_ns, last_seq, trigger_ticks, triggered_seq)
WHERE o.tenant_id = u.tenant_id AND o.account_id = u.account_id AND o.id = u.id
"""

_POSITIONS: Final = """
INSERT INTO trading_position AS p (tenant_id, account_id, instrument_id, side, today_qty, yesterday_qty, frozen_today,
  frozen_yesterday, open_cost_fen, mark_cost_fen, margin_fen, seq)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::smallint[], %s::integer[], %s::integer[],
  %s::integer[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (tenant_id, account_id, instrument_id, side) DO UPDATE SET today_qty = excluded.today_qty,
  yesterday_qty = excluded.yesterday_qty, frozen_today = excluded.frozen_today,
  frozen_yesterday = excluded.frozen_yesterday, open_cost_fen = excluded.open_cost_fen,
  mark_cost_fen = excluded.mark_cost_fen, margin_fen = excluded.margin_fen, seq = excluded.seq
"""

# Closed positions stay as zeros during the day; the day's end leaves exactly the rows the settlement named.
_SETTLED_POSITIONS: Final = """
DELETE FROM trading_position p USING unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS u(tenant_id, account_id, seq)
WHERE p.tenant_id = u.tenant_id AND p.account_id = u.account_id AND p.seq < u.seq
"""

# `pre` is the cash with which a new day begins: not NULL only when the account was settled in this range.
_BALANCES: Final = """
UPDATE trading_balance b SET account_seq = u.account_seq, seq = u.seq, at_ns = u.at_ns,
  cash_fen = coalesce(u.cash, b.cash_fen), margin_fen = coalesce(u.margin, b.margin_fen),
  frozen_margin_fen = coalesce(u.frozen_margin, b.frozen_margin_fen),
  frozen_fee_fen = coalesce(u.frozen_fee, b.frozen_fee_fen),
  close_profit_fen = coalesce(u.close_profit, b.close_profit_fen), fee_fen = coalesce(u.fee, b.fee_fen),
  pre_balance_fen = coalesce(u.pre, b.pre_balance_fen),
  deposit_fen = CASE WHEN u.pre IS NULL THEN b.deposit_fen + u.deposit ELSE 0 END,
  withdraw_fen = CASE WHEN u.pre IS NULL THEN b.withdraw_fen + u.withdraw ELSE 0 END,
  correction_fen = CASE WHEN u.pre IS NULL THEN b.correction_fen + u.correction ELSE 0 END,
  trading_day = greatest(b.trading_day, u.trading_day)  -- settled accounts are a day ahead of those still to come
FROM unnest(%s::integer[],
  %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
  AS u(trading_day, tenant_id, account_id, account_seq, seq, at_ns, cash, margin, frozen_margin, frozen_fee,
  close_profit, fee, pre, deposit, withdraw, correction)
WHERE b.tenant_id = u.tenant_id AND b.account_id = u.account_id
"""

# Before the balances move on: what they and the range's cash movements say of the day that ends.
_ACCOUNT_DAYS: Final = """
INSERT INTO trading_account_day (tenant_id, account_id, trading_day, pre_balance_fen, deposit_fen, withdraw_fen,
  correction_fen, close_profit_fen, mark_fen, fee_fen, balance_fen, margin_fen, seq)
SELECT u.tenant_id, u.account_id, u.trading_day, b.pre_balance_fen, b.deposit_fen + u.deposit,
  b.withdraw_fen + u.withdraw, b.correction_fen + u.correction, u.close_profit, u.mark, u.fee,
  u.balance, u.margin, u.seq
FROM unnest(%s::bigint[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
  %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
  AS u(tenant_id, account_id, trading_day, deposit, withdraw, correction, close_profit, mark, fee, balance, margin, seq)
JOIN trading_balance b ON b.tenant_id = u.tenant_id AND b.account_id = u.account_id
"""

LineWriter = Callable[..., None]


class Writer:
    """Writes folds through one connection's cursor."""

    def __init__(self, cursor: Cursor) -> None:
        cursor.execute(SESSION)
        refused = copy_is_refused(cursor, table=targets.ORDERS.table)
        self._lines: LineWriter = insert_lines if refused else copy_lines

    def write(self, fold: Fold, cursor: Cursor) -> None:
        """Write one range. The small tables come first: a balance row begins with its account."""
        for moment, event in fold.rare:
            small_tables.write(event, moment=moment, cursor=cursor)
        self._append(cursor, targets.ORDERS, [order.line() for order in fold.new_orders.values()])
        self._append(cursor, targets.FILLS, fold.fills)
        self._append(cursor, targets.POSTINGS, fold.postings)
        self._append(cursor, targets.ACCOUNT_EVENTS, [pack.line() for pack in fold.account_events])
        _write_order_changes(fold, cursor)
        _write_balances(fold, cursor)
        _write_positions(fold, cursor)

    def _append(self, cursor: Cursor, target: Target, lines: Sequence[str]) -> None:
        self._lines(cursor, target=target, lines=lines)


def _write_order_changes(fold: Fold, cursor: Cursor) -> None:
    changes = list(fold.order_changes.values())
    if not changes:
        return
    cursor.execute(
        _ORDERS,
        [
            int_array([order.tenant_id for order in changes]),
            int_array([order.account_id for order in changes]),
            int_array([order.order_id for order in changes]),
            int_array([order.qty for order in changes]),
            int_array([order.price_ticks for order in changes]),
            int_array([order.filled_qty for order in changes]),
            int_array([order.leaves_qty for order in changes]),
            int_array([order.canceled_qty for order in changes]),
            int_array([order.filled_ticks for order in changes]),
            int_array([order.status for order in changes]),
            [order.cancel_reason for order in changes],
            int_array([order.replaced_seq for order in changes]),
            int_array([order.updated_ns for order in changes]),
            int_array([order.last_seq for order in changes]),
            int_array([order.trigger_ticks for order in changes]),
            int_array([order.triggered_seq for order in changes]),
        ],
    )
    _expect(cursor, len(changes), "orders")


def _write_balances(fold: Fold, cursor: Cursor) -> None:
    if not fold.balances:
        return
    settled = [(account_id, change) for account_id, change in fold.balances.items() if change.settled]
    if settled:
        _write_account_days(settled, cursor)
    rows = list(fold.balances.items())
    changes = [change for _account_id, change in rows]
    funds = [change.funds for change in changes]
    cursor.execute(
        _BALANCES,
        [
            int_array([_day_of(change, fold.trading_day) for change in changes]),
            int_array([change.tenant_id for change in changes]),
            int_array([account_id for account_id, _change in rows]),
            int_array([change.account_seq for change in changes]),
            int_array([change.seq for change in changes]),
            int_array([change.at_ns for change in changes]),
            _fields(funds, "cash_fen"),
            _fields(funds, "margin_fen"),
            _fields(funds, "frozen_margin_fen"),
            _fields(funds, "frozen_fee_fen"),
            _fields(funds, "close_profit_fen"),
            _fields(funds, "fee_fen"),
            int_array([change.settled.funds.cash_fen if change.settled else None for change in changes]),
            int_array([change.deposit_fen for change in changes]),
            int_array([change.withdraw_fen for change in changes]),
            int_array([change.correction_fen for change in changes]),
        ],
    )
    _expect(cursor, len(rows), "balances")


def _day_of(change: BalanceChange, next_day: int) -> int:
    """The trading day that a balance belongs to: a settled one to the day to come."""
    settled = change.settled
    if settled is None:
        return change.trading_day
    return settled.next_trading_day or next_day


def _fields(funds: Sequence[Funds | None], name: str) -> str:
    return int_array([None if item is None else getattr(item, name) for item in funds])


def _write_account_days(settled: Sequence[tuple[int, BalanceChange]], cursor: Cursor) -> None:
    tenants = int_array([change.tenant_id for _account_id, change in settled])
    accounts = int_array([account_id for account_id, _change in settled])
    changes = [change for _account_id, change in settled]
    days = [change.settled for change in changes if change.settled is not None]
    seqs = int_array([change.settled_seq for change in changes])
    cursor.execute(
        _ACCOUNT_DAYS,
        [
            tenants,
            accounts,
            int_array([day.trading_day for day in days]),
            int_array([change.deposit_fen for change in changes]),
            int_array([change.withdraw_fen for change in changes]),
            int_array([change.correction_fen for change in changes]),
            int_array([day.close_profit_fen for day in days]),
            int_array([day.mark_fen for day in days]),
            int_array([day.fee_fen for day in days]),
            int_array([day.funds.cash_fen for day in days]),
            int_array([day.funds.margin_fen for day in days]),
            seqs,
        ],
    )
    _expect(cursor, len(settled), "account days")
    cursor.execute(_SETTLED_POSITIONS, [tenants, accounts, seqs])


def _write_positions(fold: Fold, cursor: Cursor) -> None:
    if not fold.positions:
        return
    rows = list(fold.positions.items())
    states = [state for _key, (_tenant_id, _seq, state) in rows]
    cursor.execute(
        _POSITIONS,
        [
            int_array([tenant_id for _key, (tenant_id, _seq, _state) in rows]),
            int_array([key[0] for key, _value in rows]),
            int_array([key[1] for key, _value in rows]),
            int_array([key[2] for key, _value in rows]),
            int_array([state.today_qty for state in states]),
            int_array([state.yesterday_qty for state in states]),
            int_array([state.frozen_today for state in states]),
            int_array([state.frozen_yesterday for state in states]),
            int_array([state.open_cost_fen for state in states]),
            int_array([state.mark_cost_fen for state in states]),
            int_array([state.margin_fen for state in states]),
            int_array([seq for _key, (_tenant_id, seq, _state) in rows]),
        ],
    )


def _expect(cursor: Cursor, wanted: int, what: str) -> None:
    """A change to a row that is not there means that rows were lost: stop rather than go on with wrong books."""
    if cursor.rowcount != wanted:
        raise RowsMissing(f"{wanted} {what} to change, {cursor.rowcount} found")


class RowsMissing(Exception):  # noqa: N818
    """The query tables do not hold what the journal says they must; `rebuild_projections` compares and repairs."""
