"""In-process registry of sockets: one pre-encoded frame written to hundreds of listeners without a channel layer.

Rooms are named by the server only (tenant number first), never by a client. The registry lives on one event
loop; it holds no lock because nothing in it awaits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

Listener = Callable[[bytes], None]


class Rooms:
    """Which listeners sit in which room."""

    __slots__ = ("_rooms",)

    def __init__(self) -> None:
        self._rooms: dict[Hashable, set[Listener]] = {}

    def join(self, room: Hashable, *, listener: Listener) -> None:
        """Add a listener; joining twice changes nothing."""
        self._rooms.setdefault(room, set()).add(listener)

    def leave(self, room: Hashable, *, listener: Listener) -> None:
        """Remove a listener; an empty room is forgotten."""
        members = self._rooms.get(room)
        if members is None:
            return
        members.discard(listener)
        if not members:
            del self._rooms[room]

    def leave_all(self, *, listener: Listener) -> None:
        """Remove a listener from every room it sits in."""
        for room in [room for room, members in self._rooms.items() if listener in members]:
            self.leave(room, listener=listener)

    def send(self, room: Hashable, *, frame: bytes) -> int:
        """Hand one frame to every listener of a room and return how many there were.

        Listeners only queue; a slow reader is the listener's own business (it counts and drops).
        """
        members = tuple(self._rooms.get(room, ()))
        for listener in members:
            listener(frame)
        return len(members)

    def count(self, room: Hashable) -> int:
        """Return the number of listeners in a room."""
        return len(self._rooms.get(room, ()))


rooms = Rooms()
