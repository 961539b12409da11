"""A load generator that costs little itself: orders are encoded beforehand, answers are only counted."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec

from trading.core import protocol


class _Counted(msgspec.Struct, array_like=True, gc=False):
    answers: list[msgspec.Raw]
    delivery: msgspec.Raw


_decode = msgspec.msgpack.Decoder(_Counted).decode


class LeanLink(asyncio.Protocol):
    """Keeps so many orders in flight; each answer is followed by the next order."""

    def __init__(self, *, encoded: Iterator[bytes], in_flight: int, until_s: float) -> None:
        self._encoded = encoded
        self._in_flight = in_flight
        self._until_s = until_s
        self._splitter = protocol.FrameSplitter()
        self._next_id = 1
        self._sent: deque[tuple[float, int]] = deque()
        self._transport: asyncio.Transport
        self.latencies_s: list[float] = []
        self.answered = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say hello and fill the window."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        hello = protocol.Hello(version=protocol.PROTOCOL_VERSION, name="bench", role=protocol.CALLER)
        transport.write(protocol.up_frame(protocol.HELLO, protocol.encode(hello)))
        self._send(self._in_flight)

    def data_received(self, data: bytes) -> None:
        """Count answers and send as many orders."""
        now_s = time.perf_counter()
        count = 0
        for frame in self._splitter.feed(data):
            if frame[0] == protocol.COMMITTED:
                count += len(_decode(memoryview(frame)[protocol.DOWN_EXTRA :]).answers)
        self._note(count, now_s)
        if count and now_s < self._until_s:
            self._send(count)
        elif not self._sent and not self.done.done():
            self.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """A lost link ends the measurement with an error."""
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the core closed the link"))

    def _send(self, count: int) -> None:
        commands = [next(self._encoded) for _ in range(count)]
        body = b"".join((b"\x92", protocol.encode(self._next_id), protocol.array_header(count), *commands))
        self._next_id += count
        self._sent.append((time.perf_counter(), count))
        self._transport.write(protocol.up_frame(protocol.SUBMIT, body))

    def _note(self, count: int, now_s: float) -> None:
        self.answered += count
        while count:
            sent_s, waiting = self._sent.popleft()
            taken = min(count, waiting)
            self.latencies_s += [now_s - sent_s] * taken
            count -= taken
            if waiting > taken:
                self._sent.appendleft((sent_s, waiting - taken))

    def close(self) -> None:
        """Close the link."""
        self._transport.close()


class Window(msgspec.Struct):
    """Figures of one measured window."""

    orders_per_s: float
    p50_ms: float
    p99_ms: float


async def measure(*, path: Path, encoded: Iterator[bytes], links: int, in_flight_each: int, seconds: float) -> Window:
    """Run one window and return its figures."""
    loop = asyncio.get_running_loop()
    began_s = time.perf_counter()
    made: list[LeanLink] = []
    for _ in range(links):
        _, link = await loop.create_unix_connection(
            lambda: LeanLink(encoded=encoded, in_flight=in_flight_each, until_s=began_s + seconds), str(path)
        )
        made.append(link)
    await asyncio.gather(*(link.done for link in made))
    took_s = time.perf_counter() - began_s
    for link in made:
        link.close()
    latencies = sorted(latency for link in made for latency in link.latencies_s)
    count = len(latencies)
    return Window(
        orders_per_s=count / took_s,
        p50_ms=1000 * latencies[count // 2],
        p99_ms=1000 * latencies[count * 99 // 100],
    )
