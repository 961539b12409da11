"""Routes of /api/v1 that belong to trading."""

from __future__ import annotations

from django.urls import path, register_converter

from trading.api import accounts, delivery, market, openapi, orders, parameters, statements


class NumberConverter:
    """A number that the database and the core can hold; anything longer is an address that does not exist."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Return the number as text."""
        return str(value)


register_converter(NumberConverter, "number")

# Imported for its registration with the schema generator.
assert openapi.ActorScheme.target_class  # noqa: S101

urlpatterns = [
    path("time", market.Time.as_view(), name="api-time"),
    path("status", market.Status.as_view(), name="api-status"),
    path("instruments", market.Instruments.as_view(), name="api-instruments"),
    path("instruments/<str:symbol>", market.InstrumentOne.as_view(), name="api-instrument"),
    path("instruments/<str:symbol>/book", market.Book.as_view(), name="api-book"),
    path("instruments/<str:symbol>/trades", market.Trades.as_view(), name="api-trades"),
    path("instruments/<str:symbol>/ticks", market.Ticks.as_view(), name="api-ticks"),
    path("instruments/<str:symbol>/bars", market.Bars.as_view(), name="api-bars"),
    path("parameters", parameters.ParametersInForce.as_view(), name="api-parameters"),
    path("accounts", accounts.Accounts.as_view(), name="api-accounts"),
    path("accounts/<number:account_id>", accounts.AccountOne.as_view(), name="api-account"),
    path("accounts/<number:account_id>/balances", accounts.Balances.as_view(), name="api-balances"),
    path("positions", accounts.Positions.as_view(), name="api-positions"),
    path("fills", accounts.Fills.as_view(), name="api-fills"),
    path("events", accounts.Events.as_view(), name="api-events"),
    path("statements", statements.Statements.as_view(), name="api-statements"),
    path(
        "statements/<number:account_id>/<str:day>/confirm",
        statements.StatementConfirm.as_view(),
        name="api-statement-confirm",
    ),
    path("statements/<number:account_id>/<str:day>", statements.StatementOne.as_view(), name="api-statement"),
    path(
        "statements/<number:account_id>/<str:day>/<str:form>",
        statements.StatementForm.as_view(),
        name="api-statement-form",
    ),
    path("delivery-duties", delivery.DeliveryDuties.as_view(), name="api-delivery-duties"),
    path("orders", orders.Orders.as_view(), name="api-orders"),
    path("orders/preview", orders.OrderPreview.as_view(), name="api-order-preview"),
    path("orders/cancel-all", orders.CancelAll.as_view(), name="api-cancel-all"),
    path("orders/cancel-after", orders.CancelAfter.as_view(), name="api-cancel-after"),
    path("orders/by-client-id/<path:client_order_id>", orders.OrderByClientId.as_view(), name="api-order-by-client-id"),
    path("orders/<number:order_id>", orders.OrderOne.as_view(), name="api-order"),
]
