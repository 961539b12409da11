"""Reading a TqSim ledger: CSV rows `script,kind,text`, the text being one fill or one day's account in Chinese.

Money is kept in hundred-thousandths of a yuan (`UNIT`), because the simulator charges commissions finer than a fen and
lets the fractions add up; what it prints is rounded to the fen. Prices are whole thousandths of a yuan.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final, TypeVar

UNIT: Final = 100_000
"""Units of money in a yuan."""
HALF_FEN: Final = UNIT // 200
PRICES: Final = 1_000
"""Steps of price in a yuan."""
NIGHT_HOUR: Final = 18
"""From this hour on a fill belongs to the next trading day."""

_HEADER: Final = ["script", "kind", "text"]
_MONEY: Final = {
    "账户权益": "equity",
    "可用资金": "available",
    "浮动盈亏": "floating_profit",
    "持仓盈亏": "position_profit",
    "平仓盈亏": "close_profit",
    "保证金": "margin",
    "手续费": "commission",
}
OPEN: Final = "OPEN"
_OFFSETS: Final = (OPEN, "CLOSE", "CLOSETODAY")
_SIDES: Final = ("BUY", "SELL")

T = TypeVar("T")


class LedgerError(Exception):
    """A file that is no ledger; the text names the line and says what was expected there."""


@dataclass(frozen=True)
class Fill:
    """One fill as the ledger tells it."""

    line: int
    at: datetime
    symbol: str
    offset: str
    side: str
    lots: int
    price: int
    commission: int


@dataclass(frozen=True)
class Day:
    """The account at the end of one trading day; `money` by English name, the risk in ten-thousandths."""

    line: int
    day: date
    money: dict[str, int]
    risk: int


@dataclass
class Ledger:
    """One script's run."""

    script: str
    fills: list[Fill] = field(default_factory=list)
    days: list[Day] = field(default_factory=list)

    def fills_by_day(self) -> tuple[list[list[Fill]], list[Fill]]:
        """The fills of each of `days`, and those after the last one, which no line accounts for."""
        by_day: list[list[Fill]] = [[] for _ in self.days]
        left: list[Fill] = []
        for fill in sorted(self.fills, key=lambda one: one.at):
            earliest = fill.at.date() + timedelta(days=1 if fill.at.hour >= NIGHT_HOUR else 0)
            at = next((index for index, day in enumerate(self.days) if day.day >= earliest), None)
            (left if at is None else by_day[at]).append(fill)
        return by_day, left


def read_ledgers(path: Path) -> list[Ledger]:
    """Read a file, plain or gzipped, into one ledger a script, days in order."""
    rows = csv.reader(io.StringIO(read_text(path)))
    header = next(rows, [])
    if header != _HEADER:
        raise LedgerError(f"line 1: expected the header {','.join(_HEADER)}, found {','.join(header)[:80]!r}")
    ledgers: dict[str, Ledger] = {}
    for row in rows:
        line = rows.line_num
        if len(row) != len(_HEADER):
            raise LedgerError(f"line {line}: expected three columns {','.join(_HEADER)}, found {len(row)}")
        script, kind, text = row
        ledger = ledgers.setdefault(script, Ledger(script))
        if kind == "fill":
            ledger.fills.append(_fill(line, _fields(line, text)))
        elif kind == "day":
            ledger.days.append(_day(line, _fields(line, text)))
        else:
            raise LedgerError(f"line {line}: expected the kind fill or day, found {kind[:40]!r}")
    for ledger in ledgers.values():
        _put_in_order(ledger)
    return list(ledgers.values())


def read_text(path: Path) -> str:
    """The text of a file, unpacked when it is gzipped."""
    try:
        body = path.read_bytes()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        return body.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as problem:
        raise LedgerError(f"{path} cannot be read: {problem}") from problem
    except UnicodeDecodeError as problem:
        line = body[: problem.start].count(b"\n") + 1
        raise LedgerError(f"line {line}: expected text in UTF-8") from problem


def _put_in_order(ledger: Ledger) -> None:
    ledger.days.sort(key=lambda one: one.day)
    for before, after in zip(ledger.days, ledger.days[1:], strict=False):
        if before.day == after.day:
            raise LedgerError(
                f"line {after.line}: expected one account line a day, {after.day} is in line {before.line}"
            )


def _fields(line: int, text: str) -> dict[str, str]:
    pairs = [part.partition(":") for part in text.split(",")]
    for name, colon, _value in pairs:
        if not colon:
            raise LedgerError(f"line {line}: expected name:value between commas, found {name[:40]!r}")
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _value(line: int, fields: dict[str, str], name: str, expected: str, read: Callable[[str], T]) -> T:
    text = fields.get(name)
    if text is None:
        raise LedgerError(f"line {line}: expected {name} ({expected}), it is not there")
    try:
        return read(text)
    except (ValueError, InvalidOperation) as problem:
        raise LedgerError(f"line {line}: expected {name} to be {expected}, found {text[:40]!r}") from problem


def _fill(line: int, fields: dict[str, str]) -> Fill:
    return Fill(
        line,
        _value(line, fields, "时间", "a time like 2019-05-06 09:00:59.999999", datetime.fromisoformat),
        _value(line, fields, "合约", "a contract like SHFE.au1912", _symbol),
        _value(line, fields, "开平", " or ".join(_OFFSETS), _one_of(_OFFSETS)),
        _value(line, fields, "方向", " or ".join(_SIDES), _one_of(_SIDES)),
        _value(line, fields, "手数", "a number of lots above 0", _lots),
        _value(line, fields, "价格", "a price above 0 with at most 3 decimals", _price),
        _value(line, fields, "手续费", "money", money_units),
    )


def _day(line: int, fields: dict[str, str]) -> Day:
    day = _value(line, fields, "日期", "a date like 2019-05-06", date.fromisoformat)
    money = {
        english: _value(line, fields, chinese, "money with at most 2 decimals", money_units)
        for chinese, english in _MONEY.items()
    }
    return Day(line, day, money, _value(line, fields, "风险度", "a percentage like 0.15%", _percent))


def _symbol(text: str) -> str:
    exchange, dot, name = text.partition(".")
    if not (exchange.isalpha() and dot and name.isalnum()):
        raise ValueError(text)
    return text


def _one_of(allowed: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _lots(text: str) -> int:
    lots = int(text)
    if lots <= 0:
        raise ValueError(text)
    return lots


def _price(text: str) -> int:
    price = _whole(text, PRICES)
    if price <= 0:
        raise ValueError(text)
    return price


def money_units(text: str) -> int:
    """Money in units from a decimal text."""
    return _whole(text, UNIT)


def _percent(text: str) -> int:
    if not text.endswith("%"):
        raise ValueError(text)
    return _whole(text[:-1], 100)


def _whole(text: str, scale: int) -> int:
    scaled = Decimal(text) * scale
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(text)
    return int(scaled)
