"""The contracts as the doors need them, read from the query tables and kept for a moment.

A price is turned into text thousands of times for one change of a contract, so the directory is shared by the threads
of a process; a symbol that is not in it makes it look again.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from portal.lib.errors import InvariantBroken
from trading.engine.instrument import Fees, Rates
from trading.engine.instrument import Instrument as Spec
from trading.models import Instrument
from trading.shapes.contracts import Contract, Contracts, looks_like_symbol

KEPT_S: Final = 2.0
_MISSES_EVERY_S: Final = 0.25

_lock = threading.Lock()
_kept: Contracts | None = None
_kept_at_s = 0.0


def contracts(*, younger_than_s: float = KEPT_S) -> Contracts:
    """Return the directory, read again when it is older than so many seconds."""
    global _kept, _kept_at_s
    with _lock:
        now_s = time.monotonic()
        if _kept is None or now_s - _kept_at_s > younger_than_s:
            fresh = Contracts()
            for row in Instrument.objects.all():
                fresh.put(spec_of(row), lower_ticks=row.lower_ticks, upper_ticks=row.upper_ticks)
            _kept, _kept_at_s = fresh, now_s
        return _kept


def contract_of(symbol: str) -> Contract | None:
    """Return the contract of a symbol in any accepted spelling, or None."""
    if not looks_like_symbol(symbol):
        return None
    found = contracts().get(symbol)
    return found if found is not None else contracts(younger_than_s=_MISSES_EVERY_S).get(symbol)


def contract_by_id(instrument_id: int) -> Contract:
    """Return the contract of a number that the engine gave us."""
    found = contracts().by_id.get(instrument_id)
    if found is None:
        found = contracts(younger_than_s=0).by_id.get(instrument_id)
    if found is None:
        raise InvariantBroken(f"the query tables hold no contract {instrument_id}")
    return found


def contracts_forget() -> None:
    """Read again at the next use; for tests and after a change of a contract in this process."""
    global _kept
    with _lock:
        _kept = None


def spec_of(row: Instrument) -> Spec:
    """Return the engine's form of a contract's row."""
    fees = Fees(
        open_fen=row.open_fee_fen,
        close_fen=row.close_fee_fen,
        close_today_fen=row.close_today_fee_fen,
        open_ppm=row.open_fee_ppm,
        close_ppm=row.close_fee_ppm,
        close_today_ppm=row.close_today_fee_ppm,
    )
    last = row.last_trading_date
    return Spec(
        instrument_id=row.id,
        symbol=row.symbol,
        venue=row.venue,
        product=row.product,
        name_zh=row.name_zh,
        name_en=row.name_en,
        multiplier=row.multiplier,
        tick_e4=row.tick_e4,
        tick_value_fen=row.tick_value_fen,
        rates=Rates(row.long_margin_ppm, row.short_margin_ppm, fees),
        limit_ppm=row.limit_ppm,
        band_rounds_down=row.band_rounds_down,
        close_means_yesterday=row.close_means_yesterday,
        max_order_qty=row.max_order_qty,
        previous_settlement_ticks=row.previous_settlement_ticks,
        last_trading_day=last.year * 10000 + last.month * 100 + last.day,
        tradable=row.tradable,
    )
