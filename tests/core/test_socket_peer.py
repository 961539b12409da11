"""Whoever reaches the core's socket under another uid is turned away."""

from __future__ import annotations

import asyncio
import os
import struct
from typing import Any, cast

import pytest

from trading.core.server import CoreServer, Link


class FakeSocket:
    """Answers SO_PEERCRED with a chosen uid."""

    def __init__(self, uid: int) -> None:
        self._uid = uid

    def getsockopt(self, level: int, option: int, length: int) -> bytes:
        return struct.pack("3i", 1, self._uid, 1)


class FakeTransport(asyncio.Transport):
    """Says whether it was aborted."""

    def __init__(self, uid: int) -> None:
        super().__init__(extra={"socket": FakeSocket(uid)})
        self.aborted = False

    def abort(self) -> None:
        self.aborted = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is buffered here."""


class FakeServer:
    """Knows its links."""

    def __init__(self) -> None:
        self.links: set[Any] = set()


@pytest.mark.parametrize(("uid", "taken"), [(os.geteuid(), True), (os.geteuid() + 1, False), (65_534, False)])
def test_takes_only_its_own_uid(uid: int, taken: bool) -> None:
    server, transport = FakeServer(), FakeTransport(uid)
    link = Link(cast(CoreServer, server))
    link.connection_made(transport)
    assert (transport.aborted, link in server.links) == (not taken, taken)
