"""Margin calls with a deadline, as officers see them: the account now, and how long it still has."""

from __future__ import annotations

import datetime
from typing import Any, Final

from django.db.models import F

from accounts.auth.actor import Actor
from portal.lib.errors import Refused
from riskdesk.choices import DeadlineState, NoticeKind
from riskdesk.liquidation.deadline import missing_fen
from riskdesk.models import AccountRisk, RiskNotice
from riskdesk.selectors.liquidations import visible
from trading.engine.types import BASIS_EXCHANGE
from trading.engine.views import risk_ppm
from trading.services.core_calls import core_query
from trading.shapes.numbers import money, ratio

CALLS_SHOWN: Final = 50
_NS_A_SECOND: Final = 1_000_000_000


def venue_now() -> datetime.datetime | None:
    """The venue's clock, in whole seconds; None while the core does not answer."""
    try:
        market_ns = int(core_query("status")["market_ns"])
    except Refused as refused:
        if refused.status < 500:
            raise
        return None
    return datetime.datetime.fromtimestamp(market_ns // _NS_A_SECOND, tz=datetime.UTC)


def margin_calls_shown(*, actor: Actor, now: datetime.datetime | None) -> list[dict[str, Any]]:
    """Standing calls with a deadline: those that run first, the earliest before the others; then the rest."""
    rows = visible(RiskNotice.objects.filter(kind=NoticeKind.MARGIN_CALL, due_at__isnull=False), actor)
    standing = rows.filter(ended_at__isnull=True)
    order = (F("missed_at").asc(nulls_first=True), F("met_at").asc(nulls_first=True), "due_at", "id")
    found = list(standing.order_by(*order)[:CALLS_SHOWN])
    accounts = [row.account_id for row in found]
    risks = {risk.account_id: risk for risk in AccountRisk.objects.filter(account_id__in=accounts)}
    return [_shape(row, risks.get(row.account_id), now) for row in found]


def _shape(row: RiskNotice, risk: AccountRisk | None, now: datetime.datetime | None) -> dict[str, Any]:
    state = row.deadline
    running = state == DeadlineState.RUNNING and now is not None and row.due_at is not None
    shaped: dict[str, Any] = {
        "account": row.account_id,
        "basis_label": row.get_basis_display(),
        "line": ratio(row.line_ppm),
        "told": row.state.label,
        "due": row.due_at,
        "left_s": max(0, int((row.due_at - now).total_seconds())) if running else None,  # type: ignore[operator]
        "state": None if state is None else state.value,
        "state_label": None if state is None else state.label,
        "degree": None,
        "missing": None,
    }
    if risk is not None:
        margin = risk.exchange_margin_fen if row.basis == BASIS_EXCHANGE else risk.margin_fen
        shaped["degree"] = ratio(risk_ppm(margin, risk.equity_fen))
        shaped["missing"] = money(missing_fen(margin, risk.equity_fen, row.line_ppm))
    return shaped
