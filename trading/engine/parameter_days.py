"""Rows come into force: with the day whose settlement is being made, or with the state that a snapshot held."""

from __future__ import annotations

from trading.engine.counter.larger_side import set_netting
from trading.engine.state import State


def begin_parameters(state: State, day: int) -> None:
    """Put the rows of a day in force. Tariffs follow from them; lots held keep their margin until they are settled."""
    book = state.parameters
    if not book.rows and not book.special:
        book.day = day
        return
    book.begin_day(day)
    mark_accounts(state)
    for contract in state.contracts.values():
        contract.refresh()


def mark_accounts(state: State) -> None:
    """Find the accounts that have rows or a purpose of their own; all others pay what their tenant pays."""
    book = state.parameters
    before = dict(book.special)
    book.special.clear()
    for account_id in book.accounts_with_rows():
        account = state.accounts[account_id]
        book.special[account_id] = (account.tenant_id, account.hedge)
    for account in state.accounts.values():
        set_netting(account, book.nets)
        if account.hedge:
            book.special[account.account_id] = (account.tenant_id, True)
    for account_id in before:
        state.accounts[account_id].tariff_key = state.accounts[account_id].tenant_id
    for account_id in book.special:
        state.accounts[account_id].tariff_key = -account_id
