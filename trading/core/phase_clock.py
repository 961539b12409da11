"""Contracts follow the calendar: whenever the venue's clock passes a change, the commands for it are submitted.

They are journaled like anybody's. Nothing is remembered between two looks but what still waits to be applied: where
contracts stand is the machine's state, where they should stand is the calendar's, and after a restart that is enough.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from trading.calendar.model import WORDS, product_key
from trading.calendar.plan import ACTOR, Standing, market_phase, moves
from trading.calendar.timeline import Calendar
from trading.core.sequencer import Sequencer, Submitted
from trading.engine.commands import SetPhase, WatchClose
from trading.engine.ladder_flow import close_window_s
from trading.engine.types import CONTINUOUS, HALTED

log = logging.getLogger(__name__)

# A contract that was put, moved or released by hand, and a day that was rolled, are noticed within this time.
LOOK_S: Final = 0.25
_SOON_S: Final = 0.001
_RETRY_S: Final = 5.0
_NS_A_SECOND: Final = 1_000_000_000
COMING_DAYS: Final = 2


class PhaseClock:
    """Looks at the venue's clock and moves contracts."""

    def __init__(self, *, calendar: Calendar, sequencer: Sequencer) -> None:
        self._calendar = calendar
        self._unconfirmed = len(calendar.unconfirmed_days())
        self._sequencer = sequencer
        self._waiting: Submitted | None = None
        self._last: list[SetPhase | WatchClose] = []
        self._again_s = 0.0
        self._opened = False
        self._told: set[str] = set()

    def look(self) -> float:
        """Move what must move now; return the seconds until there may be something to do again."""
        sequencer = self._sequencer
        if not self._calendar.timed and self._opened:
            return _RETRY_S
        if sequencer.available and not (self._waiting is not None and sequencer.waits(self._waiting)):
            self._waiting = None
            self._move(sequencer.clock.market_ns())
            self._opened = True
        return self._pause_s()

    def word(self) -> str:
        """Return the market's phase: that of the contract which is open furthest."""
        return WORDS[market_phase(standing.phase for standing in self._standings())]

    def report(self) -> Mapping[str, Any]:
        """Return what the calendar says now, for `query("status")`."""
        calendar, market_ns = self._calendar, self._sequencer.clock.market_ns()
        if not calendar.timed:
            return {"name": calendar.name, "timed": False}
        day, begun = self._sequencer.machine.trading_day, calendar.trading_day_of(market_ns)
        return {
            "name": calendar.name,
            "timed": True,
            "covered": calendar.covers(market_ns),
            "trading_day": begun,
            # The books' day is over by the clock: it can be settled, and until it is no later day begins.
            "day_ended": 0 < day < begun or (day == begun and calendar.day_ended(market_ns)),
            "next_trading_day": calendar.trading_day_after(day),
            # After the day begun by the clock, wherever the books stand: "the next trading day" of a deadline.
            "coming_days": calendar.trading_days_after(begun, count=COMING_DAYS),
            "next_change_ns": calendar.next_change(market_ns),
            "confirmed": calendar.is_confirmed(begun),
            "unconfirmed_days": self._unconfirmed,
        }

    def _standings(self) -> Iterator[Standing]:
        state = self._sequencer.machine.state
        for instrument_id, market in state.markets.items():
            spec = state.contracts[instrument_id].spec
            if state.contracts[instrument_id].expired:
                continue  # nothing leads out of its last close
            yield Standing(instrument_id, spec.venue, spec.product, market.phase)

    def _move(self, market_ns: int) -> None:
        sequencer = self._sequencer
        state = sequencer.machine.state
        if state.settling is not None:
            return  # the settlement holds every contract until its end
        standings = list(self._standings())
        self._tell_gaps(standings, market_ns)
        commands: list[SetPhase | WatchClose] = list(
            moves(self._calendar, standings, market_ns=market_ns, trading_day=state.trading_day)
        )
        if not commands:
            commands = self._watches(market_ns)
        if not commands:
            self._last = []
            return
        now_s = time.monotonic()
        if commands == self._last and now_s < self._again_s:
            return  # they were applied and did not help: the journal is not filled with refusals
        self._last, self._again_s = commands, now_s + _RETRY_S
        submitted = Submitted(link=None, first_id=0, commands=list(commands), received_ns=time.time_ns())
        refusal = sequencer.submit(submitted)
        if refusal:
            self._last = []
        else:
            self._waiting = submitted

    def _windows(self) -> Iterator[tuple[int, int, int]]:
        """(contract, beginning, end) of the window before the close, where a ladder asks for one today."""
        state = self._sequencer.machine.state
        if not state.ladders or not self._calendar.timed:
            return
        for instrument_id, market in state.markets.items():
            contract = state.contracts[instrument_id]
            venue, product = contract.spec.venue, contract.spec.product
            if contract.expired or market.watched_day == state.trading_day:
                continue
            close_ns = self._calendar.close_of(state.trading_day, product_key(venue, product))
            window_s = close_window_s(state, contract)
            if close_ns is not None and window_s:
                yield instrument_id, close_ns - window_s * _NS_A_SECOND, close_ns

    def _watches(self, market_ns: int) -> list[SetPhase | WatchClose]:
        """The command that begins the window of every open contract that is in it now."""
        markets = self._sequencer.machine.state.markets
        due = [
            key for key, begin_ns, end_ns in self._windows()
            if begin_ns <= market_ns < end_ns and markets[key].phase in (CONTINUOUS, HALTED)
        ]  # fmt: skip
        return [WatchClose(0, due, ACTOR)] if due else []

    def _pause_s(self) -> float:
        clock = self._sequencer.clock
        market_ns = clock.market_ns()
        changes = [begin_ns for _key, begin_ns, _end in self._windows() if begin_ns > market_ns]
        next_ns = self._calendar.next_change(market_ns)
        change_ns = min(changes if next_ns is None else [*changes, next_ns], default=None)
        if change_ns is None:
            return LOOK_S
        return min(LOOK_S, max(_SOON_S, float((change_ns - market_ns) / clock.speed) / _NS_A_SECOND))

    def _tell_gaps(self, standings: list[Standing], market_ns: int) -> None:
        """Say once what the calendar is silent about."""
        calendar = self._calendar
        if not calendar.covers(market_ns):
            self._tell(f"the calendar {calendar.name} does not reach this day: contracts stay closed")
        if calendar.timed:
            for product in {product_key(standing.venue, standing.product) for standing in standings}:
                if not calendar.knows(product):
                    self._tell(
                        f"the calendar {calendar.name} has no sessions of {product}: its contracts stay as they are"
                    )

    def _tell(self, words: str) -> None:
        if words not in self._told:
            self._told.add(words)
            log.error("%s", words)
