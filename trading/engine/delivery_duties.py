"""Who must close how many lots by when, because delivery comes near: what officers see and forced closes work off."""

from __future__ import annotations

from typing import Final

import msgspec

from trading.engine.counter.accounts import Account
from trading.engine.counter.contracts import Contract
from trading.engine.counter.positions import Position
from trading.engine.state import State

NATURAL_PERSON: Final = "natural_person"  # CTP's reason of a forced close: 自然人临近交割
POSITION_LIMIT: Final = "position_limit"
LOT_MULTIPLE: Final = "lot_multiple"


class DeliveryDuty(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Lots of one position that have to go. The duty is the client's until the day's close, then the broker's."""

    tenant_id: int
    account_id: int
    instrument_id: int
    side: int  # LONG or SHORT
    held_qty: int
    qty: int  # to be closed
    by_day: int  # by the close of this trading day; it may be past
    reason: str


def delivery_duties(state: State) -> list[DeliveryDuty]:
    """All duties, by account and contract."""
    contracts = [
        contract
        for contract in state.contracts.values()
        if not contract.expired and (contract.restricted or contract.position_limit)
    ]
    return [
        duty
        for account_id in sorted(state.accounts)
        for contract in contracts
        for duty in _of_account(state, state.accounts[account_id], contract)
    ]


def _of_account(state: State, account: Account, contract: Contract) -> list[DeliveryDuty]:
    holding = account.holdings.get(contract.instrument_id)
    if holding is None:
        return []
    found: list[DeliveryDuty] = []
    for position in (holding.long, holding.short):
        held = position.today_qty + position.yesterday_qty
        qty, by_day, reason = _duty(state, account, contract, held)
        if qty:
            found.append(_row(account, contract, position, held, qty, by_day, reason))
    return found


def _duty(state: State, account: Account, contract: Contract, held: int) -> tuple[int, int, str]:
    """(lots, day, reason): all of a natural person's; what passes the limit of the stage; what is no whole unit."""
    if contract.closed_to_natural and account.natural and contract.delivery is not None:
        return held, contract.delivery.natural_zero_day, NATURAL_PERSON
    limit, multiple = contract.position_limit, contract.lot_multiple
    most = held if limit == 0 else min(held, limit)
    keeps = most - most % multiple
    return held - keeps, state.trading_day, POSITION_LIMIT if 0 < limit < held else LOT_MULTIPLE


def _row(
    account: Account, contract: Contract, position: Position, held: int, qty: int, by_day: int, reason: str
) -> DeliveryDuty:
    return DeliveryDuty(
        account.tenant_id,
        account.account_id,
        contract.instrument_id,
        position.side,
        held,
        qty,
        by_day,
        reason,
    )
