"""Market data as a follower of the journal: ticks, bars, the day's figures, and once a second the depth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import psycopg

from portal.lib.errors import Refused
from trading.core import client
from trading.core.followers import Batch, Follower
from trading.core.reader import Record
from trading.engine import events as ev
from trading.marketdata import store
from trading.marketdata.bars import BarBuilder
from trading.projections.copy_text import copy_lines, int_array

Cursor = psycopg.Cursor[Any]

_DEPTH_EVERY_S: Final = 1.0
DEPTH_LEVELS: Final = 20


@dataclass(slots=True)
class DayFigures:
    """A contract's figures of the running trading day; prices None until the first trade."""

    trading_day: int
    open_ticks: int | None = None
    high_ticks: int | None = None
    low_ticks: int | None = None
    last_ticks: int | None = None
    volume: int = 0
    turnover_fen: int = 0
    open_interest: int = 0
    market_ns: int = 0
    through_seq: int = 0

    def trade(self, event: ev.Trade, *, turnover_fen: int, market_ns: int, seq: int) -> None:
        """Take one trade."""
        price = event.price_ticks
        self.open_ticks = price if self.open_ticks is None else self.open_ticks
        self.high_ticks = price if self.high_ticks is None else max(self.high_ticks, price)
        self.low_ticks = price if self.low_ticks is None else min(self.low_ticks, price)
        self.last_ticks = price
        self.volume += event.qty
        self.turnover_fen += turnover_fen
        self.open_interest = event.open_interest
        self.market_ns, self.through_seq = market_ns, seq

    def next_day(self, trading_day: int, *, market_ns: int, seq: int) -> DayFigures:
        """Return the figures with which the next day begins: the last price and the open interest stay."""
        return DayFigures(
            trading_day,
            last_ticks=self.last_ticks,
            open_interest=self.open_interest,
            market_ns=market_ns,
            through_seq=seq,
        )


