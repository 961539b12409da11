"""Rows of the desk: alerts, what happened to them, and accounts by risk."""

from riskdesk.models.account_risk import AccountRisk
from riskdesk.models.alert import Alert, AlertCounter, AlertNote

__all__ = ["AccountRisk", "Alert", "AlertCounter", "AlertNote"]
