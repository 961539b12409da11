"""Rows of one event each, as they stood before events were packed, are taken over as they are."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import msgspec
import psycopg

from trading.engine.events import AccountStatusChanged
from trading.models.event_body import decode


def test_takes_over_what_stands(db_owner: psycopg.Connection[Any]) -> None:
    migration = import_module("trading.migrations.0010_event_packs")
    events = [AccountStatusChanged(2, 7001, number, 1, 0, "because", "officer") for number in range(1, 6)]
    with db_owner.transaction(force_rollback=True):
        db_owner.execute(
            "create temp table trading_account_event (tenant_id bigint, account_id bigint, account_seq bigint,"
            " journal_seq bigint, at_ns bigint, market_ns bigint, body bytea)"
        )
        db_owner.execute(
            "create trigger insert_only before update on trading_account_event"
            " for each row execute function aurum_refuse_change()"
        )
        for number, event in enumerate(events, 1):
            db_owner.execute(
                "insert into trading_account_event values (2, 7001, %s, %s, %s, %s, %s)",
                [number, number * 70_000, 10**18 + number, 5, msgspec.msgpack.encode(event)],
            )
        migration.pack(None, SimpleNamespace(connection=db_owner))
        bodies = db_owner.execute("select body from trading_account_event order by account_seq").fetchall()
    assert [decode(body, count=1) for (body,) in bodies] == [
        [(number * 70_000, 10**18 + number, 5, event)] for number, event in enumerate(events, 1)
    ]
