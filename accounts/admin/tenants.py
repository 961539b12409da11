"""Tenants and the operators' entries into them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import validate_slug
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.choices import TenantKind, TenantStatus
from accounts.models import OperatorEntry, Tenant
from accounts.permissions import Right
from accounts.services.tenants import tenant_create, tenant_status_set
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm


class TenantForm(forms.Form):
    """A new broker and the login of its first administrator."""

    code = forms.CharField(label=gettext_lazy("Code"), max_length=32, validators=[validate_slug])
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    name_en = forms.CharField(label=gettext_lazy("English name"), max_length=80, required=False)
    admin_username = forms.CharField(label=gettext_lazy("Administrator's login"), max_length=150)


def _status_button(*, name: str, label: Any, status: TenantStatus, danger: bool) -> Button:
    def run(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
        tenant_status_set(actor=actor, tenant_id=row.pk, status=status, reason=chosen["reason"])
        return Done(_("The tenant is now %(status)s.") % {"status": status.label})

    return Button(
        name=name,
        label=label,
        right=Right.TENANT_EDIT,
        run=run,
        form=ReasonForm,
        danger=danger,
        shown=lambda row: row.kind == TenantKind.BROKER and row.status != status,
    )


@admin.register(Tenant)
class TenantAdmin(AurumModelAdmin):
    """A platform operator sees all tenants; nobody else comes here."""

    view_right = Right.TENANT_EDIT
    add_right = Right.TENANT_EDIT
    add_form = TenantForm
    list_display = ("code", "name", "name_en", "kind", "status", "created_at")
    list_filter = ("status", "kind")
    search_fields = ("code", "name", "name_en")
    buttons = (
        _status_button(name="suspend", label=gettext_lazy("Suspend"), status=TenantStatus.SUSPENDED, danger=True),
        _status_button(name="resume", label=gettext_lazy("Let work again"), status=TenantStatus.ACTIVE, danger=False),
    )

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Make the broker and show its administrator's password once."""
        made = tenant_create(actor=actor, **chosen)
        return Done(_("First password of %(login)s") % {"login": made.admin.username}, once=made.password)


@admin.register(OperatorEntry)
class OperatorEntryAdmin(AurumModelAdmin):
    """When the platform's operators were inside this tenant, and why."""

    view_right = Right.AUDIT_VIEW
    list_display = ("user", "reason", "entered_at", "expires_at", "left_at")
    list_select_related = ("user",)
    ordering = ("-id",)
