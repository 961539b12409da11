"""The channels `alerts`, `notices` and `machines`: a number each time there is something new, never the thing itself.

Alerts and machines are rows of other rooms, numbered per tenant, and who may see which row is decided where they are
read. So the socket passes on the hint that PostgreSQL gives (`through`: rows up to this number exist), at most twenty
times a second, and the client fetches what is above its own number over REST. The LISTEN channels are named by those
rooms; nothing of them is imported here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

from accounts.auth.actor import Actor
from accounts.permissions import Right
from trading.sockets import frames

if TYPE_CHECKING:
    from trading.sockets.session import Session


@dataclass(frozen=True, slots=True)
class Source:
    """Where hints come from, under which name they carry their number, and who may hear them."""

    listen: str
    number: str
    rights: frozenset[Right]


SOURCES: Final[dict[str, Source]] = {
    "alerts": Source(listen="aurum_alerts", number="n", rights=frozenset({Right.RISK_VIEW})),
    # A client's risk notices; the number is the journal number of the figures behind the newest.
    "notices": Source(listen="aurum_notices", number="n", rights=frozenset({Right.ACCOUNT_VIEW})),
    "machines": Source(
        listen="aurum_machines",
        number="number",
        rights=frozenset({Right.MACHINE_VIEW_OWN, Right.MACHINE_OPERATE, Right.MACHINE_APPROVE}),
    ),
}


class Listening(Protocol):
    """The process's LISTEN connection."""

    def subscribe(self, channel: str, callback: Callable[[str | None], None]) -> None:
        """Call back, on another thread, for every notification."""


class Notices:
    """Who in this process wants hints, and the last number of each tenant."""

    def __init__(self, *, listener: Listening, call_soon: Callable[..., None]) -> None:
        self._listener = listener
        self._call_soon = call_soon
        self._listening: set[str] = set()
        self._watchers: dict[tuple[str, int], set[Session]] = {}
        self._last: dict[tuple[str, int], int] = {}
        self._due: dict[tuple[str, int], int] = {}

    def may_follow(self, name: str, actor: Actor) -> bool:
        """Say whether somebody may hear these hints at all."""
        return actor.tenant_id is not None and not actor.rights.isdisjoint(SOURCES[name].rights)

    def join(self, session: Session, name: str) -> None:
        """Add a socket; it is told the last number that this process knows of."""
        key = (name, session.actor.tenant_id or 0)
        self._watchers.setdefault(key, set()).add(session)
        if name not in self._listening:
            self._listening.add(name)
            self._listener.subscribe(SOURCES[name].listen, partial(self._call_soon, self.told, name))
        self.send_snapshot(session, name)

    def leave(self, session: Session, name: str) -> None:
        """Take a socket out."""
        key = (name, session.actor.tenant_id or 0)
        watchers = self._watchers.get(key)
        if watchers is not None:
            watchers.discard(session)
            if not watchers:
                del self._watchers[key]

    def send_snapshot(self, session: Session, name: str) -> None:
        """Send the last known number; null means: look for yourself."""
        number = self._last.get((name, session.actor.tenant_id or 0))
        session.push(_frame(name, kind="snapshot", number=number, prev=None))

    def told(self, name: str, payload: str | None) -> None:
        """Take one hint; None means that some may have been missed."""
        if payload is None:
            for key in self._watchers:
                if key[0] == name:
                    self._last.pop(key, None)
                    for session in self._watchers[key]:
                        self.send_snapshot(session, name)
            return
        try:
            found = json.loads(payload)
            key, number = (name, int(found["tenant"])), int(found[SOURCES[name].number])
        except (ValueError, KeyError, TypeError):
            return
        if key in self._watchers and number >= self._last.get(key, -1):
            # The same number again is news, too: a deadline passes although nothing was journaled.
            self._due[key] = max(number, self._due.get(key, 0))

    def flush(self) -> None:
        """Hand on what came since the last tick."""
        if not self._due:
            return
        due, self._due = self._due, {}
        for key, number in due.items():
            frame = _frame(key[0], kind="event", number=number, prev=self._last.get(key))
            self._last[key] = number
            for session in self._watchers.get(key, ()):
                session.push(frame)


def _frame(name: str, *, kind: str, number: int | None, prev: int | None) -> bytes:
    return frames.encode(
        {
            "ch": name,
            "seq": number,
            "prev": prev,
            "type": kind,
            "ts_ns": time.time_ns(),
            "data": {"through": number},
        }
    )
