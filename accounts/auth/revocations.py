"""Ended sessions, revoked keys and lost memberships close their sockets within seconds.

The process that ends something sends one NOTIFY in the transaction that ends it, so nothing is announced that did not
happen. Each web process hears it on its LISTEN connection and calls those who watch the same thing. A lost LISTEN
connection may have lost a notice: on the first wake after it every watched actor is checked against the database.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

import structlog
from django.db import close_old_connections, connection

from accounts.auth.actor import Actor
from portal.lib.listen import listener

CHANNEL: Final = "aurum_revocations"
Kind = Literal["key", "session", "membership", "user"]
_SWEEP_S: Final = 2.0
log = structlog.get_logger(__name__)


def announce(*, tenant_id: int | None, kind: Kind, id: str | int) -> None:
    """Tell every web process, at the commit of the running transaction, that something opens nothing any more.

    `id` is the key's row number, the session's reference, or the user's number for `membership` and `user`.
    """
    payload = json.dumps({"tenant": tenant_id, "kind": kind, "id": str(id)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])


@dataclass(eq=False, slots=True)
class _Watch:
    actor: Actor
    on_revoked: Callable[[], None]
    tags: frozenset[tuple[str, str]] = field(default_factory=frozenset)


class RevocationBoard:
    """The open sockets of this process and what each of them stands on."""

    def __init__(self) -> None:
        self._watches: set[_Watch] = set()
        self._lock = threading.Lock()
        self._started = False

    def watch(self, *, actor: Actor, on_revoked: Callable[[], None]) -> Callable[[], None]:
        """Call `on_revoked` once, on another thread, when the actor's key, session or membership ends.

        Returns the function that ends the watch. `on_revoked` must not block: hand over to the event loop with
        `loop.call_soon_threadsafe`.
        """
        watch = _Watch(actor=actor, on_revoked=on_revoked, tags=_tags(actor))
        with self._lock:
            self._watches.add(watch)
            first, self._started = not self._started, True
        if first:
            listener.subscribe(CHANNEL, self.deliver)
            threading.Thread(target=self._sweep, name="revocation-sweep", daemon=True).start()

        def unwatch() -> None:
            with self._lock:
                self._watches.discard(watch)

        return unwatch

    def deliver(self, payload: str | None) -> None:
        """Take one notice; None means that some may have been missed."""
        if payload is None:
            self._fire([watch for watch in self._all() if not _still_valid(watch.actor)])
            return
        try:
            notice = json.loads(payload)
            tag = (_scope_word(notice["kind"], notice["tenant"]), str(notice["id"]))
        except (ValueError, KeyError, TypeError):
            log.warning("revocation_unreadable", payload=payload[:200])
            return
        self._fire([watch for watch in self._all() if tag in watch.tags])

    def expire(self, *, now_s: float) -> None:
        """Close what has reached its last moment: absolute session limit, end of a key, end of an operator's entry."""
        self._fire([w for w in self._all() if w.actor.expires_at_s is not None and w.actor.expires_at_s <= now_s])

    def _all(self) -> list[_Watch]:
        with self._lock:
            return list(self._watches)

    def _fire(self, watches: list[_Watch]) -> None:
        for watch in watches:
            with self._lock:
                known = watch in self._watches
                self._watches.discard(watch)
            if known:
                watch.on_revoked()

    def _sweep(self) -> None:
        while True:
            time.sleep(_SWEEP_S)
            try:
                self.expire(now_s=time.time())
            except Exception:
                log.exception("revocation_sweep_failed")


def _scope_word(kind: str, tenant_id: int | None) -> str:
    # A membership ends in one tenant only; keys, sessions and users are unique over all of them.
    return f"membership:{tenant_id}" if kind == "membership" else kind


def _tags(actor: Actor) -> frozenset[tuple[str, str]]:
    tags = {("user", str(actor.user_id)), (f"membership:{actor.tenant_id}", str(actor.user_id))}
    if actor.api_key_id is not None:
        tags.add(("key", str(actor.api_key_id)))
    if actor.session_ref is not None:
        tags.add(("session", actor.session_ref))
    return frozenset(tags)


def _still_valid(actor: Actor) -> bool:
    """Ask the database again; runs on the listener's thread after a lost connection."""
    from accounts.auth.recheck import actor_still_valid

    try:
        return actor_still_valid(actor)
    finally:
        close_old_connections()


board = RevocationBoard()


def watch(*, actor: Actor, on_revoked: Callable[[], None]) -> Callable[[], None]:
    """Watch an actor on this process's board; see `RevocationBoard.watch`."""
    return board.watch(actor=actor, on_revoked=on_revoked)
