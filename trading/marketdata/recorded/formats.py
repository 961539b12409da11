"""The formats: how each is recognised by its first line, and how one line becomes a point."""

from __future__ import annotations

import csv
import datetime
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from trading.marketdata.recorded.files import Source, sources
from trading.marketdata.recorded.points import Point, Recording, RecordingError, price_e6, whole

_NS: Final = 1_000_000_000
_DATE_IN_NAME: Final = re.compile(r"(?<!\d)(19|20)(\d{2})(\d{2})(\d{2})(?!\d)")
_SHANGHAI: Final = datetime.timezone(datetime.timedelta(hours=8))

_MINUTE_S: Final = 60
_DAY_S: Final = 86_400
# Bars this far apart at the closest are day bars; sessions of one day are never so far apart.
_DAY_GAP_NS: Final = 20 * 3600 * _NS

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Context:
    """What a row's meaning depends on: the header's columns, the file's day, the length of its bars."""

    columns: dict[str, int]
    midnight_ns: int = 0
    bar_s: int = _MINUTE_S


@dataclass(frozen=True, slots=True)
class Format:
    """A format with a header names its columns; one without is told by the form of its first row."""

    name: str
    expects: str
    is_bars: bool
    header: frozenset[str] | None  # columns the header must have
    first_row: Callable[[Row, str], bool] | None  # (fields, file name) → is it this format
    point: Callable[[Row, Context], Point | None]  # None = the row has no price


def _bar(at_ns: int, texts: Row, *, volume: int, open_interest: int, length_s: int) -> Point | None:
    prices = [price_e6(text) for text in texts]
    if min(prices) <= 0:  # 0 stands for "none" in every source seen; it is never a price
        return None
    first, high, low, last = prices
    if not low <= min(first, last) <= max(first, last) <= high:
        raise ValueError(f"low {texts[2]} and high {texts[1]} do not hold open {texts[0]} and close {texts[3]}")
    return Point(at_ns, first, high, low, last, volume, open_interest, length_s)


def _moment(at_ns: int, price: int, *, volume: int = 0, open_interest: int = 0) -> Point | None:
    return Point(at_ns, price, price, price, price, volume, open_interest) if price > 0 else None


def _named_bar(row: Row, context: Context, at_ns: int, *, interest: str, bar_s: int) -> Point | None:
    columns = context.columns
    texts = [row[columns[name]] for name in ("open", "high", "low", "close")]
    open_interest = whole(row[columns[interest]]) if interest in columns else 0
    return _bar(at_ns, texts, volume=whole(row[columns["volume"]]), open_interest=open_interest, length_s=bar_s)


def _shfe_bar(row: Row, context: Context) -> Point | None:
    at_ns = int(row[context.columns["datetime_ns_utc"]])
    return _named_bar(row, context, at_ns, interest="close_oi", bar_s=context.bar_s)


def _shfe_day(row: Row, context: Context) -> Point | None:
    day = datetime.datetime.strptime(row[context.columns["date"]].strip(), "%Y-%m-%d").replace(tzinfo=_SHANGHAI)
    return _named_bar(row, context, int(day.timestamp()) * _NS, interest="hold", bar_s=_DAY_S)


def _shfe_tick(row: Row, context: Context) -> Point | None:
    columns = context.columns
    interest = whole(row[columns["open_interest"]]) if "open_interest" in columns else 0
    return _moment(int(row[columns["datetime"]]), price_e6(row[columns["last_price"]]), open_interest=interest)


def _since_midnight_ns(text: str) -> int:
    return price_e6(text)  # milliseconds with up to six decimals are nanoseconds


def _comex_trade(row: Row, context: Context) -> Point | None:
    if row[5].strip() == "1":  # marked suspicious by its source
        return None
    return _moment(context.midnight_ns + _since_midnight_ns(row[0]), price_e6(row[1]), volume=whole(row[2]))


def _comex_minute(row: Row, context: Context) -> Point | None:
    at_ns = context.midnight_ns + _since_midnight_ns(row[0])
    return _bar(at_ns, row[1:5], volume=whole(row[5]), open_interest=0, length_s=_MINUTE_S)


def _comex_day(row: Row, _context: Context) -> Point | None:
    day = datetime.datetime.strptime(row[0].strip(), "%Y%m%d %H:%M").replace(tzinfo=datetime.UTC)
    return _bar(int(day.timestamp()) * _NS, row[1:5], volume=whole(row[5]), open_interest=0, length_s=_DAY_S)


