"""Opens a recording's bytes as lines of text: gzip, zip or plain, told by their first bytes."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from trading.marketdata.recorded.points import RecordingError

_GZIP: Final = b"\x1f\x8b"
_ZIP: Final = b"PK\x03\x04"
_UNREADABLE: Final = {
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"\xfd7zXZ": "xz",
    b"7z\xbc\xaf": "7-Zip",
    b"\x5d\x00\x00": "LZMA",
}
_LINE_CHARACTERS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class Source:
    """One text inside a file: the file itself, or one member of a zip."""

    path: Path
    member: str | None = None

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.path.name if self.member is None else f"{self.path.name}:{self.member}"

    def lines(self) -> Iterator[tuple[int, str]]:
        """Yield (number from 1, text without line end); empty lines are left out."""
        with self._open() as stream:
            try:
                for number, line in enumerate(stream, 1):
                    if len(line) > _LINE_CHARACTERS_MAX:
                        raise RecordingError(self.name, number, "expected text in lines, found a line without end")
                    text = line.rstrip("\r\n")
                    if text:
                        yield number, text
            except (UnicodeDecodeError, EOFError, OSError, zipfile.BadZipFile) as problem:
                raise RecordingError(self.name, 0, f"expected text, it is damaged or not text: {problem}") from None

    @contextmanager
    def _open(self) -> Iterator[io.TextIOBase]:
        if self.member is not None:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.member) as raw:
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            return
        with self.path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            content = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file
            yield io.TextIOWrapper(content, encoding="utf-8-sig", newline="")


def sources(path: Path) -> list[Source]:
    """Return the texts of a file, the largest member of a zip first."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as problem:
        raise RecordingError(path.name, 0, f"cannot be read: {problem.strerror}") from None
    if not start:
        raise RecordingError(path.name, 1, "expected market data, the file is empty")
    for magic, name in _UNREADABLE.items():
        if start.startswith(magic):
            raise RecordingError(path.name, 0, f"is compressed as {name}; expected gzip, zip or plain text")
    if not start.startswith(_ZIP):
        return [Source(path)]
    try:
        with zipfile.ZipFile(path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir() and info.file_size]
    except zipfile.BadZipFile as problem:
        raise RecordingError(path.name, 0, f"expected a zip archive: {problem}") from None
    if not members:
        raise RecordingError(path.name, 0, "expected a zip archive with data, it holds nothing")
    return [Source(path, info.filename) for info in sorted(members, key=lambda info: -info.file_size)]
