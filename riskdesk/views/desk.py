"""The risk officer's page: a shell that the desk's socket fills."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.js_words import words_for
from riskdesk.choices import Intervention
from trading.selectors import accounts as account_selectors


@route_scope(RouteScope.STAFF, right=Right.RISK_VIEW)
def desk(request: HttpRequest) -> HttpResponse:
    """Show the desk with the names of the accounts this officer may see."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    accounts = account_selectors.accounts_list(actor=actor)
    config = {
        "socket": "/ws/risk/",
        "api": "/api/v1/risk/",
        "names": {str(account.pk): account.client.name if account.client else account.name for account in accounts},
        "may_acknowledge": actor.has(Right.RISK_ACK),
        "may_intervene": actor.has(Right.RISK_INTERVENE),
        "actions": list(Intervention.values),
    }
    return render(request, "riskdesk/desk.html", {"config": config, "words": words_for("riskdesk/js")})
