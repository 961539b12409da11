"""Logins of the whole platform: for its operators alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.models import User
from accounts.permissions import Right
from accounts.services.users import user_active_set, user_credentials_reset
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm


def _switch(*, active: bool) -> Any:
    def run(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
        user_active_set(actor=actor, user_id=row.pk, active=active, reason=chosen["reason"])
        return Done(_("The login is switched on.") if active else _("The login is switched off."))

    return run


def _reset(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    password = user_credentials_reset(actor=actor, user_id=row.pk, reason=chosen["reason"])
    return Done(_("New password of %(login)s") % {"login": row.username}, once=password)


@admin.register(User)
class UserAdmin(AurumModelAdmin):
    """Brokers see memberships; a list of users would show them each other's people."""

    view_right = Right.TENANT_EDIT
    list_display = ("username", "first_name", "is_active", "is_platform_operator", "last_login")
    list_filter = ("is_active", "is_platform_operator")
    search_fields = ("username", "first_name")
    fields = (
        "username",
        "first_name",
        "email",
        "is_active",
        "is_platform_operator",
        "must_change_password",
        "language",
        "last_login",
        "date_joined",
    )
    ordering = ("username",)
    buttons = (
        Button(
            name="reset",
            label=gettext_lazy("Reset the sign-in"),
            right=Right.TENANT_EDIT,
            run=_reset,
            form=ReasonForm,
            danger=True,
        ),
        Button(
            name="off",
            label=gettext_lazy("Switch off"),
            right=Right.TENANT_EDIT,
            run=_switch(active=False),
            form=ReasonForm,
            shown=lambda row: row.is_active,
            danger=True,
        ),
        Button(
            name="on",
            label=gettext_lazy("Switch on"),
            right=Right.TENANT_EDIT,
            run=_switch(active=True),
            form=ReasonForm,
            shown=lambda row: not row.is_active,
        ),
    )
