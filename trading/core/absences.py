"""Cancel on disconnect: the core notices by itself that a client has gone, whatever became of the door it came through.

A door says which keys stand behind it with a wish to be watched. When the last door with a key says that the key has
left, or is lost itself (a killed web process says nothing any more), the key's clock starts; a door with the key again
stops it. A clock that runs out cancels the working orders of the key's accounts by ordinary journaled commands.

The clocks are not part of the engine's state: after a restart of the core the doors say anew who is there and who left.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from trading.core.protocol import Presence
from trading.engine.commands import CancelAll
from trading.engine.types import CANCELED_DISCONNECT

NS_PER_S: Final = 1_000_000_000


@dataclass(slots=True)
class _Key:
    """One key: the doors it stands behind, and when its patience ends."""

    wish: Presence
    doors: set[Hashable] = field(default_factory=set)
    due_ns: int = 0


class Absences:
    """The watched keys. `clock_ns` never goes back."""

    def __init__(self, *, clock_ns: Callable[[], int]) -> None:
        self._clock_ns = clock_ns
        self._keys: dict[str, _Key] = {}

    def told(self, door: Hashable, presence: Presence) -> None:
        """A door says that a key is there, or has left."""
        key = self._keys.get(presence.actor)
        if key is None:
            key = self._keys[presence.actor] = _Key(wish=presence)
        key.wish = presence
        if presence.there:
            key.doors.add(door)
            key.due_ns = 0
        else:
            key.doors.discard(door)
            self._start_if_gone(key)

    def door_lost(self, door: Hashable) -> None:
        """A door is gone with everybody behind it."""
        for key in self._keys.values():
            if door in key.doors:
                key.doors.discard(door)
                self._start_if_gone(key)

    def due(self) -> list[CancelAll]:
        """Return the cancels of the keys whose time is up, and forget those keys."""
        now_ns = self._clock_ns()
        over = [actor for actor, key in self._keys.items() if key.due_ns and key.due_ns <= now_ns]
        commands: list[CancelAll] = []
        for actor in over:
            wish = self._keys.pop(actor).wish
            commands += [
                CancelAll(wish.tenant_id, account_id, 0, CANCELED_DISCONNECT, actor) for account_id in wish.account_ids
            ]
        return commands

    def _start_if_gone(self, key: _Key) -> None:
        if not key.doors and not key.due_ns:
            key.due_ns = self._clock_ns() + key.wish.seconds * NS_PER_S
