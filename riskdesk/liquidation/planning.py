"""The plan of a forced liquidation: which lots, in which order. Pure: the same figures give the same plan.

The order is the table `ORDER`: contracts that trade most first, because they can be closed; among them the lots that
lose most; among those the contract that comes to delivery first; then numbers, so that nothing is left to chance. All
lots are in it: the plan is what may be closed, and the engine stops it when the account is restored. `needed` says how
many lots that would take at the last prices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from riskdesk.liquidation.releasing import Releasing
from trading.engine.events import PositionState
from trading.engine.instrument import Instrument
from trading.engine.types import CLOSE_TODAY, CLOSE_YESTERDAY, LONG
from trading.engine.views import AccountView, InstrumentStats

MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """Lots of one contract, direction and bucket that can be closed, with what decides their turn."""

    instrument_id: int
    side: int
    offset: int  # CLOSE_TODAY or CLOSE_YESTERDAY
    qty: int
    day_volume: int
    loss_fen: int  # by date at the last price, of one lot; below 0: a gain
    last_trading_day: int
    margin_fen: int  # of one lot, by the plan's basis
    needed: int = 0


ORDER: Final[tuple[tuple[str, Callable[[Bucket], int]], ...]] = (
    ("most traded today", lambda bucket: -bucket.day_volume),
    ("worst loss a lot", lambda bucket: -bucket.loss_fen),
    ("nearest delivery", lambda bucket: bucket.last_trading_day),
    ("contract", lambda bucket: bucket.instrument_id),
    ("direction", lambda bucket: bucket.side),
    ("yesterday's lots first", lambda bucket: -bucket.offset),
)
"""In this order lots are closed; the first difference decides."""


def plan_of(
    view: AccountView,
    *,
    basis: int,
    target_ppm: int,
    specs: Mapping[int, Instrument],
    stats: Mapping[int, InstrumentStats],
) -> list[Bucket]:
    """Every bucket of an account in the order in which it is to be closed, each with the lots needed of it."""
    releasing = Releasing(view, basis=basis)
    found = [bucket for held in view.positions for bucket in _buckets(held, releasing, specs, stats)]
    found.sort(key=lambda bucket: tuple(key(bucket) for _name, key in ORDER))
    plan: list[Bucket] = []
    for bucket in found:
        # A side below the larger one has to come down by that much less.
        counted = releasing.margin_fen - releasing.idle_fen(bucket.instrument_id, bucket.side)
        needed = min(bucket.qty, lots_needed(counted, view.equity_fen, bucket.margin_fen, 0, target_ppm))
        releasing.close(bucket.instrument_id, bucket.side, needed)
        plan.append(_with_needed(bucket, needed))
    return plan


def plan_rows(plan: Iterable[Bucket]) -> list[tuple[int, int, int, int]]:
    """The plan as a command carries it."""
    return [(bucket.instrument_id, bucket.side, bucket.offset, bucket.qty) for bucket in plan]


def lots_needed(margin_fen: int, equity_fen: int, lot_margin_fen: int, lot_gain_fen: int, target_ppm: int) -> int:
    """How many lots bring margin over equity down to the target, when closing one also moves equity by a gain.

    More lots than there are stands for "all of them": when closing cannot restore the account.
    """
    short = margin_fen * MILLION - target_ppm * equity_fen
    if short <= 0:
        return 0
    relief = lot_margin_fen * MILLION + target_ppm * lot_gain_fen
    return 10**9 if relief <= 0 else -(-short // relief)


def _buckets(
    held: PositionState, releasing: Releasing, specs: Mapping[int, Instrument], stats: Mapping[int, InstrumentStats]
) -> list[Bucket]:
    spec, day = specs[held.instrument_id], stats[held.instrument_id]
    lots = held.today_qty + held.yesterday_qty
    if not lots:
        return []
    value = day.last * spec.tick_value_fen
    gain = (value * lots - held.mark_cost_fen) // lots
    loss = -gain if held.side == LONG else gain
    return [
        Bucket(
            held.instrument_id, held.side, offset, qty, day.volume, loss, spec.last_trading_day,
            releasing.lot_fen(held.instrument_id, held.side),
        )
        for offset, qty in ((CLOSE_YESTERDAY, held.yesterday_qty), (CLOSE_TODAY, held.today_qty))
        if qty
    ]  # fmt: skip


def _with_needed(bucket: Bucket, needed: int) -> Bucket:
    return Bucket(
        bucket.instrument_id, bucket.side, bucket.offset, bucket.qty, bucket.day_volume, bucket.loss_fen,
        bucket.last_trading_day, bucket.margin_fen, needed,
    )  # fmt: skip
