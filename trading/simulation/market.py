"""One contract as the simulation sees it, and who acts in it when."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from trading.simulation.own_orders import OwnOrder
from trading.simulation.participants import MarketMaker, Move, NoiseTrader, Wish
from trading.simulation.paths import Band, Path

# The main contract's makers look again this often; those of the others take their time.
MAIN_EVERY_S: Final = 0.8
OTHER_EVERY_S: Final = 4.0
# After a refusal that will not go away by itself (halt, closed) a contract rests.
REST_S: Final = 5.0


@dataclass(slots=True)
class Market:
    """A contract: its band, its path, its participants' rhythm."""

    instrument_id: int
    symbol: str
    band: Band
    path: Path
    is_main: bool
    last_ticks: int
    reference: int = 0
    _quotes_due_s: float = 0.0
    _rests_until_s: float = 0.0

    @property
    def lots(self) -> int:
        """Typical size of a maker's order."""
        return 8 if self.is_main else 4

    def rest(self, now_s: float) -> None:
        """Leave the contract alone for a while."""
        self._rests_until_s = now_s + REST_S

    def look(self, now_s: float) -> bool:
        """Take the path's price for this moment; False while the contract rests."""
        self.reference = self.band.inside(self.path.ticks_at(now_s))
        return now_s >= self._rests_until_s

    def quotes_are_due(self, now_s: float) -> bool:
        """Say whether the makers look again now."""
        if now_s < self._quotes_due_s:
            return False
        self._quotes_due_s = now_s + (MAIN_EVERY_S if self.is_main else OTHER_EVERY_S)
        return True


@dataclass(slots=True)
class Turn:
    """Everything one look at the market makes the participants do, in the order in which it must be sent."""

    back: list[tuple[int, OwnOrder | Move]] = field(default_factory=list)
    forward: list[tuple[int, Move | Wish]] = field(default_factory=list)
    noise: list[tuple[int, Wish]] = field(default_factory=list)


def makers_turn(turn: Turn, market: Market, makers: list[MarketMaker]) -> None:
    """Let every maker look: all steps back come before all steps forward, so that no maker runs another over."""
    for maker in makers:
        account_id = maker.orders.account_id
        quotes = maker.quotes(
            instrument_id=market.instrument_id, reference=market.reference, band=market.band, lots=market.lots
        )
        turn.back += [(account_id, order) for order in quotes.cancels]
        turn.back += [(account_id, move) for move in quotes.moves if move.away]
        turn.forward += [(account_id, move) for move in quotes.moves if not move.away]
        turn.forward += [(account_id, wish) for wish in quotes.wishes]


def noise_turn(turn: Turn, market: Market, traders: list[NoiseTrader], *, now_s: float) -> None:
    """Let those traders act whose time has come."""
    for trader in traders:
        if trader.is_due(now_s, activity=market.path.activity):
            wish = trader.act(
                instrument_id=market.instrument_id,
                reference=market.reference,
                last=market.last_ticks,
                band=market.band,
                lots=market.lots,
            )
            account_id = trader.orders.account_id
            stale = trader.stale(market.instrument_id, reference=market.reference)
            turn.back += [(account_id, order) for order in stale]
            turn.noise.append((account_id, wish))
