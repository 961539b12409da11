"""One table of operators' proposals: the rows of the two before it, and the one list on which they are read."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.test import Client as Browser

from accounts.tenancy.context import user_scope
from tests.world import Pair, operator_make
from trading.models import OperatorProposal

BEFORE, AFTER = [("trading", "0011_kinds")], [("trading", "0012_operator_proposals")]
OLD = "INSERT INTO {} (kind, payload, reason, maker_id, state, created_at) VALUES (%s, %s, '', %s, %s, %s)"


def migrate(target: list[tuple[str, str]]) -> None:
    MigrationExecutor(connections["owner"]).migrate(target)


def rows(table: str) -> list[tuple[Any, ...]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT kind, payload, former FROM {table} ORDER BY id")
        return list(cursor.fetchall())


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_rows_of_both_tables_are_taken_over_in_their_order_and_given_back(tenant_pair: Pair) -> None:
    maker = operator_make("op-before").pk
    with transaction.atomic(using="owner"):
        migrate(BEFORE)
        with connections["owner"].cursor() as cursor:
            for table, kind, payload, day in (
                ("trading_venue_proposal", "ladder", '{"venue": "SHFE"}', "2026-11-02"),
                ("trading_exchange_proposal", "parameters-back", '{"row": 4}', "2026-11-01"),
                ("trading_exchange_proposal", "parameters", '{"aim": "x"}', "2026-11-03"),
            ):
                state = "withdrawn" if kind == "parameters" else "proposed"
                cursor.execute(OLD.format(table), [kind, payload, maker, state, day])
            # A deferred check of theirs would keep the tables from being dropped in this one transaction.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        migrate(AFTER)
        assert rows("trading_operator_proposal") == [
            ("parameters-back", '{"row": 4}', "exchange proposal 1"),
            ("ladder", '{"venue": "SHFE"}', "venue proposal 1"),
            ("parameters", '{"aim": "x"}', "exchange proposal 2"),
        ]
        assert "trading_venue_proposal" not in connections["owner"].introspection.table_names()
        migrate(BEFORE)
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT kind, state FROM trading_exchange_proposal ORDER BY id")
            assert cursor.fetchall() == [("parameters-back", "proposed"), ("parameters", "withdrawn")]
        migrate(AFTER)
        with connections["owner"].cursor() as cursor:
            cursor.execute("UPDATE trading_operator_proposal SET kind = 'contract'")
        with pytest.raises(RuntimeError, match="3 proposals are of kinds that the tables before did not know"):
            migrate(BEFORE)
        transaction.set_rollback(True, using="owner")


PAYLOADS = {
    "parameters": (
        {
            "aim": "SHFE.au", "instrument_id": 0, "product": "SHFE.au", "hedge": True, "effective_day": 20990105,
            "said": {"limit_ppm": 170_000, "open_fen": 125}, "source": "notice 7",
        },
        ["SHFE.au", "2099-01-05", "17 %", "1.25", "notice 7"],
    ),
    "parameters-back": ({"row": 41}, ["41"]),
    "ladder": (
        {"venue": "SHFE", "product": "", "steps": [[30_000, 20_000, False], [50_000, 20_000, True]]},
        ["SHFE", "D2: +3 %, +2 %", "D3: +5 %, +2 %"],
    ),
    "delivery": (
        {
            "venue": "SHFE", "product": "au",
            "rule": {
                "steps": [{"anchor": "before_last", "n": 2, "margin_ppm": 200_000, "lot_multiple": 3}],
                "natural_zero": {"anchor": "before_last", "n": 3},
            },
        },
        ["SHFE.au", "before_last 2: 20 %, × 3, ≤ ∞", "natural_zero: before_last 3"],
    ),
    "contract": (
        {
            "instrument_id": 1, "symbol": "SHFE.au2612",
            "said": {"limit_ppm": 90_000, "open_fen": 5_00, "tradable": False},
            "was": {"limit_ppm": 140_000, "open_fen": 10_00, "tradable": True},
        },
        ["SHFE.au2612", "14 % → 9 %", "10.00 → 5.00", "是 → 否"],
    ),
    "listing": (
        {
            "like": 1, "like_symbol": "SHFE.au2612", "symbol": "SHFE.au2708",
            "name_zh": "黄金2708", "name_en": "Gold 2708",
            "previous_settlement_ticks": 40_617, "listing_price": "812.34", "last_trading_day": 20270816,
        },
        ["SHFE.au2708", "SHFE.au2612", "812.34", "2027-08-16"],
    ),
}  # fmt: skip


def test_every_kind_is_read_in_words_on_one_list(tenant_pair: Pair) -> None:
    from trading.choices import OperatorProposalKind

    assert set(PAYLOADS) == set(OperatorProposalKind.values)
    user = operator_make("op-reader")
    numbers = {}
    with user_scope(user_id=user.pk):
        for kind, (payload, _words) in PAYLOADS.items():
            row = OperatorProposal(kind=kind, payload=payload, maker_id=user.pk)
            row.save(force_insert=True)
            numbers[kind] = row.pk
    browser = Browser()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    texts = [browser.get("/admin/trading/operatorproposal/").content.decode()]
    for kind, (_payload, words) in PAYLOADS.items():
        page = browser.get(f"/admin/trading/operatorproposal/{numbers[kind]}/change/").content.decode()
        for text in (*texts, page):
            assert [word for word in words if word not in text] == [], kind


def test_a_row_that_was_taken_over_keeps_its_name_in_the_audit() -> None:
    assert OperatorProposal(id=7).audit_name == "operators' proposal 7"
    assert OperatorProposal(id=7, former="venue proposal 3").audit_name == "venue proposal 3"
