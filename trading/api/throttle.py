"""Rates of the REST door: one set of buckets a principal and process, cancels apart from orders apart from queries."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from accounts.auth.actor import Actor
from trading.sockets.limits import CANCELS, ORDERS, QUERIES, Bucket, Rate

__all__ = ["CANCELS", "ORDERS", "QUERIES", "Pass", "forget", "take"]

_RATES: Final[dict[str, Rate]] = {
    ORDERS: Rate(per_s=50, burst=100),
    CANCELS: Rate(per_s=100, burst=200),
    QUERIES: Rate(per_s=50, burst=300),
}
_IDLE_NS: Final = 120_000_000_000
_SWEEP_AT: Final = 10_000

_lock = threading.Lock()
_buckets: dict[tuple[str, str], Bucket] = {}


@dataclass(frozen=True, slots=True)
class Pass:
    """What the bucket said."""

    bucket: str
    wait_s: float
    left: int
    burst: int
    per_s: int

    def headers(self) -> dict[str, str]:
        """Return the IETF draft's headers and the older ones."""
        window_s = max(1, self.burst // self.per_s)
        full_s = max(0, math.ceil((self.burst - self.left) / self.per_s))
        found = {
            "RateLimit-Policy": f'"{self.bucket}";q={self.burst};w={window_s}',
            "RateLimit": f'"{self.bucket}";r={self.left};t={full_s}',
            "X-RateLimit-Limit": str(self.burst),
            "X-RateLimit-Remaining": str(self.left),
            "X-RateLimit-Reset": str(full_s),
        }
        if self.wait_s:
            found["Retry-After"] = str(max(1, math.ceil(self.wait_s)))
        return found


def take(actor: Actor | None, *, bucket: str, ip: str = "") -> Pass:
    """Take one token of the caller's bucket; strangers are counted by address."""
    rate = _rate(bucket)
    now_ns = time.monotonic_ns()
    key = (_name(actor, ip), bucket)
    with _lock:
        if len(_buckets) > _SWEEP_AT:
            _sweep(now_ns)
        found = _buckets.get(key)
        if found is None:
            found = _buckets[key] = Bucket(rate, at_ns=now_ns)
        wait_ns = found.take(now_ns)
        left = int(found.tokens)
    return Pass(bucket=bucket, wait_s=wait_ns / 1e9, left=left, burst=rate.burst, per_s=rate.per_s)


def forget() -> None:
    """Forget all buckets; for tests."""
    with _lock:
        _buckets.clear()


def _rate(bucket: str) -> Rate:
    scale = float(getattr(settings, "AURUM_REST_RATE_SCALE", 1))
    rate = _RATES[bucket]
    return rate if scale == 1 else Rate(per_s=max(1, int(rate.per_s * scale)), burst=max(1, int(rate.burst * scale)))


def _name(actor: Actor | None, ip: str) -> str:
    if actor is None:
        return f"ip:{ip}"
    return f"key:{actor.api_key_id}" if actor.api_key_id is not None else f"user:{actor.user_id}"


def _sweep(now_ns: int) -> None:
    for key in [key for key, bucket in _buckets.items() if now_ns - bucket.at_ns > _IDLE_NS]:
        del _buckets[key]
