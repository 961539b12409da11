"""How far apart snapshots may lie: as said, but nearer to each other where executing again was seen to take long."""

from __future__ import annotations

import pytest

from trading.core.journal import EMPTY_HEAD
from trading.core.replay import Recovered, snapshot_spacing
from trading.engine.machine import Machine


@pytest.mark.parametrize(
    ("commands", "seconds", "loading_s", "spacing"),
    [
        (0, 0.0, 0.0, 100_000),  # nothing measured
        (4_999, 10.0, 0.0, 100_000),  # too little to judge by
        (100_000, 1.4, 0.0, 100_000),
        (100_000, 3.0, 0.0, 50_000),
        (100_000, 5.0, 2.0, 50_000),  # loading is no part of it
        (100_000, 300.0, 0.0, 5_000),  # writing snapshots only is no way to trade
    ],
)
def test_is_shortened_by_what_the_recovery_took(commands: int, seconds: float, loading_s: float, spacing: int) -> None:
    recovered = Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, commands, seconds, [], loading_s)
    assert snapshot_spacing(recovered, most=100_000) == spacing


def test_never_exceeds_what_was_asked_for() -> None:
    recovered = Recovered(Machine(), EMPTY_HEAD, 0, 0, 0, 100_000, 3.0)
    assert snapshot_spacing(recovered, most=5) == 5
