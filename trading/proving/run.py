"""Runs a seed: random commands and deaths through the real sequencer on a journal in memory, beside the slow model."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from trading.core import replay
from trading.core.journal import EMPTY_HEAD
from trading.engine import events as ev
from trading.engine.invariants import check
from trading.engine.machine import Machine

from .auditor import Auditor, Broken, must
from .books import breaches
from .clients import Clients
from .comparing import differences
from .core_host import CoreHost, Died, Faults, SimClock, simulated
from .memory_journal import MemoryJournal
from .random_life import RandomLife
from .reference import Reference

COMPARE_EVERY: Final = 50
SNAPSHOT_SHARE: Final = 0.01
STEP_NS: Final = 40_000_000


class Failure(msgspec.Struct, frozen=True):
    """The first thing that did not hold under a seed. The seed is the whole bug report."""

    seed: int
    step: int
    what: str


class Report(msgspec.Struct, frozen=True):
    """What a run of many seeds found."""

    seeds: int
    commands: int
    failures: list[Failure]


class Life:
    """One world under one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(seed ^ 0x5EED)
        self.journal = MemoryJournal()
        self.clock = SimClock()
        self.faults = Faults()
        self.auditor = Auditor()
        self.reference = Reference()
        self.clients = Clients(self.auditor, lambda: self.journal.head)
        self.life = RandomLife(self.reference, seed)
        self.read = 0  # rows of the journal read so far
        self.steps = 0
        self.deaths = 0
        self.host: CoreHost

    def run(self, commands: int) -> None:
        """Open the market, live so many commands, and prove every road to the state."""
        with simulated(self.clock, self.faults):
            self.start()
            for command in self.life.opening():
                self.ask(command)
                self.host.drain()
                self.follow()
                must(not self.host.fatal, "the core stopped:", self.host.fatal)
            self.host.publisher.watch(self.host.link, list(self.reference.accounts))
            self.clients.connected()
            while self.steps < commands:
                self.step()
            self.prove_roads()

    # -- a core that lives and dies

    def start(self) -> None:
        """A core recovers what is durable and leads."""
        self.host = CoreHost(self.journal, self.clock, link=self.clients, watch=self.watch)
        self.clients.books.clear()
        self.clients.onlooker.begin(self.host.machine)
        self.listen()
        self.clients.connected()

    def listen(self) -> None:
        """The onlooker follows every contract there is; one that was listed since, from its book as it stands."""
        new = self.clients.onlooker.listen(self.host.machine) - self.clients.books
        if new:
            self.host.publisher.watch_books(self.clients, sorted(new), add=True)  # type: ignore[arg-type]

    def watch(self, machine: Machine, command: Any, events: list[Any]) -> None:
        """After every single command: the books are right."""
        must(bool(events), "no event of", command)
        for breach in breaches(machine, events):
            must(False, breach)

    def ask(self, *commands: Any) -> None:
        """One frame of commands goes to the core."""
        first = self.clients.next_id
        for command in commands:
            self.clients.ask(command)
        self.steps += len(commands)
        self.clock.now_ns += STEP_NS
        self.host.submit(first, list(commands))

    def follow(self) -> None:
        """Read what has become durable: the model executes it, the auditor folds it, the answers are compared."""
        while self.read < len(self.journal.rows):
            row = self.journal.rows[self.read]
            self.read += 1
            for seq, record in enumerate(self.auditor.read(row), row.first_seq):
                self.compare(seq, record)
                self.auditor.see(seq, record.command, record.events)
        self.clients.check_answers()

    def compare(self, seq: int, record: Any) -> None:
        """B3, R2: the model says the same, event by event."""
        expected = self.reference.apply(record.command, record.at_ns)
        found = [
            replace(event, figures={}) if isinstance(event, ev.OrderRejected | ev.CommandRefused) else event
            for event in record.events
        ]
        if found == expected:
            return
        for mine, theirs in zip(expected, found, strict=False):
            must(mine == theirs, f"B3 number {seq} {record.command}: the engine says {theirs}, the model {mine}")
        must(False, f"B3 number {seq} {record.command}: {len(found)} events, the model has {len(expected)}")

    def compare_state(self) -> None:
        """What stands is what the model says stands."""
        if self.host.sequencer.settled:
            for difference in differences(self.host.machine, self.reference):
                must(False, "B2", difference)
            self.listen()
            for difference in self.clients.onlooker.differences(self.reference):
                must(False, "B2", difference)

    def die(self) -> None:
        """The core is gone; another recovers, and whoever got no answer asks again."""
        self.deaths += 1
        before = self.host.machine
        self.follow()
        again = self.clients.forget_unanswered()
        self.start()
        if before.seq == self.host.machine.seq:
            must(before.state_hash() == self.host.machine.state_hash(), "J3 another state after recovery")
        self.compare_state()
        for command in again:
            self.ask(command)
            self.host.drain()
            self.follow()

    # -- one step

    def step(self) -> None:
        """One thing happens."""
        at = self.dice.random()
        try:
            if at < 0.90:
                self.ask(self.life.next())
                self.host.drain()
            elif at < 0.955:
                self.gather()
            elif at < 0.965:
                self.resend()
            elif at < 0.985:
                self.lose_journal()
            elif at < 0.985 + SNAPSHOT_SHARE:
                self.host.snapshot()
            elif at < 0.9985:
                self.armed()
            else:
                self.take_over()
            self.follow()
        except Died:
            self.die()
        must(not self.host.fatal, "the core stopped:", self.host.fatal)
        if self.steps % COMPARE_EVERY == 0:
            self.compare_state()

    def gather(self) -> None:
        """Several frames, some while a commit is under way; now and then a slow one, behind which they wait."""
        for number in range(self.dice.randint(2, 4)):
            commands = [self.life.next() for _ in range(self.dice.randint(1, 2))]
            first = self.clients.next_id
            for command in commands:
                self.clients.ask(command)
            self.steps += len(commands)
            self.clock.now_ns += STEP_NS if number == 0 or self.dice.random() < 0.3 else 1_000
            self.host.submit(first, list(commands))
        self.host.drain()

    def resend(self) -> None:
        """Somebody is not sure and sends again; or uses a name twice."""
        if self.life.sent:
            command = self.dice.choice(self.life.sent)
            if self.dice.random() < 0.2:
                command = replace(command, qty=command.qty + 1)
            self.ask(command)
            self.host.drain()

    def lose_journal(self) -> None:
        """The connection breaks before or after the row in flight is durable."""
        self.ask(self.life.next())
        for submitted in self.host.lose_journal(after_write=self.dice.random() < 0.5):
            for number in range(submitted.first_id, submitted.first_id + len(submitted.commands)):
                self.clients.asked.pop(number)
        if self.host.pending is not None and not self.host.sequencer.available:
            must(self.host.submit(0, []) != "", "commands are taken while the journal is lost")
        self.host.drain()

    def armed(self) -> None:
        """Death at a named point."""
        point = self.dice.choice(("before_journal", "mid_batch", "after_journal_before_ack", "during_snapshot"))
        self.faults.arm(point, self.dice.randint(1, 2))
        if point == "during_snapshot":
            self.faults.arm(point)
            self.host.snapshot()
        else:
            self.gather()
            self.ask(self.life.next())
            self.host.drain()
        self.faults.arm("")

    def take_over(self) -> None:
        """Another core takes the lead; the old one does not know yet and must write nothing more."""
        old, rows = self.host, len(self.journal.rows)
        self.journal.epoch += 1
        self.ask(self.life.next())
        if old.pending is not None:
            old.tell(old.write())
            must(bool(old.fatal), "J1 a core whose epoch is over goes on")
        must(len(self.journal.rows) == rows, "J1 a core whose epoch is over has written")
        raise Died("taken over")

    # -- the end

    def prove_roads(self) -> None:
        """J3: the live core, the whole journal again, and snapshot with tail all lead to the same state."""
        self.host.drain()
        self.follow()
        self.compare_state()
        for breach in check(self.host.machine):
            must(False, breach)
        live = self.host.machine.state_hash()
        state = replay.Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, 0, 0.0)
        for row in self.journal.rows:
            replay.replay_row(state, row)
        must(state.machine.state_hash() == live, "J3 the whole journal leads to another state")
        again = replay.recover(self.journal.connection())
        must(again.machine.state_hash() == live, "J3 snapshot and tail lead to another state")
        for account_id, told in self.clients.last_seq.items():
            must(told == self.auditor.account_seq.get(account_id, 0), "D1 account", account_id, "was not told all")


def run_seed(seed: int, *, commands: int) -> tuple[Life, Failure | None]:
    """Run one seed; gives the world as it ended and what did not hold first."""

    async def live(life: Life) -> Failure | None:
        try:
            life.run(commands)
        except Broken as problem:
            return Failure(seed, life.steps, str(problem))
        except Exception as problem:
            return Failure(seed, life.steps, f"{type(problem).__name__}: {problem}")
        return None

    life = Life(seed)
    return life, asyncio.run(live(life))


def run_seeds(seeds: Iterable[int], *, commands: int = 1_000) -> Report:
    """Run seeds one after the other."""
    count = total = 0
    failures: list[Failure] = []
    for seed in seeds:
        life, failure = run_seed(seed, commands=commands)
        count += 1
        total += life.steps
        if failure is not None:
            failures.append(failure)
    return Report(count, total, failures)
