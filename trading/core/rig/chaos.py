"""Chaos: kill the core and PostgreSQL under load, again and again, and prove that no answer was a lie."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable

import msgspec

from trading.core.journal import decode_records, rows_after
from trading.core.rig.installation import Installation
from trading.core.rig.load import Acknowledged, Load
from trading.core.rig.market import OrderFlow, opening_commands
from trading.core.verification import verify
from trading.engine.commands import PlaceOrder

ACCOUNTS = 100
TENANTS = 10
IN_FLIGHT = 64
RUN_S = (0.2, 2.0)
RECOVERY_S_MAX = 120.0


class Outcome(msgspec.Struct, kw_only=True):
    """What a run found, in the order in which it is printed."""

    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    books_ok: bool = False
    core_recovery_ms_max: int = 0
    db_recovery_ms_max: int = 0


class Chaos:
    """One run."""

    def __init__(self, *, core_kills: int, db_kills: int, seed: int, say: Callable[[str], None]) -> None:
        self._random = random.Random(seed)  # noqa: S311  (a repeatable schedule, not a secret)
        # Every second kill of PostgreSQL is a power cut: the core goes with it. Only then a row in flight is really
        # gone, because a core that lives appends it again.
        self._kills = ["core"] * core_kills + ["db"] * (db_kills - db_kills // 2) + ["power"] * (db_kills // 2)
        self._random.shuffle(self._kills)
        self._seed = seed
        self._guarded = True
        self._say = say
        self._installation = Installation("chaos")
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """Run it all; what it started is stopped in any case."""
        installation = self._installation
        installation.open()
        try:
            installation.make_tenants(TENANTS)
            with installation.entered():
                installation.start("runcore")
                installation.start("runfollowers")
                load = asyncio.run(self._storm())
                self._judge(load)
        finally:
            installation.close()
        return self.outcome

    async def _storm(self) -> Load:
        load = Load(
            flow=OrderFlow(seed=self._seed, accounts=ACCOUNTS, tenants=TENANTS, prefix=f"chaos{time.time_ns()}"),
            in_flight=IN_FLIGHT,
        )
        await load.connect()
        for command in opening_commands(accounts=ACCOUNTS, tenants=TENANTS):
            await load.until_answered(command)
        load.start()
        guard = asyncio.create_task(self._guard_core())
        try:
            for number, target in enumerate(self._kills, 1):
                await asyncio.sleep(self._random.uniform(*RUN_S))
                recovery_ms = await self._kill(target, load)
                told = len(load.acknowledged)
                self._say(f"{number}/{len(self._kills)} {target}: {recovery_ms} ms; {told} acknowledged")
            await asyncio.sleep(0.5)
        finally:
            guard.cancel()
        await load.stop()
        return load

    async def _kill(self, target: str, load: Load) -> int:
        """Kill, start again, and return how long it took until an order was answered by what came back."""
        installation, began = self._installation, time.monotonic()
        self._guarded = False
        if target in ("db", "power"):
            await asyncio.to_thread(installation.scratch.cluster.kill)
        if target in ("core", "power"):
            installation.kill("runcore")
        # What was stamped before the death may still lie in a socket: only later stamps are of the new life.
        accepted = load.accepted_after(time.time_ns())
        if target in ("core", "power"):
            installation.start("runcore")
        if target in ("db", "power"):
            await asyncio.to_thread(installation.scratch.cluster.start)
        self._guarded = True
        ended = await asyncio.wait_for(accepted, RECOVERY_S_MAX)
        recovery_ms = round((ended - began) * 1000)
        if target == "core":
            self.outcome.core_recovery_ms_max = max(self.outcome.core_recovery_ms_max, recovery_ms)
        else:
            self.outcome.db_recovery_ms_max = max(self.outcome.db_recovery_ms_max, recovery_ms)
        return recovery_ms

    async def _guard_core(self) -> None:
        """Start the core again if it ended by itself, as the portal's supervisor does."""
        while True:
            if self._guarded and not self._installation.running("runcore"):
                self._say("the core ended by itself and is started again")
                self._installation.start("runcore")
            await asyncio.sleep(0.2)

    def _judge(self, load: Load) -> None:
        installation = self._installation
        self._say(f"{load.repeats} repeats were needed; judging")
        installation.stop("runcore")
        installation.wait_for_followers(seconds_max=300)
        installation.stop("runfollowers")
        outcome = self.outcome
        outcome.acknowledged = len(load.acknowledged)
        outcome.lost, outcome.doubled = self._compare(load.acknowledged)
        with installation.core_connection() as connection:
            report = verify(connection)
        for breach in [*report.breaches, *load.contradictions]:
            self._say(f"BREACH {breach}")
        outcome.books_ok = report.ok and not load.contradictions and self._books_hold()

    def _books_hold(self) -> bool:
        answer = self._installation.manage("check_books", "--json")
        lines = answer.stdout.splitlines()
        self._say(f"check_books: {lines[-1] if lines else answer.stderr[-2000:]}")
        return answer.returncode == 0 and bool(lines) and bool(json.loads(lines[-1])["ok"])

    def _compare(self, acknowledged: dict[str, Acknowledged]) -> tuple[int, int]:
        """Count acknowledged orders that the journal lacks or has otherwise, and orders it has more than once."""
        times: Counter[str] = Counter()
        lost = dict(acknowledged)
        with self._installation.core_connection() as connection:
            for row in rows_after(connection, 0):
                for seq, record in enumerate(decode_records(row.payload), row.first_seq):
                    if not isinstance(record.command, PlaceOrder):
                        continue
                    name = record.command.client_order_id
                    times[name] += 1
                    event = record.events[0]
                    if lost.get(name) == Acknowledged(seq, getattr(event, "order_id", 0)):
                        del lost[name]
        return len(lost), sum(1 for count in times.values() if count > 1)
