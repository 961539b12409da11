"""Load on the textbook endpoint: 32 kept-alive connections, one order in flight on each, closed loop.

`python -m tests.benchmarks.http_bench --plan FILE` prints one JSON line in the shape of `socket_bench`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from tests.benchmarks.order_list import read_orders

SYMBOL = "SHFE.au2612"


class HttpPlan(msgspec.Struct):
    """Where to go; `keys` are (token, accounts) pairs, as in the socket's plan."""

    host: str
    port: int
    keys: list[tuple[str, list[int]]]
    connections: int = 32
    seconds: float = 10.0
    warm_up_s: float = 1.0
    tag: str = "h"


@dataclass
class Tally:
    """What happened inside the measured window."""

    open_ns: int = 0
    close_ns: int = 0
    answered: int = 0
    refused: int = 0
    failed: int = 0
    latencies_ns: list[int] = field(default_factory=list)


def requests(plan: HttpPlan) -> list[list[bytes]]:
    """Return each connection's requests, the list dealt out in turn."""
    owners = [(token, account) for token, accounts in plan.keys for account in accounts]
    dealt: list[list[bytes]] = [[] for _ in range(plan.connections)]
    for number, order in enumerate(read_orders()):
        token, account = owners[order.account]
        body = json.dumps(
            {
                "account": account,
                "client_order_id": f"{plan.tag}{number}",
                "symbol": SYMBOL,
                "side": order.side,
                "qty": order.qty,
                "limit_price": f"{order.price_ticks * 2 / 100:.2f}",
            }
        ).encode()
        head = (
            f"POST /orders HTTP/1.1\r\nHost: {plan.host}\r\nAuthorization: Token {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        dealt[number % plan.connections].append(head.encode() + body)
    return dealt


async def client(plan: HttpPlan, tally: Tally, todo: list[bytes], until_ns: int) -> None:
    """Send one request after the other on one connection."""
    reader, writer = await asyncio.open_connection(plan.host, plan.port)
    for request in todo:
        began_ns = time.perf_counter_ns()
        if began_ns >= until_ns:
            break
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        length = next(int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length:"))
        await reader.readexactly(length)
        now_ns = time.perf_counter_ns()
        if tally.open_ns <= now_ns <= tally.close_ns:
            code = int(lines[0].split()[1])
            tally.answered += 1
            tally.refused += code == 422
            tally.failed += code not in (201, 422)
            tally.latencies_ns.append(now_ns - began_ns)
    writer.close()


async def run(plan: HttpPlan) -> dict[str, Any]:
    """Run one measurement."""
    tally = Tally()
    began = time.perf_counter_ns()
    tally.open_ns = began + int(plan.warm_up_s * 1e9)
    tally.close_ns = tally.open_ns + int(plan.seconds * 1e9)
    await asyncio.gather(*(client(plan, tally, todo, tally.close_ns) for todo in requests(plan)))
    latencies = sorted(tally.latencies_ns) or [0]
    return {
        "orders_per_s": round(tally.answered / plan.seconds, 1),
        "p50_ms": round(latencies[len(latencies) // 2] / 1e6, 3),
        "p99_ms": round(latencies[min(len(latencies) - 1, len(latencies) * 99 // 100)] / 1e6, 3),
        "answered": tally.answered,
        "refused": tally.refused,
        "failed": tally.failed,
    }


def main() -> None:
    """Read the plan, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plan", required=True, type=Path)
    plan = msgspec.json.decode(parser.parse_args().plan.read_bytes(), type=HttpPlan)
    sys.stdout.write(json.dumps(asyncio.run(run(plan))) + "\n")


if __name__ == "__main__":
    main()
