"""Statements as the back office sees them, corrections of them, and the broker's rules: all through services."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done
from trading.admin import shown
from trading.engine.bounds import RATE_PPM_MAX
from trading.models import Statement, TenantRules
from trading.services.statements import correction_propose, rules_propose


class CorrectionForm(forms.Form):
    """What the client gets (or, below zero, gives) and why."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=15, decimal_places=2)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class RulesForm(forms.Form):
    """A broker's rules, to be approved by another person."""

    confirms = forms.BooleanField(
        label=gettext_lazy("Clients confirm their statement before they open positions"), required=False
    )
    withdraw_part = forms.DecimalField(
        label=gettext_lazy("Part of the equity that may leave (0 to 1)"),
        min_value=0,
        max_value=1,
        max_digits=7,
        decimal_places=6,
        initial=Decimal(1),
    )
    reserve = forms.DecimalField(
        label=gettext_lazy("Reserve that stays in every account"), min_value=0, max_digits=15, decimal_places=2
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


def _correct(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    proposal = correction_propose(
        actor=actor,
        account_id=row.account_id,
        trading_day=row.trading_day,
        amount_fen=int(chosen["amount"] * 100),
        reason=chosen["reason"],
    )
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


@admin.register(Statement)
class StatementAdmin(AurumModelAdmin):
    """Every statement in every version; the documents themselves are on the statements page."""

    view_right = Right.ACCOUNT_VIEW
    list_display = ("account", "day", "version", "equity", "margin", "call")
    list_filter = ("trading_day",)
    search_fields = ("=account_id", "=trading_day")
    ordering = ("-trading_day", "account_id", "-version")
    fields = ("account", "day", "version", "equity", "balance_trade", "floating", "margin", "call", "sha256")
    readonly_fields = ("account", "day", "equity", "balance_trade", "floating", "margin", "call")
    buttons = (
        Button(
            name="correct",
            label=gettext_lazy("Propose a correction"),
            right=Right.CASH_PROPOSE,
            run=_correct,
            form=CorrectionForm,
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        """Leave the documents where they are."""
        return super().get_queryset(request).defer("body")

    @admin.display(description=gettext_lazy("account"), ordering="account_id")
    def account(self, row: Statement) -> int:
        """Return the account's number."""
        return row.account_id

    @admin.display(description=gettext_lazy("trading day"), ordering="trading_day")
    def day(self, row: Statement) -> str:
        """Return the day with dashes."""
        return shown.day(row.trading_day)

    @admin.display(description=gettext_lazy("equity"))
    def equity(self, row: Statement) -> str:
        """Return the client's equity."""
        return shown.money(row.equity_fen)

    @admin.display(description=gettext_lazy("balance by trade"))
    def balance_trade(self, row: Statement) -> str:
        """Return the balance without floating profit."""
        return shown.money(row.balance_trade_fen)

    @admin.display(description=gettext_lazy("floating profit by trade"))
    def floating(self, row: Statement) -> str:
        """Return the floating profit."""
        return shown.money(row.floating_fen)

    @admin.display(description=gettext_lazy("margin held"))
    def margin(self, row: Statement) -> str:
        """Return the margin."""
        return shown.money(row.margin_fen)

    @admin.display(description=gettext_lazy("money to add"))
    def call(self, row: Statement) -> str:
        """Return what must be paid in."""
        return shown.money(row.margin_call_fen)


@admin.register(TenantRules)
class TenantRulesAdmin(AurumModelAdmin):
    """The broker's rules for statements and withdrawals; adding means proposing new ones."""

    view_right = Right.ACCOUNT_VIEW
    add_right = Right.RATE_PROPOSE
    add_form = RulesForm
    list_display = ("confirms", "part", "reserve", "maker", "checker")
    fields = ("confirms", "part", "reserve", "maker", "checker")
    readonly_fields = ("part", "reserve")

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose rules."""
        proposal = rules_propose(
            actor=actor,
            confirms=chosen["confirms"],
            withdraw_ppm=int(chosen["withdraw_part"] * RATE_PPM_MAX),
            reserve_fen=int(chosen["reserve"] * 100),
            reason=chosen["reason"],
        )
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})

    @admin.display(description=gettext_lazy("part that may leave"))
    def part(self, row: TenantRules) -> str:
        """Return the part of the equity."""
        return shown.ratio(row.withdraw_ppm)

    @admin.display(description=gettext_lazy("reserve"))
    def reserve(self, row: TenantRules) -> str:
        """Return what stays."""
        return shown.money(row.reserve_fen)
