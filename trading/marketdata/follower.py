"""Market data as a follower of the journal: ticks, bars, the day's figures and terms, and once a second the depth.

All but the depth is a function of the journal alone: `trading.marketdata.rebuild` holds the tables to that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar, Final

import psycopg

from portal.lib.errors import Refused
from trading.core import client
from trading.core.followers import Batch, Follower
from trading.core.reader import Record
from trading.engine import events as ev
from trading.engine import venue_events
from trading.engine.types import SETTLEMENT
from trading.marketdata import store
from trading.marketdata.bars import BarBuilder
from trading.marketdata.days import DayFigures, DayTerms
from trading.projections.copy_text import copy_lines

Cursor = psycopg.Cursor[Any]

_DEPTH_EVERY_S: Final = 1.0
DEPTH_LEVELS: Final = 20


class MarketDataFollower(Follower):
    """Trades → ticks, bars of all periods, day figures."""

    name: ClassVar[str] = "marketdata"
    min_gap_s: ClassVar[float] = 0.2

    def __init__(self, *, with_depth: bool = True) -> None:
        self._with_depth = with_depth
        self._bars = BarBuilder()
        self._days: dict[int, DayFigures] = {}
        self._changed_days: set[int] = set()
        self._terms: dict[int, DayTerms] = {}
        self._changed_terms: dict[tuple[int, int], DayTerms] = {}
        self._tick_value_fen: dict[int, int] = {}
        self._trading_day = 0
        self._ticks: list[str] = []
        self._depth_due_s = 0.0

    def prepare(self, cursor: Cursor) -> None:
        """Go on where the tables stand."""
        self.__init__(with_depth=self._with_depth)  # type: ignore[misc]
        for bar in store.running_bars(cursor):
            self._bars.load(bar)
        self._days = store.running_days(cursor)
        self._terms = store.running_terms(cursor)
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
        store.write_terms(cursor, self._changed_terms)
        self._changed_terms = {}
        store.write_days(cursor, {number: self._days[number] for number in sorted(self._changed_days)})
        self._changed_days.clear()
        if self._with_depth:
            self._write_depth(cursor)

    def _record(self, record: Record, cursor: Cursor) -> None:
        for event in record.events:
            if isinstance(event, ev.Trade):
                self._trade(event, record, cursor)
            elif isinstance(event, ev.InstrumentPut):
                self._instrument(event, record)
            elif isinstance(event, ev.DayRolled):
                self._roll(event, record)
            elif isinstance(event, ev.PhaseChanged):
                self._move([row[0] for row in event.moved], event.phase)
            elif isinstance(event, ev.SettlementBegun):
                self._move([row[0] for row in event.rows], SETTLEMENT)
                for row in event.rows:
                    self._settle(row[0], row[1], seq=record.seq)
            elif isinstance(event, venue_events.ContractsMoved):
                for terms in event.rows:
                    self._move([terms.instrument_id], terms.phase)
                    if terms.expired:
                        self._expire(terms.instrument_id)

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
            f"\t{event.taker.offset}\t{event.maker.offset}\t{event.open_interest}\t{record.market_ns}\t{record.seq}"
            f"\t{day.trading_day}\t{day.volume}\t{day.turnover_fen}\t{day.phase}\n"
        )

    def _instrument(self, event: ev.InstrumentPut, record: Record) -> None:
        instrument = event.instrument
        number = instrument.instrument_id
        self._tick_value_fen[number] = instrument.tick_value_fen
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = DayFigures(self._trading_day, market_ns=record.market_ns, through_seq=record.seq)
            self._changed_days.add(number)
        before = self._terms.get(number)
        self._put_terms(
            number,
            DayTerms(
                self._trading_day,
                instrument.previous_settlement_ticks,
                event.lower_ticks,
                event.upper_ticks,
                before.previous_open_interest if before is not None else day.open_interest,
                before.settlement_ticks if before is not None else None,
                record.seq,
            ),
        )

    def _roll(self, event: ev.DayRolled, record: Record) -> None:
        for number, settlement, lower, upper in event.settlement:
            self._settle(number, settlement, seq=record.seq)
            day = self._days.get(number)
            held = day.open_interest if day is not None else 0
            self._put_terms(number, DayTerms(event.trading_day, settlement, lower, upper, held, None, record.seq))
        self._trading_day = event.trading_day
        for number, day in self._days.items():
            self._days[number] = day.next_day(event.trading_day, market_ns=record.market_ns, seq=record.seq)
        self._changed_days.update(self._days)

    def _settle(self, instrument_id: int, settlement_ticks: int, *, seq: int) -> None:
        terms = self._terms.get(instrument_id)
        if terms is not None and terms.settlement_ticks != settlement_ticks:
            self._put_terms(instrument_id, replace(terms, settlement_ticks=settlement_ticks, seq=seq))

    def _put_terms(self, instrument_id: int, terms: DayTerms) -> None:
        self._terms[instrument_id] = terms
        if terms.trading_day:  # before the first day there is none to keep them under
            self._changed_terms[instrument_id, terms.trading_day] = terms

    def _move(self, instrument_ids: Sequence[int], phase: int) -> None:
        for number in instrument_ids:
            day = self._days.get(number)
            if day is not None and day.phase != phase:
                day.phase = phase
                self._changed_days.add(number)

    def _expire(self, instrument_id: int) -> None:
        """All lots have gone with their contract."""
        day = self._days.get(instrument_id)
        if day is not None:
            day.open_interest = 0
            self._changed_days.add(instrument_id)

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
