"""The desk's rows in the admin, read-only but for the lines of risk, which change by maker and checker."""

from riskdesk.admin.alerts import AlertAdmin, AlertNoteAdmin
from riskdesk.admin.liquidation import LiquidationProposalAdmin, RiskLinesAdmin, RiskNoticeAdmin

__all__ = ["AlertAdmin", "AlertNoteAdmin", "LiquidationProposalAdmin", "RiskLinesAdmin", "RiskNoticeAdmin"]
