"""Small regular duties of the followers' process, whose database role sees every tenant."""

from __future__ import annotations

import logging
import time
from typing import Final

from django.db import DatabaseError, close_old_connections

from portal.lib.errors import Refused
from trading.services.accounts import pending_sweep

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0


class Housekeeping:
    """Calls each duty when it is due; a failed one is tried again the next time."""

    def __init__(self) -> None:
        self._due_s = 0.0

    def run(self, *, now_s: float | None = None) -> int:
        """Do what is due; returns how many commands were sent."""
        moment_s = time.monotonic() if now_s is None else now_s
        if moment_s < self._due_s:
            return 0
        self._due_s = moment_s + EVERY_S
        try:
            return pending_sweep()
        except (Refused, DatabaseError) as problem:
            log.warning("pending accounts wait: %s", problem)
            return 0
        finally:
            close_old_connections()
