"""The larger side (单向大边): of long and short margin of a contract, or of a product, only the larger is charged.

Positions and orders keep what they hold by themselves; what is charged follows from it at any moment, so nothing can
drift. Orders count with the side they would open: what an order freezes is what it would add to the larger side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trading.engine.parameters import LARGER_SIDE_CONTRACT, LARGER_SIDE_OFF
from trading.engine.types import LONG, OPEN

if TYPE_CHECKING:
    from trading.engine.counter.accounts import Account
    from trading.engine.counter.contracts import Contract


class Sides:
    """Long and short margin of what is netted together."""

    __slots__ = ("long_fen", "long_frozen_fen", "short_fen", "short_frozen_fen")

    def __init__(self) -> None:
        self.long_fen = 0
        self.short_fen = 0
        self.long_frozen_fen = 0
        self.short_frozen_fen = 0

    def held(self) -> int:
        """Charged for what is held."""
        return max(self.long_fen, self.short_fen)

    def whole(self) -> int:
        """Charged for what is held and for what working orders may open."""
        return max(self.long_fen + self.long_frozen_fen, self.short_fen + self.short_frozen_fen)


def set_netting(account: Account, nets: bool) -> None:
    """Say whether a rule of the larger side may be in force for an account.

    Only then its positions keep what their opening orders hold frozen (`Position.opening_margin_fen`); from the moment
    on it is counted from the orders themselves.
    """
    if account.nets == nets:
        return
    account.nets = nets
    for holding in account.holdings.values():
        holding.long.opening_margin_fen = holding.short.opening_margin_fen = 0
    order = account.order_head if nets else None
    while order is not None:
        if order.offset == OPEN and (order.special is None or order.special.is_frozen):
            order.position.opening_margin_fen += order.open_qty() * order.margin_unit
        order = order.account_next


def _group(contract: Contract, mode: int) -> str:
    return str(contract.instrument_id) if mode == LARGER_SIDE_CONTRACT else contract.product


def netted_in(account: Account, contract: Contract) -> str:
    """What an account's margin on a contract is netted together with; empty where both sides are charged."""
    mode = contract.tariffs.get(account.tariff_key, contract.base).larger_side
    return _group(contract, mode) if account.nets and mode != LARGER_SIDE_OFF else ""


def _sides(account: Account) -> tuple[dict[str, Sides], int, int]:
    """Groups that are netted, and the margin and frozen margin of all that is not."""
    groups: dict[str, Sides] = {}
    margin = frozen = 0
    for holding in account.holdings.values():
        contract, long, short = holding.contract, holding.long, holding.short
        mode = contract.tariffs.get(account.tariff_key, contract.base).larger_side
        if mode == LARGER_SIDE_OFF:
            margin += long.margin_fen + short.margin_fen
            frozen += long.opening_margin_fen + short.opening_margin_fen
            continue
        name = _group(contract, mode)
        sides = groups.get(name)
        if sides is None:
            sides = groups[name] = Sides()
        sides.long_fen += long.margin_fen
        sides.short_fen += short.margin_fen
        sides.long_frozen_fen += long.opening_margin_fen
        sides.short_frozen_fen += short.opening_margin_fen
    return groups, margin, frozen


def charged(account: Account) -> tuple[int, int]:
    """Margin charged for what is held, and what working orders add to it."""
    groups, margin, frozen = _sides(account)
    for sides in groups.values():
        held = sides.held()
        margin += held
        frozen += sides.whole() - held
    return margin, frozen


def added(account: Account, contract: Contract, side: int, margin_fen: int) -> int:
    """By how much more frozen margin on one side (less, when negative) would raise what is charged."""
    mode = contract.tariffs.get(account.tariff_key, contract.base).larger_side
    if not account.nets or mode == LARGER_SIDE_OFF:
        return margin_fen
    sides = _sides(account)[0].get(_group(contract, mode), Sides())
    before = sides.whole()
    if side == LONG:
        sides.long_frozen_fen += margin_fen
    else:
        sides.short_frozen_fen += margin_fen
    return sides.whole() - before


def held_after(account: Account, contract: Contract, side: int, margin_fen: int) -> int:
    """Margin charged for what is held once lots with so much more of it on one side (less, when negative) are there."""
    held_fen = account.charged_margin_fen()
    mode = contract.tariffs.get(account.tariff_key, contract.base).larger_side
    if not account.nets or mode == LARGER_SIDE_OFF:
        return held_fen + margin_fen
    sides = _sides(account)[0].get(_group(contract, mode), Sides())
    before = sides.held()
    if side == LONG:
        sides.long_fen += margin_fen
    else:
        sides.short_fen += margin_fen
    return held_fen - before + sides.held()
