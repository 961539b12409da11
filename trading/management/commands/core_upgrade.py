"""`manage.py core_upgrade`: put a snapshot at the journal's head, so that another engine version can start there."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.db import dsn, raw_connection


class Command(BaseCommand):
    """Run it with the release that wrote the journal, while no core runs; then install and start the next release.

    Run with the next release it tells whether that release can start.
    """

    help = "Store a snapshot at the journal's head before the engine's version changes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--wait", type=float, default=5.0, help="seconds to wait for a running core to end")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Lead for a moment, recover, store."""
        from trading.core.journal import JournalCorrupt
        from trading.core.leader import NotLeader
        from trading.core.replay import VersionMismatch

        try:
            self.stdout.write(asyncio.run(_store(wait_s=options["wait"])))
        except NotLeader as refusal:
            raise CommandError(f"stop the core first: {refusal}") from None
        except (JournalCorrupt, VersionMismatch) as refusal:
            raise CommandError(f"the journal is refused: {refusal}") from None


async def _store(*, wait_s: float) -> str:
    from trading.core import replay, snapshots
    from trading.core.leader import Leadership
    from trading.engine.types import ENGINE_VERSION

    leadership = Leadership(dsn("core"))
    await leadership.acquire(take_over=False, wait_s=wait_s)
    try:
        with raw_connection("core", application_name="aurum-core-upgrade") as connection:
            state = replay.recover(connection)
            snapshots.write(
                connection, machine=state.machine, head=state.head, market_ns=state.market_ns, filed=state.filed
            )
    finally:
        await leadership.release()
    return f"a snapshot of engine version {ENGINE_VERSION} stands at the head, number {state.head.seq}"
