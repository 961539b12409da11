"""The heart of the core: waiting commands become one batch, the batch one journal row, and only then answers.

While a row is being committed, what arrives is applied already and gathers in the next batch, which is appended when
that commit returns. Memory is therefore never more than two batches ahead of the journal: one in flight, one gathering.
Whoever needs a state that is wholly committed (a question, a snapshot) stops the gathering for one commit.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from trading.core import faults
from trading.core.journal import Head, Row, encode_records, sealed_row
from trading.core.publisher import AnswerRow, Publisher, Record
from trading.core.scheduler import CoreClock, DiskWatch
from trading.engine.commands import CancelOrder, Command, PlaceOrder, ReplaceOrder, RollDay
from trading.engine.events import CommandRefused, OrderRepeated
from trading.engine.machine import Machine
from trading.engine.rejects import DISK_FULL
from trading.engine.types import ENGINE_VERSION

if TYPE_CHECKING:
    from trading.core.server import Link

log = logging.getLogger(__name__)

# A batch this long keeps the loop for a few tens of milliseconds; the rest waits for the next.
BATCH_COMMANDS_MAX: Final = 4_000
WAITING_COMMANDS_MAX: Final = 100_000
STALL_S: Final = 2.0
# A commit takes well under a millisecond. Behind one that takes this long commands wait and are not applied: should
# it be lost, they can still be refused for sure.
GATHER_BEHIND_S: Final = 0.02

_ABOUT_ORDERS: Final = frozenset({PlaceOrder, CancelOrder, ReplaceOrder})


class Submitted(msgspec.Struct, gc=False):
    """Commands of one frame that wait to be applied; `link` is None for the core's own."""

    link: Link | None
    first_id: int
    commands: list[Any]
    received_ns: int


class Question(msgspec.Struct, gc=False):
    """Something to be answered from committed state; `refuse` is called instead when that cannot be had."""

    answer: Callable[[], None]
    refuse: Callable[[], None]


class Batch(msgspec.Struct, gc=False):
    """Commands that were applied, in order, and what their senders are to be told after the commit."""

    first_seq: int
    records: list[Record] = msgspec.field(default_factory=list)
    answers: dict[Link, list[AnswerRow]] = msgspec.field(default_factory=dict)
    told: bool = False  # its senders know that the outcome is open


class InFlight(msgspec.Struct, gc=False):
    """The batch whose commit is under way."""

    row: Row
    batch: Batch
    started_s: float

    @property
    def commands(self) -> int:
        """How many commands the row holds."""
        return len(self.batch.records)


