"""Alerts and what officers did: read-only here, for the place to act is the desk."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy

from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin
from riskdesk.models import Alert, AlertNote
from trading.admin.shown import moment


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
    fields = (
        "number", "account_id", "rule", "severity", "state", "level", "count", "figures", "first_seq", "last_seq",
        "first_at", "last_at", "cleared_at", "acknowledged_by", "acknowledged_at", "note",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("first at"))
    def first_at(self, row: Alert) -> str:
        """Return when it was opened."""
        return moment(row.first_at_ns)

    @admin.display(description=gettext_lazy("last at"))
    def last_at(self, row: Alert) -> str:
        """Return when it was last met."""
        return moment(row.last_at_ns)

    @admin.display(description=gettext_lazy("over since"))
    def cleared_at(self, row: Alert) -> str:
        """Return when its condition ended."""
        return moment(row.cleared_at_ns)


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