def _comex_quote(row: Row, context: Context) -> Point | None:
    """The middle of bid and ask; a minute with one side only has that side's price."""
    at_ns = context.midnight_ns + _since_midnight_ns(row[0])
    sides = [[price_e6(text) for text in side] for side in (row[1:5], row[6:10]) if all(side)]
    sides = [side for side in sides if min(side) > 0]
    if not sides:
        return None
    first, high, low, last = (sum(values) // len(values) for values in zip(*sides, strict=True))
    high, low = max(first, high, low, last), min(first, high, low, last)
    return Point(at_ns, first, high, low, last, whole(row[5]) + whole(row[10]), 0, _MINUTE_S)


def _quote_tick(row: Row, context: Context) -> Point | None:
    bid, ask = price_e6(row[1]), price_e6(row[2])
    if min(bid, ask) <= 0:
        return None
    return _moment(context.midnight_ns + _since_midnight_ns(row[0]), (bid + ask) // 2)


def _numbers(row: Row) -> bool:
    for text in row:
        if text.strip():
            try:
                price_e6(text)
            except ValueError:
                return False
    return True


def _is_comex_trade(row: Row, _name: str) -> bool:
    return len(row) == 6 and _numbers(row[:3]) and not _numbers(row[3:4]) and row[5].strip() in {"0", "1"}


def _is_comex_minute(row: Row, _name: str) -> bool:
    return len(row) == 6 and all(row) and _numbers(row)


def _is_comex_day(row: Row, _name: str) -> bool:
    return len(row) == 6 and re.fullmatch(r"\d{8} \d{2}:\d{2}", row[0].strip()) is not None and _numbers(row[1:])


def _is_comex_quote(row: Row, _name: str) -> bool:
    return len(row) == 11 and _numbers(row)


def _is_quote_tick(row: Row, name: str) -> bool:
    return len(row) == 3 and all(row) and _numbers(row) and "openinterest" not in name


FORMATS: Final = (
    Format(
        "minute or day bars with a header (SHFE)",
        "a header with datetime_ns_utc, datetime_beijing, open, high, low, close, volume",
        True,
        frozenset({"datetime_ns_utc", "datetime_beijing", "open", "high", "low", "close", "volume"}),
        None,
        _shfe_bar,
    ),
    Format(
        "day bars with a header (main contract)",
        "a header with date, open, high, low, close, volume",
        True,
        frozenset({"date", "open", "high", "low", "close", "volume"}),
        None,
        _shfe_day,
    ),
    Format(
        "snapshots with a header (SHFE, five levels)",
        "a header with datetime, last_price",
        False,
        frozenset({"datetime", "last_price"}),
        None,
        _shfe_tick,
    ),
    Format(
        "trade ticks (COMEX)",
        "6 columns: milliseconds since midnight UTC, price, lots, venue, condition, 0 or 1",
        False,
        None,
        _is_comex_trade,
        _comex_trade,
    ),
    Format(
        "minute bars (COMEX)",
        "6 columns: milliseconds since midnight UTC, open, high, low, close, volume",
        True,
        None,
        _is_comex_minute,
        _comex_minute,
    ),
    Format(
        "day bars (COMEX)",
        "6 columns: day and time as YYYYMMDD HH:MM, open, high, low, close, volume",
        True,
        None,
        _is_comex_day,
        _comex_day,
    ),
    Format(
        "minute quotes (COMEX)",
        "11 columns: milliseconds since midnight UTC, bid open, high, low, close, lots, and the same of the ask",
        True,
        None,
        _is_comex_quote,
        _comex_quote,
    ),
    Format(
        "quote ticks (XAUUSD)",
        "3 columns: milliseconds since midnight UTC, bid, ask",
        False,
        None,
        _is_quote_tick,
        _quote_tick,
    ),
)


class _Recording:
    """A source read in a format."""

    def __init__(self, source: Source, form: Format, context: Context) -> None:
        self.name = source.name
        self.format_name = form.name
        self.is_bars = form.is_bars
        self._source = source
        self._form = form
        self._context = context
        if form.is_bars and form.header is not None:
            self._context = replace(context, bar_s=self._bar_s())

    def points(self) -> Iterator[Point]:
        """Yield the points in time order; rows without a price are left out."""
        last_ns = 0
        for number, text in self._source.lines():
            if self._form.header is not None and number == 1:
                continue
            point = self._point(number, text)
            if point is None:
                continue
            if point.at_ns < last_ns:
                raise RecordingError(self.name, number, "expected times in order, this one is before the last")
            last_ns = point.at_ns
            yield point

    def _point(self, number: int, text: str) -> Point | None:
        row = _fields(text)
        try:
            if len(row) < len(self._context.columns):
                raise ValueError(f"{len(row)} columns")
            return self._form.point(row, self._context)
        except (ValueError, IndexError, OverflowError) as problem:
            expected = f"expected a row of {self._form.name}: {self._form.expects}"
            raise RecordingError(self.name, number, f"{expected}; found {text[:80]!r} ({problem})") from None

    def _bar_s(self) -> int:
        """Tell day bars from minute bars by how close the first ones are."""
        times = [point.at_ns for point in itertools.islice(self.points(), 20)]
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        return _DAY_S if gaps and min(gaps) >= _DAY_GAP_NS else _MINUTE_S


def open_recording(path: Path, *, member: str | None = None) -> Recording:
    """Return the recording in a file; of a zip the largest member, or the one whose name ends with `member`."""
    found = sources(path)
    if member is not None:
        named = [source for source in found if Path(source.member or "").stem.endswith(member)]
        found = named or [source for source in found if member in (source.member or "")]
        if not found:
            raise RecordingError(path.name, 0, f"no member's name contains {member!r}")
    source = found[0]
    number, text = next(source.lines(), (1, ""))
    row = _fields(text)
    columns = {name.strip(): at for at, name in enumerate(row)}
    for form in FORMATS:
        if form.header is not None and form.header <= columns.keys():
            return _Recording(source, form, Context(columns))
        if form.first_row is not None and form.first_row(row, source.name):
            return _Recording(source, form, Context({}, _midnight_ns(source, form)))
    known = "; or ".join(form.expects for form in FORMATS)
    raise RecordingError(source.name, number, f"expected {known}; found {text[:80]!r}")


def _midnight_ns(source: Source, form: Format) -> int:
    """The day of a file whose rows only say the time stands in its name."""
    if form.point is _comex_day:
        return 0
    for name in (source.member or "", source.path.name):
        match = _DATE_IN_NAME.search(name)
        if match:
            try:
                day = datetime.datetime.strptime("".join(match.groups()), "%Y%m%d").replace(tzinfo=datetime.UTC)
            except ValueError:
                continue
            return int(day.timestamp()) * _NS
    raise RecordingError(source.name, 0, "expected the day as YYYYMMDD in the file's name, its rows hold only times")


def _fields(text: str) -> list[str]:
    return next(csv.reader([text]), [])