class Sequencer:
    """Applies commands in order and keeps the journal ahead of everything that leaves the core.

    `append(row)` starts a commit; its owner calls `committed` when the row is durable. `fatal(reason)` ends the
    process: the state in memory can no longer be trusted or is no longer ours to write.
    """

    def __init__(
        self,
        *,
        machine: Machine,
        head: Head,
        clock: CoreClock,
        epoch: int,
        disk: DiskWatch,
        publisher: Publisher,
        append: Callable[[Row], None],
        fatal: Callable[[str], None],
        after_commit: Callable[[InFlight, float], None],
    ) -> None:
        self.machine = machine
        self.apply = machine.apply  # by this name, so that who proves it can look at every single command
        self.head = head
        self.epoch = epoch
        self.clock = clock
        self.in_flight: InFlight | None = None
        self.gathering: Batch | None = None  # only while a commit is under way
        self.closed_reason = "starting"  # empty while commands are taken
        self._disk = disk
        self._publisher = publisher
        self._append = append
        self._fatal = fatal
        self._after_commit = after_commit
        self._waiting: deque[Submitted] = deque()
        self._waiting_count = 0
        self._questions: deque[Question] = deque()
        self._settle_wanted = False
        self._turn_planned = False
        self._depth_timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    # -- what comes in

    @property
    def available(self) -> bool:
        """Say whether commands are taken."""
        return not self.closed_reason

    def submit(self, submitted: Submitted) -> str:
        """Queue a frame's commands for the next batch; returns why not when they are not taken."""
        if self.closed_reason:
            return self.closed_reason
        if self._waiting_count + len(submitted.commands) > WAITING_COMMANDS_MAX:
            return "too many commands are waiting"
        self._waiting.append(submitted)
        self._waiting_count += len(submitted.commands)
        # An idle core begins at once; what comes meanwhile gathers behind this commit.
        self._turn()
        return ""

    def inject(self, command: Command) -> None:
        """Queue a command of the core's own, such as a timed one."""
        self.submit(Submitted(link=None, first_id=0, commands=[command], received_ns=time.time_ns()))

    def waits(self, submitted: Submitted) -> bool:
        """Say whether these commands are still to be applied."""
        return any(waiting is submitted for waiting in self._waiting)

    def ask(self, question: Question) -> None:
        """Have a question answered from the next state that is wholly committed."""
        self._questions.append(question)
        self._plan_turn()

    def open(self) -> None:
        """Take commands from now on."""
        self.closed_reason = ""
        self._plan_turn()

    def close(self, reason: str) -> list[Submitted]:
        """Take no more commands and return those that waited: they were not executed."""
        self.closed_reason = reason
        waiting = list(self._waiting)
        self._waiting.clear()
        self._waiting_count = 0
        return waiting

    def refuse_questions(self) -> None:
        """Answer what was asked while nobody knows which state is committed."""
        while self._questions:
            self._questions.popleft().refuse()

    @property
    def settled(self) -> bool:
        """Whether the machine's state is wholly committed at this moment."""
        return self.in_flight is None

    def settle_soon(self) -> None:
        """Gather nothing behind the running commit, so that `after_commit` soon finds the state settled."""
        self._settle_wanted = True

    def unanswered(self) -> list[Batch]:
        """Return what was applied and is not known to be committed."""
        batches = [self.in_flight.batch] if self.in_flight is not None else []
        return [*batches, self.gathering] if self.gathering is not None else batches

    def stalled(self) -> bool:
        """Say whether the running commit takes suspiciously long."""
        return self.in_flight is not None and time.monotonic() - self.in_flight.started_s > STALL_S

    # -- the batch

    def _plan_turn(self) -> None:
        if not self._turn_planned and self.in_flight is None:
            self._turn_planned = True
            self._loop.call_soon(self._planned_turn)

    def _planned_turn(self) -> None:
        self._turn_planned = False
        self._turn()

    def _turn(self) -> None:
        if self.in_flight is None:
            for _ in range(len(self._questions)):
                self._questions.popleft().answer()
        if not self._waiting or self.closed_reason:
            return
        try:
            if self.in_flight is None:
                self._begin()
            elif self._may_gather(self.in_flight):
                if self.gathering is None:
                    self.gathering = Batch(self.machine.seq + 1)
                self._apply_waiting(self.gathering)
        except Exception as problem:
            # Memory may now be ahead of the journal in a way that no row tells of: only a restart repairs that.
            log.exception("applying a batch failed")
            self._fatal(f"applying a batch failed: {problem!r}")

    def _may_gather(self, running: InFlight) -> bool:
        if self._settle_wanted or self._questions:
            return False
        return time.monotonic() - running.started_s < GATHER_BEHIND_S

    def _begin(self) -> None:
        batch = Batch(self.machine.seq + 1)
        self._apply_waiting(batch)
        if batch.records:
            self._append_batch(batch)
            self._prepare(batch)
        else:
            self._answer_at_once(batch.answers)
            self._plan_turn_if_waiting()

    def _append_batch(self, batch: Batch) -> None:
        records = batch.records
        row = sealed_row(
            prev_hash=self.head.hash,
            first_seq=batch.first_seq,
            last_seq=self.machine.seq,
            epoch=self.epoch,
            engine_version=ENGINE_VERSION,
            at_ns=records[-1][1],
            payload=encode_records(records),
        )
        if row.last_seq - row.first_seq + 1 != len(records):
            raise RuntimeError(f"the machine counts {row.last_seq}, the core {row.first_seq - 1 + len(records)}")
        self.in_flight = InFlight(row, batch, time.monotonic())
        faults.reach("before_journal")
        self._append(row)

    def _prepare(self, batch: Batch) -> None:
        """Encode what leaves after the commit, while it is under way."""
        if self.in_flight is None:
            raise RuntimeError("there is nothing to prepare")
        row = self.in_flight.row
        self._publisher.prepare(
            machine=self.machine, first_seq=row.first_seq, records=batch.records, answers=batch.answers
        )
        self._publisher.prepare_batch(
            first_seq=row.first_seq, last_seq=row.last_seq, epoch=self.epoch, at_ns=row.at_ns, payload=row.payload
        )

    def _apply_waiting(self, batch: Batch) -> None:
        at_ns, market_ns = self.clock.batch_start_ns()
        machine, apply, disk_full = self.machine, self.apply, self._disk.full
        order_view = machine.order_view
        records, answers = batch.records, batch.answers
        waiting = self._waiting
        seq = machine.seq
        before = len(records)
        while waiting and len(records) < BATCH_COMMANDS_MAX:
            submitted = waiting.popleft()
            self._waiting_count -= len(submitted.commands)
            link, request_id, received_ns = submitted.link, submitted.first_id, submitted.received_ns
            rows = answers.setdefault(link, []) if link is not None else []
            for command in submitted.commands:
                kind = type(command)
                if disk_full and kind is PlaceOrder:
                    refusal = self._disk_refusal(command)
                    rows.append((request_id, seq, refusal, None, received_ns, machine.trading_day, 0))
                    request_id += 1
                    continue
                events = apply(command, at_ns, market_ns)
                # The end of a day first ends orders and settles accounts; its outcome is the day itself.
                first: Any = events[0] if kind is not RollDay else events[-1]
                if type(first) is OrderRepeated:
                    answer_seq, done_ns, entered = first.seq, 0, None
                else:
                    records.append((command, at_ns, market_ns, events))
                    done_ns = at_ns
                    at_ns += 1
                    seq += 1
                    answer_seq = seq
                    entered = (seq, done_ns) if kind is PlaceOrder else None
                    if faults.armed == "mid_batch":
                        faults.reach("mid_batch")
                order_id = first.order_id if kind in _ABOUT_ORDERS else 0
                order = order_view(command.account_id, order_id, entered=entered) if order_id else None
                rows.append((request_id, answer_seq, first, order, received_ns, machine.trading_day, done_ns))
                request_id += 1
        if len(records) > before:
            self.clock.batch_ended(at_ns - 1)

    def _disk_refusal(self, command: PlaceOrder) -> CommandRefused:
        figures = {"used_pct": self._disk.used_pct}
        return CommandRefused(command.tenant_id, command.account_id, 0, DISK_FULL, figures)

    def _answer_at_once(self, answers: dict[Link, list[AnswerRow]]) -> None:
        """Answers that come from committed state and changed nothing."""
        now_ns = time.time_ns()
        for link, rows in answers.items():
            link.send_committed(encode_records((rows, None)), stamp_ns=now_ns)

    # -- after the commit

    def committed(self) -> None:
        """The row in flight is durable: everything it caused may leave."""
        batch = self.in_flight
        if batch is None:
            raise RuntimeError("a commit returned that was never started")
        faults.reach("after_journal_before_ack")
        stamp_ns = time.time_ns()
        row = batch.row
        self.in_flight = None
        self.head = Head(seq=row.last_seq, hash=row.hash, epoch=row.epoch, at_ns=row.at_ns)
        following = self._append_gathered()
        self._publisher.release(stamp_ns=stamp_ns)
        if following is not None:
            self._prepare(following)
        if self.in_flight is None:
            self._settle_wanted = False
        self._after_commit(batch, time.monotonic() - batch.started_s)
        if self._publisher.depth_waits and self._depth_timer is None:
            self._depth_timer = self._loop.call_later(0.05, self._send_depth)
        self._turn()
        if self._publisher.books_due:
            self._publisher.release_books(stamp_ns=stamp_ns)

    def _append_gathered(self) -> Batch | None:
        """Start the commit of what gathered behind the one that has returned; first of all, so that it soon returns."""
        gathered, self.gathering = self.gathering, None
        if gathered is None:
            return None
        if not gathered.records:
            # Only repeats: what they repeat is committed now.
            self._answer_at_once(gathered.answers)
            return None
        try:
            self._append_batch(gathered)
        except Exception as problem:
            log.exception("appending a batch failed")
            self._fatal(f"appending a batch failed: {problem!r}")
            return None
        return gathered

    def _send_depth(self) -> None:
        self._depth_timer = None
        if self.in_flight is not None or not self._publisher.depth_waits:
            return  # the commit that is under way takes it along or starts the timer again
        self._publisher.depth_only(
            machine=self.machine,
            at_ns=self.head.at_ns,
            market_ns=self.clock.market_ns(),
            stamp_ns=time.time_ns(),
        )
        if self._publisher.depth_waits:
            self._depth_timer = self._loop.call_later(0.01, self._send_depth)

    def _plan_turn_if_waiting(self) -> None:
        if self._waiting:
            self._plan_turn()
