"""Two hundred seeds of a thousand commands: nothing breaks, and the same seed gives the same bytes."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from typing import get_args

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from trading.core.journal import decode_records
from trading.engine.all_events import AnyEvent
from trading.proving.run import run_seed, run_seeds

SEEDS, SHARES, COMMANDS = 200, 8, 1_000


@pytest.mark.parametrize("share", range(SHARES))
def test_every_invariant_holds_after_every_command(share: int) -> None:
    each = SEEDS // SHARES
    report = run_seeds(range(1 + share * each, 1 + (share + 1) * each), commands=COMMANDS)
    assert report.failures == []
    assert (report.seeds, report.commands >= each * COMMANDS) == (each, True)


def test_the_same_seed_gives_the_same_bytes() -> None:
    (one, _), (again, _) = run_seed(7, commands=COMMANDS), run_seed(7, commands=COMMANDS)
    assert one.journal.rows == again.journal.rows
    assert one.host.machine.state_hash() == again.host.machine.state_hash()
    assert run_seed(8, commands=COMMANDS)[0].journal.head.hash != one.journal.head.hash


def test_life_reaches_everything() -> None:
    kinds: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    deaths = 0
    for seed in range(1, 11):
        life, failure = run_seed(seed, commands=COMMANDS)
        assert failure is None
        deaths += life.deaths
        for row in life.journal.rows:
            for record in decode_records(row.payload):
                kinds.update(type(event).__name__ for event in record.events)
                reasons.update(getattr(event, "reason", "") for event in record.events)
    assert deaths > 10
    # Every event there is, but for the repeat, which is never journaled.
    assert {event.__name__ for event in get_args(AnyEvent)} - set(kinds) == {"OrderRepeated"}
    assert set(reasons) >= {
        "client", "officer", "ioc_remainder", "fok_unfillable", "market_remainder", "day_end", "self_trade",
        "kill_switch", "disconnect", "min_qty_unfillable", "other_leg", "auction_end", "good_till_date",
        "outside_band", "delivery", "contract_expired", "cancel_after",
    }  # fmt: skip


def test_the_command_prints_one_line() -> None:
    out = StringIO()
    call_command("simulate", "--seeds", "3..4", "--commands", "100", "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    report = json.loads(line)
    assert (report["seeds"], report["failures"]) == (2, [])
    assert report["commands"] >= 200


@pytest.mark.parametrize("text", ["x", "5..2", "1..b"])
def test_the_command_refuses_seeds_that_are_none(text: str) -> None:
    with pytest.raises(CommandError, match="--seeds"):
        call_command("simulate", "--seeds", text)
