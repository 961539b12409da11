"""The proof page: a day's money of one's own broker, laid beside itself three times."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from accounts.errors import not_found
from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from trading.admin.shown import money
from trading.selectors.proof import Proof, proof_days, proof_of
from trading.shapes.numbers import day_text, parse_day

_WORDS: Final = {
    "day": (
        _("Balance c/f"),
        _("b/f + in − out + corrections + realized + MTM − fees"),
    ),
    "statement": (_("Balances of the accounts"), _("Equity in the statements")),
    "bases": (_("Equity by date"), _("Balance by trade + floating P/L")),
    "ledger": (_("Ledger: postings of the client accounts"), _("Balances of the accounts")),
}


@route_scope(RouteScope.STAFF, right=Right.ACCOUNT_VIEW)
def proof(request: HttpRequest) -> HttpResponse:
    """Show the proof of one ended day; the last one when none is named."""
    actor = request.actor  # type: ignore[attr-defined]  # set by the scope middleware
    if actor.tenant_id is None:
        raise not_found()
    days = proof_days()
    asked = request.GET.get("day")
    day = (parse_day(asked) or 0) if asked else (days[0] if days else 0)
    if asked and day not in days:
        raise not_found()
    found = proof_of(tenant_id=actor.tenant_id, trading_day=day) if day else None
    context = {
        "days": [(day_text(one), one == day) for one in days],
        "day": day_text(day) if day else "",
        "proof": found,
        "lines": _lines(found),
        "bad": _bad(found),
    }
    return render(request, "trading/proof.html", context)


def _lines(found: Proof | None) -> list[dict[str, object]]:
    return [
        {
            "left": _WORDS[line.name][0],
            "right": _WORDS[line.name][1],
            "left_text": money(line.left_fen),
            "right_text": money(line.right_fen),
            "difference": money(line.left_fen - line.right_fen),
            "holds": line.holds,
        }
        for line in (found.lines if found else [])
    ]


def _bad(found: Proof | None) -> list[dict[str, object]]:
    return [
        {
            "account": bad.account_id,
            "left": _WORDS[bad.name][0],
            "right": _WORDS[bad.name][1],
            "left_text": money(bad.left_fen),
            "right_text": money(bad.right_fen),
        }
        for bad in (found.bad if found else [])
    ]
