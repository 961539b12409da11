"""Forced liquidation on a page: what is open, what waits for a second officer, the plan of an account; plain forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth.actor import Actor
from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.js_words import words_for
from portal.lib.errors import Refused
from riskdesk.liquidation.deadline import clock_text
from riskdesk.liquidation.ladder import WARN
from riskdesk.selectors.liquidations import (
    lines_in_force,
    liquidations_shown,
    notice_row,
    notices_of,
    plan_built,
    plan_shape,
    proposals_waiting,
)
from riskdesk.selectors.margin_calls import margin_calls_shown, venue_now
from riskdesk.selectors.ranking import risks_visible
from riskdesk.services.liquidations import (
    liquidation_approve,
    liquidation_propose,
    liquidation_refuse,
    liquidation_stop,
)
from riskdesk.services.notices import notice_confirm, notices_delivered
from trading.choices import MARGIN_BASIS_CODES, POSITION_SIDE_WORDS, PositionSide
from trading.engine.delivery_duties import LOT_MULTIPLE, NATURAL_PERSON, POSITION_LIMIT
from trading.engine.types import BASIS_COMPANY, BASIS_EXCHANGE
from trading.engine.views import risk_ppm
from trading.selectors.delivery import delivery_duties_list
from trading.services.core_calls import account_seen
from trading.shapes.refusals import detail

ACCOUNTS_SHOWN = 30
DUTY_REASONS = {
    NATURAL_PERSON: gettext_lazy("natural person near delivery"),
    POSITION_LIMIT: gettext_lazy("above the position limit of the stage"),
    LOT_MULTIPLE: gettext_lazy("no whole delivery units"),
}
NOTICES_SHOWN = 100


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the scope middleware
    return actor


def _attempt(request: HttpRequest, act: Callable[[], Any], done: str) -> HttpResponse:
    """Call a service and go back to the page with what came of it; what is not to be seen stays so."""
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        if refused.status in (403, 404) and refused.code != "maker_is_checker":
            raise
        messages.error(request, str(detail(refused.code, refused.figures, get_language() or "zh-hans")))
    else:
        messages.success(request, done)
    response = HttpResponseRedirect(reverse("risk-liquidations-page"))
    response.status_code = 303
    return response


@route_scope(RouteScope.STAFF, right=Right.RISK_VIEW)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show what is open and waits, and the accounts that stand at or above a line."""
    actor = _actor(request)
    lines = [lines_in_force(BASIS_COMPANY), lines_in_force(BASIS_EXCHANGE)]
    risky = risks_visible(actor=actor).filter(degree_ppm__gte=lines[0].of(WARN)).order_by("-degree_ppm")
    accounts = [
        {
            "account": risk.account_id,
            "company": risk_ppm(risk.margin_fen, risk.equity_fen) / 10_000,
            "exchange": risk_ppm(risk.exchange_margin_fen, risk.equity_fen) / 10_000,
            "equity": risk.equity_fen / 100,
            "margin": risk.margin_fen / 100,
        }
        for risk in risky[:ACCOUNTS_SHOWN]
    ]
    context = {
        "liquidations": liquidations_shown(actor=actor),
        "calls": margin_calls_shown(actor=actor, now=venue_now()),
        "proposals": proposals_waiting(actor=actor),
        "accounts": accounts,
        "duties": _duties(actor),
        "ladders": [_ladder(each) for each in lines],
        "may": actor.has(Right.RISK_INTERVENE),
        "user_id": actor.user_id,
        "config": {"socket": "/ws/risk/"},
        "words": words_for("riskdesk/js/liquidations.js"),
    }
    return render(request, "riskdesk/liquidations.html", context)


def _duties(actor: Actor) -> list[dict[str, Any]] | None:
    """Lots that have to go because delivery comes near; None while the counter does not answer."""
    try:
        found = delivery_duties_list(actor=actor)
    except Refused as refused:
        if refused.status < 500:
            raise
        return None
    sides = {POSITION_SIDE_WORDS[side]: side.label for side in PositionSide}
    return [duty | {"side_label": sides[duty["side"]], "reason_label": DUTY_REASONS[duty["reason"]]} for duty in found]


