"""Writes accounts' risk rows in the follower's transaction: the newest figures of each account once a flush."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from riskdesk.picture import Picture, Risk

NOTIFY_CHANNEL: Final = "aurum_risk"

_UPSERT: Final = """
    INSERT INTO riskdesk_account_risk (tenant_id, account_id, equity_fen, margin_fen, available_fen, profit_fen,
        degree_ppm, exposure_fen, exchange_margin_fen, status, seq)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[], %s::bigint[])
    ON CONFLICT (tenant_id, account_id) DO UPDATE SET equity_fen = excluded.equity_fen,
        margin_fen = excluded.margin_fen, available_fen = excluded.available_fen, profit_fen = excluded.profit_fen,
        degree_ppm = excluded.degree_ppm, exposure_fen = excluded.exposure_fen,
        exchange_margin_fen = excluded.exchange_margin_fen, status = excluded.status,
        seq = excluded.seq
"""


def write_risks(cursor: Any, *, picture: Picture, risks: Iterable[Risk], seq: int) -> None:
    """Write the given figures as of a journal number and wake the web processes on commit."""
    rows = sorted(risks, key=lambda risk: (risk.tenant_id, risk.account_id))
    if not rows:
        return
    columns: list[list[int]] = [
        [risk.tenant_id for risk in rows],
        [risk.account_id for risk in rows],
        [risk.equity_fen for risk in rows],
        [risk.margin_fen for risk in rows],
        [risk.available_fen for risk in rows],
        [risk.profit_fen for risk in rows],
        [risk.degree_ppm for risk in rows],
        [risk.exposure_fen for risk in rows],
        [risk.exchange_margin_fen for risk in rows],
        [picture.accounts[risk.account_id].status for risk in rows],
        [seq] * len(rows),
    ]
    cursor.execute(_UPSERT, columns)
    for tenant_id in sorted({risk.tenant_id for risk in rows}):
        cursor.execute("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, json.dumps({"tenant": tenant_id, "n": seq})))
