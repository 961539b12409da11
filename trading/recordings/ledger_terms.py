"""What a ledger does not say outright: lot sizes, commission and margin of a lot, and the prices days were marked at.

The simulator charges a fixed sum a lot. Where nobody gives it, it is the plainest figure that agrees with the most
lines of the ledger; one that disagrees is then a breach, not a reason for another figure.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Final

from trading.recordings.ledger_rows import (
    HALF_FEN,
    NIGHT_HOUR,
    OPEN,
    PRICES,
    UNIT,
    Ledger,
    LedgerError,
    money_units,
    read_text,
)

# Units in a lot, as the exchanges' contract texts have them.
_LOT_SIZES: Final = {
    "SHFE": "cu5 al5 zn5 pb5 ni1 sn1 au1000 ag15 rb10 wr10 hc10 ss5 fu10 bu10 ru10 sp10 ao20 br5",
    "INE": "sc1000 nr10 lu10 bc5 ec50",
    "DCE": "a10 b10 bb500 c10 cs10 eb5 eg10 fb10 i100 j100 jd10 jm60 l5 lh16 m10 p10 pg20 pp5 rr10 v5 y10",
    "CZCE": "AP10 CF5 CJ5 CY5 FG20 JR20 LR20 MA10 OI10 PF5 PK5 PM50 RI20 RM10 RS10 SA20 SF5 SM5 SR10 TA5 TC100 UR20 "
    "WH20 ZC100",
    "CFFEX": "IC200 IF300 IH300 IM200 T10000 TF10000 TL10000 TS20000",
}
_PRODUCT: Final = re.compile(r"([A-Za-z]+)([0-9]+)$")
_BARS_NAME: Final = re.compile(r"([a-z]+)_([A-Za-z]+[0-9]{3,4})_(1min|daily)")
LAST: Final = "last"
SETTLEMENT: Final = "settlement"


@dataclass(frozen=True)
class Terms:
    """One contract: units in a lot, commission and margin of a lot in units of money."""

    symbol: str
    lot_size: int
    commission: int
    margin: int

    @property
    def step_value(self) -> int:
        """What one step of price is worth for a lot."""
        return self.lot_size * UNIT // PRICES


def parse_terms(text: str) -> Terms:
    """Terms as given on a command line: `SHFE.au1912=1000,10,15000`."""
    symbol, equals, figures = text.partition("=")
    try:
        size, commission, margin = figures.split(",")
        return Terms(symbol, int(size), money_units(commission), money_units(margin))
    except (ValueError, InvalidOperation) as problem:
        hint = "SYMBOL=LOT_SIZE,COMMISSION,MARGIN" if equals else "SYMBOL=…"
        raise LedgerError(f"expected {hint} like SHFE.au1912=1000,10,15000, found {text[:60]!r}") from problem


def ledger_terms(ledger: Ledger, given: dict[str, Terms]) -> dict[str, Terms]:
    """The terms of every contract that a ledger trades."""
    symbols = sorted({fill.symbol for fill in ledger.fills})
    return {
        symbol: given.get(symbol)
        or Terms(symbol, _lot_size(ledger, symbol), _commission(ledger, symbol), _margin(ledger, symbol))
        for symbol in symbols
    }


def _lot_size(ledger: Ledger, symbol: str) -> int:
    exchange, _dot, name = symbol.partition(".")
    found = _PRODUCT.match(name)
    sizes = {size[1]: int(size[2]) for word in _LOT_SIZES.get(exchange, "").split() if (size := _PRODUCT.match(word))}
    if found is None or found[1] not in sizes:
        line = next(fill.line for fill in ledger.fills if fill.symbol == symbol)
        raise LedgerError(f"line {line}: the lot size of {symbol} is not known; give it with --terms {symbol}=…")
    return sizes[found[1]]


def _commission(ledger: Ledger, symbol: str) -> int:
    bounds = [_between(fill.commission, fill.lots) for fill in ledger.fills if fill.symbol == symbol]
    by_day, _left = ledger.fills_by_day()
    for day, fills in zip(ledger.days, by_day, strict=True):
        if fills and {fill.symbol for fill in fills} == {symbol}:
            bounds.append(_between(day.money["commission"], sum(fill.lots for fill in fills)))
    return _plainest(bounds)


def _margin(ledger: Ledger, symbol: str) -> int:
    """From the days that end with lots of this contract alone."""
    held: dict[str, int] = {}
    bounds = []
    by_day, _left = ledger.fills_by_day()
    for day, fills in zip(ledger.days, by_day, strict=True):
        for fill in fills:
            held[fill.symbol] = held.get(fill.symbol, 0) + (fill.lots if fill.offset == OPEN else -fill.lots)
        if held.get(symbol, 0) > 0 and not any(lots for other, lots in held.items() if other != symbol):
            bounds.append(_between(day.money["margin"], held[symbol]))
    return _plainest(bounds)


def _between(printed: int, lots: int) -> tuple[Fraction, Fraction]:
    """Between which sums a lot lies when so many lots are printed as this, rounded to the fen."""
    return Fraction(printed - HALF_FEN, lots), Fraction(printed + HALF_FEN, lots)


def _plainest(bounds: list[tuple[Fraction, Fraction]]) -> int:
    """The sum with the fewest decimals among those that agree with the most bounds; 0 without any."""
    if not bounds:
        return 0
    best, low, high = 0, Fraction(0), Fraction(0)
    for start, _end in bounds:
        within = [pair for pair in bounds if pair[0] <= start <= pair[1]]
        if len(within) > best:
            best, low, high = len(within), start, min(end for _start, end in within)
    for step in (UNIT, UNIT // 10, UNIT // 100, UNIT // 1_000, UNIT // 10_000):
        middle = round((low + high) / 2 / step) * step
        if low <= middle <= high:
            return middle
        if ceil(low / step) <= floor(high / step):
            return ceil(low / step) * step
    return round((low + high) / 2)


class Marks:
    """Prices that days ended at, from recorded bars: by contract and trading day, in steps of price."""

    def __init__(self) -> None:
        self._prices: dict[tuple[str, date], int] = {}

    def price(self, symbol: str, day: date) -> int | None:
        """The price of a contract at the end of a trading day, where a recording has it."""
        return self._prices.get((symbol, day))

    def read(self, symbol: str, path: Path, *, kind: str, days: Sequence[date]) -> None:
        """Take the last price before 15:00 of each day, or its settlement price, from a file of bars."""
        rows = csv.DictReader(io.StringIO(read_text(path)))
        names = set(rows.fieldnames or ())
        time_name = "datetime_beijing" if "datetime_beijing" in names else "date"
        if not {time_name, "close"} <= names:
            raise LedgerError(f"{path}: expected bars with the columns datetime_beijing or date, close and volume")
        sums: dict[date, tuple[Decimal, int]] = {}
        for row in rows:
            try:
                at, close = datetime.fromisoformat(row[time_name]), Decimal(row["close"])
                settle, volume = Decimal(row.get("settle") or 0), int(row.get("volume") or 0)
            except (ValueError, TypeError, InvalidOperation) as problem:
                raise LedgerError(f"{path}, line {rows.line_num}: expected a bar's time and numbers") from problem
            if kind == LAST:
                if at.hour < 15:
                    self._prices[symbol, at.date()] = int(close * PRICES)
            elif "settle" in names:
                if settle:  # 0 means that it is absent
                    self._prices[symbol, at.date()] = int(settle * PRICES)
            elif at.time() != time.min and (day := _trading_day(at, days)) is not None:  # a whole day has no average
                turnover, lots = sums.get(day, (Decimal(0), 0))
                sums[day] = turnover + close * volume, lots + volume
        for day, (turnover, lots) in sums.items():
            if lots:
                self._prices[symbol, day] = round(turnover / lots * PRICES)


def _trading_day(at: datetime, days: Sequence[date]) -> date | None:
    earliest = at.date() + timedelta(days=1 if at.hour >= NIGHT_HOUR else 0)
    return next((day for day in days if day >= earliest), None)


def bars_beside(path: Path, symbols: set[str]) -> list[tuple[str, Path]]:
    """Recorded bars of these contracts in a ledger's folder, daily ones first so that minutes overrule them."""
    found = []
    for file in path.parent.glob("*.csv*"):
        name = _BARS_NAME.match(file.name)
        if name and (symbol := f"{name[1].upper()}.{name[2]}") in symbols:
            found.append((name[3] != "daily", symbol, file))
    return [(symbol, file) for _order, symbol, file in sorted(found)]
