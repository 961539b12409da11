"""What must hold of dated rows and of the larger side, computed from scratch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trading.engine.counter.accounts import Account
from trading.engine.counter.orders import Order
from trading.engine.parameters import LARGER_SIDE_CONTRACT, LARGER_SIDE_OFF
from trading.engine.state import State


def check_rows(state: State) -> Iterator[str]:
    """Rows stand in the order of their days, one a day; who pays otherwise has a tariff of every contract."""
    book = state.parameters
    rows = [row for found in book.rows.values() for row in found]
    if sorted(row.row_id for row in rows) != sorted(book.by_id) or any(
        book.by_id[row.row_id] is not row for row in rows
    ):
        yield "R5 the rows by key and by number differ"
    for key, found in book.rows.items():
        days = [row.effective_day for row in found]
        if any(row.key() != key for row in found) or days != sorted(set(days)):
            yield f"R5 rows of {key}: days {days}"
        if any(row.row_id >= book.next_row_id for row in found):
            yield f"R5 rows of {key}: a number not yet given"
    day = state.trading_day if state.settling is None else state.settling.next_trading_day
    if book.day != day:
        yield f"R5 the rows of day {book.day} are in force on day {day}"
    for account in state.accounts.values():
        yield from _tariff_key(state, account)


def _tariff_key(state: State, account: Account) -> Iterator[str]:
    book, number = state.parameters, account.account_id
    own = account.hedge or any(
        key[1] == number and any(row.effective_day <= book.day for row in rows) for key, rows in book.rows.items()
    )
    if account.tariff_key != (-number if own else account.tenant_id) or own != (number in book.special):
        yield f"R5 account {number}: tariffs under {account.tariff_key}, own ones {own}"
    if own and any(-number not in contract.tariffs for contract in state.contracts.values()):
        yield f"R5 account {number} lacks a tariff of its own"


def check_charged(account: Account, orders: Iterable[Order]) -> Iterator[str]:
    """R1 of what is charged: long and short side by side where both count, the larger one where only it does."""
    name = f"account {account.account_id}"
    held: dict[tuple[str, int], list[int]] = {}
    orders = list(orders)
    for holding in account.holdings.values():
        contract = holding.contract
        mode = contract.tariff(account.tariff_key).larger_side if account.nets else LARGER_SIDE_OFF
        number = contract.instrument_id
        for position in (holding.long, holding.short):
            frozen = sum(one.open_qty() * one.margin_unit for one in orders if one.position is position)
            kept = frozen if account.nets else 0
            if position.opening_margin_fen != kept:
                yield f"P3 {name} contract {number}: {position.opening_margin_fen} kept frozen, orders say {kept}"
            group = ("", number) if mode == LARGER_SIDE_CONTRACT else (contract.product, 0)
            if mode == LARGER_SIDE_OFF:
                group = ("", -2 * number - position.side)  # by itself
            sums = held.setdefault(group, [0, 0, 0, 0])
            sums[position.side - 1] += position.margin_fen
            sums[position.side + 1] += frozen
    margin = sum(max(long, short) for long, short, _, _ in held.values())
    whole = sum(max(long + more_long, short + more_short) for long, short, more_long, more_short in held.values())
    funds = account.funds()
    if (funds.margin_fen, funds.frozen_margin_fen) != (margin, whole - margin):
        yield f"R1 {name} is charged {funds.margin_fen} + {funds.frozen_margin_fen}, not {margin} + {whole - margin}"
