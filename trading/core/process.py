"""The core as a process: recover, lead, serve, survive a lost database, stop cleanly."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from portal.lib import huge_pages
from portal.lib.db import dsn as role_dsn
from portal.lib.db import raw_connection
from portal.lib.metrics import port_file
from portal.lib.paths import socket_path
from portal.lib.role_guard import verify_role
from trading.calendar.timeline import Calendar
from trading.core import headfile, replay, snapshots
from trading.core.absences import Absences
from trading.core.journal import Row
from trading.core.leader import Leadership
from trading.core.metrics import CoreMetrics, MetricsPort
from trading.core.phase_clock import PhaseClock
from trading.core.publisher import Publisher
from trading.core.queries import Queries
from trading.core.scheduler import CoreClock, DiskWatch, Scheduler
from trading.core.sequencer import InFlight, Sequencer
from trading.core.server import CoreServer
from trading.core.snapshot_child import SnapshotChild
from trading.core.writer import JournalWriter
from trading.engine.commands import CancelOverdue
from trading.engine.machine import Machine
from trading.engine.types import ENGINE_VERSION

log = logging.getLogger(__name__)

EXIT_STOPPED: Final = 0
EXIT_FATAL: Final = 70
_RETRY_FIRST_S: Final = 0.05
_RETRY_MAX_S: Final = 1.0
_WATCH_S: Final = 0.5
WIDE_ACCOUNTS: Final = 10_000
WIDE_ORDERS: Final = 50_000
_ABSENCES_S: Final = 0.25
_DRAIN_S: Final = 15.0
_DATABASE_WAIT_S: Final = 20.0


def is_wide(machine: Machine) -> bool:
    """Say whether a machine has so many accounts or working orders that no cache holds them."""
    return len(machine.state.accounts) >= WIDE_ACCOUNTS or len(machine.state.orders) >= WIDE_ORDERS


class CoreOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line and the environment decide."""

    take_over: bool = False
    wait_s: float = 5.0
    accept_shorter_journal: bool = False
    snapshot_every: int = 50_000
    market_speed: Fraction = Fraction(1)
    market_start_ns: int = 0  # 0: the wall's time
    calendar: Calendar
    disk_path: Path


