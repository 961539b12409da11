"""Alerts and what officers did: read-only here, for the place to act is the desk."""

from __future__ import annotations

from django.contrib import admin

from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin
from riskdesk.models import Alert, AlertNote


@admin.register(Alert)
class AlertAdmin(AurumModelAdmin):
    """Newest change first, by the tenant's own number."""

    view_right = Right.RISK_VIEW
    engine_owned = True
    list_display = ("number", "account_id", "rule", "severity", "state", "count", "acknowledged_by", "last_seq")
    list_filter = ("severity", "state")
    search_fields = ("rule", "account_id")
    list_select_related = ("acknowledged_by",)
    ordering = ("-change_no",)


@admin.register(AlertNote)
class AlertNoteAdmin(AurumModelAdmin):
    """Acknowledgements and interventions, newest first."""

    view_right = Right.RISK_VIEW
    engine_owned = True
    list_display = ("created_at", "account_id", "action", "user", "reason", "journal_seq")
    list_filter = ("action",)
    search_fields = ("account_id", "reason")
    list_select_related = ("user",)
    ordering = ("-id",)
