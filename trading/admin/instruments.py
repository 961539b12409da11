"""Contracts and trading days: proposals of operators, halts, the end of a day; all through services."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import shown
from trading.models import Instrument, KillSwitch, TenantRates, TradingDay
from trading.selectors.instruments import own_rates
from trading.services.contract_changes import contract_change_propose, contract_listing_propose
from trading.services.instruments import day_roll, venue_kill
from trading.services.proposals import rates_propose

_PPM: Final = 1_000_000
_FEN: Final = 100
# Field of the form, field of the contract, how many of its units make one of the form's.
_CHANGES: Final = (
    ("long_margin", "long_margin_ppm", _PPM),
    ("short_margin", "short_margin_ppm", _PPM),
    ("limit", "limit_ppm", _PPM),
    ("open_fee", "open_fen", _FEN),
    ("close_fee", "close_fen", _FEN),
    ("close_today_fee", "close_today_fen", _FEN),
    ("max_order_qty", "max_order_qty", 1),
)


class UnchangedSelect(forms.NullBooleanSelect):
    """Yes, no, or as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.choices = [
            ("unknown", gettext_lazy("Unchanged")), ("true", gettext_lazy("Yes")), ("false", gettext_lazy("No"))
        ]  # fmt: skip


def _ratio(label: Any) -> forms.DecimalField:
    words = gettext_lazy("0.03 means 3 %. Empty: unchanged.")
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_digits=7, decimal_places=6, help_text=words
    )


def _money(label: Any) -> forms.DecimalField:
    words = gettext_lazy("In yuan a lot. Empty: unchanged.")
    return forms.DecimalField(
        label=label, required=False, min_value=Decimal(0), max_digits=12, decimal_places=2, help_text=words
    )