def _ladder(lines: Any) -> dict[str, Any]:
    percents = [ppm / 10_000 for ppm in (*lines.as_list(), lines.target_ppm)]
    label = _("Company margin") if lines.basis == BASIS_COMPANY else _("Exchange margin")
    pay_by = clock_text(lines.pay_by_min)
    return {"label": label, "percents": percents, "automatic": lines.automatic, "pay_by": pay_by}


@route_scope(RouteScope.STAFF, right=Right.RISK_VIEW)
@require_GET
def plan(request: HttpRequest, account_id: int) -> HttpResponse:
    """Show the plan of an account as it would be proposed now."""
    actor = _actor(request)
    account_seen(actor, account_id)
    word = request.GET.get("basis", "company")
    basis = MARGIN_BASIS_CODES.get(word, BASIS_COMPANY)
    try:
        built: dict[str, Any] | None = plan_shape(plan_built(actor=actor, account_id=account_id, basis=basis))
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        # The core is away: the page says so, for a plan on old figures would be worse than none.
        messages.error(request, str(detail(refused.code, refused.figures, get_language() or "zh-hans")))
        built = None
    context = {"plan": built, "account": account_id, "basis": word, "may": actor.has(Right.RISK_INTERVENE)}
    return render(request, "riskdesk/liquidation_plan.html", context)


@route_scope(RouteScope.STAFF, right={"POST": Right.RISK_INTERVENE})
@require_POST
def propose(request: HttpRequest, account_id: int) -> HttpResponse:
    """Propose the plan of an account."""
    basis, note = request.POST.get("basis", ""), request.POST.get("note", "")
    reason = request.POST.get("reason", "lack_of_deposit")
    return _attempt(
        request,
        lambda: liquidation_propose(
            actor=_actor(request), account_id=account_id, basis=basis, reason=reason, note=note
        ),
        _("Proposed; another officer has to approve it."),
    )


@route_scope(RouteScope.STAFF, right={"POST": Right.RISK_INTERVENE})
@require_POST
def decide(request: HttpRequest, proposal_id: int, verb: str) -> HttpResponse:
    """Approve or refuse a proposal."""
    actor = _actor(request)
    if verb == "approve":
        return _attempt(
            request,
            lambda: liquidation_approve(actor=actor, proposal_id=proposal_id),
            _("Approved; positions are being closed."),
        )
    return _attempt(
        request, lambda: liquidation_refuse(actor=actor, proposal_id=proposal_id), _("The proposal is off.")
    )


@route_scope(RouteScope.STAFF, right={"POST": Right.RISK_INTERVENE})
@require_POST
def stop(request: HttpRequest, account_id: int) -> HttpResponse:
    """Stop an open liquidation."""
    reason = request.POST.get("reason", "")
    return _attempt(
        request,
        lambda: liquidation_stop(actor=_actor(request), account_id=account_id, reason=reason),
        _("Stopped; its working orders are canceled."),
    )


@route_scope(RouteScope.TENANT, right=Right.ACCOUNT_VIEW)
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Show the risk notices of the accounts that the reader may see; a client's own are read with it."""
    actor = _actor(request)
    notices_delivered(actor=actor, rows=notices_of(actor=actor)[:NOTICES_SHOWN], read=True)
    rows = list(notices_of(actor=actor)[:NOTICES_SHOWN])
    shown = [
        notice_row(row) | {"own": row.account_id in actor.own_account_ids, "sent": row.sent_at, "due": row.due_at}
        for row in rows
    ]
    return render(request, "riskdesk/notices.html", {"notices": shown})


@route_scope(RouteScope.TENANT, right={"POST": Right.ACCOUNT_VIEW})
@require_POST
def confirm(request: HttpRequest, notice_id: int) -> HttpResponse:
    """Take note of one's own notice."""
    notice_confirm(actor=_actor(request), notice_id=notice_id)
    messages.success(request, _("Confirmed."))
    response = HttpResponseRedirect(reverse("risk-notices-page"))
    response.status_code = 303
    return response
