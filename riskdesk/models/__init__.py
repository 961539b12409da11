"""Rows of the desk: alerts, what happened to them, and accounts by risk."""

from riskdesk.models.account_risk import AccountRisk
from riskdesk.models.alert import Alert, AlertCounter, AlertNote
from riskdesk.models.liquidation import LiquidationProposal
from riskdesk.models.notice import RiskNotice
from riskdesk.models.risk_lines import RiskLines

__all__ = ["AccountRisk", "Alert", "AlertCounter", "AlertNote", "LiquidationProposal", "RiskLines", "RiskNotice"]
