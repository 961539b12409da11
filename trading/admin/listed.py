"""Positions, the broker's rates and the ledger's postings: read-only lists."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin
from trading.admin import shown
from trading.admin.orders import NEWEST
from trading.models import PositionListed, PostingListed, RatesListed
from trading.selectors.ledger import newest_postings_from

_NUMBERS: Final = re.compile(r"[1-9][0-9]{0,17}(-[0-9]{1,18})*\Z", re.ASCII)


class ListedAdmin(AurumModelAdmin):
    """Rows known by one key made of several columns; they are looked up by the columns, which have an index."""

    engine_owned = True
    key_columns: ClassVar[tuple[str, ...]]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Find a row by the parts of its key; what has no such form does not exist."""
        parts = object_id.split("-")
        if not _NUMBERS.match(object_id) or len(parts) != len(self.key_columns):
            return None
        wanted = dict(zip(self.key_columns, map(int, parts), strict=True))
        return self.get_queryset(request).filter(**wanted).first()

    @admin.display(description=gettext_lazy("account"))
    def account(self, row: Any) -> int:
        """Return the account's number."""
        return int(row.account_id)


class ByAccountAdmin(ListedAdmin):
    """Rows of money accounts, found by the account."""

    view_right = Right.ACCOUNT_VIEW
    search_fields = ("account_id",)
    search_help_text = gettext_lazy("Account number")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find by account."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if not term.isdigit() or len(term) > 18:
            return queryset.none(), False
        return queryset.filter(Q(account_id=int(term))), False


@admin.register(PositionListed)
class PositionAdmin(ByAccountAdmin):
    """Each direction of each contract that an account holds."""

    key_columns = ("account_id", "instrument_id", "side")
    list_select_related = ("instrument",)
    list_filter = ("side",)
    ordering = ("account_id", "instrument_id", "side")
    list_display = (
        "account",
        "instrument",
        "side",
        "today_qty",
        "yesterday_qty",
        "frozen_today",
        "frozen_yesterday",
        "open_cost",
        "margin",
    )
    fields = (*list_display, "mark_cost", "seq")
    readonly_fields = ("account", "open_cost", "mark_cost", "margin")

    @admin.display(description=gettext_lazy("cost at the opening prices"))
    def open_cost(self, row: PositionListed) -> str:
        """Return the base of profit by trade."""
        return shown.money(row.open_cost_fen)

    @admin.display(description=gettext_lazy("cost by date"))
    def mark_cost(self, row: PositionListed) -> str:
        """Return the base of profit by date."""
        return shown.money(row.mark_cost_fen)

    @admin.display(description=gettext_lazy("margin"))
    def margin(self, row: PositionListed) -> str:
        """Return the margin held."""
        return shown.money(row.margin_fen)


@admin.register(RatesListed)
class RatesAdmin(ListedAdmin):
    """The margins and fees that this broker has approved for single contracts."""

    view_right = Right.TRADE_VIEW
    key_columns = ("tenant_id", "instrument_id")
    list_select_related = ("instrument",)
    ordering = ("instrument_id",)
    list_display = ("instrument", "margins", "open_fee", "close_fee", "close_today_fee", "maker", "checker", "since")
    fields = (*list_display, "seq")
    readonly_fields = ("margins", "open_fee", "close_fee", "close_today_fee", "since")

    @admin.display(description=gettext_lazy("margin long / short"))
    def margins(self, row: RatesListed) -> str:
        """Return both ratios."""
        return f"{shown.ratio(row.long_margin_ppm)} / {shown.ratio(row.short_margin_ppm)}"

    @admin.display(description=gettext_lazy("fee to open"))
    def open_fee(self, row: RatesListed) -> str:
        """Return the fee by lot and by turnover."""
        return _fee(row.open_fee_fen, row.open_fee_ppm)

    @admin.display(description=gettext_lazy("fee to close"))
    def close_fee(self, row: RatesListed) -> str:
        """Return the fee by lot and by turnover."""
        return _fee(row.close_fee_fen, row.close_fee_ppm)

    @admin.display(description=gettext_lazy("fee to close today's lots"))
    def close_today_fee(self, row: RatesListed) -> str:
        """Return the fee by lot and by turnover."""
        return _fee(row.close_today_fee_fen, row.close_today_fee_ppm)

    @admin.display(description=gettext_lazy("in force since"))
    def since(self, row: RatesListed) -> str:
        """Return when the core took them."""
        return shown.moment(row.at_ns)


@admin.register(PostingListed)
class PostingAdmin(ByAccountAdmin):
    """The ledger: one transfer a row, newest first."""

    key_columns = ("account_id", "journal_seq", "n")
    search_help_text = gettext_lazy("Account number; without it the newest 1,000 are shown.")
    list_filter = ("kind",)
    ordering = ("-journal_seq", "-n")
    list_display = ("journal_seq", "account", "kind", "debit", "credit", "amount", "fill_id", "reference")
    fields = (*list_display, "n")
    readonly_fields = ("account", "amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Bound the list where no account is searched for."""
        rows = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        if not is_list or request.GET.get("q", "").strip().isdigit():
            return rows
        actor = request.actor  # type: ignore[attr-defined]
        accounts, from_seq = newest_postings_from(actor=actor, limit=NEWEST)
        return rows.filter(account_id__in=accounts, journal_seq__gte=from_seq)

    @admin.display(description=gettext_lazy("amount"))
    def amount(self, row: PostingListed) -> str:
        """Return the amount."""
        return shown.money(row.amount_fen)


def _fee(fen: int, ppm: int) -> str:
    """A fee by lot, by turnover, or both."""
    parts = [shown.money(fen)] if fen or not ppm else []
    return " + ".join([*parts, shown.ratio(ppm)] if ppm else parts)
