"""What closing lots releases of an account's margin, by the basis of a liquidation.

The figures are the engine's own: the company's margin of each position, the exchange's, and what is netted with what
(larger side, 单向大边). Where only the larger side is charged, lots of the smaller one release nothing until the larger
has come down to it.
"""

from __future__ import annotations

from dataclasses import dataclass

from trading.engine.events import PositionState
from trading.engine.types import BASIS_EXCHANGE, LONG, SHORT
from trading.engine.views import AccountView, PositionMargin


@dataclass(frozen=True, slots=True)
class _Held:
    lot_fen: int
    side: int
    netted: str


class Releasing:
    """The margin of an account while lots are taken away from it, direction by direction."""

    def __init__(self, view: AccountView, *, basis: int) -> None:
        self.margin_fen = view.exchange_margin_fen if basis == BASIS_EXCHANGE else view.funds.margin_fen
        self._held: dict[tuple[int, int], _Held] = {}
        self._sides: dict[str, dict[int, int]] = {}  # by netting name: margin of longs and of shorts
        for position, margin in zip(view.positions, view.position_margins, strict=True):
            self._take(position, margin, basis)

    def _take(self, position: PositionState, margin: PositionMargin, basis: int) -> None:
        lots = position.today_qty + position.yesterday_qty
        whole = margin.exchange_fen if basis == BASIS_EXCHANGE else position.margin_fen
        netted = "" if basis == BASIS_EXCHANGE else margin.netted  # the exchange's figure counts both sides
        self._held[position.instrument_id, position.side] = _Held(whole // lots, position.side, netted)
        if netted:
            sides = self._sides.setdefault(netted, {LONG: 0, SHORT: 0})
            sides[position.side] += whole

    def lot_fen(self, instrument_id: int, side: int) -> int:
        """Margin of one lot of a direction; the mean of its lots."""
        held = self._held.get((instrument_id, side))
        return 0 if held is None else held.lot_fen

    def idle_fen(self, instrument_id: int, side: int) -> int:
        """What may be closed of this direction's side without releasing anything: the room below the larger side."""
        held = self._held.get((instrument_id, side))
        if held is None or not held.netted:
            return 0
        sides = self._sides[held.netted]
        return max(sides.values()) - sides[held.side]

    def close(self, instrument_id: int, side: int, lots: int) -> None:
        """Take lots away."""
        held = self._held.get((instrument_id, side))
        if held is None:
            return
        fen = lots * held.lot_fen
        if not held.netted:
            self.margin_fen -= fen
            return
        sides = self._sides[held.netted]
        before = max(sides.values())
        sides[held.side] -= fen
        self.margin_fen -= before - max(sides.values())
