"""How much one principal may ask: token buckets in two stages.

First stage: a request over the rate is answered `rate_limited` with the time to wait. Second stage: whoever keeps
sending all the same is cut off (4429). Orders and cancels have buckets of their own, so an order storm never keeps a
client from cancelling; cancels are allowed at twice the rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NS_PER_S: Final = 1_000_000_000

ORDERS: Final = "orders"
CANCELS: Final = "cancels"
QUERIES: Final = "queries"
SOCKETS: Final = "sockets"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second on average, so many at once."""

    per_s: int
    burst: int


@dataclass(frozen=True, slots=True)
class Rates:
    """The rates of one principal (a key or a person) in one web process."""

    orders: Rate = Rate(per_s=300, burst=600)
    cancels: Rate = Rate(per_s=600, burst=1200)
    queries: Rate = Rate(per_s=50, burst=200)
    sockets: Rate = Rate(per_s=2, burst=64)
    sockets_open_max: int = 64

    @classmethod
    def of_orders(cls, per_s: int) -> Rates:
        """Return the standard rates scaled to an order rate; cancels are always twice as free."""
        return cls(orders=Rate(per_s, 2 * per_s), cancels=Rate(2 * per_s, 4 * per_s))


class Bucket:
    """A token bucket that also counts the refusals of the last seconds."""

    __slots__ = ("_rate_per_ns", "at_ns", "burst", "refused", "refused_since_ns", "tokens")

    # Second stage: this many refusals inside one window, in multiples of the burst.
    WINDOW_NS: Final = 3 * NS_PER_S
    REFUSED_MAX_BURSTS: Final = 3

    def __init__(self, rate: Rate, *, at_ns: int) -> None:
        self._rate_per_ns = rate.per_s / NS_PER_S
        self.burst = rate.burst
        self.tokens = float(rate.burst)
        self.at_ns = at_ns
        self.refused = 0
        self.refused_since_ns = at_ns

    def take(self, at_ns: int) -> int:
        """Take one token and return 0, or the nanoseconds to wait when there is none."""
        elapsed = at_ns - self.at_ns
        if elapsed > 0:
            self.tokens = min(self.burst, self.tokens + elapsed * self._rate_per_ns)
            self.at_ns = at_ns
        if self.tokens >= 1:
            self.tokens -= 1
            return 0
        if at_ns - self.refused_since_ns > self.WINDOW_NS:
            self.refused, self.refused_since_ns = 0, at_ns
        self.refused += 1
        return max(1, int((1 - self.tokens) / self._rate_per_ns))

    @property
    def abused(self) -> bool:
        """Whether the second stage is reached."""
        return self.refused > self.REFUSED_MAX_BURSTS * self.burst


class Principal:
    """One key or person with the buckets all its sockets share and the number of its open sockets."""

    __slots__ = ("cancels", "key", "last_ns", "orders", "queries", "rates", "sockets", "sockets_open")

    def __init__(self, key: tuple[str, int], rates: Rates, *, at_ns: int) -> None:
        self.key = key
        self.rates = rates
        self.orders = Bucket(rates.orders, at_ns=at_ns)
        self.cancels = Bucket(rates.cancels, at_ns=at_ns)
        self.queries = Bucket(rates.queries, at_ns=at_ns)
        self.sockets = Bucket(rates.sockets, at_ns=at_ns)
        self.sockets_open = 0
        self.last_ns = at_ns


class Principals:
    """The principals seen lately; idle ones without sockets are forgotten."""

    IDLE_NS: Final = 120 * NS_PER_S

    def __init__(self, rates: Rates) -> None:
        self.rates = rates
        self._known: dict[tuple[str, int], Principal] = {}

    def enter(self, key: tuple[str, int], *, at_ns: int) -> Principal | None:
        """Count a socket in, or return None when this principal may open no further one now."""
        principal = self._known.get(key)
        if principal is None:
            principal = self._known[key] = Principal(key, self.rates, at_ns=at_ns)
        principal.last_ns = at_ns
        if principal.sockets_open >= self.rates.sockets_open_max or principal.sockets.take(at_ns):
            return None
        principal.sockets_open += 1
        return principal

    def leave(self, principal: Principal, *, at_ns: int) -> None:
        """Count a socket out."""
        principal.sockets_open -= 1
        principal.last_ns = at_ns

    def sweep(self, *, at_ns: int) -> None:
        """Forget principals that have been away for a while."""
        idle = [
            key for key, item in self._known.items() if not item.sockets_open and at_ns - item.last_ns > self.IDLE_NS
        ]
        for key in idle:
            del self._known[key]
