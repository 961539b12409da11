"""Figures of the core for Prometheus, served by the core's own loop on a loopback port named in a file.

The hot path only adds to plain integers; Prometheus' objects are made when somebody asks.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from portal.lib.paths import write_private

_REQUEST_BYTES_MAX: Final = 8192
_COMMIT_BOUNDS_S: Final = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0)


class CoreMetrics(Collector):
    """The core's figures. Gauges of the present are read through functions set by the process."""

    def __init__(self) -> None:
        self.commands = 0
        self.batches = 0
        self.commit_seconds_sum = 0.0
        self.journal_losses = 0
        self.replayed = 0
        self.recovery_seconds = 0.0
        self.gauges: dict[str, tuple[str, Callable[[], float]]] = {}
        self._commit_counts = [0] * (len(_COMMIT_BOUNDS_S) + 1)
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def committed(self, *, commands: int, seconds: float) -> None:
        """Count one journal row."""
        self.commands += commands
        self.batches += 1
        self.commit_seconds_sum += seconds
        self._commit_counts[bisect_left(_COMMIT_BOUNDS_S, seconds)] += 1

    def collect(self) -> Iterable[Metric]:
        """Return everything, for one scrape."""
        yield CounterMetricFamily("aurum_core_commands", "Commands journaled.", value=self.commands)
        yield CounterMetricFamily("aurum_core_batches", "Journal rows committed.", value=self.batches)
        yield CounterMetricFamily(
            "aurum_core_journal_losses", "Times the journal's connection was lost.", value=self.journal_losses
        )
        yield GaugeMetricFamily("aurum_core_replayed_commands", "Executed again at the start.", value=self.replayed)
        yield GaugeMetricFamily(
            "aurum_core_recovery_seconds", "Duration of the last recovery.", value=self.recovery_seconds
        )
        yield self._commit_histogram()
        for name, (text, read) in self.gauges.items():
            yield GaugeMetricFamily(f"aurum_core_{name}", text, value=read())

    def _commit_histogram(self) -> HistogramMetricFamily:
        buckets: list[tuple[str, float]] = []
        total = 0
        for bound, count in zip((*map(str, _COMMIT_BOUNDS_S), "+Inf"), self._commit_counts, strict=True):
            total += count
            buckets.append((bound, total))
        return HistogramMetricFamily(
            "aurum_core_commit_seconds",
            "From sending a journal row to its commit.",
            buckets=buckets,
            sum_value=self.commit_seconds_sum,
        )


class MetricsPort:
    """A tiny HTTP answerer on loopback: every request gets the metrics."""

    def __init__(self, metrics: CoreMetrics, *, file: Path) -> None:
        self._metrics = metrics
        self._file = file
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free loopback port, write it to the file and return it."""
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=_REQUEST_BYTES_MAX)
        port = int(self._server.sockets[0].getsockname()[1])
        write_private(self._file, f"{port}\n")
        return port

    def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._file.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), timeout=2.0)
            body = generate_latest(self._metrics.registry)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"Connection: close\r\n\r\n" + body)
            await asyncio.wait_for(writer.drain(), timeout=2.0)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()
