"""The investor's terminal: one page that the socket and the REST API fill."""

from __future__ import annotations

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.js_words import words_for
from trading.selectors.statements import tenant_rules
from trading.services.statements import statement_waiting

_MODULES = ("portal/js/terminal",)


@route_scope(RouteScope.TENANT, right=Right.TRADE_VIEW)
def terminal(request: HttpRequest) -> HttpResponse:
    """Show the terminal; everything live comes through the doors that programs use too."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the scope middleware
    signed_in_at = getattr(request.user, "last_login", None)
    config = {
        "socket": "/ws/v1",
        "api": "/api/v1/",
        "csrf": get_token(request),
        "user": actor.user_id,
        "account": min(actor.own_account_ids, default=None),
        "tradable": sorted(actor.own_account_ids),
        "symbol": None,
        "signed_in_at": signed_in_at.isoformat() if signed_in_at else "",
        "confirms": tenant_rules().confirms,
        "notices": [str(message) for message in get_messages(request)],
    }
    account = config["account"]
    context = {
        "config": config,
        "words": words_for(*_MODULES),
        # The ticket says from the start what an opening order would be refused for.
        "statement": account is not None and statement_waiting(actor=actor, account_id=account) is not None,
        "statement_account": account,
    }
    return render(request, "trading/terminal.html", context)
