"""The ledger and the accounts' numbered events: insert-only, never changed, never deleted."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from trading.choices import PostingKind
from trading.models.base import EngineAccountRow


class Posting(EngineAccountRow):
    """One transfer between two ledger accounts: one row is both sides of a double entry.

    Ledger accounts are named: `client:<account>`, `bank:<tenant>`, `fee:<tenant>`, `clearing`. A client account is the
    broker's liability: credit raises it. Cash is therefore credits less debits of `client:<account>`.
    """

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "journal_seq", "n")
    journal_seq = models.BigIntegerField()
    n = models.IntegerField()  # counts the transfers of one journal number
    kind = models.SmallIntegerField(choices=PostingKind)
    debit = models.CharField(max_length=40)
    credit = models.CharField(max_length=40)
    amount_fen = models.BigIntegerField()
    fill_id = models.BigIntegerField(null=True)  # the fill a fee or a closed profit belongs to
    reference = models.TextField(null=True)  # noqa: DJ001  (only cash movements have one)

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_posting"
        constraints = [
            models.CheckConstraint(condition=Q(amount_fen__gt=0), name="trading_posting_amount"),
            models.CheckConstraint(condition=~Q(debit=F("credit")), name="trading_posting_two_accounts"),
        ]


class AccountEventPack(EngineAccountRow):
    """Private events of one account, numbered from 1 without a gap. `body`: see `trading.models.event_body`."""

    pk = models.CompositePrimaryKey("tenant_id", "account_id", "account_seq")
    account_seq = models.BigIntegerField()  # of the last event in the row
    count = models.SmallIntegerField(db_default=1, default=1)
    journal_seq = models.BigIntegerField()  # of the last event in the row
    body = models.BinaryField()

    class Meta(EngineAccountRow.Meta):
        db_table = "trading_account_event"
        constraints = [
            models.CheckConstraint(condition=Q(account_seq__gt=0), name="trading_account_event_from_one"),
        ]
