"""Money accounts: what they hold, and what back office and risk desk may ask for; all through services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.models import Client
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import shown
from trading.choices import AccountState, AccountStatus, PositionSide
from trading.models import Balance, MoneyAccount, Position
from trading.services.accounts import holder_kind_set, money_account_open
from trading.services.interventions import (
    Intervention,
    account_block,
    account_cancel_all,
    account_close_only,
    account_release,
)
from trading.services.parameters import hedge_propose
from trading.services.proposals import cash_propose, limits_propose


class OpenForm(forms.Form):
    """Whose account, and what it is called."""

    client_number = forms.CharField(label=gettext_lazy("Client number"), max_length=24)
    name = forms.CharField(label=gettext_lazy("Name of the account"), max_length=80)


class CashForm(forms.Form):
    """A movement at the bank."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=Decimal("0.01"), max_digits=15, decimal_places=2
    )
    reference = forms.CharField(label=gettext_lazy("Bank reference"), max_length=64)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


class LimitsForm(forms.Form):
    """Limits of the account; 0 means none of its own, empty means unchanged."""

    max_order_qty = forms.IntegerField(label=gettext_lazy("Largest order"), min_value=0, required=False)
    max_position_qty = forms.IntegerField(label=gettext_lazy("Largest position"), min_value=0, required=False)
    max_working_orders = forms.IntegerField(label=gettext_lazy("Working orders at most"), min_value=0, required=False)
    max_orders_per_second = forms.IntegerField(
        label=gettext_lazy("Orders a second at most"), min_value=0, required=False
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


def _waiting(number: int) -> Done:
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": number})


def _cash(kind: str) -> Callable[[Actor, Any, Mapping[str, Any]], Done]:
    def run(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
        proposal = cash_propose(
            actor=actor,
            account_id=row.pk,
            kind=kind,
            amount_fen=int(chosen["amount"] * 100),
            reference=chosen["reference"],
            reason=chosen["reason"],
        )
        return _waiting(proposal.pk)

    return run


def _limits(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    limits = {name: value for name, value in chosen.items() if name != "reason" and value is not None}
    return _waiting(limits_propose(actor=actor, account_id=row.pk, limits=limits, reason=chosen["reason"]).pk)


def _hedge(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    return _waiting(hedge_propose(actor=actor, account_id=row.pk, hedge=not row.hedge, reason=chosen["reason"]).pk)


def _intervene(service: Callable[..., Intervention]) -> Callable[[Actor, Any, Mapping[str, Any]], Done]:
    def run(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
        done = service(actor=actor, account_id=row.pk, reason=chosen["reason"])
        return Done(_("In force from journal number %(seq)s.") % {"seq": done.seq})

    return run


def _is_open(row: Any) -> bool:
    return bool(row.state == AccountState.ACTIVE)


def _risk_button(name: str, label: Any, service: Callable[..., Intervention], *, unless: int | None) -> Button:
    return Button(
        name=name,
        label=label,
        right=Right.RISK_INTERVENE,
        run=_intervene(service),
        form=ReasonForm,
        shown=lambda row: _is_open(row) and row.status != unless,
        danger=unless != AccountStatus.ACTIVE,
    )


def _holder_kind(actor: Actor, row: Any, _chosen: Mapping[str, Any]) -> Done:
    seq = holder_kind_set(actor=actor, account_id=row.pk)
    return Done(_("In force from journal number %(seq)s.") % {"seq": seq})


@admin.register(MoneyAccount)
class MoneyAccountAdmin(AurumModelAdmin):
    """The clients' money accounts with what they hold now."""

    view_right = Right.ACCOUNT_VIEW
    first_steps = ((gettext_lazy("Deposit, withdrawal, limits: choose the account"), Right.CASH_PROPOSE),)
    add_right = Right.ACCOUNT_OPEN
    add_form = OpenForm
    list_display = ("id", "name", "client", "opening", "trading", "asked_at")
    list_select_related = ("client",)
    list_filter = ("state", "status")
    search_fields = ("=id", "name", "client__number", "client__name")
    ordering = ("id",)
    fields = (
        "id",
        "name",
        "client",
        "opening",
        "trading",
        "status_reason",
        "natural",
        "max_order_qty",
        "max_position_qty",
        "max_working_orders",
        "max_orders_per_second",
        "hedge",
        "asked_at",
        "opened",
        "cash",
        "margin",
        "frozen",
        "positions",
    )
    readonly_fields = ("opening", "trading", "opened", "cash", "margin", "frozen", "positions")
    buttons = (
        Button(
            name="deposit",
            label=gettext_lazy("Propose a deposit"),
            right=Right.CASH_PROPOSE,
            run=_cash("deposit"),
            form=CashForm,
            shown=_is_open,
        ),
        Button(
            name="withdraw",
            label=gettext_lazy("Propose a withdrawal"),
            right=Right.CASH_PROPOSE,
            run=_cash("withdraw"),
            form=CashForm,
            shown=_is_open,
        ),
        Button(
            name="limits",
            label=gettext_lazy("Propose limits"),
            right=Right.LIMIT_PROPOSE,
            run=_limits,
            form=LimitsForm,
            shown=_is_open,
        ),
        Button(
            name="hedge",
            label=gettext_lazy("Propose the other purpose (hedging, speculation)"),
            right=Right.RATE_PROPOSE,
            run=_hedge,
            form=ReasonForm,
            shown=_is_open,
        ),
        _risk_button("close-only", gettext_lazy("Close only"), account_close_only, unless=AccountStatus.CLOSE_ONLY),
        _risk_button("block", gettext_lazy("Block"), account_block, unless=AccountStatus.BLOCKED),
        _risk_button("cancel-all", gettext_lazy("Cancel all orders"), account_cancel_all, unless=None),
        _risk_button("release", gettext_lazy("Release"), account_release, unless=AccountStatus.ACTIVE),
        Button(
            name="holder-kind",
            label=gettext_lazy("Tell the counter the holder's kind"),
            right=Right.ACCOUNT_OPEN,
            run=_holder_kind,
            shown=_is_open,
        ),
    )

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Open an account for a client."""
        client = Client.objects.filter(number=chosen["client_number"]).first()
        if client is None:
            raise not_found()
        account = money_account_open(actor=actor, client_id=client.pk, name=chosen["name"])
        return Done(_("Account %(number)s is asked for.") % {"number": account.pk})

    def audit_target(self, row: MoneyAccount) -> str:
        """Services write the account's number."""
        return f"account {row.pk}"

    def _balance(self, row: MoneyAccount) -> Balance | None:
        return Balance.objects.filter(account_id=row.pk).first()

    @admin.display(description=gettext_lazy("account opening"), ordering="state")
    def opening(self, row: MoneyAccount) -> str:
        """Return how far the opening of the account has come."""
        return str(AccountState(row.state).label)

    @admin.display(description=gettext_lazy("may trade"), ordering="status")
    def trading(self, row: MoneyAccount) -> str:
        """Return what the account may do now."""
        return str(AccountStatus(row.status).label)

    @admin.display(description=gettext_lazy("opened"))
    def opened(self, row: MoneyAccount) -> str:
        """Return when the counter opened it."""
        return shown.moment(row.opened_at_ns)

    @admin.display(description=gettext_lazy("cash"))
    def cash(self, row: MoneyAccount) -> str:
        """Return the cash."""
        balance = self._balance(row)
        return shown.money(balance.cash_fen) if balance else "–"

    @admin.display(description=gettext_lazy("margin held"))
    def margin(self, row: MoneyAccount) -> str:
        """Return the margin of open positions."""
        balance = self._balance(row)
        return shown.money(balance.margin_fen) if balance else "–"

    @admin.display(description=gettext_lazy("frozen for orders"))
    def frozen(self, row: MoneyAccount) -> str:
        """Return what working orders hold."""
        balance = self._balance(row)
        return shown.money(balance.frozen_margin_fen + balance.frozen_fee_fen) if balance else "–"

    @admin.display(description=gettext_lazy("positions"))
    def positions(self, row: MoneyAccount) -> str:
        """Return the open positions, today's and yesterday's lots apart."""
        rows = Position.objects.select_related("instrument").filter(account_id=row.pk)
        held = rows.filter(today_qty__gt=-F("yesterday_qty"))
        return (
            "; ".join(
                f"{item.instrument.symbol} {PositionSide(item.side).label} {item.today_qty} + {item.yesterday_qty}"
                for item in held
            )
            or "–"
        )
