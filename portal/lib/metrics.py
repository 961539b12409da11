"""Prometheus figures of a process, served on a loopback port of its own that a file in `var/run` names.

A page under the portal's own address would be open to everybody behind a proxy on this machine.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from wsgiref.simple_server import WSGIServer

from prometheus_client import REGISTRY, CollectorRegistry, start_http_server

from portal.lib.paths import run_dir, write_private

_served: dict[str, WSGIServer] = {}


def port_file(name: str) -> Path:
    """Return the file that names the port of a process's metrics."""
    return run_dir() / f"metrics-{name}-{os.getpid()}.port"


def serve_metrics(name: str, *, registry: CollectorRegistry = REGISTRY) -> int:
    """Serve the registry from a thread on a free loopback port and return the port; once per name and process."""
    if name in _served:
        return int(_served[name].server_port)
    for old in run_dir().glob(f"metrics-{name}-*.port"):
        if not Path(f"/proc/{old.stem.rsplit('-', 1)[-1]}").exists():
            with contextlib.suppress(FileNotFoundError):
                old.unlink()
    server, _thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    _served[name] = server
    write_private(port_file(name), f"{server.server_port}\n")
    return int(server.server_port)
