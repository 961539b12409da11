"""`manage.py runfollowers`: projections, bars and monitors, which follow the journal."""

from __future__ import annotations

import gc
import logging
import signal
import threading
import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.lib.memory import settle_memory
from portal.lib.metrics import serve_metrics
from trading.core.follower_runner import FollowerThread
from trading.core.followers import registered
from trading.core.metrics_followers import FollowerMetrics
from trading.services.housekeeping import Housekeeping

log = logging.getLogger(__name__)

# Batches come and go by the thousand objects, and hardly any of them lies in a cycle. Frequent walks of the collector
# cost a tenth of this process, rare long ones made the projection lag by 100 ms more: what cycles there are go once a
# minute.
_COLLECT_EVERY_S: Final = 60.0


class Command(BaseCommand):
    """Runs until SIGTERM; each follower ends after its running transaction."""

    help = "Run the followers of the journal."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--only", action="append", default=[], help="run this follower alone; may be repeated")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run the followers."""
        chosen = self._chosen(options["only"])
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        metrics = FollowerMetrics()
        serve_metrics("followers", registry=metrics.registry)
        settle_memory()
        gc.disable()
        threads = [FollowerThread(name, factory, stop=stop, metrics=metrics) for name, factory in chosen.items()]
        for thread in threads:
            thread.start()
        log.info("following the journal: %s", ", ".join(chosen))
        # A wait with a limit lets the main thread run its signal handlers.
        duties = Housekeeping()
        collect_at_s = time.monotonic() + _COLLECT_EVERY_S
        while not stop.wait(0.5):
            duties.run()
            if time.monotonic() >= collect_at_s:
                gc.collect()
                collect_at_s = time.monotonic() + _COLLECT_EVERY_S
        for thread in threads:
            thread.join(timeout=15)

    def _chosen(self, names: list[str]) -> dict[str, Any]:
        known = registered()
        unknown = [name for name in names if name not in known]
        if unknown:
            raise CommandError(f"no follower is called {', '.join(unknown)}; there are: {', '.join(sorted(known))}")
        return {name: factory for name, factory in known.items() if not names or name in names}
