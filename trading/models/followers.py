"""How far each follower of the journal has come, and how long it took."""

from __future__ import annotations

from django.db import models

from accounts.tenancy.models import GlobalModel


class FollowerPosition(GlobalModel):
    """The last journal number a follower has written; committed together with what it wrote."""

    name = models.CharField(max_length=40, primary_key=True)
    seq = models.BigIntegerField()
    at_ns = models.BigIntegerField()  # the core's time of that command
    written_ns = models.BigIntegerField()  # the follower's time just before its commit

    class Meta:
        db_table = "trading_follower_position"

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class FollowerLag(GlobalModel):
    """A ring of the last flushes of each follower: from the core's time to the commit's answer.

    A flush's own lag is known only after its commit, so it is written with the next one.
    """

    pk = models.CompositePrimaryKey("name", "slot")
    name = models.CharField(max_length=40)
    slot = models.IntegerField()
    first_seq = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    orders = models.IntegerField()
    oldest_ns = models.BigIntegerField()  # lag of the first command of the flush
    newest_ns = models.BigIntegerField()  # lag of the last one
    committed_ns = models.BigIntegerField()

    class Meta:
        db_table = "trading_follower_lag"