class MarketDataFollower(Follower):
    """Trades → ticks, bars of all periods, day figures."""

    name: ClassVar[str] = "marketdata"
    min_gap_s: ClassVar[float] = 0.2

    def __init__(self) -> None:
        self._bars = BarBuilder()
        self._days: dict[int, DayFigures] = {}
        self._changed_days: set[int] = set()
        self._tick_value_fen: dict[int, int] = {}
        self._trading_day = 0
        self._ticks: list[str] = []
        self._depth_due_s = 0.0

    def prepare(self, cursor: Cursor) -> None:
        """Go on where the tables stand."""
        self.__init__()  # type: ignore[misc]
        for bar in store.running_bars(cursor):
            self._bars.load(bar)
        cursor.execute(
            "SELECT instrument_id, trading_day, open_ticks, high_ticks, low_ticks, last_ticks, volume, turnover_fen,"
            " open_interest, market_ns, through_seq FROM trading_market_day"
        )
        self._days = {row[0]: DayFigures(*row[1:]) for row in cursor.fetchall()}
        self._tick_value_fen = dict(cursor.execute("SELECT id, tick_value_fen FROM trading_instrument").fetchall())
        self._trading_day = max((day.trading_day for day in self._days.values()), default=0)

    def handle(self, batches: Sequence[Batch], cursor: Cursor) -> None:
        """Fold the trades in and write what changed."""
        for batch in batches:
            for record in batch.records:
                self._record(record, cursor)
        copy_lines(cursor, target=store.TICKS, lines=self._ticks)
        self._ticks = []
        store.write_bars(cursor, self._bars.take_changed())
        self._write_days(cursor)
        self._write_depth(cursor)

    def _record(self, record: Record, cursor: Cursor) -> None:
        for event in record.events:
            if isinstance(event, ev.Trade):
                self._trade(event, record, cursor)
            elif isinstance(event, ev.InstrumentPut):
                self._instrument(event, record)
            elif isinstance(event, ev.DayRolled):
                self._roll(event, record)

    def _trade(self, event: ev.Trade, record: Record, cursor: Cursor) -> None:
        instrument_id = event.instrument_id
        turnover_fen = event.price_ticks * event.qty * self._value_of(instrument_id, cursor)
        self._bars.trade(
            instrument_id=instrument_id,
            price_ticks=event.price_ticks,
            qty=event.qty,
            turnover_fen=turnover_fen,
            open_interest=event.open_interest,
            market_ns=record.market_ns,
            trading_day=self._trading_day,
            seq=record.seq,
        )
        day = self._days.setdefault(instrument_id, DayFigures(self._trading_day))
        day.trade(event, turnover_fen=turnover_fen, market_ns=record.market_ns, seq=record.seq)
        self._changed_days.add(instrument_id)
        self._ticks.append(
            f"{instrument_id}\t{event.trade_id}\t{event.price_ticks}\t{event.qty}\t{event.taker_side}"
            f"\t{event.taker.offset}\t{event.maker.offset}\t{event.open_interest}\t{record.market_ns}\t{record.seq}\n"
        )

    def _instrument(self, event: ev.InstrumentPut, record: Record) -> None:
        instrument = event.instrument
        self._tick_value_fen[instrument.instrument_id] = instrument.tick_value_fen
        if instrument.instrument_id not in self._days:
            figures = DayFigures(self._trading_day, market_ns=record.market_ns, through_seq=record.seq)
            self._days[instrument.instrument_id] = figures
            self._changed_days.add(instrument.instrument_id)

    def _roll(self, event: ev.DayRolled, record: Record) -> None:
        self._trading_day = event.trading_day
        for instrument_id, day in self._days.items():
            self._days[instrument_id] = day.next_day(event.trading_day, market_ns=record.market_ns, seq=record.seq)
        self._changed_days.update(self._days)

    def _value_of(self, instrument_id: int, cursor: Cursor) -> int:
        value = self._tick_value_fen.get(instrument_id)
        if value is None:
            # After a restart ahead of the projection the contract's row may not be there yet: the retry finds it.
            row = cursor.execute(
                "SELECT tick_value_fen FROM trading_instrument WHERE id = %s", [instrument_id]
            ).fetchone()
            if row is None:
                raise LookupError(f"instrument {instrument_id} is not projected yet")
            value = self._tick_value_fen[instrument_id] = int(row[0])
        return value

    def _write_days(self, cursor: Cursor) -> None:
        if not self._changed_days:
            return
        ids = sorted(self._changed_days)
        days = [self._days[instrument_id] for instrument_id in ids]
        self._changed_days.clear()
        names = (
            "trading_day, open_ticks, high_ticks, low_ticks, last_ticks, volume, turnover_fen, open_interest,"
            " market_ns, through_seq"
        )
        columns = [name.strip() for name in names.split(",")]
        changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
        cursor.execute(
            f"INSERT INTO trading_market_day (instrument_id, {names}) SELECT * FROM unnest("  # noqa: S608
            f"{', '.join(['%s::bigint[]'] * 11)}) ON CONFLICT (instrument_id) DO UPDATE SET {changes}",
            [int_array(ids), *(int_array([getattr(day, name) for day in days]) for name in columns)],
        )

    def _write_depth(self, cursor: Cursor) -> None:
        """Keep the book's top levels; a core that does not answer costs nothing but this second's picture."""
        now_s = time.monotonic()
        if now_s < self._depth_due_s:
            return
        self._depth_due_s = now_s + _DEPTH_EVERY_S
        for instrument_id in self._days:
            try:
                depth = client.query("depth", instrument_id=instrument_id, levels=DEPTH_LEVELS)
            except (client.CoreUnavailable, Refused):
                return
            store.write_depth(
                cursor,
                instrument_id=instrument_id,
                bids=depth.bids,
                asks=depth.asks,
                market_ns=depth.market_ns,
                seq=depth.seq,
            )
