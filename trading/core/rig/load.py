"""A closed loop of orders through the real client, each sent again until it is answered, all answers remembered."""

from __future__ import annotations

import asyncio
import time

import msgspec

from trading.core.client import Answer, CoreLink, CoreUnavailable
from trading.core.rig.market import OrderFlow
from trading.engine.commands import Command, PlaceOrder
from trading.engine.events import CommandRefused

_RETRY_S = 0.02


class Acknowledged(msgspec.Struct, gc=False, frozen=True):
    """What a client was told about its order."""

    seq: int
    order_id: int


class Load:
    """So many orders in flight until told to stop."""

    def __init__(self, *, flow: OrderFlow, in_flight: int) -> None:
        self._link = CoreLink("load", lambda delivery: None, self._on_state)
        self._up = asyncio.Event()
        self._flow = flow
        self._in_flight = in_flight
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._waiters: list[tuple[int, asyncio.Future[float]]] = []
        self.acknowledged: dict[str, Acknowledged] = {}
        self.contradictions: list[str] = []
        self.repeats = 0

    async def connect(self) -> None:
        """Open the link."""
        await self._link.start()

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._worker()) for _ in range(self._in_flight)]

    async def stop(self) -> None:
        """Begin nothing new and see everything that was begun answered."""
        self._stopping = True
        await asyncio.gather(*self._tasks)
        await self._link.close()

    def accepted_after(self, moment_ns: int) -> asyncio.Future[float]:
        """Return a future of the time at which the first answer arrived whose commit came after this moment."""
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiters.append((moment_ns, future))
        return future

    async def until_answered(self, command: Command) -> Answer:
        """Send a command, and send it again whenever its outcome is not known."""
        while True:
            await self._up.wait()
            try:
                return await self._link.submit(command)
            except CoreUnavailable:
                self.repeats += 1
                await asyncio.sleep(_RETRY_S)

    def _on_state(self, available: bool) -> None:
        if available:
            self._up.set()
        else:
            self._up.clear()

    async def _worker(self) -> None:
        while not self._stopping:
            command = self._flow.next()
            answer = await self.until_answered(command)
            self._remember(command, answer)

    def _remember(self, command: PlaceOrder, answer: Answer) -> None:
        event = answer.event
        if isinstance(event, CommandRefused):
            self.contradictions.append(f"{command.client_order_id} was refused by the door: {event.code}")
            return
        told = Acknowledged(answer.seq, getattr(event, "order_id", 0))
        before = self.acknowledged.setdefault(command.client_order_id, told)
        if before != told:
            self.contradictions.append(f"{command.client_order_id} was answered by {before} and by {told}")
        if self._waiters:
            self._wake(answer.acked_ns)

    def _wake(self, acked_ns: int) -> None:
        for entry in list(self._waiters):
            moment_ns, future = entry
            if acked_ns > moment_ns:
                self._waiters.remove(entry)
                if not future.done():
                    future.set_result(time.monotonic())
