"""Small regular duties of the followers' process, whose database role sees every tenant."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any, Final

import psycopg
from django.db import DatabaseError, close_old_connections

from portal.lib.db import raw_connection
from portal.lib.errors import Refused
from trading.services.accounts import pending_sweep
from trading.services.statement_making import statements_make

log = logging.getLogger(__name__)

EVERY_S: Final = 5.0
_BROKEN_EVERY_S: Final = 60.0


class Housekeeping:
    """Calls each duty when it is due; a failed one is tried again the next time."""

    def __init__(self) -> None:
        self._due_s = 0.0
        self._statements = StatementDuty()

    def run(self, *, now_s: float | None = None) -> int:
        """Do what is due; returns how many commands were sent."""
        moment_s = time.monotonic() if now_s is None else now_s
        self._statements.run(now_s=moment_s)
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


class StatementDuty:
    """Makes the statements of days that have ended, a slice a call, so that the followers beside it keep their pace."""

    def __init__(self) -> None:
        self._due_s = 0.0
        self._connection: psycopg.Connection[Any] | None = None
        self._work: Iterator[int] | None = None

    def run(self, *, now_s: float) -> int:
        """Do one slice, or look whether there is something to do; returns how many statements were stored."""
        if self._work is None:
            if now_s < self._due_s:
                return 0
            self._due_s = now_s + EVERY_S
        try:
            return self._slice()
        except psycopg.Error as problem:
            log.warning("statements wait: %s", str(problem).strip())
        except Exception:
            # A day whose figures do not tie gets no statement, and everybody hears of it until it does.
            log.exception("statements cannot be made")
            self._due_s = now_s + _BROKEN_EVERY_S
        self.close()
        return 0

    def close(self) -> None:
        """Give the connection back."""
        self._work = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _slice(self) -> int:
        if self._connection is None:
            self._connection = raw_connection("core", application_name="aurum-statements")
        if self._work is None:
            self._work = statements_make(self._connection)
        made = next(self._work, None)
        if made is None:
            self._work = None
        return made or 0
