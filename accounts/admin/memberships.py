"""People of a broker: who has which role here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.choices import MembershipStatus, Reach, RoleName
from accounts.models import Membership
from accounts.permissions import Right
from accounts.services.people import (
    credentials_reset,
    membership_create,
    membership_end,
    membership_reach_set,
    person_create,
)
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm


class PersonForm(forms.Form):
    """A new person with a first role."""

    username = forms.CharField(label=gettext_lazy("Login"), max_length=150)
    full_name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=RoleName.choices)
    reach = forms.ChoiceField(label=gettext_lazy("Reach"), choices=Reach.choices, initial=Reach.ALL)


class RoleForm(forms.Form):
    """One more role."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=RoleName.choices)


class ReachForm(forms.Form):
    """Every account, or single ones."""

    reach = forms.ChoiceField(label=gettext_lazy("Reach"), choices=Reach.choices)


def _end(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    membership_end(actor=actor, membership_id=row.pk, reason=chosen["reason"])
    return Done(_("The membership has ended."))


def _add_role(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    membership_create(actor=actor, user_id=row.user_id, role=chosen["role"])
    return Done(_("The role is given."))


def _set_reach(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    membership_reach_set(actor=actor, membership_id=row.pk, reach=chosen["reach"])
    return Done(_("The reach is set."))


def _reset(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    password = credentials_reset(actor=actor, user_id=row.user_id, reason=chosen["reason"])
    return Done(_("New password of %(login)s") % {"login": row.user.username}, once=password)


def _active(row: Any) -> bool:
    return bool(row.status == MembershipStatus.ACTIVE)


@admin.register(Membership)
class MembershipAdmin(AurumModelAdmin):
    """Brokers see and edit memberships, never users."""

    view_right = Right.PEOPLE_VIEW
    add_right = Right.PEOPLE_EDIT
    add_form = PersonForm
    list_display = ("user", "shown_name", "role", "reach", "status", "created_at")
    list_select_related = ("user",)
    list_filter = ("role", "status", "reach")
    search_fields = ("user__username", "user__first_name")
    fields = ("login", "shown_name", "role", "reach", "status", "created_at", "ended_at")
    ordering = ("user__username", "role")
    buttons = (
        Button(
            name="role",
            label=gettext_lazy("Give another role"),
            right=Right.PEOPLE_EDIT,
            run=_add_role,
            form=RoleForm,
            shown=_active,
        ),
        Button(
            name="reach",
            label=gettext_lazy("Set the reach"),
            right=Right.PEOPLE_EDIT,
            run=_set_reach,
            form=ReachForm,
            shown=lambda row: _active(row) and row.role != RoleName.INVESTOR,
        ),
        Button(
            name="reset",
            label=gettext_lazy("Reset the sign-in"),
            right=Right.PEOPLE_EDIT,
            run=_reset,
            form=ReasonForm,
            shown=_active,
            danger=True,
        ),
        Button(
            name="end",
            label=gettext_lazy("End the membership"),
            right=Right.PEOPLE_EDIT,
            run=_end,
            form=ReasonForm,
            shown=_active,
            danger=True,
        ),
    )

    @admin.display(description=gettext_lazy("user"))
    def login(self, row: Membership) -> str:
        """Return the login as text: the page behind a link is for the platform alone."""
        return row.user.username

    @admin.display(description=gettext_lazy("name"))
    def shown_name(self, row: Membership) -> str:
        """Return the person's name."""
        return row.user.shown_name

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Make the person and show the first password once."""
        made = person_create(actor=actor, **chosen)
        return Done(_("First password of %(login)s") % {"login": made.user.username}, once=made.password)
