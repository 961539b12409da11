"""Alerts: numbered rows that monitors open and officers acknowledge."""

from __future__ import annotations

from django.db import models

from accounts.tenancy.models import AccountModel, TenantModel
from riskdesk.choices import AlertState, Severity


class Alert(AccountModel):
    """One finding of one rule on one account; repeats raise `count`.

    `number` is the tenant's own count of alerts, from 1. `change_no` is the tenant's own count of changes to any
    alert: every change of a row takes the next one, so "rows above n" is all a desk that was away needs.
    """

    number = models.BigIntegerField(editable=False)
    change_no = models.BigIntegerField(editable=False)
    rule = models.CharField(max_length=64)
    severity = models.SmallIntegerField(choices=Severity.choices)
    state = models.CharField(max_length=16, choices=AlertState.choices, default=AlertState.OPEN)
    level = models.BooleanField(default=False)
    count = models.PositiveIntegerField(default=1)
    figures = models.JSONField(default=dict)
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    first_at_ns = models.BigIntegerField()
    last_at_ns = models.BigIntegerField()
    cleared_at_ns = models.BigIntegerField(null=True)
    acknowledged_by = models.ForeignKey("accounts.User", null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta(AccountModel.Meta):
        db_table = "riskdesk_alert"
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="riskdesk_alert_number"),
            models.UniqueConstraint(fields=["tenant", "change_no"], name="riskdesk_alert_change"),
            # One row at a time per rule and account is not yet resolved: a repeat finds it and raises its count.
            models.UniqueConstraint(
                fields=["tenant", "account_id", "rule"],
                condition=models.Q(state__in=["open", "acknowledged"]),
                name="riskdesk_alert_standing",
            ),
            models.CheckConstraint(condition=models.Q(count__gte=1), name="riskdesk_alert_count"),
            models.CheckConstraint(
                condition=models.Q(last_seq__gte=models.F("first_seq")), name="riskdesk_alert_seq_order"
            ),
        ]

    def __str__(self) -> str:
        return f"A-{self.number}"


class AlertNote(AccountModel):
    """What an officer did with an alert or an account: who, what, why, effective at which journal number."""

    alert = models.ForeignKey(Alert, null=True, on_delete=models.PROTECT, related_name="notes")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=32)
    reason = models.CharField(max_length=500)
    journal_seq = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta(AccountModel.Meta):
        db_table = "riskdesk_alert_note"

    def __str__(self) -> str:
        return f"{self.action} {self.account_id}"


class AlertCounter(TenantModel):
    """The tenant's next numbers; the row lock makes them gapless and in commit order."""

    alerts = models.BigIntegerField(default=0)
    changes = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        db_table = "riskdesk_alert_counter"
        constraints = [models.UniqueConstraint(fields=["tenant"], name="riskdesk_alert_counter_tenant")]

    def __str__(self) -> str:
        return f"alerts {self.alerts}, changes {self.changes}"
