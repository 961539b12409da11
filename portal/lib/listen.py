"""The one LISTEN connection of a process: wakes callbacks when another process says that rows above a number exist.

A notification is only a hint. Payloads carry a tenant and a number, never data; whoever is woken reads the rows above
its own last number inside that tenant's scope. After a lost connection every callback is woken once with None, which
means "look again, something may have been missed".
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import psycopg
import structlog
from psycopg import sql

from portal.lib.db import raw_connection
from portal.lib.errors import Failed

Wake = Callable[[str | None], None]

_POLL_S: Final = 1.0
_RETRY_MAX_S: Final = 5.0
log = structlog.get_logger(__name__)


class Listener:
    """Callbacks by channel and the thread that wakes them; the thread starts with the first subscription."""

    def __init__(self, role: str = "web") -> None:
        self._role = role
        self._callbacks: dict[str, list[Wake]] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, channel: str, callback: Wake) -> None:
        """Call `callback(payload)` for every notification; it runs on the listener's thread and must not block."""
        with self._lock:
            self._callbacks.setdefault(channel, []).append(callback)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="listen", daemon=True)
                self._thread.start()

    def unsubscribe(self, channel: str, callback: Wake) -> None:
        """Forget a callback."""
        with self._lock:
            if callback in self._callbacks.get(channel, []):
                self._callbacks[channel].remove(callback)

    def stop(self) -> None:
        """End the thread; used by tests and at shutdown."""
        self._stop.set()

    def _run(self) -> None:
        wait_s = 0.1
        while not self._stop.is_set():
            try:
                with raw_connection(self._role, application_name="aurum-listen") as connection:
                    wait_s = 0.1
                    self._listen(connection)
            except (psycopg.Error, Failed, OSError) as problem:
                log.warning("listen_connection_lost", error=str(problem).strip(), retry_s=wait_s)
                self._stop.wait(wait_s)
                wait_s = min(_RETRY_MAX_S, wait_s * 2)

    def _listen(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        listening: set[str] = set()
        while not self._stop.is_set():
            with self._lock:
                wanted = set(self._callbacks)
            for channel in sorted(wanted - listening):
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                listening.add(channel)
                self._wake(channel, None)
            for notification in connection.notifies(timeout=_POLL_S, stop_after=1):
                self._wake(notification.channel, notification.payload)

    def _wake(self, channel: str, payload: str | None) -> None:
        with self._lock:
            callbacks = tuple(self._callbacks.get(channel, ()))
        for callback in callbacks:
            try:
                callback(payload)
            except Exception:
                # One room's mistake must not silence the others; it is logged with its traceback.
                log.exception("listen_callback_failed", channel=channel)


listener = Listener()
