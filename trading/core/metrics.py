"""Figures of the core for Prometheus, served by the core's own loop on a loopback port named in a file."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from portal.lib.paths import write_private

_REQUEST_BYTES_MAX: Final = 8192


class CoreMetrics:
    """The core's counters; each is touched once a batch, never once a command."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        own = self.registry
        self.commands = Counter("aurum_core_commands", "Commands journaled.", registry=own)
        self.batches = Counter("aurum_core_batches", "Journal rows committed.", registry=own)
        self.commit_seconds = Histogram(
            "aurum_core_commit_seconds",
            "From sending a journal row to its commit.",
            buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0),
            registry=own,
        )
        self.seq = Gauge("aurum_core_seq", "Number of the last journaled command.", registry=own)
        self.epoch = Gauge("aurum_core_epoch", "Epoch of this leader.", registry=own)
        self.links = Gauge("aurum_core_links", "Connected clients.", registry=own)
        self.available = Gauge("aurum_core_available", "1 while commands are taken.", registry=own)
        self.disk_used_pct = Gauge("aurum_core_disk_used_percent", "Use of the journal's disk.", registry=own)
        self.snapshot_seq = Gauge("aurum_core_snapshot_seq", "Number of the newest stored snapshot.", registry=own)
        self.reconnects = Counter("aurum_core_journal_losses", "Times the journal's connection was lost.", registry=own)
        self.replayed = Gauge(
            "aurum_core_replayed_commands", "Commands executed again at the last start.", registry=own
        )
        self.recovery_seconds = Gauge("aurum_core_recovery_seconds", "Duration of the last recovery.", registry=own)


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
