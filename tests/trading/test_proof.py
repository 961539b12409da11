"""The proof of a day's money: it holds on life's books, and each kind of damage turns it red."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command

from accounts.tenancy.context import tenant_scope
from tests.trading.feed import Feed, follow, write_journal
from tests.world import Pair
from trading.engine import commands as cmd
from trading.projections.follower import ProjectionFollower
from trading.selectors.proof import proof_of
from trading.services.statement_making import statements_make

DAY = 20261123


@pytest.fixture
def proven(tenant_pair: Pair, db_core: psycopg.Connection[Any]) -> Pair:
    """Both tenants traded with each other for two days, one day was put right."""
    feed = Feed()
    owners = {
        account_id: house.tenant.pk for house in (tenant_pair.a, tenant_pair.b) for account_id in house.account_ids
    }
    feed.open_market(accounts=owners)
    feed.noise(150, seed=4)
    feed.roll(20261124, gold_ticks=40_003, silver_ticks=7_999)
    account_id = tenant_pair.a.account_ids[0]
    feed.do(cmd.CorrectStatement(tenant_pair.a.tenant.pk, account_id, DAY, 700, "wrong fee", "k1", "u2", "u3"))
    feed.noise(60, seed=5)
    feed.roll(20261125, gold_ticks=40_001, silver_ticks=8_001)
    batches = feed.batches()
    write_journal(db_core, batches)
    follow(ProjectionFollower(), batches, db_core)
    assert sum(statements_make(db_core)) == 9
    return tenant_pair


def prove(pair: Pair, day: int = DAY) -> Any:
    with tenant_scope(tenant_id=pair.a.tenant.pk):
        return proof_of(tenant_id=pair.a.tenant.pk, trading_day=day)


def test_holds_on_every_day(proven: Pair) -> None:
    for day in (DAY, 20261124):
        proof = prove(proven, day)
        assert (proof.holds, proof.accounts, proof.missing, proof.bad) == (True, 2, 0, [])
        assert [line.name for line in proof.lines] == ["day", "statement", "bases", "ledger"]
        assert all(line.left_fen == line.right_fen > 0 for line in proof.lines)


def test_a_day_without_accounts_proves_nothing(proven: Pair) -> None:
    assert prove(proven, 20261231).holds is False


@pytest.mark.parametrize(
    ("table", "damage", "name"),
    [
        ("trading_statement", "equity_fen = equity_fen + 1", "statement"),
        ("trading_statement", "floating_fen = floating_fen - 1", "bases"),
        ("trading_account_day", "balance_fen = balance_fen + 1, mark_fen = mark_fen + 1", "statement"),
        ("trading_posting", "amount_fen = amount_fen + 1", "ledger"),
        ("trading_posting", "credit = 'clearing'", "ledger"),
    ],
)
def test_is_red_when_a_row_is_broken(
    proven: Pair, db_owner: psycopg.Connection[Any], table: str, damage: str, name: str
) -> None:
    account_id = proven.a.account_ids[0]
    where = "kind = 1" if table == "trading_posting" else f"trading_day = {DAY}"
    db_owner.execute(f"alter table {table} disable trigger insert_only")
    assert db_owner.execute(f"update {table} set {damage} where account_id = {account_id} and {where}").rowcount >= 1
    db_owner.execute(f"alter table {table} enable trigger insert_only")
    proof = prove(proven)
    assert not proof.holds
    assert (account_id, name) in [(bad.account_id, bad.name) for bad in proof.bad]
    assert name in [line.name for line in proof.lines if not line.holds]
    page = proven.a.http("back_office_checker").get("/proof/?day=2026-11-23", headers={"Accept-Language": "en"})
    assert str(account_id) in page.content.decode()
    assert "note refused" in page.content.decode()


def test_is_red_when_a_statement_is_missing(proven: Pair, db_owner: psycopg.Connection[Any]) -> None:
    db_owner.execute("alter table trading_statement disable trigger insert_only")
    db_owner.execute("delete from trading_statement where account_id = %s", [proven.a.account_ids[1]])
    db_owner.execute("alter table trading_statement enable trigger insert_only")
    assert (prove(proven).holds, prove(proven).missing) == (False, 1)


def test_the_page_shows_ones_own_broker_alone(proven: Pair) -> None:
    for role in ("back_office_maker", "risk_officer", "broker_admin"):
        page = proven.a.http(role).get("/proof/")
        assert page.status_code == 200
        assert "2026-11-24" in page.content.decode()
        assert "note ok" in page.content.decode()
    browser = proven.a.http("back_office_maker")
    assert browser.get("/proof/?day=2026-11-01").status_code == 404
    assert browser.get("/proof/?day=x").status_code == 404
    assert proven.a.http("investor").get("/proof/").status_code == 403


def test_the_command_prints_one_line(proven: Pair, django_db_blocker: Any) -> None:
    out = StringIO()
    call_command("prove_money", "--day", str(DAY), "--tenant", proven.a.tenant.code, "--json", stdout=out)
    (line,) = out.getvalue().splitlines()
    told = json.loads(line)
    assert (told["day"], told["ok"]) == (DAY, True)
    assert told["brokers"][proven.a.tenant.code]["accounts"] == 2
    out = StringIO()
    call_command("prove_money", "--tenant", proven.a.tenant.code, stdout=out)
    assert "20261124" in out.getvalue()
    with pytest.raises(CommandError, match="no ended trading day"):
        call_command("prove_money", "--day", "20200101")
    with pytest.raises(CommandError, match="no broker"):
        call_command("prove_money", "--tenant", "nobody")
