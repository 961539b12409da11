"""POST /orders: check, freeze, insert, match, book; one transaction."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tests.benchmarks.textbook.models import Account, Instrument, Order, Position, Trade

MAKERS_MAX = 50


class OrderBody(serializers.Serializer[Any]):
    """An order that opens a position."""

    account = serializers.IntegerField()
    client_order_id = serializers.CharField(max_length=64)
    symbol = serializers.CharField(max_length=20)
    side = serializers.ChoiceField(choices=["buy", "sell"])
    qty = serializers.IntegerField(min_value=1, max_value=500)
    limit_price = serializers.DecimalField(max_digits=12, decimal_places=2)


class OrderView(APIView):
    """The endpoint under measurement."""

    def post(self, request: Request) -> Response:
        """Enter one order."""
        body = OrderBody(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            order, refusal = place(request.user.pk, **body.validated_data)
        if refusal or order is None:
            return Response({"code": refusal}, status=status.HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(
            {"id": order.pk, "status": order.status, "leaves_qty": order.leaves}, status=status.HTTP_201_CREATED
        )


def place(
    user_id: int, *, account: int, client_order_id: str, symbol: str, side: str, qty: int, limit_price: Decimal
) -> tuple[Order | None, str]:
    """Check the order against money and rules, then match it; returns the order or a code."""
    instrument = Instrument.objects.select_for_update().get(symbol=symbol)
    owner = Account.objects.select_for_update().filter(pk=account, user_id=user_id).first()
    if owner is None:
        return None, "account_not_found"
    if not instrument.lower_limit <= limit_price <= instrument.upper_limit or limit_price % instrument.tick:
        return None, "price_band"
    needed = margin_of(instrument, price=limit_price, qty=qty) + instrument.fee * qty
    if owner.cash - owner.margin - owner.frozen < needed:
        return None, "insufficient_margin"
    owner.frozen += needed
    owner.save(update_fields=["frozen"])
    order = Order.objects.create(
        account=owner, instrument=instrument, client_order_id=client_order_id, side=side, qty=qty, leaves=qty,
        price=limit_price,
    )  # fmt: skip
    match(order, instrument)
    return order, ""


def match(order: Order, instrument: Instrument) -> None:
    """Fill against the other side in price-time order."""
    buying = order.side == "buy"
    makers = Order.objects.select_for_update().filter(instrument=instrument, leaves__gt=0)
    if buying:
        makers = makers.filter(side="sell", price__lte=order.price).order_by("price", "id")
    else:
        makers = makers.filter(side="buy", price__gte=order.price).order_by("-price", "id")
    for maker in makers[:MAKERS_MAX]:
        if order.leaves == 0:
            break
        if maker.account_id == order.account_id:
            order.leaves = 0  # self-trade: the rest is cancelled
            order.status = "canceled"
            break
        qty = min(order.leaves, maker.leaves)
        Trade.objects.create(instrument=instrument, maker=maker, taker=order, price=maker.price, qty=qty)
        for side in (maker, order):
            book(side, instrument, price=maker.price, qty=qty)
    if order.leaves != order.qty:
        order.save(update_fields=["leaves", "status"])


def book(order: Order, instrument: Instrument, *, price: Decimal, qty: int) -> None:
    """Move one side's money and position."""
    account = Account.objects.select_for_update().get(pk=order.account_id)
    account.frozen -= margin_of(instrument, price=order.price, qty=qty) + instrument.fee * qty
    account.margin += margin_of(instrument, price=price, qty=qty)
    account.cash -= instrument.fee * qty
    account.save(update_fields=["frozen", "margin", "cash"])
    position, _ = Position.objects.select_for_update().get_or_create(
        account=account, instrument=instrument, side=order.side
    )
    position.qty += qty
    position.cost += price * qty * instrument.multiplier
    position.save(update_fields=["qty", "cost"])
    order.leaves -= qty
    order.status = "filled" if order.leaves == 0 else "partially_filled"
    order.save(update_fields=["leaves", "status"])


def margin_of(instrument: Instrument, *, price: Decimal, qty: int) -> Decimal:
    """Margin of a quantity at a price."""
    return (price * qty * instrument.multiplier * instrument.margin_ratio).quantize(Decimal("0.01"))
