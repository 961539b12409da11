"""Contract, account, order, trade, position: rows and decimals."""

from django.conf import settings
from django.db import models


class Instrument(models.Model):
    """One contract."""

    symbol = models.CharField(max_length=20, unique=True)
    multiplier = models.PositiveIntegerField(default=1000)
    tick = models.DecimalField(max_digits=10, decimal_places=4, default="0.02")
    margin_ratio = models.DecimalField(max_digits=6, decimal_places=4, default="0.16")
    fee = models.DecimalField(max_digits=10, decimal_places=2, default="10.00")
    lower_limit = models.DecimalField(max_digits=12, decimal_places=2)
    upper_limit = models.DecimalField(max_digits=12, decimal_places=2)


class Account(models.Model):
    """A client's money."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    cash = models.DecimalField(max_digits=18, decimal_places=2)
    margin = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    frozen = models.DecimalField(max_digits=18, decimal_places=2, default=0)


class Position(models.Model):
    """One direction of one contract."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    side = models.CharField(max_length=4)
    qty = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=20, decimal_places=2, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "instrument", "side"], name="one_position")]


class Order(models.Model):
    """One order."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    client_order_id = models.CharField(max_length=64)
    side = models.CharField(max_length=4)
    qty = models.PositiveIntegerField()
    leaves = models.PositiveIntegerField()
    price = models.DecimalField(max_digits=12, decimal_places=2)
    status = models.CharField(max_length=16, default="new")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "client_order_id"], name="one_client_order_id")]
        indexes = [
            models.Index(
                fields=["instrument", "side", "price", "id"], condition=models.Q(leaves__gt=0), name="working_orders"
            )
        ]


class Trade(models.Model):
    """Two orders met."""

    instrument = models.ForeignKey(Instrument, on_delete=models.PROTECT)
    maker = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    taker = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=12, decimal_places=2)
    qty = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)
