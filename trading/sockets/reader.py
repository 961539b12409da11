"""The slow-reader rule of one socket, as numbers only.

ASGI's `send` returns at once however slow the reader is, so the client proves that it reads: the server sends a ping
with the number of frames sent so far, the client answers with the number it has seen. What is unseen is counted in
frames, bytes and time.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Final

S: Final = 1_000_000_000

PING_EVERY_NS: Final = 2 * S
# A fast stream is pinged more often, so that a client that keeps up is never near the limits below.
PING_EVERY_FRAMES: Final = 250
PING_EVERY_BYTES: Final = 1 << 20

LAG_FRAMES: Final = 1000
LAG_BYTES: Final = 4 << 20
LAG_NS: Final = 5 * S
GONE_NS: Final = 10 * S
# Private events are never dropped, so an unread socket must not be able to eat the process's memory either.
GONE_BYTES: Final = 32 << 20
_PINGS_KEPT: Final = 4096


class Verdict(Enum):
    """How a reader is doing."""

    FINE = "fine"
    LAGGING = "lagging"
    GONE = "gone"


class Reader:
    """What was sent to one client and what it says it has seen."""

    __slots__ = ("_pings", "bytes", "frames", "pinged_bytes", "pinged_frames", "pinged_ns", "seen_bytes", "seen_frames")

    def __init__(self, *, at_ns: int) -> None:
        self.frames = 0
        self.bytes = 0
        self.seen_frames = 0
        self.seen_bytes = 0
        self.pinged_frames = 0
        self.pinged_bytes = 0
        self.pinged_ns = at_ns
        self._pings: deque[tuple[int, int, int]] = deque()

    def sent(self, *, frames: int, length: int) -> None:
        """Count frames that were handed to the server."""
        self.frames += frames
        self.bytes += length

    def ping_due(self, *, at_ns: int) -> bool:
        """Say whether the client should be asked now; never when it has seen everything but pings."""
        fresh = self.frames - self.pinged_frames
        if fresh <= 0:
            return False
        return (
            fresh >= PING_EVERY_FRAMES
            or self.bytes - self.pinged_bytes >= PING_EVERY_BYTES
            or at_ns - self.pinged_ns >= PING_EVERY_NS
        )

    def ping(self, *, at_ns: int) -> bytes:
        """Return the ping frame, counted like every other frame."""
        number = self.frames + 1
        frame = b'{"type":"ping","frame":%d}' % number
        self.sent(frames=1, length=len(frame))
        self.pinged_frames, self.pinged_bytes, self.pinged_ns = self.frames, self.bytes, at_ns
        if len(self._pings) < _PINGS_KEPT:
            self._pings.append((number, self.bytes, at_ns))
        return frame

    def seen(self, number: int) -> bool:
        """Take the client's word that it has read so many frames; False for a number we never sent."""
        if number > self.frames:
            return False
        pings = self._pings
        while pings and pings[0][0] <= number:
            _number, self.seen_bytes, _at_ns = pings.popleft()
        self.seen_frames = max(self.seen_frames, number)
        return True

    def verdict(self, *, at_ns: int) -> Verdict:
        """Say how the reader is doing."""
        waiting_ns = at_ns - self._pings[0][2] if self._pings else 0
        unseen_bytes = self.bytes - self.seen_bytes
        if waiting_ns > GONE_NS or (waiting_ns and unseen_bytes > GONE_BYTES):
            return Verdict.GONE
        if not waiting_ns:
            return Verdict.FINE
        if self.frames - self.seen_frames > LAG_FRAMES or unseen_bytes > LAG_BYTES or waiting_ns > LAG_NS:
            return Verdict.LAGGING
        return Verdict.FINE
