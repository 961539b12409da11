"""A harness that finds nothing proves nothing: every planted bug must turn simulate red within a few seeds."""

from __future__ import annotations

import os

import pytest

from trading.proving.run import run_seeds

from . import planted
from .planted import PLANTED

SEEDS_MAX = 24


def test_there_are_enough_of_them_and_none_is_forgotten() -> None:
    written = {name for name, kind in vars(planted).items() if "patch" in getattr(kind, "__annotations__", ())}
    assert {name for name in written if not name.startswith("_")} == set(PLANTED)
    assert len(PLANTED) >= 10


@pytest.mark.skipif(
    os.environ["AURUM_COMPILED"] == "1", reason="bugs are planted into sources: compiled classes are closed"
)
@pytest.mark.parametrize("name", sorted(PLANTED))
def test_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[name](monkeypatch)
    for seed in range(1, SEEDS_MAX + 1):
        failures = run_seeds([seed]).failures
        if failures:
            assert failures[0].seed == seed
            return
    pytest.fail(f"{name} lived through {SEEDS_MAX} seeds")
