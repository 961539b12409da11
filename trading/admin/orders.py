"""Orders and trades: read-only, newest first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy

from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin
from trading.admin import shown
from trading.choices import CANCEL_REASON_LABELS
from trading.models import Fill, Instrument, Order
from trading.selectors.orders import newest_ids
from trading.shapes import refusals
from trading.shapes.figures import figures_shape

# A list of everything would sort everything a tenant ever did; older rows are found by account or number.
NEWEST = 1000


class _Ticks:
    """The prices of a contract's row, for the figures of a refusal."""

    def __init__(self, instrument: Instrument) -> None:
        self.price = instrument.price_text


class NewestAdmin(AurumModelAdmin):
    """The newest rows of all accounts; a search by account or order number reaches all of them."""

    view_right = Right.TRADE_VIEW
    engine_owned = True
    list_select_related = ("instrument",)
    search_fields = ("account_id",)
    search_help_text = gettext_lazy("Account or order number; without it the newest 1,000 are shown.")
    ordering = ("-id",)
    order_field = "id"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bound the list where nothing is searched for."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        if not is_list or request.GET.get("q", "").strip().isdigit():
            return rows
        actor = request.actor  # type: ignore[attr-defined]
        return rows.filter(id__in=newest_ids(self.model, actor=actor, limit=NEWEST))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by account or by order number."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if not term.isdigit() or len(term) > 18:
            return queryset.none(), False
        return queryset.filter(Q(account_id=int(term)) | Q(**{self.order_field: int(term)})), False

    @admin.display(description=gettext_lazy("account"))
    def account(self, row: Any) -> int:
        """Return the account's number."""
        return int(row.account_id)

    @admin.display(description=gettext_lazy("trading day"))
    def day(self, row: Any) -> str:
        """Return the trading day."""
        return shown.day(row.trading_day)


@admin.register(Order)
class OrderAdmin(NewestAdmin):
    """Orders as they stand."""

    list_display = (
        "id",
        "account",
        "instrument",
        "side",
        "offset",
        "qty",
        "price",
        "filled_qty",
        "status",
        "why",
        "entered",
    )
    list_filter = ("status", "side", "order_type")
    fields = (
        "id",
        "account",
        "client_order_id",
        "day",
        "instrument",
        "side",
        "offset",
        "order_type",
        "time_in_force",
        "qty",
        "price",
        "filled_qty",
        "leaves_qty",
        "canceled_qty",
        "average",
        "status",
        "why",
        "figures",
        "actor",
        "entered",
        "changed",
    )
    readonly_fields = ("account", "day", "price", "average", "why", "entered", "changed")

    @admin.display(description=gettext_lazy("price"))
    def price(self, row: Order) -> str:
        """Return the limit."""
        return shown.price(row, row.price_ticks)

    @admin.display(description=gettext_lazy("average fill price"))
    def average(self, row: Order) -> str:
        """Return the mean price of the fills, to a tick."""
        return shown.price(row, round(row.filled_ticks / row.filled_qty)) if row.filled_qty else "–"

    @admin.display(description=gettext_lazy("refusal or reason"))
    def why(self, row: Order) -> str:
        """Return why the order was refused or ended."""
        if row.reject_code:
            figures = figures_shape(row.reject_code, row.figures or {}, contract=_Ticks(row.instrument))
            said = refusals.detail(row.reject_code, figures, get_language() or "")
            return f"{said} ({row.reject_code})"
        return str(CANCEL_REASON_LABELS.get(row.cancel_reason, row.cancel_reason)) if row.cancel_reason else ""

    @admin.display(description=gettext_lazy("entered"))
    def entered(self, row: Order) -> str:
        """Return when the core took it."""
        return shown.moment(row.created_ns)

    @admin.display(description=gettext_lazy("last change"))
    def changed(self, row: Order) -> str:
        """Return when it last changed."""
        return shown.moment(row.updated_ns)


@admin.register(Fill)
class FillAdmin(NewestAdmin):
    """Each account's side of each trade."""

    order_field = "order_id"
    list_display = (
        "trade",
        "account",
        "order_id",
        "instrument",
        "side",
        "offset",
        "qty",
        "price",
        "fee",
        "profit",
        "at",
    )
    list_filter = ("side", "offset")
    fields = (*list_display, "profit_by_trade", "day")
    readonly_fields = ("trade", "account", "price", "fee", "profit", "profit_by_trade", "at", "day")

    @admin.display(description=gettext_lazy("trade"))
    def trade(self, row: Fill) -> int:
        """Return the trade's number."""
        return row.trade_id

    @admin.display(description=gettext_lazy("price"))
    def price(self, row: Fill) -> str:
        """Return the price."""
        return shown.price(row, row.price_ticks)

    @admin.display(description=gettext_lazy("fee"))
    def fee(self, row: Fill) -> str:
        """Return the fee."""
        return shown.money(row.fee_fen)

    @admin.display(description=gettext_lazy("closed profit by date"))
    def profit(self, row: Fill) -> str:
        """Return the profit taken to cash."""
        return shown.money(row.close_profit_fen) if row.close_profit_fen else "–"

    @admin.display(description=gettext_lazy("closed profit by trade"))
    def profit_by_trade(self, row: Fill) -> str:
        """Return the profit against the opening price."""
        return shown.money(row.close_profit_trade_fen) if row.close_profit_trade_fen else "–"

    @admin.display(description=gettext_lazy("time"))
    def at(self, row: Fill) -> str:
        """Return when it happened."""
        return shown.moment(row.at_ns)
