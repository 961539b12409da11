"""The client's statements: days, the sheet on either base, files, and the confirmation."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.lib.errors import Refused
from trading.admin.shown import money, ratio
from trading.api import rows
from trading.api.statements import file_response
from trading.models import MoneyAccount, Statement
from trading.selectors.accounts import account_get, accounts_list, balances_get, positions_list
from trading.selectors.statements import (
    confirmed_versions,
    statement_get,
    statements_list,
    tenant_rules,
    versions_list,
)
from trading.services.statements import statement_confirm, statement_waiting
from trading.shapes.accounts import FundsAtLast, Withdrawal, position_profits
from trading.shapes.numbers import day_text
from trading.shapes.refusals import detail
from trading.statements.forms import FORMS, file_of
from trading.statements.sheet import BASES, Section, lay_out
from trading.statements.words import Label

DAYS_SHOWN: Final = 60
ROWS_SHOWN: Final = 500
"""Rows of a section on the page; the files hold all."""


@route_scope(RouteScope.TENANT, right=Right.ACCOUNT_VIEW)
def statements(request: HttpRequest) -> HttpResponse:
    """Show an account's money and its newest statement; without an account the first one of the actor."""
    actor = _actor(request)
    account = _chosen(request, actor)
    if account is None:
        return render(request, "trading/statements.html", {"account": None})
    row = statements_list(actor=actor, account_id=account.id).first()
    return _page(request, actor, account, row)


@route_scope(RouteScope.TENANT, right=Right.ACCOUNT_VIEW)
def statement(request: HttpRequest, account_id: int, day: int) -> HttpResponse:
    """Show one day's statement."""
    actor = _actor(request)
    account = account_get(actor=actor, account_id=account_id)
    row = _row(request, actor, account_id, day)
    if account is None or row is None:
        raise not_found()
    return _page(request, actor, account, row)


@route_scope(RouteScope.TENANT, right=Right.ACCOUNT_VIEW)
def statement_file(request: HttpRequest, account_id: int, day: int, form: str) -> HttpResponse:
    """Give a statement as a file."""
    row = _row(request, _actor(request), account_id, day)
    if row is None or form not in FORMS:
        raise not_found()
    return file_response(file_of(bytes(row.body), form=form, basis=_basis(request)), sha256=row.sha256)


@route_scope(RouteScope.TENANT, right=Right.TRADE_PLACE)
@require_POST
def statement_agree(request: HttpRequest, account_id: int, day: int) -> HttpResponse:
    """Confirm a statement; what the counter refuses is said on the page."""
    text = request.POST.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    try:
        with transaction.atomic():
            statement_confirm(actor=_actor(request), account_id=account_id, trading_day=day, version=version)
        messages.success(request, _("The statement of %(day)s is confirmed.") % {"day": day_text(day)})
    except Refused as refused:
        if refused.code == "account_not_found":
            raise
        messages.error(request, detail(refused.code, refused.figures or {}, get_language() or "zh-hans"))
    response = HttpResponseRedirect(reverse("statements") + f"?account={account_id}")
    response.status_code = 303
    return response


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by the scope middleware
    return actor


def _basis(request: HttpRequest) -> str:
    basis = request.GET.get("basis", "date")
    return basis if basis in BASES else "date"


def _chosen(request: HttpRequest, actor: Actor) -> MoneyAccount | None:
    text = request.GET.get("account", "")
    if text:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
        account = account_get(actor=actor, account_id=number)
        if account is None:
            raise not_found()
        return account
    return accounts_list(actor=actor).first()


def _row(request: HttpRequest, actor: Actor, account_id: int, day: int) -> Statement | None:
    text = request.GET.get("version", "")
    version = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
    if day > 99_991_231 or account_id >= 2**62:
        return None
    return statement_get(actor=actor, account_id=account_id, trading_day=day, version=version)


