"""`manage.py settle_day` over a running core: whole, cut off and taken up again, and what it refuses."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.demo.contracts import gold_contracts
from portal.demo.people import MAKER
from trading.core import client
from trading.engine.commands import BeginSettlement, OpenAccount, SettleAccounts
from trading.services.core_calls import core_query
from trading.services.instruments import instrument_put

DAY_1, DAY_2, DAY_3 = 20261120, 20261123, 20261124


def settle(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command("settle_day", *words, "--json", stdout=out)
    assert out.getvalue().count("\n") == 1
    found: dict[str, object] = json.loads(out.getvalue())
    return found


@pytest.fixture
def market(core_process: object) -> None:
    """Gold, a first day, three accounts of the house."""
    instrument_put(actor=MAKER, instrument=gold_contracts()[0])
    call_command("roll_day", "--next-day", str(DAY_1), "--json", stdout=StringIO())
    for account_id in (7001, 7002, 7003):
        client.call(OpenAccount(1, account_id, 0, "system"))


def test_settles_the_day_and_the_next(market: None) -> None:
    first = settle("SHFE.au2612=1002.00")
    assert (first["ended"], first["begun"], first["accounts"], first["resumed"]) == (DAY_1, DAY_2, 3, False)
    assert core_query("stats", instrument_id=1)[0].previous_settlement == 1002 * 50
    second = settle()
    assert (second["ended"], second["begun"]) == (DAY_2, DAY_3)
    assert core_query("stats", instrument_id=1)[0].previous_settlement == 1002 * 50
    assert core_query("settlement")["settling"] is False


def test_goes_on_where_it_was_cut_off(market: None) -> None:
    client.call(BeginSettlement(0, DAY_2, [], "system"))
    client.call(SettleAccounts(0, 0, 2, "system"))
    with pytest.raises(CommandError, match="settlement_running"):
        settle("SHFE.au2612=1002.00")
    out = StringIO()
    call_command("settle_day", stdout=out)
    assert "3 of 3 accounts settled" in out.getvalue()
    assert "taken up again" in out.getvalue()
    assert core_query("status")["trading_day"] == DAY_2


def test_refuses_what_it_does_not_know_and_changes_nothing(market: None) -> None:
    before = core_query("status")["seq"]
    for words, said in (
        (("SHFE.au2612",), "is not SYMBOL=PRICE"),
        (("SHFE.au9999=1.00",), "instrument_not_found"),
        (("SHFE.au2612=1002.01",), "price"),
    ):
        with pytest.raises(CommandError, match=said):
            settle(*words)
    assert core_query("status")["seq"] == before
    with pytest.raises(CommandError, match="trading_day"):
        settle("--next-day", str(DAY_1))
    assert core_query("settlement")["settling"] is False


def test_says_when_the_statements_do_not_come(market: None) -> None:
    with pytest.raises(CommandError, match="20261120 has ended, but its statements are not made"):
        settle("SHFE.au2612=1002.00", "--statements", "0.3")
    assert core_query("status")["trading_day"] == DAY_2
