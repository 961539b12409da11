"""Runs the double of `fake_feed` in a process of its own. `python -m tests.browser.served` serves it to look at."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from typing import Any

_TRIES = 600


class Served:
    """A running double."""

    def __init__(self, *, port: int, updates_per_s: float) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"FAKE_UPDATES_PER_S": str(updates_per_s)}
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "-v", "0"]
        self.process = subprocess.Popen([*command, "tests.browser.fake_feed:application"], env=environment)
        self._wait()

    def control(self, **changes: Any) -> dict[str, Any]:
        """Steer the double; returns what it holds now."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/control", body=json.dumps(changes))
            return dict(json.loads(connection.getresponse().read()))
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(10)

    def _wait(self) -> None:
        for _ in range(_TRIES):
            try:
                self.control()
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.stop()
        raise RuntimeError("the double did not start")


def serve(*, port: int = 0, updates_per_s: float = 4.0) -> Served:
    """Serve the double on a free port, or the one given."""
    if not port:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    return Served(port=port, updates_per_s=updates_per_s)


if __name__ == "__main__":
    running = serve(port=int(os.environ.get("PORT", "8123")), updates_per_s=float(os.environ.get("UPDATES", "8")))
    sys.stdout.write(running.url + "/trade/\n")
    running.process.wait()
