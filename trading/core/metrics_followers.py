"""Figures of the followers for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class FollowerMetrics:
    """How far each follower is and how late it writes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["follower"]
        self.seq = Gauge("aurum_follower_seq", "Last number written.", labels, registry=self.registry)
        self.failures = Counter("aurum_follower_failures", "Times it began again.", labels, registry=self.registry)
        self.lag_seconds = Histogram(
            "aurum_follower_lag_seconds",
            "From a command's time to its follower's commit, of the oldest command of a flush.",
            labels,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.5, 1.0, 5.0, 30.0),
            registry=self.registry,
        )