def _page(request: HttpRequest, actor: Actor, account: MoneyAccount, row: Statement | None) -> HttpResponse:
    basis, language = _basis(request), get_language() or "zh-hans"
    waiting = statement_waiting(actor=actor, account_id=account.id)
    context: dict[str, Any] = {
        "account": account,
        "accounts": list(accounts_list(actor=actor)[:200]),
        "basis": basis,
        "days": _days(actor, account, row),
        "funds": _funds(actor, account),
        "waiting": waiting and {"day": day_text(waiting[0]), "number": waiting[0], "version": waiting[1]},
        "may_confirm": actor.can_trade(account.id),
    }
    if row is not None:
        versions = versions_list(actor=actor, account_id=account.id, trading_day=row.trading_day)
        confirmed = confirmed_versions(actor=actor, account_id=account.id, trading_days=[row.trading_day])
        context["row"] = row
        context["versions"] = versions
        context["is_newest"] = row.version == versions[-1]
        context["confirmed"] = confirmed.get(row.trading_day)
        context["day"] = day_text(row.trading_day)
        context["sheet"] = _sheet(bytes(row.body), basis=basis, language=language)
    return render(request, "trading/statements.html", context)


def _days(actor: Actor, account: MoneyAccount, shown: Statement | None) -> list[dict[str, Any]]:
    found = list(statements_list(actor=actor, account_id=account.id)[:DAYS_SHOWN])
    confirmed = confirmed_versions(
        actor=actor, account_id=account.id, trading_days=[item.trading_day for item in found]
    )
    return [
        {
            "number": item.trading_day,
            "day": day_text(item.trading_day),
            "equity": money(item.equity_fen),
            "version": item.version,
            "confirmed": confirmed.get(item.trading_day),
            "call": item.margin_call_fen > 0,
            "shown": shown is not None and shown.trading_day == item.trading_day,
        }
        for item in found
    ]


def _funds(actor: Actor, account: MoneyAccount) -> dict[str, str] | None:
    """The account's money now, and what of it may leave by which figures."""
    balance = balances_get(actor=actor, account_id=account.id)
    if balance is None:
        return None
    lasts = rows.last_prices()
    held = [
        (rows.position_state(item), rows.contract_by_id(item.instrument_id), lasts.get(item.instrument_id, 0))
        for item in positions_list(actor=actor, account_id=account.id)
    ]
    at_last = FundsAtLast(funds=rows.balance_funds(balance), position_profit_fen=position_profits(held))
    rules = tenant_rules()
    rule = Withdrawal.of(at_last, part_ppm=rules.withdraw_ppm, reserve_fen=rules.reserve_fen)
    return {
        "equity": money(at_last.equity_fen),
        "margin": money(at_last.funds.margin_fen),
        "frozen": money(at_last.funds.frozen_margin_fen + at_last.funds.frozen_fee_fen),
        "available": money(rule.available_fen),
        "gains": money(rule.gains_fen),
        "part": ratio(rule.part_ppm),
        "part_amount": money(rule.part_fen),
        "reserve": money(rule.reserve_fen),
        "withdrawable": money(rule.withdrawable_fen),
    }


def _sheet(body: bytes, *, basis: str, language: str) -> dict[str, Any]:
    """The laid-out statement in one language, cells with their looks."""
    sheet = lay_out(body, basis=basis)
    return {
        "title": sheet.title.of(language),
        "head": [(line.label.of(language), line.text) for line in sheet.head],
        "summary": [(line.label.of(language), line.text, _look(line.text, line.kind)) for line in sheet.summary],
        "sections": [_section(section, language) for section in sheet.sections],
        "sha256": sheet.sha256,
    }


def _section(section: Section, language: str) -> dict[str, Any]:
    kinds = [column.kind for column in section.columns]

    def cells(row: list[Any]) -> list[tuple[str, str]]:
        texts = [cell.of(language) if isinstance(cell, Label) else cell for cell in row]
        return [(text, _look(text, kind)) for text, kind in zip(texts, kinds, strict=True)]

    return {
        "name": section.name,
        "title": section.title.of(language),
        "columns": [(column.label.of(language), "" if column.kind == "text" else "num") for column in section.columns],
        "rows": [cells(row) for row in section.rows[:ROWS_SHOWN]],
        "more": max(0, len(section.rows) - ROWS_SHOWN),
        "total": cells(section.total) if section.total else [],
    }


def _look(text: str, kind: str) -> str:
    """The classes of a figure: a profit is up, down or flat."""
    if kind == "text":
        return ""
    if kind == "figure" or not text:
        return "num"
    flat = text.strip("0.,") == ""
    return "num flat" if flat else "num down" if text.startswith("-") else "num up"