class CoreProcess:
    """Builds the parts, joins them, and decides what happens when one of them fails."""

    def __init__(self, options: CoreOptions) -> None:
        self.options = options
        self.metrics = CoreMetrics()
        self.started_ns = time.time_ns()
        self._dsn = role_dsn("core")
        self._stop = asyncio.Event()
        self._exit_code = EXIT_STOPPED
        self._leadership = Leadership(self._dsn)
        self._writer = JournalWriter(self._dsn, on_written=self._written, on_lost=self._journal_lost)
        self._publisher = Publisher()
        self._disk = DiskWatch(options.disk_path)
        self._scheduler = Scheduler(asyncio.get_running_loop())
        self._absences = Absences(clock_ns=time.monotonic_ns)
        self._snapshot_child = SnapshotChild(dsn=self._dsn, on_done=self._child_done, on_broken=self._fatal)
        self._metrics_port = MetricsPort(self.metrics, file=port_file("core"))
        self._resolving: asyncio.Task[None] | None = None
        self.snapshot_seq = 0
        self._snapshot_every = options.snapshot_every
        self._identity = ""
        self.sequencer: Sequencer
        self.phases: PhaseClock
        self.server: CoreServer

    async def run(self) -> int:
        """Lead and serve until told to stop; returns the exit code."""
        gc.disable()  # nothing made from here on forms cycles, and a replay makes millions of objects
        await self._database_ready()
        epoch = await self._leadership.acquire(take_over=self.options.take_over, wait_s=self.options.wait_s)
        recovered = self._recover()
        self._build(recovered, epoch=epoch)
        head, epoch_now = await self._writer.open()
        if epoch_now != epoch or head.hash != recovered.head.hash:
            raise RuntimeError("another core has written while this one recovered")
        self._leadership.watch(lambda words: self._fatal(f"leadership is lost: {words}"))
        self._freeze()
        self._disk.look()
        await self.server.start()
        await self._metrics_port.start()
        self._schedule()
        self._open()
        self._scheduler.paced(name="phases", act=self.phases.look)
        log.info(
            "the core leads in epoch %s at number %s (%s commands executed again in %.2f s, %.2f s for the snapshot)",
            epoch, recovered.head.seq, recovered.commands, recovered.seconds, recovered.loading_s,
        )  # fmt: skip
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        await self._stop.wait()
        if self._exit_code == EXIT_STOPPED:
            await self._drain()
        return self._exit_code

    # -- start

    async def _database_ready(self) -> None:
        """Wait a moment for a server that is starting, and refuse the wrong database role."""
        deadline = time.monotonic() + _DATABASE_WAIT_S
        while True:
            try:
                with raw_connection("core", application_name="aurum-core-start") as connection:
                    verify_role(connection.cursor(), role="core", dsn_key=self._dsn)
                    return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.1)

    def _recover(self) -> replay.Recovered:
        with raw_connection("core", application_name="aurum-core-recovery") as connection:
            recovered = replay.recover(connection)
            self._identity = headfile.journal_identity(connection)
            if self.options.accept_shorter_journal:
                headfile.forget(self._identity)
            else:
                remembered = headfile.remembered_head(connection)
                headfile.check(connection, recovered.head, remembered=remembered)
        self.snapshot_seq = recovered.snapshot_seq
        self._snapshot_every = replay.snapshot_spacing(recovered, most=self.options.snapshot_every)
        self._snapshot_child.filed = recovered.filed
        self.metrics.replayed = recovered.commands
        self.metrics.recovery_seconds = recovered.seconds
        return recovered

    def _build(self, recovered: replay.Recovered, *, epoch: int) -> None:
        clock = CoreClock(
            last_at_ns=recovered.at_ns,
            last_market_ns=recovered.market_ns,
            speed=self.options.market_speed,
            start_ns=self.options.market_start_ns,
        )
        self.sequencer = Sequencer(
            machine=recovered.machine,
            head=recovered.head,
            clock=clock,
            epoch=epoch,
            disk=self._disk,
            publisher=self._publisher,
            append=self._writer.append,
            fatal=self._fatal,
            after_commit=self._after_commit,
        )
        self.phases = PhaseClock(calendar=self.options.calendar, sequencer=self.sequencer)
        queries = Queries(recovered.machine, status=self.status, market_ns=clock.market_ns)
        self.server = CoreServer(
            sequencer=self.sequencer,
            publisher=self._publisher,
            queries=queries,
            absences=self._absences,
            path=socket_path("core"),
        )
        self.metrics.gauges.update(
            seq=("Number of the last journaled command.", lambda: self.sequencer.head.seq),
            epoch=("Epoch of this leader.", lambda: epoch),
            available=("1 while commands are taken.", lambda: int(self.sequencer.available)),
            links=("Connected clients.", lambda: len(self.server.links)),
            snapshot_seq=("Number of the newest stored snapshot.", lambda: self.snapshot_seq),
            disk_used_percent=("Use of the journal's disk.", lambda: self._disk.used_pct),
        )

    def _freeze(self) -> None:
        """The state lives as long as the process: collecting would only stop the world to walk through it."""
        gc.collect()
        gc.freeze()
        if self._is_wide():
            huge_pages.gather()

    def _is_wide(self) -> bool:
        """Say whether no cache holds the state, so that huge pages are worth their gathering."""
        return is_wide(self.sequencer.machine)

    def _schedule(self) -> None:
        self._scheduler.every(_WATCH_S, name="commit watch", act=self._watch_commit)
        self._scheduler.every(_ABSENCES_S, name="absences", act=self._cancel_for_absent)
        self._scheduler.every(_ABSENCES_S, name="cancel after", act=self._cancel_overdue)
        self._scheduler.every(1.0, name="snapshot", act=self._snapshot_if_due)
        self._scheduler.every(5.0, name="disk", act=self._disk.look)
        self._scheduler.every(headfile.EVERY_S, name="head file", act=self._write_head_file)

    def _open(self) -> None:
        """Take commands from now on; the first of them put contracts where the calendar wants them."""
        self.sequencer.open()
        self.phases.look()

    def _cancel_for_absent(self) -> None:
        """Cancel for keys that stayed away; while nothing is taken their time stays up."""
        if self.sequencer.available:
            for command in self._absences.due():
                self.sequencer.inject(command)

    def _cancel_overdue(self) -> None:
        """Cancel for accounts whose dead man's switch nobody has wound again."""
        sequencer = self.sequencer
        if not sequencer.available:
            return
        state, now_ns = sequencer.machine.state, sequencer.clock.batch_start_ns()[0]
        for account_id in [account_id for account_id, due_ns in state.timers.items() if due_ns <= now_ns]:
            sequencer.inject(CancelOverdue(state.accounts[account_id].tenant_id, account_id, "system"))

    # -- what the parts tell

    def status(self) -> Mapping[str, Any]:
        """Return what `query("status")` answers."""
        sequencer = self.sequencer
        machine = sequencer.machine
        return {
            "seq": sequencer.head.seq,
            "epoch": sequencer.epoch,
            "trading_day": machine.trading_day,
            "day_number": machine.day_number,
            "market_ns": sequencer.clock.market_ns(),
            "engine_version": ENGINE_VERSION,
            "snapshot_seq": self.snapshot_seq,
            "disk_used_pct": self._disk.used_pct,
            "journal_hash": sequencer.head.hash.hex(),
            "phase": self.phases.word(),
            "calendar": self.phases.report(),
            "trading": sequencer.available,
            "reason": sequencer.closed_reason or ("disk_full" if self._disk.full else ""),
            "links": len(self.server.links),
            "started_ns": self.started_ns,
            "pid": os.getpid(),
        }

    def _written(self, rows: int) -> None:
        if rows != 1:
            self._fatal("the epoch is no longer ours: another core has taken over, nothing was written")
            return
        reopened = not self.sequencer.available and not self._stop.is_set()
        if reopened:
            self._open()
        self.sequencer.committed()
        if reopened:
            self.server.announce(available=True, reason="")

    def _after_commit(self, batch: InFlight, seconds: float) -> None:
        self.metrics.committed(commands=batch.commands, seconds=seconds)
        if batch.row.first_seq == 1:
            self._identity = headfile.identity_of(batch.row)
        self._snapshot_if_due()

    def _snapshot_if_due(self) -> None:
        sequencer = self.sequencer
        past = sequencer.head.seq - self.snapshot_seq
        every = self._snapshot_every
        # Half way is early enough when the last one was no burden: then a death finds less to execute again.
        if past < every and not (past >= every // 2 and self._snapshot_child.rested):
            return
        if not self._snapshot_child.ready:
            return
        if sequencer.settled:
            self._snapshot_child.start(
                machine=sequencer.machine,
                head=sequencer.head,
                market_ns=sequencer.clock.market_ns(),
                early=past < every,
            )
        else:
            sequencer.settle_soon()

    def _snapshot_done(self, seq: int) -> None:
        self.snapshot_seq = seq
        log.info("a snapshot stands at %s", seq)

    def _child_done(self, seq: int) -> None:
        self._snapshot_done(seq)
        if self._is_wide():  # the fork has broken the pages that were written to since
            threading.Thread(target=huge_pages.gather, name="huge-pages", daemon=True).start()

    def _fatal(self, reason: str) -> None:
        """Stop at once without another word to anybody: nothing unproven may leave."""
        log.critical("the core stops: %s", reason)
        self._exit_code = EXIT_FATAL
        if hasattr(self, "sequencer"):
            self.sequencer.close("stopping")
        self._stop.set()

    # -- a lost journal

    def _journal_lost(self, message: str) -> None:
        self.metrics.journal_losses += 1
        self._become_unavailable("journal_lost")
        if self._resolving is None or self._resolving.done():
            self._resolving = asyncio.get_running_loop().create_task(self._resolve(), name="core-resolve")

    def _become_unavailable(self, reason: str) -> None:
        if not self.sequencer.available:
            return
        waiting = self.sequencer.close(reason)
        self.server.refuse_waiting(waiting, reason=reason)
        self.server.announce(available=False, reason=reason)

    async def _resolve(self) -> None:
        """Reconnect and find out what became of the row in flight."""
        wait_s = _RETRY_FIRST_S
        while not self._stop.is_set():
            try:
                head, epoch = await self._writer.open()
                break
            except (psycopg.Error, OSError, TimeoutError) as problem:
                log.warning("the journal is out of reach: %s", str(problem).strip().splitlines()[:1])
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, _RETRY_MAX_S)
        else:
            return
        if epoch != self.sequencer.epoch:
            self._fatal(f"epoch {epoch} has begun: another core leads")
            return
        self._settle(head.hash)

    def _settle(self, head_hash: bytes) -> None:
        batch = self.sequencer.in_flight
        if batch is None:
            if head_hash != self.sequencer.head.hash:
                self._fatal("the journal does not end where this core left it")
                return
            self._available_again()
        elif head_hash == batch.row.hash:
            log.info("the row in flight was committed before the connection broke")
            self._written(1)
        elif head_hash == batch.row.prev_hash:
            log.info("the row in flight was not committed and is appended again")
            self._append_again(batch.row)
        else:
            self._fatal("the journal ends with a row that this core has not written")

    def _append_again(self, row: Row) -> None:
        self._writer.append(row)

    def _available_again(self) -> None:
        if self._stop.is_set():
            return
        self._open()
        self.server.announce(available=True, reason="")

    # -- by the clock

    def _watch_commit(self) -> None:
        sequencer = self.sequencer
        if not sequencer.stalled():
            return
        self._become_unavailable("journal_stalled")
        sequencer.refuse_questions()
        self.server.refuse_in_flight(reason=sequencer.closed_reason)

    def _write_head_file(self) -> None:
        if self._identity:
            headfile.write(self._identity, self.sequencer.head)

    # -- stop

    async def _drain(self) -> None:
        """Finish the commit under way, answer it, store the state, let go."""
        log.info("the core is stopping")
        self._scheduler.stop()
        waiting = self.sequencer.close("stopping")
        self.server.refuse_waiting(waiting, reason="stopping")
        deadline = time.monotonic() + _DRAIN_S
        while self.sequencer.in_flight is not None and time.monotonic() < deadline:
            await asyncio.sleep(0.005)
        await self.server.stop()
        self._metrics_port.stop()
        self._writer.close()
        self._snapshot_child.stop()
        if self.sequencer.in_flight is None:
            self._last_snapshot()
            self._write_head_file()
        await self._leadership.release()

    def _last_snapshot(self) -> None:
        sequencer = self.sequencer
        if sequencer.head.seq == self.snapshot_seq:
            return
        try:
            with raw_connection("core", application_name="aurum-core-snapshot") as connection:
                snapshots.write(
                    connection,
                    machine=sequencer.machine,
                    head=sequencer.head,
                    market_ns=sequencer.clock.market_ns(),
                    filed=self._snapshot_child.filed,
                )
        except (psycopg.Error, snapshots.SegmentsGoneError):
            log.exception("the last snapshot was not stored; the next start executes more again")
            return
        self._snapshot_done(sequencer.head.seq)
