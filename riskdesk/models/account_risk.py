"""Every account's risk as the monitors last worked it out."""

from __future__ import annotations

from django.db import models

from accounts.tenancy.models import AccountModel


class AccountRisk(AccountModel):
    """One account's equity, margin and risk degree at a journal number; written by the monitors alone."""

    equity_fen = models.BigIntegerField()
    margin_fen = models.BigIntegerField()
    available_fen = models.BigIntegerField()
    profit_fen = models.BigIntegerField()
    degree_ppm = models.BigIntegerField()
    exposure_fen = models.BigIntegerField(default=0)
    exchange_margin_fen = models.BigIntegerField(default=0, db_default=0)
    status = models.SmallIntegerField(default=0)
    seq = models.BigIntegerField()

    class Meta(AccountModel.Meta):
        db_table = "riskdesk_account_risk"
        constraints = [models.UniqueConstraint(fields=["tenant", "account_id"], name="riskdesk_account_risk_one")]
        indexes = [models.Index(fields=["tenant", "-degree_ppm"], name="riskdesk_account_risk_rank")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.degree_ppm} ppm"