class ParametersForm(forms.Form):
    """What may change on a listed contract; money a lot in yuan, ratios as parts of one. Empty = unchanged."""

    long_margin = _ratio(gettext_lazy("Margin of longs"))
    short_margin = _ratio(gettext_lazy("Margin of shorts"))
    limit = _ratio(gettext_lazy("Price limit"))
    open_fee = _money(gettext_lazy("Fee to open"))
    close_fee = _money(gettext_lazy("Fee to close"))
    close_today_fee = _money(gettext_lazy("Fee to close today's lots"))
    max_order_qty = forms.IntegerField(label=gettext_lazy("Largest order"), required=False, min_value=1)
    tradable = forms.NullBooleanField(label=gettext_lazy("Tradable"), required=False, widget=UnchangedSelect)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class ContractForm(forms.Form):
    """A new month of a product that is listed already: all else is taken over from the month it is copied from."""

    like = forms.ModelChoiceField(label=gettext_lazy("Like"), queryset=Instrument.objects.order_by("symbol"))
    month = forms.RegexField(label=gettext_lazy("Month (YYMM)"), regex=r"^\d{4}$")
    last_trading_date = forms.DateField(label=gettext_lazy("Last trading day"))
    previous_settlement = forms.DecimalField(label=gettext_lazy("Listing price"), min_value=Decimal("0.0001"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class RatesForm(forms.Form):
    """A broker's own margin and fees, to be approved by another person."""

    long_margin = forms.DecimalField(label=gettext_lazy("Margin of longs"), max_digits=7)
    short_margin = forms.DecimalField(label=gettext_lazy("Margin of shorts"), max_digits=7)
    open_fee = forms.DecimalField(label=gettext_lazy("Fee to open"), decimal_places=2)
    close_fee = forms.DecimalField(label=gettext_lazy("Fee to close"), decimal_places=2)
    close_today_fee = forms.DecimalField(label=gettext_lazy("Fee to close today's lots"), decimal_places=2)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)


class RollForm(forms.Form):
    """The end of the trading day; without a date the calendar's next trading day begins."""

    next_trading_date = forms.DateField(label=gettext_lazy("Next trading day"), required=False)


def _change(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    stated = {name: chosen[field] for field, name, _scale in _CHANGES if chosen[field] is not None}
    said = {name: int(stated[name] * scale) for _field, name, scale in _CHANGES if name in stated}
    if chosen["tradable"] is not None:
        said["tradable"] = chosen["tradable"]
    proposal = contract_change_propose(actor=actor, symbol=row.symbol, said=said, reason=chosen["reason"])
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


def _rates(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    proposal = rates_propose(
        actor=actor,
        symbol=row.symbol,
        long_margin_ppm=int(chosen["long_margin"] * _PPM),
        short_margin_ppm=int(chosen["short_margin"] * _PPM),
        fees={
            "open_fen": int(chosen["open_fee"] * _FEN),
            "close_fen": int(chosen["close_fee"] * _FEN),
            "close_today_fen": int(chosen["close_today_fee"] * _FEN),
        },
        reason=chosen["reason"],
    )
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


def _halt(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    seq = venue_kill(actor=actor, on=True, reason=chosen["reason"], scope="instrument", target_id=row.pk)
    return Done(_("Halted from journal number %(seq)s.") % {"seq": seq})


def _resume(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    seq = venue_kill(actor=actor, on=False, reason=chosen["reason"], scope="instrument", target_id=row.pk)
    return Done(_("Trading again from journal number %(seq)s.") % {"seq": seq})


def _is_halted(row: Any) -> bool:
    return KillSwitch.objects.filter(scope=3, target_id=row.pk, on=True).exists()


@admin.register(Instrument)
class InstrumentAdmin(AurumModelAdmin):
    """Contracts with the parameters in force."""

    view_right = Right.TRADE_VIEW
    add_right = Right.INSTRUMENT_EDIT
    add_form = ContractForm
    list_display = (
        "symbol", "shown_name", "settlement", "band", "margins", "fees", "last_trading_date", "tradable", "venue_rules"
    )  # fmt: skip
    list_select_related = ("rules",)
    list_filter = ("venue", "product", "tradable")
    search_fields = ("symbol", "name_zh", "name_en")
    ordering = ("symbol",)
    fields = (
        "symbol",
        "shown_name",
        "venue",
        "multiplier",
        "shown_tick",
        "settlement",
        "band",
        "margins",
        "fees",
        "own_rates",
        "max_order_qty",
        "last_trading_date",
        "tradable",
        "venue_rules",
        "delivery",
    )
    readonly_fields = (
        "shown_name", "shown_tick", "settlement", "band", "margins", "fees", "own_rates", "venue_rules", "delivery"
    )  # fmt: skip
    buttons = (
        Button(
            name="parameters",
            label=gettext_lazy("Propose other parameters"),
            right=Right.INSTRUMENT_EDIT,
            run=_change,
            form=ParametersForm,
        ),
        Button(
            name="rates",
            label=gettext_lazy("Propose our own rates"),
            right=Right.RATE_PROPOSE,
            run=_rates,
            form=RatesForm,
        ),
        Button(
            name="halt",
            label=gettext_lazy("Halt trading"),
            right=Right.VENUE_KILL,
            run=_halt,
            form=ReasonForm,
            shown=lambda row: not _is_halted(row),
            danger=True,
        ),
        Button(
            name="resume",
            label=gettext_lazy("Resume trading"),
            right=Right.VENUE_KILL,
            run=_resume,
            form=ReasonForm,
            shown=_is_halted,
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may see trading, and the platform's operator."""
        return super().has_view_permission(request, obj) or self._has(request, Right.INSTRUMENT_EDIT)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As the list itself."""
        return self.has_view_permission(request)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose one more month."""
        proposal = contract_listing_propose(
            actor=actor,
            like=chosen["like"].symbol,
            month=chosen["month"],
            last_trading_day=int(chosen["last_trading_date"].strftime("%Y%m%d")),
            listing_price=f"{chosen['previous_settlement']:f}",
            reason=chosen["reason"],
        )
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})

    @admin.display(description=gettext_lazy("venue rules"))
    def venue_rules(self, row: Instrument) -> str:
        """Return where the contract stands: expired, one-sided, a step of the ladder, near delivery."""
        return shown.rules(row)

    @admin.display(description=gettext_lazy("road to delivery"))
    def delivery(self, row: Instrument) -> str:
        """Return the contract's road to delivery with its days."""
        return shown.delivery(row)

    def audit_target(self, row: Instrument) -> str:
        """Contracts are audited under their symbol."""
        return row.symbol

    @admin.display(description=gettext_lazy("name"))
    def shown_name(self, row: Instrument) -> str:
        """Return the name in the reader's language."""
        return row.name

    @admin.display(description=gettext_lazy("tick"))
    def shown_tick(self, row: Instrument) -> str:
        """Return the tick and what it is worth a lot."""
        return f"{row.tick} = {shown.money(row.tick_value_fen)}"

    @admin.display(description=gettext_lazy("previous settlement"))
    def settlement(self, row: Instrument) -> str:
        """Return the settlement price the band is built on."""
        return row.price_text(row.previous_settlement_ticks)

    @admin.display(description=gettext_lazy("price limits"))
    def band(self, row: Instrument) -> str:
        """Return both limits of today."""
        return f"{row.price_text(row.lower_ticks)} – {row.price_text(row.upper_ticks)} ({shown.ratio(row.limit_ppm)})"

    @admin.display(description=gettext_lazy("margin long / short"))
    def margins(self, row: Instrument) -> str:
        """Return both margin ratios."""
        return f"{shown.ratio(row.long_margin_ppm)} / {shown.ratio(row.short_margin_ppm)}"

    @admin.display(description=gettext_lazy("fees open / close / close today"))
    def fees(self, row: Instrument) -> str:
        """Return the fees a lot, with the part by turnover where there is one."""
        return _fees(row)

    @admin.display(description=gettext_lazy("our own rates"))
    def own_rates(self, row: Instrument) -> str:
        """Return the broker's own margins and fees with who proposed and approved them; a dash where none are set."""
        own = own_rates(row.pk)
        if own is None:
            return "–"
        margins = f"{shown.ratio(own.long_margin_ppm)} / {shown.ratio(own.short_margin_ppm)}"
        return f"{margins} · {_fees(own)} · {own.maker} → {own.checker}, {shown.moment(own.at_ns)}"


def _fees(row: Instrument | TenantRates) -> str:
    pairs = (
        (row.open_fee_fen, row.open_fee_ppm),
        (row.close_fee_fen, row.close_fee_ppm),
        (row.close_today_fee_fen, row.close_today_fee_ppm),
    )
    return " / ".join(shown.money(fen) + (f" + {shown.ratio(ppm)}" if ppm else "") for fen, ppm in pairs)


@admin.register(TradingDay)
class TradingDayAdmin(AurumModelAdmin):
    """Trading days; adding one ends the present day at its mean prices."""

    view_right = Right.DAY_ROLL
    add_right = Right.DAY_ROLL
    add_form = RollForm
    list_display = ("shown_day", "day_number", "ended", "prices", "began")
    fields = ("shown_day", "day_number", "ended", "prices", "began", "actor")
    readonly_fields = ("shown_day", "ended", "prices", "began")
    ordering = ("-day_number",)

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Roll the day."""
        date = chosen["next_trading_date"]
        roll = day_roll(actor=actor, next_trading_day=int(date.strftime("%Y%m%d")) if date else None)
        figures = {"ended": shown.day(roll.ended), "begun": shown.day(roll.begun)}
        return Done(_("%(ended)s has ended, %(begun)s has begun.") % figures)

    @admin.display(description=gettext_lazy("trading day"))
    def shown_day(self, row: TradingDay) -> str:
        """Return the day as a date."""
        return shown.day(row.trading_day)

    @admin.display(description=gettext_lazy("ended day"))
    def ended(self, row: TradingDay) -> str:
        """Return the day before it."""
        return shown.day(row.ended_trading_day) if row.ended_trading_day else "–"

    @admin.display(description=gettext_lazy("settlement prices"))
    def prices(self, row: TradingDay) -> str:
        """Return the prices at which the day before was settled."""
        known = {item.id: item for item in Instrument.objects.all()}
        return ", ".join(
            f"{known[number].symbol} {known[number].price_text(ticks)}"
            for number, ticks, *_band in row.settlement
            if number in known
        )

    @admin.display(description=gettext_lazy("began"))
    def began(self, row: TradingDay) -> str:
        """Return when it began."""
        return shown.moment(row.began_ns)
