"""Clients of a broker and the single-account grants on their accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.choices import ClientKind
from accounts.errors import not_found
from accounts.models import AccountHolder, Client
from accounts.permissions import Right
from accounts.selectors.accounts import TRADE, VIEW
from accounts.selectors.members import member_by_username
from accounts.services.grants import account_grant, account_grant_end
from accounts.services.people import client_create
from portal.admin_base import AurumModelAdmin, Button, Done


class ClientForm(forms.Form):
    """A new customer, with the login that is his, if any."""

    number = forms.CharField(label=gettext_lazy("Client number"), max_length=24)
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=ClientKind.choices)
    username = forms.CharField(label=gettext_lazy("Login of the client"), max_length=150, required=False)


class GrantForm(forms.Form):
    """To whom, and what."""

    username = forms.CharField(label=gettext_lazy("Login"), max_length=150)
    permission = forms.ChoiceField(
        label=gettext_lazy("Permission"), choices=[(VIEW, gettext_lazy("See")), (TRADE, gettext_lazy("Trade"))]
    )


def _user_id(username: str) -> int:
    member = member_by_username(username=username)
    if member is None:
        raise not_found()
    return member.user_id


def _grant(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    user_id = _user_id(chosen["username"])
    account_grant(actor=actor, user_id=user_id, account_id=row.account_id, permission=chosen["permission"])
    return Done(_("The account is granted."))


def _grant_end(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    user_id = _user_id(chosen["username"])
    account_grant_end(actor=actor, user_id=user_id, account_id=row.account_id, permission=chosen["permission"])
    return Done(_("The grant has ended."))


@admin.register(Client)
class ClientAdmin(AurumModelAdmin):
    """The broker's customers."""

    view_right = Right.PEOPLE_VIEW
    add_right = Right.PEOPLE_EDIT
    add_form = ClientForm
    list_display = ("number", "name", "kind", "status", "user", "created_at")
    list_select_related = ("user",)
    list_filter = ("kind", "status")
    search_fields = ("number", "name")
    ordering = ("number",)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Make the client."""
        user_id = _user_id(chosen["username"]) if chosen["username"] else None
        made = client_create(
            actor=actor, number=chosen["number"], name=chosen["name"], kind=chosen["kind"], user_id=user_id
        )
        return Done(_("Client %(number)s is made.") % {"number": made.number})


@admin.register(AccountHolder)
class AccountHolderAdmin(AurumModelAdmin):
    """Who holds which account, and to whom single accounts are granted."""

    view_right = Right.PEOPLE_VIEW
    list_display = ("account_id", "client", "created_at")
    list_select_related = ("client",)
    search_fields = ("client__number", "client__name")
    ordering = ("account_id",)
    buttons = (
        Button(
            name="grant", label=gettext_lazy("Grant to a person"), right=Right.PEOPLE_EDIT, run=_grant, form=GrantForm
        ),
        Button(
            name="ungrant",
            label=gettext_lazy("End a grant"),
            right=Right.PEOPLE_EDIT,
            run=_grant_end,
            form=GrantForm,
            danger=True,
        ),
    )

    def audit_target(self, row: AccountHolder) -> str:
        """Grants are written under the account."""
        return f"account {row.account_id}"
