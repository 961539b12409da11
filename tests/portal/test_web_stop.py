"""A web server that is told to stop goes, whatever its requests are waiting for."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from portal.web_stop import end_with_reactor

if TYPE_CHECKING:
    from tests.plugins.processes import Processes
    from tests.world import Pair

CLIENTS, ANSWERS = 12, 60


def test_requests_under_way_keep_no_server(tenant_pair: Pair, processes: Processes) -> None:
    url = processes.web()
    (web,) = (process for name, process in processes.running if name == "daphne")
    answers: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            with contextlib.suppress(requests.RequestException):
                answers.append(
                    requests.get(f"{url}/api/v1/accounts", headers=tenant_pair.a.bearer(), timeout=5).status_code
                )

    clients = [threading.Thread(target=ask, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    deadline = time.monotonic() + 30
    while len(answers) < ANSWERS:
        assert time.monotonic() < deadline, f"only {len(answers)} answers"
        time.sleep(0.05)
    assert set(answers) <= {200, 429}
    # A server that has to be killed ends with -9.
    assert processes.stop(web) == 0
    over.set()
    for client in clients:
        client.join(10)


def test_a_process_without_a_server_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "twisted.internet.reactor", raising=False)
    assert end_with_reactor() is False
