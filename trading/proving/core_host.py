"""One core as `trading.core.process` joins its parts, without processes: recovery, sequencer, publisher, commits.

Time is the simulation's, so that the same seed gives the same bytes. Death is an exception that nobody catches below
the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from trading.core import faults, publisher, replay, sequencer, snapshots
from trading.core.journal import Row
from trading.core.publisher import Publisher
from trading.core.scheduler import CoreClock, DiskWatch
from trading.core.sequencer import Sequencer, Submitted
from trading.engine.events import Event
from trading.engine.machine import Machine

from .memory_journal import MemoryJournal

Watch = Callable[[Machine, Any, list[Event]], None]


class Died(BaseException):
    """The core is dead, as after a power cut. Not an `Exception`: the core must not survive it."""


class SimClock(CoreClock):
    """Wall and venue time that move only when they are told to."""

    def __init__(self) -> None:
        self.now_ns = 1_700_000_000_000_000_000
        self._last_ns = 0

    def batch_start_ns(self) -> tuple[int, int]:
        """Return the next command's time and the venue's."""
        return max(self.now_ns, self._last_ns + 1), self.now_ns

    def batch_ended(self, last_at_ns: int) -> None:
        """Remember the last time that was given out."""
        self._last_ns = last_at_ns


class Faults:
    """Arms one named point of `trading.core.faults` at a time."""

    def __init__(self) -> None:
        self.left = 0

    def arm(self, point: str, passes: int = 1) -> None:
        """Die at the n-th pass of a point."""
        faults.armed, self.left = point, passes

    def reach(self, point: str) -> None:
        """Stands in for the kill of the real one."""
        if faults.armed != point:
            return
        self.left -= 1
        if self.left == 0:
            faults.armed = ""
            raise Died(point)


@contextmanager
def simulated(clock: SimClock, armed: Faults) -> Iterator[None]:
    """Give the core's modules the simulation's time and deaths."""
    time = SimpleNamespace(time_ns=lambda: clock.now_ns, monotonic=lambda: clock.now_ns / 1e9)
    places: tuple[tuple[Any, str, Any], ...] = (
        (sequencer, "time", time),
        (publisher, "time", time),
        (faults, "reach", armed.reach),
        (faults, "armed", ""),
    )
    saved = [(module, name, getattr(module, name)) for module, name, _ in places]
    for module, name, value in places:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in saved:
            setattr(module, name, value)


class CoreHost:
    """A core that has recovered and leads."""

    def __init__(self, journal: MemoryJournal, clock: SimClock, *, link: Any, watch: Watch) -> None:
        self.journal = journal
        journal.epoch += 1
        recovered = replay.recover(journal.connection())
        self._filed = recovered.filed
        self.recovered_commands = recovered.commands
        self.machine = recovered.machine
        self._watch = watch
        self.publisher = Publisher()
        self.link = link
        self.publisher.add(link)
        self.publisher.watch(link, self.machine.account_ids())
        self.fatal = ""
        self.pending: Row | None = None
        self.sequencer = Sequencer(
            machine=self.machine,
            head=recovered.head,
            clock=clock,
            epoch=journal.epoch,
            disk=DiskWatch(Path("/")),
            publisher=self.publisher,
            append=self._append,
            fatal=self._die,
            after_commit=lambda batch, seconds: None,
        )
        self.sequencer.apply = self._apply
        self.sequencer.open()
        self.clock = clock

    def _apply(self, command: Any, at_ns: int, market_ns: int) -> list[Event]:
        """Apply, then let it be looked at."""
        events = self.machine.apply(command, at_ns, market_ns)
        self._watch(self.machine, command, events)
        return events

    def _append(self, row: Row) -> None:
        if self.pending is not None:
            raise RuntimeError("two rows are in flight")
        self.pending = row

    def _die(self, reason: str) -> None:
        self.fatal = reason
        self.sequencer.close("stopping")

    def submit(self, first_id: int, commands: list[Any]) -> str:
        """Hand over a frame of commands; gives why it was not taken."""
        return self.sequencer.submit(Submitted(self.link, first_id, commands, self.clock.now_ns))

    def write(self) -> int:
        """The journal commits the row in flight; the core does not know yet."""
        row, self.pending = self.pending, None
        return self.journal.write(row) if row is not None else 0

    def tell(self, rows: int) -> None:
        """The commit's outcome reaches the core (`CoreProcess._written`)."""
        if rows != 1:
            self._die("the epoch is no longer ours")
            return
        if not self.sequencer.available:
            self.sequencer.open()
        self.sequencer.committed()

    def drain(self) -> None:
        """Commit until nothing is in flight."""
        for _ in range(10_000):
            if self.pending is None:
                return
            self.tell(self.write())
            if self.fatal:
                return
        raise RuntimeError("commits do not come to an end")

    def lose_journal(self, *, after_write: bool) -> list[Submitted]:
        """The connection breaks under the row in flight: committed or not, the core must find out by itself."""
        row = self.pending
        if row is None:
            return []
        if after_write:
            self.write()
        waiting = self.sequencer.close("journal_lost")
        head = self.journal.head.hash
        if head == row.hash:
            self.tell(1)
        elif head == row.prev_hash:
            self.pending = row
        else:
            self._die("the journal ends with a row that this core has not written")
        return waiting

    def snapshot(self) -> None:
        """Store the state, as the core does when it is settled."""
        if not self.sequencer.settled:
            return
        faults.reach("during_snapshot")
        self._filed = snapshots.write(
            self.journal.connection(),
            machine=self.machine,
            head=self.sequencer.head,
            market_ns=self.clock.now_ns,
            filed=self._filed,
        )
