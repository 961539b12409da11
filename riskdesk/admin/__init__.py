"""The desk's rows in the admin, read-only."""

from riskdesk.admin.alerts import AlertAdmin, AlertNoteAdmin

__all__ = ["AlertAdmin", "AlertNoteAdmin"]
