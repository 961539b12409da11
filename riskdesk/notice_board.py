"""Writes risk notices in the follower's transaction and wakes the doors on commit."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any, Final

from riskdesk.liquidation import ladder
from riskdesk.liquidation.ladder import Lines
from riskdesk.picture import Risk
from trading.engine.types import BASIS_EXCHANGE
from trading.engine.views import risk_ppm

NOTIFY_CHANNEL: Final = "aurum_notices"
_NS_A_SECOND: Final = 1_000_000_000

_STANDING: Final = "SELECT account_id, basis, max(kind) FROM riskdesk_notice WHERE ended_at IS NULL GROUP BY 1, 2"
_SEND: Final = """
    INSERT INTO riskdesk_notice (tenant_id, account_id, kind, basis, line_ppm, degree_ppm, equity_fen, margin_fen,
        short_fen, trigger_seq, due_at, sent_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())
    ON CONFLICT (tenant_id, account_id, basis, kind) WHERE ended_at IS NULL DO NOTHING
"""
_END: Final = """
    UPDATE riskdesk_notice SET ended_at = now()
    WHERE tenant_id = %s AND account_id = %s AND basis = %s AND kind > %s AND ended_at IS NULL
"""
_CALLS: Final = """
    SELECT id, tenant_id, account_id, basis, line_ppm, trigger_seq, due_at, met_at IS NOT NULL FROM riskdesk_notice
    WHERE due_at IS NOT NULL AND ended_at IS NULL AND missed_at IS NULL ORDER BY due_at, id
"""
_END_ONE: Final = "UPDATE riskdesk_notice SET ended_at = now() WHERE id = %s AND ended_at IS NULL"
_MET: Final = "UPDATE riskdesk_notice SET met_at = %s WHERE id = %s AND met_at IS NULL AND missed_at IS NULL"
_MISSED: Final = "UPDATE riskdesk_notice SET missed_at = %s WHERE id = %s AND met_at IS NULL AND missed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Call:
    """A standing margin call whose deadline was not missed; `met` when its time came and it was."""

    notice_id: int
    tenant_id: int
    account_id: int
    basis: int
    line_ppm: int
    trigger_seq: int
    due_ns: int
    met: bool


def levels_standing(cursor: Any) -> dict[tuple[int, int], int]:
    """The level that stands by account and basis."""
    return {(account_id, basis): kind for account_id, basis, kind in cursor.execute(_STANDING).fetchall()}


def calls_standing(cursor: Any) -> dict[tuple[int, int], Call]:
    """Standing margin calls with a deadline by account and basis, the earliest deadline first."""
    rows = cursor.execute(_CALLS).fetchall()
    return {
        (account_id, basis): Call(number, tenant_id, account_id, basis, line_ppm, seq, _ns_of(due_at), is_met)
        for number, tenant_id, account_id, basis, line_ppm, seq, due_at, is_met in rows
    }


def notice_send(cursor: Any, risk: Risk, lines: Lines, kind: int, *, seq: int, due_ns: int | None) -> None:
    """Tell an account of a level; `due_ns` is the deadline of a margin call, of the venue's clock."""
    margin = risk.exchange_margin_fen if lines.basis == BASIS_EXCHANGE else risk.margin_fen
    figures = [lines.of(kind), risk_ppm(margin, risk.equity_fen), risk.equity_fen, margin]
    short = max(0, margin - risk.equity_fen)
    due_at = None if due_ns is None or kind != ladder.MARGIN_CALL else moment_of(due_ns)
    cursor.execute(_SEND, [risk.tenant_id, risk.account_id, kind, lines.basis, *figures, short, seq, due_at])


def notices_end(cursor: Any, risk: Risk, basis: int, *, above: int) -> None:
    """The levels above the given one are left: their notices are over."""
    cursor.execute(_END, [risk.tenant_id, risk.account_id, basis, above])


def call_end(cursor: Any, call: Call) -> None:
    """A met call is over, because the account needs a new one."""
    cursor.execute(_END_ONE, [call.notice_id])


def call_met(cursor: Any, call: Call, *, market_ns: int) -> None:
    """The call was met. What was decided before stays."""
    cursor.execute(_MET, [moment_of(market_ns), call.notice_id])


def call_missed(cursor: Any, call: Call, *, market_ns: int) -> None:
    """The deadline has passed and the call was not met. What was decided before stays."""
    cursor.execute(_MISSED, [moment_of(market_ns), call.notice_id])


def doors_wake(cursor: Any, tenant_id: int, *, seq: int) -> None:
    """Tell the doors on commit that a tenant's notices have changed."""
    payload = json.dumps({"tenant": tenant_id, "n": seq})
    cursor.execute("SELECT pg_notify(%s, %s)", (NOTIFY_CHANNEL, payload))


def _ns_of(moment: datetime.datetime) -> int:
    return int(moment.timestamp()) * _NS_A_SECOND


def moment_of(market_ns: int) -> datetime.datetime:
    """A moment of the venue's clock, in whole seconds."""
    return datetime.datetime.fromtimestamp(market_ns // _NS_A_SECOND, tz=datetime.UTC)
