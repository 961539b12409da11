"""The audit of a broker, as it is written: read-only for everybody."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import AuditEntry
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin


@admin.register(AuditEntry)
class AuditEntryAdmin(AurumModelAdmin):
    """Newest first; by its number, so that a page costs one index range."""

    view_right = Right.AUDIT_VIEW
    engine_owned = True
    list_display = ("number", "at", "username", "via", "action", "target", "reason", "journal_seq")
    list_filter = ("via",)
    search_fields = ("target", "username", "action")
    ordering = ("-number",)
