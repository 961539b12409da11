"""Lines of a recording, gz or plain, and words for what is wrong in them."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from trading.marketdata.recorded.points import RecordingError

_GZIP: Final = b"\x1f\x8b"


def numbered_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, fields) of a comma-separated file, empty lines left out."""
    try:
        with _opened(path) as file:
            for row in (reader := csv.reader(file)):
                if row:
                    yield reader.line_num, row
    except UnicodeDecodeError as problem:
        raise RecordingError(path.name, 1, f"expected text, found other bytes ({problem.reason})") from None
    except (OSError, EOFError, csv.Error) as problem:
        raise RecordingError(path.name, 0, f"cannot be read: {problem}") from None


def _opened(path: Path) -> IO[str]:
    with path.open("rb") as probe:
        packed = probe.read(2) == _GZIP
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open("rt", encoding="utf-8-sig", newline="")


def columns(path: Path, header: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Where the wanted columns are; the refusal says which were expected in line 1."""
    found = [name.strip() for name in header]
    if any(name not in found for name in wanted):
        raise RecordingError(
            path.name, 1, f"expected a header with {', '.join(wanted)}; found {','.join(found)[:120] or 'nothing'}"
        )
    return [found.index(name) for name in wanted]


def shape_problem(path: Path, line: int, expected: str, row: Sequence[str]) -> RecordingError:
    """The refusal of a line."""
    return RecordingError(path.name, line, f"expected {expected}; found {','.join(row)[:120]}")
