"""Load on the trading socket from a process of its own: so many sockets, so many orders in flight on each, closed loop.

`python -m tests.benchmarks.socket_bench --plan FILE` reads where to go and with which keys, prints one JSON line with
orders sent, answers, refusals and latencies. Watchers follow the book in the same process and read everything.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.benchmarks.fast_socket import FastSocket, text_frame
from tests.benchmarks.order_list import read_orders

SYMBOL: Final = "SHFE.au2612"


class Plan(msgspec.Struct):
    """Where to go. `keys` are (bearer, accounts) pairs; the list's account n is the n-th of all accounts."""

    host: str
    port: int
    trading_day: str
    keys: list[tuple[str, list[int]]]
    sockets: int = 32
    in_flight: int = 1
    watchers: int = 50
    seconds: float = 10.0
    warm_up_s: float = 1.0
    batch: bool = True
    private: bool = True
    tag: str = "b"


class Heard(msgspec.Struct):
    """What the generator reads of a frame; everything else is skipped by the decoder."""

    id: int | None = None
    ok: bool | None = None
    type: str | None = None
    frame: int | None = None


_decode_one = msgspec.json.Decoder(Heard).decode
_decode_many = msgspec.json.Decoder(list[Heard]).decode


@dataclass
class Tally:
    """What happened inside the measured window."""

    answered: int = 0
    refused: int = 0
    latencies_ns: list[int] = field(default_factory=list)
    open_at: float = 0.0
    close_at: float = 0.0


class Trader:
    """One socket that keeps its orders in flight."""

    def __init__(
        self, plan: Plan, tally: Tally, *, bearer: str, accounts: list[int], bodies: list[bytes], name: str
    ) -> None:
        self.plan, self.tally = plan, tally
        self.name = name.encode()  # the start of this socket's order ids
        self.accounts, self.bodies = accounts, bodies
        self.next = 0
        self.sent_ns: dict[int, int] = {}
        self.running = False
        self.out: list[bytes] = []
        self.socket = FastSocket(
            path="/ws/v1",
            host=plan.host,
            headers={"Authorization": f"Bearer {bearer}"},
            on_text=self.heard,
        )

    async def start(self) -> None:
        """Connect, choose options, follow the accounts."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self.socket, self.plan.host, self.plan.port)
        await self.socket.opened
        if self.plan.batch:
            self.socket.send(b'{"op":"options","batch":true}')
        if self.plan.private:
            channels = [f"account.{number}" for number in self.accounts]
            self.socket.send(json.dumps({"op": "subscribe", "channels": channels}).encode())

    def go(self) -> None:
        """Send the first orders."""
        self.running = True
        for _ in range(self.plan.in_flight):
            self.order(time.perf_counter_ns())
        self.flush()

    def order(self, now_ns: int) -> None:
        """Queue the next order of this socket's share of the list."""
        number = self.next
        self.next = number + 1
        body = self.bodies[number % len(self.bodies)]
        self.out.append(b'{"op":"order.new","id":%d,"client_order_id":"%b%d",%b' % (number, self.name, number, body))
        self.sent_ns[number] = now_ns

    def flush(self) -> None:
        """Send what is queued: one frame, or in batch mode one array."""
        out, self.out = self.out, []
        if not out:
            return
        if self.plan.batch and len(out) > 1:
            self.socket.send(b"[" + b",".join(out) + b"]")
        else:
            self.socket.transport.write(b"".join([text_frame(item) for item in out]))

    def heard(self, payload: bytes) -> None:
        """Take answers, answer pings, keep the orders flowing."""
        found = _decode_many(payload) if payload[:1] == b"[" else (_decode_one(payload),)
        now_ns = time.perf_counter_ns()
        tally = self.tally
        for item in found:
            if item.id is not None and item.ok is not None:
                sent_ns = self.sent_ns.pop(item.id, 0)
                if sent_ns and tally.open_at <= now_ns <= tally.close_at:
                    tally.answered += 1
                    tally.refused += not item.ok
                    tally.latencies_ns.append(now_ns - sent_ns)
                if sent_ns and self.running:
                    self.order(now_ns)
            elif item.type == "ping":
                self.socket.send(b'{"op":"seen","seq":%d}' % item.frame)
        self.flush()


