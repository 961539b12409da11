"""A core with many accounts goes on huge pages again after each snapshot; a small one is left alone."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from portal.lib import huge_pages
from trading.core.process import WIDE_ACCOUNTS, WIDE_ORDERS, CoreProcess


def _core(accounts: int, orders: int = 0) -> CoreProcess:
    core = CoreProcess.__new__(CoreProcess)
    state = SimpleNamespace(accounts=range(accounts), orders=range(orders))
    core.sequencer = SimpleNamespace(machine=SimpleNamespace(state=state))  # type: ignore[assignment]
    return core


@pytest.mark.parametrize(("accounts", "wanted"), [(WIDE_ACCOUNTS - 1, False), (WIDE_ACCOUNTS, True)])
def test_memory_is_gathered_beside_the_loop_when_the_child_has_ended(
    monkeypatch: pytest.MonkeyPatch, accounts: int, wanted: bool
) -> None:
    gathered: list[str] = []
    monkeypatch.setattr(huge_pages, "gather", lambda: gathered.append(threading.current_thread().name))
    core = _core(accounts)
    core._child_done(17)
    for thread in threading.enumerate():
        if thread.name == "huge-pages":
            thread.join(5)
    assert core.snapshot_seq == 17
    assert gathered == (["huge-pages"] if wanted else [])


@pytest.mark.parametrize(
    ("accounts", "orders", "wanted"),
    [(WIDE_ACCOUNTS - 1, WIDE_ORDERS - 1, 0), (WIDE_ACCOUNTS, 0, 1), (1, WIDE_ORDERS, 1)],
)
def test_memory_is_gathered_before_the_first_command(
    monkeypatch: pytest.MonkeyPatch, accounts: int, orders: int, wanted: int
) -> None:
    gathered: list[int] = []
    monkeypatch.setattr(huge_pages, "gather", lambda: gathered.append(1))
    _core(accounts, orders)._freeze()
    assert len(gathered) == wanted
