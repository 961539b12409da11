"""The formats by name, and how a file is told when no name is given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from trading.marketdata.recorded.points import RecordingError
from trading.recordings import bitstamp, lobster, mbo_csv
from trading.recordings.files import numbered_rows
from trading.recordings.records import Recording

_READERS: Final[dict[str, Callable[[Path], Recording]]] = {
    "mbo-csv": mbo_csv.read,
    "lobster": lobster.read,
    "bitstamp": bitstamp.read,
}
NAMES: Final = tuple(_READERS)
_EXPECTED: Final = (
    f"expected mbo-csv (a header with {', '.join(mbo_csv.COLUMNS)}), bitstamp (a header with "
    f"{', '.join(bitstamp.COLUMNS)}) or lobster ({lobster.EXPECTED})"
)


def read(path: Path, *, name: str = "", tick_e9: int = 0, lot: int = 0) -> Recording:
    """Read a recording of a named format, prices in ticks; without a name the first line tells which it is."""
    name = name or _told_by_first_line(path)
    recording = bitstamp.read(path, lot=lot) if name == "bitstamp" else _READERS[name](path)
    if not recording.packets:
        raise RecordingError(path.name, 2, "expected records; there are none")
    recording.scale_prices(tick_e9=tick_e9)
    recording.check_sizes()
    return recording


def _told_by_first_line(path: Path) -> str:
    line, row = next(numbered_rows(path), (1, []))
    names = {field.strip() for field in row}
    if names >= set(mbo_csv.COLUMNS):
        return "mbo-csv"
    if names >= set(bitstamp.COLUMNS):
        return "bitstamp"
    if len(row) == 6 and row[5].strip() in ("1", "-1"):
        return "lobster"
    raise RecordingError(path.name, line, f"{_EXPECTED}; found {','.join(row)[:120] or 'nothing'}")