class Watcher:
    """A socket that follows the book and reads everything."""

    def __init__(self, plan: Plan, *, bearer: str) -> None:
        self.plan = plan
        self.frames = 0
        self.socket = FastSocket(
            path="/ws/v1", host=plan.host, headers={"Authorization": f"Bearer {bearer}"}, on_text=self.heard
        )

    async def start(self) -> None:
        """Connect and follow."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self.socket, self.plan.host, self.plan.port)
        await self.socket.opened
        self.socket.send(b'{"op":"subscribe","channels":["book.%b"]}' % SYMBOL.encode())

    def heard(self, payload: bytes) -> None:
        """Count; answer pings."""
        self.frames += 1
        if payload.startswith(b'{"type":"ping"'):
            self.socket.send(b'{"op":"seen","seq":%d}' % _decode_one(payload).frame)


def order_bodies(plan: Plan, *, tick: int = 2, decimals: int = 2) -> list[tuple[int, bytes]]:
    """Return (account index, rest of the request) of every listed order."""
    numbers = [account for _bearer, accounts in plan.keys for account in accounts]
    found = []
    for order in read_orders():
        units = order.price_ticks * tick
        price = f"{units // 10**decimals}.{units % 10**decimals:0{decimals}d}"
        body = (
            f'"account":{numbers[order.account]},"trading_day":"{plan.trading_day}","symbol":"{SYMBOL}",'
            f'"side":"{order.side}","position_effect":"open","type":"limit","time_in_force":"day",'
            f'"qty":{order.qty},"limit_price":"{price}"}}'
        )
        found.append((order.account, body.encode()))
    return found


def shares(plan: Plan) -> list[tuple[str, list[int], list[bytes]]]:
    """Deal the list out to the sockets: each socket has the orders of its key's accounts."""
    bodies = order_bodies(plan)
    dealt: list[tuple[str, list[int], list[bytes]]] = []
    start = 0
    owner: dict[int, int] = {}
    for position, (_bearer, accounts) in enumerate(plan.keys):
        for index in range(start, start + len(accounts)):
            owner[index] = position
        start += len(accounts)
    per_key: list[list[bytes]] = [[] for _ in plan.keys]
    for account, body in bodies:
        per_key[owner[account]].append(body)
    for number in range(plan.sockets):
        position = number % len(plan.keys)
        bearer, accounts = plan.keys[position]
        turns = -(-plan.sockets // len(plan.keys))
        mine = per_key[position][number // len(plan.keys) :: turns]
        dealt.append((bearer, accounts, mine))
    return dealt


async def run(plan: Plan) -> dict[str, Any]:
    """Run one measurement."""
    tally = Tally()
    traders = [
        Trader(plan, tally, bearer=bearer, accounts=accounts, bodies=bodies, name=f"{plan.tag}{number}-")
        for number, (bearer, accounts, bodies) in enumerate(shares(plan))
    ]
    watchers = [Watcher(plan, bearer=plan.keys[n % len(plan.keys)][0]) for n in range(plan.watchers)]
    for client in (*watchers, *traders):
        await client.start()
    await asyncio.sleep(1.0)
    gc.collect()
    gc.freeze()
    gc.disable()
    for trader in traders:
        trader.go()
    await asyncio.sleep(plan.warm_up_s)
    frames_before = sum(watcher.frames for watcher in watchers)
    began, began_ns = time.perf_counter_ns(), time.time_ns()
    tally.open_at, tally.close_at = began, began + int(plan.seconds * 1e9)
    cpu_before = time.process_time()
    await asyncio.sleep(plan.seconds)
    cpu_s = time.process_time() - cpu_before
    frames = sum(watcher.frames for watcher in watchers) - frames_before
    for trader in traders:
        trader.running = False
    await asyncio.sleep(0.5)
    for client in (*watchers, *traders):
        client.socket.transport.close()
    latencies = sorted(tally.latencies_ns)
    return {
        "orders_per_s": round(tally.answered / plan.seconds),
        "p50_ms": _ms(latencies, 50),
        "p99_ms": _ms(latencies, 99),
        "max_ms": _ms(latencies, 100),
        "answered": tally.answered,
        "refused": tally.refused,
        "watcher_frames_per_s": round(frames / max(1, len(watchers)) / plan.seconds, 1),
        "generator_cores": round(cpu_s / plan.seconds, 2),
        "began_ns": began_ns,
        "ended_ns": began_ns + int(plan.seconds * 1e9),
    }


def _ms(sorted_ns: list[int], percent: int) -> float | None:
    if not sorted_ns:
        return None
    return round(sorted_ns[min(len(sorted_ns) - 1, len(sorted_ns) * percent // 100)] / 1e6, 3)


def main() -> None:
    """Read the plan, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True, type=Path)
    plan = msgspec.json.decode(parser.parse_args().plan.read_bytes(), type=Plan)
    print(json.dumps(asyncio.run(run(plan))))  # noqa: T201


if __name__ == "__main__":
    main()
