"""The same commands through a running core, which is killed in the middle: its answers must be those given here.

The core runs on a cluster of its own. Every command is sent again until the journal has it, and none twice: after a
kill the journal itself says how many it has.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from trading.core.client import CoreLink, CoreUnavailable
from trading.core.journal import decode_records, rows_after
from trading.core.rig.installation import Installation
from trading.engine.commands import AnyCommand
from trading.engine.events import Event
from trading.engine.machine import Machine
from trading.recordings.desk import INSTRUMENT_ID, TENANT_ID

_CHUNK: Final = 128
_DEPTH: Final = 100
_RECOVERY_S_MAX: Final = 120.0


class CoreRun:
    """One run of commands whose outcome is known already."""

    def __init__(
        self,
        commands: list[AnyCommand],
        answers: list[list[Event]],
        machine: Machine,
        *,
        kill_at: int,
        say: Callable[[str], None],
    ) -> None:
        self._commands: Final = commands
        self._answers: Final = answers
        self._machine: Final = machine
        self._kill_at = kill_at  # commands sent before it; 0: never
        self._say: Final = say
        self._installation: Final = Installation("replay")
        self._up: asyncio.Event
        self.problems: Final[list[str]] = []

    def run(self) -> list[str]:
        """Run it; gives what was not identical, nothing when all was."""
        installation = self._installation
        installation.open()
        try:
            installation.make_tenants(TENANT_ID)
            with installation.entered():
                installation.start("runcore")
                asyncio.run(self._drive())
                installation.stop("runcore")
                self._compare_journal()
        finally:
            installation.close()
        return self.problems

    async def _drive(self) -> None:
        self._up = asyncio.Event()
        link = CoreLink("replay", lambda _delivery: None, self._on_state, market=False)
        await link.start()
        try:
            await self._wait()
            await self._send_all(link)
            await self._compare_books(link)
        finally:
            await link.close()

    def _on_state(self, available: bool) -> None:
        if available:
            self._up.set()
        else:
            self._up.clear()

    async def _wait(self) -> None:
        await asyncio.wait_for(self._up.wait(), _RECOVERY_S_MAX)

    async def _send_all(self, link: CoreLink) -> None:
        done = 0
        while done < len(self._commands):
            chunk = self._commands[done : done + _CHUNK]
            kills = 0 < self._kill_at <= done + len(chunk)
            try:
                answers = [link.submit(command) for command in chunk]
                if kills:
                    self._kill_at = 0
                    await self._kill(done + len(chunk))
                gathered = await asyncio.gather(*answers, return_exceptions=True)
                if not any(isinstance(answer, BaseException) for answer in gathered):
                    done += len(chunk)
                    continue
                unexpected = [one for one in gathered if isinstance(one, BaseException)]
                if not all(isinstance(one, CoreUnavailable) for one in unexpected):
                    raise unexpected[0]
            except CoreUnavailable:
                self._up.clear()
            began = time.monotonic()
            await self._wait()
            done = await asyncio.to_thread(self._journaled)
            self._say(f"the core is back after {time.monotonic() - began:.1f} s with {done} commands in its journal")

    async def _kill(self, sent: int) -> None:
        """Kill the core while the last commands are on their way, and start it again."""
        await asyncio.sleep(0)  # the link writes at the end of this turn
        self._say(f"kill -9 with {sent} of {len(self._commands)} commands sent")
        self._up.clear()
        await asyncio.to_thread(self._installation.kill, "runcore")
        self._installation.start("runcore")

    def _journaled(self) -> int:
        with self._installation.core_connection() as connection:
            return sum(row.last_seq - row.first_seq + 1 for row in rows_after(connection, 0))

    async def _compare_books(self, link: CoreLink) -> None:
        """Ask the running core for its book and its orders, and hold them against this process's."""
        machine = self._machine
        depth = await link.query("depth", instrument_id=INSTRUMENT_ID, levels=_DEPTH)
        if (depth.bids, depth.asks) != machine.depth(INSTRUMENT_ID, _DEPTH):
            self.problems.append("the core's price levels differ")
        for account_id in machine.account_ids():
            view = await link.query("account", tenant_id=TENANT_ID, account_id=account_id)
            if _timeless(view) != _timeless(machine.account_view(account_id)):
                self.problems.append(f"account {account_id} of the core differs")

    def _compare_journal(self) -> None:
        """Each command once, in order, with the same events: so every queue is the same, place by place."""
        at = 0
        with self._installation.core_connection() as connection:
            for row in rows_after(connection, 0):
                for record in decode_records(row.payload):
                    same = at < len(self._commands) and record.command == self._commands[at]
                    if not same or record.events != self._answers[at]:
                        self.problems.append(
                            f"command {at + 1} of the journal is not what was played: {record.command}"
                        )
                        return
                    at += 1
        if at != len(self._commands):
            self.problems.append(f"the journal has {at} of {len(self._commands)} commands")


def _timeless(view: Any) -> Any:
    """A view without the times of entry, which are another clock's."""
    return replace(view, orders=[replace(order, entered_ns=0) for order in view.orders])
