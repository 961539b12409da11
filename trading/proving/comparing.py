"""The engine's state beside the slow model's: not what was said, but what stands."""

from __future__ import annotations

from collections.abc import Iterator

from trading.engine import ladder_flow
from trading.engine import types as t
from trading.engine.machine import Machine
from trading.engine.views import AccountView

from . import reference_ladders
from .reference_state import RefAccount, RefWorld


def differences(machine: Machine, world: RefWorld) -> Iterator[str]:
    """Every difference as one sentence."""
    if (machine.trading_day, machine.day_number) != (world.trading_day, world.day_number):
        yield f"day {machine.trading_day}, the model says {world.trading_day}"
    if machine.account_ids() != sorted(world.accounts):
        yield f"accounts {machine.account_ids()}, the model says {sorted(world.accounts)}"
    for account in world.accounts.values():
        yield from _account(machine, world, account)
    for key, contract in world.contracts.items():
        stats = machine.instrument_stats(key)
        mine = (
            contract.last, contract.volume, contract.lower, contract.upper, contract.settlement, contract.phase,
            world.open_interest(contract), contract.turnover * contract.spec.tick_value_fen,
        )  # fmt: skip
        theirs = stats and (
            stats.last, stats.volume, stats.lower, stats.upper, stats.previous_settlement, stats.phase,
            stats.open_interest, stats.turnover_fen,
        )  # fmt: skip
        if mine != theirs:
            yield f"contract {key}: {theirs}, the model says {mine}"
        window_s = ladder_flow.close_window_s(machine.state, machine.state.contracts[key])
        if window_s != reference_ladders.window_s(world, contract):
            yield f"contract {key} is watched for {window_s} s before the close, the model says otherwise"
        depth = tuple(_levels(world, key, side) for side in (t.BUY, t.SELL))
        if machine.depth(key, 1_000) != depth:
            yield f"book {key}: {machine.depth(key, 1_000)}, the model says {depth}"


def _levels(world: RefWorld, key: int, side: int) -> list[tuple[int, int]]:
    rows: list[tuple[int, int]] = []
    for order in world.resting(world.contracts[key], side):
        if rows and rows[-1][0] == order.price:
            rows[-1] = (order.price, rows[-1][1] + order.shown)
        else:
            rows.append((order.price, order.shown))
    return rows


def _account(machine: Machine, world: RefWorld, account: RefAccount) -> Iterator[str]:
    view = machine.account_view(account.number)
    if view is None:
        return
    profit = world.profit(account)
    mine: tuple[object, ...] = (
        account.tenant_id, account.seq, account.group_id, account.status, world.funds(account), profit,
        account.cash() + profit, world.available(account), world.withdrawable(account), *_statement(account),
    )  # fmt: skip
    theirs: tuple[object, ...] = (
        view.tenant_id, view.account_seq, view.group_id, view.status, view.funds, view.position_profit_fen,
        view.equity_fen, view.available_fen, view.withdrawable_fen, view.statement_day, view.statement_version,
        view.confirmed_version,
    )  # fmt: skip
    if mine != theirs:
        yield f"account {account.number}: {theirs}, the model says {mine}"
    lots = [
        (key, side, lot.qty, lot.price_ticks, lot.is_today)
        for (key, side), found in sorted(account.lots.items())
        for lot in sorted(found, key=lambda lot: lot.is_today)
    ]
    engine_lots = [(lot.instrument_id, lot.side, lot.qty, lot.price_ticks, lot.today) for lot in view.lots]
    if _joined(lots) != _joined(engine_lots):
        yield f"lots of account {account.number}: {engine_lots}, the model says {lots}"
    yield from _orders(view, world, account)


def _statement(account: RefAccount) -> tuple[int, int, int]:
    """The last statement to be confirmed: its day, its newest version, the newest version agreed to."""
    if not account.statements:
        return 0, 0, 0
    last = account.statements[-1]
    return last.day, 1 + account.times_corrected(last.day), max(last.agreed, default=0)


def _orders(view: AccountView, world: RefWorld, account: RefAccount) -> Iterator[str]:
    orders = [
        (
            order.number, order.client_order_id, order.contract.number, order.side, order.offset, order.order_type,
            order.lives, order.qty, order.price, order.filled, order.open_qty, order.filled_ticks,
            t.HELD if order.trigger else t.PARTIALLY_FILLED if order.filled else t.NEW,
        )
        for order in world.orders_of(account)
    ]  # fmt: skip
    engine_orders = [
        (
            order.order_id, order.client_order_id, order.instrument_id, order.side, order.offset, order.order_type,
            order.time_in_force, order.qty, order.price_ticks, order.filled_qty, order.leaves_qty, order.filled_ticks,
            order.status,
        )
        for order in view.orders
    ]  # fmt: skip
    if orders != engine_orders:
        yield f"orders of account {account.number}: {engine_orders}, the model says {orders}"


def _joined(lots: list[tuple[int, int, int, int, bool]]) -> list[list[object]]:
    """Neighbours that differ in quantity only, as one: the engine joins some of them."""
    rows: list[list[object]] = []
    for key, side, qty, price, today in lots:
        if rows and rows[-1][1:] == [key, side, price, today]:
            rows[-1][0] = int(str(rows[-1][0])) + qty
        else:
            rows.append([qty, key, side, price, today])
    return rows
