"""Alerts as the desk reads them: everything above a change number, and what still stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from accounts.auth.actor import Actor
from riskdesk.choices import AlertState
from riskdesk.models import Alert, AlertCounter
from riskdesk.monitors.order_refused import OrderRefusedMonitor
from trading.choices import SIDE_WORDS
from trading.selectors.contracts import contracts
from trading.shapes.figures import figures_shape

PAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Changed alerts in the order of their changes, and the change number up to which the page is complete."""

    items: list[dict[str, Any]]
    through: int


def alerts_visible(*, actor: Actor) -> QuerySet[Alert]:
    """Return the alerts of the accounts that the actor may see."""
    rows = Alert.objects.select_related("acknowledged_by")
    if actor.account_ids is not None:
        rows = rows.filter(account_id__in=actor.account_ids)
    return rows


def changes_head() -> int:
    """Return the tenant's newest change number."""
    counter = AlertCounter.objects.first()
    return counter.changes if counter else 0


def alerts_after(*, actor: Actor, after: int, limit: int = PAGE_LIMIT) -> AlertPage:
    """Return changes above `after`.

    The head is read first and rows above it are left for the next call: a row that changes meanwhile moves to a
    higher number and is found there, so nothing is missed.
    """
    head = changes_head()
    rows = list(
        alerts_visible(actor=actor).filter(change_no__gt=after, change_no__lte=head).order_by("change_no")[: limit + 1]
    )
    full = len(rows) > limit
    rows = rows[:limit]
    through = rows[-1].change_no if full else max(head, after)
    return AlertPage(items=[alert_row(alert) for alert in rows], through=through)


def alerts_standing(*, actor: Actor, limit: int = PAGE_LIMIT) -> list[dict[str, Any]]:
    """Return what is not resolved: unseen first inside a severity, then newest."""
    rows = alerts_visible(actor=actor).exclude(state=AlertState.RESOLVED)
    # "open" sorts after "acknowledged", so descending puts the unseen first.
    return [alert_row(alert) for alert in rows.order_by("-severity", "-state", "-last_at_ns")[:limit]]


def alert_get(*, actor: Actor, number: int) -> Alert | None:
    """Return one alert by the tenant's own number, or None when there is none to be seen."""
    return alerts_visible(actor=actor).filter(number=number).first()


def figures_row(rule: str, figures: dict[str, Any]) -> dict[str, Any]:
    """Return an alert's figures: those of a refused order in the forms of the API, others as the monitor wrote them."""
    code = rule.removeprefix(f"{OrderRefusedMonitor.rule}.")
    if code == rule:
        return figures
    contract = contracts().by_id.get(figures.get("instrument_id", 0))
    counts = {name: value for name, value in figures.items() if name not in ("instrument_id", "side")}
    shaped = figures_shape(code, counts, contract=contract)
    if contract is not None:
        shaped["symbol"] = contract.symbol
    if figures.get("side") in SIDE_WORDS:
        shaped["side"] = SIDE_WORDS[figures["side"]]
    return shaped


def alert_row(alert: Alert) -> dict[str, Any]:
    """Return an alert as the API and the socket show it."""
    by = alert.acknowledged_by
    return {
        "number": alert.number,
        "change_no": alert.change_no,
        "account": alert.account_id,
        "rule": alert.rule,
        "severity": alert.severity,
        "state": alert.state,
        "count": alert.count,
        "figures": figures_row(alert.rule, alert.figures),
        "first_seq": alert.first_seq,
        "last_seq": alert.last_seq,
        "first_at_ns": alert.first_at_ns,
        "last_at_ns": alert.last_at_ns,
        "cleared_at_ns": alert.cleared_at_ns,
        "acknowledged_by": (by.get_full_name() or by.get_username()) if by else None,
        "acknowledged_at": alert.acknowledged_at.isoformat() if alert.acknowledged_at else None,
        "note": alert.note,
    }
