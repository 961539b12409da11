"""`manage.py roll_day` over a running core."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.demo.contracts import gold_contracts
from portal.demo.people import MAKER
from trading.services.core_calls import core_query
from trading.services.instruments import instrument_put


def _roll(*words: str) -> dict[str, int]:
    out = StringIO()
    call_command("roll_day", *words, "--json", stdout=out)
    assert out.getvalue().count("\n") == 1
    return json.loads(out.getvalue())


def test_rolls_at_given_prices_and_refuses_what_it_does_not_know(core_process) -> None:
    instrument_put(actor=MAKER, instrument=gold_contracts()[0])
    first = _roll("--next-day", "20261120")
    assert (first["ended"], first["begun"]) == (0, 20261120)
    second = _roll("SHFE.au2612=1002.00")
    assert (second["ended"], second["begun"], second["seq"]) == (20261120, 20261123, first["seq"] + 1)
    stats = core_query("stats", instrument_id=1)[0]
    assert stats.previous_settlement == 1002 * 50
    before = core_query("status")["seq"]
    for word, said in (("SHFE.au2612", "is not SYMBOL=PRICE"), ("SHFE.au9999=1.00", "instrument_not_found"),
                       ("SHFE.au2612=1002.01", "price")):  # fmt: skip
        with pytest.raises(CommandError, match=said):
            _roll(word)
    assert core_query("status")["seq"] == before
