"""Dated parameters: rows in force, to come and past; new ones and withdrawals are proposals for a second person."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.contrib import admin
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.auth.actor import Actor
from accounts.permissions import Right
from portal.admin_base import AurumModelAdmin, Button, Done, ReasonForm
from trading.admin import shown
from trading.choices import LargerSide
from trading.models import ClientParameters, ExchangeParameters, Instrument, TenantParameters
from trading.selectors.instruments import trading_day_current
from trading.services.exchange_parameters import exchange_parameters_propose, exchange_withdraw_propose
from trading.services.parameter_rows import Wanted
from trading.services.parameters import parameters_propose, parameters_withdraw_propose

# In the order of the form: name, words, and whether it is a ratio, money or a number.
_FIELDS: Final = (
    ("long_margin_ppm", gettext_lazy("Margin of longs"), "ratio"),
    ("short_margin_ppm", gettext_lazy("Margin of shorts"), "ratio"),
    ("long_margin_fen", gettext_lazy("Margin of longs, a lot"), "money"),
    ("short_margin_fen", gettext_lazy("Margin of shorts, a lot"), "money"),
    ("open_fen", gettext_lazy("Fee to open"), "money"),
    ("open_ppm", gettext_lazy("Fee to open, by turnover"), "ratio"),
    ("close_fen", gettext_lazy("Fee to close"), "money"),
    ("close_ppm", gettext_lazy("Fee to close, by turnover"), "ratio"),
    ("close_today_fen", gettext_lazy("Fee to close today's lots"), "money"),
    ("close_today_ppm", gettext_lazy("Fee to close today's lots, by turnover"), "ratio"),
    ("order_fen", gettext_lazy("Fee for an order"), "money"),
    ("cancel_fen", gettext_lazy("Fee for a cancel"), "money"),
    ("max_order_qty", gettext_lazy("Largest order"), "number"),
    ("max_position_qty", gettext_lazy("Largest position"), "number"),
    ("limit_ppm", gettext_lazy("Price limit"), "ratio"),
)
_SCALE: Final = {"ratio": 1_000_000, "money": 100, "number": 1}


class RowForm(forms.Form):
    """A row of any level. Ratios as parts of one, money in yuan; empty: the row says nothing of it."""

    aim = forms.CharField(
        label=gettext_lazy("Contract or product"), max_length=40, help_text=gettext_lazy("SHFE.au2612 or SHFE.au")
    )
    effective_date = forms.DateField(
        label=gettext_lazy("From trading day"), widget=forms.DateInput(attrs={"type": "date"})
    )
    source = forms.CharField(label=gettext_lazy("Source notice"), max_length=400)
    hedge = forms.BooleanField(label=gettext_lazy("Hedging accounts only"), required=False)
    larger_side = forms.TypedChoiceField(
        label=gettext_lazy("Larger side only"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "–"), *LargerSide.choices],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label, kind in _FIELDS:
            if kind == "number":
                self.fields[name] = forms.IntegerField(label=label, required=False, min_value=1)
            else:
                places = 2 if kind == "money" else 6
                self.fields[name] = forms.DecimalField(
                    label=label,
                    required=False,
                    min_value=Decimal(0),
                    max_digits=12,
                    decimal_places=places,
                    help_text=gettext_lazy("In yuan") if kind == "money" else gettext_lazy("0.03 means 3 %"),
                )

    def clean_aim(self) -> str:
        """Find the contract or product in the spelling of the exchange."""
        text = str(self.cleaned_data["aim"]).strip()
        known = {row.symbol.lower(): row.symbol for row in Instrument.objects.all()}
        known |= {
            f"{row.venue}.{row.product}".lower(): f"{row.venue}.{row.product}" for row in Instrument.objects.all()
        }
        if text.lower() not in known:
            raise forms.ValidationError(_("There is no such contract or product."))
        return known[text.lower()]


class BrokerRowForm(RowForm):
    """A broker may also add to the exchange's margin instead of naming its own."""

    margin_relative = forms.BooleanField(label=gettext_lazy("Margins are added to the exchange's"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["limit_ppm"]


class ClientRowForm(BrokerRowForm):
    """A row for one account."""

    account_id = forms.IntegerField(label=gettext_lazy("Account"), min_value=1)
    field_order = ("account_id",)


def wanted_of(chosen: Mapping[str, Any]) -> Wanted:
    """Return what a form asks for, in the engine's units."""
    said: dict[str, Any] = {}
    for name, _label, kind in _FIELDS:
        value = chosen.get(name)
        if value is not None:
            said[name] = int(value * _SCALE[kind])
    if chosen.get("larger_side") is not None:
        said["larger_side"] = chosen["larger_side"]
    if chosen.get("margin_relative"):
        said["margin_relative"] = True
    return Wanted(
        aim=chosen["aim"],
        effective_day=int(chosen["effective_date"].strftime("%Y%m%d")),
        source=chosen["source"],
        said=said,
        hedge=chosen["hedge"],
    )


def said_text(said: Mapping[str, Any]) -> str:
    """Return in a line what a row says."""
    return " · ".join(said_lines(said)) or "–"


def said_lines(said: Mapping[str, Any]) -> list[str]:
    """Return what a row says, a field a line."""
    parts = []
    for name, label, kind in _FIELDS:
        if name in said:
            value = said[name]
            text = shown.ratio(value) if kind == "ratio" else shown.money(value) if kind == "money" else str(value)
            plus = "+" if said.get("margin_relative") and "margin" in name else ""
            parts.append(f"{label} {plus}{text}")
    if "larger_side" in said:
        parts.append(f"{_('Larger side only')}: {LargerSide(said['larger_side']).label}")
    return parts


def _waits(row: Any) -> bool:
    day = trading_day_current()
    return row.withdrawn_seq is None and (day is None or row.effective_day > day.trading_day)


def _withdraw(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    proposal = parameters_withdraw_propose(actor=actor, row_id=row.pk, reason=chosen["reason"])
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


def _withdraw_exchange(actor: Actor, row: Any, chosen: Mapping[str, Any]) -> Done:
    proposal = exchange_withdraw_propose(actor=actor, row_id=row.pk, reason=chosen["reason"])
    return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


class RowAdmin(AurumModelAdmin):
    """What the lists of all three levels share."""

    view_right = Right.TRADE_VIEW
    list_display: tuple[str, ...] = ("id", "aim", "hedge", "since", "standing", "says", "source")
    list_filter = ("hedge",)
    search_fields: tuple[str, ...] = ("product", "source")
    ordering = ("-id",)
    fields: tuple[str, ...] = (
        "id",
        "aim",
        "hedge",
        "since",
        "standing",
        "says",
        "source",
        "maker",
        "checker",
        "taken_in",
    )
    readonly_fields = ("aim", "since", "standing", "says", "taken_in")

    @admin.display(description=gettext_lazy("contract or product"))
    def aim(self, row: Any) -> str:
        """Return what the row is about."""
        if row.product:
            return str(row.product)
        found = Instrument.objects.filter(id=row.instrument_id).first()
        return found.symbol if found is not None else str(row.instrument_id)

    @admin.display(description=gettext_lazy("from trading day"))
    def since(self, row: Any) -> str:
        """Return the first day on which it holds."""
        return shown.day(row.effective_day)

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, row: Any) -> str:
        """Return whether it holds, will hold, held, or was taken back."""
        if row.withdrawn_seq is not None:
            return _("withdrawn")
        day = trading_day_current()
        if day is None or row.effective_day > day.trading_day:
            return _("to come")
        names = ("instrument_id", "product", "hedge", *(name for name in ("account_id",) if hasattr(row, name)))
        alike = type(row)._default_manager.filter(withdrawn_seq=None, **{name: getattr(row, name) for name in names})
        later = alike.filter(effective_day__gt=row.effective_day, effective_day__lte=day.trading_day)
        return _("past") if later.exists() else _("in force")

    @admin.display(description=gettext_lazy("says"))
    def says(self, row: Any) -> str:
        """Return its fields in a line."""
        return said_text(row.said)

    @admin.display(description=gettext_lazy("taken in"))
    def taken_in(self, row: Any) -> str:
        """Return when the counter took it in, and its journal number."""
        return f"{shown.moment(row.at_ns)} · {row.seq}"


@admin.register(ExchangeParameters)
class ExchangeParametersAdmin(RowAdmin):
    """Rows of the exchange."""

    add_right = Right.INSTRUMENT_EDIT
    add_form = RowForm
    buttons = (
        Button(
            name="withdraw",
            label=gettext_lazy("Withdraw"),
            right=Right.INSTRUMENT_EDIT,
            run=_withdraw_exchange,
            form=ReasonForm,
            shown=_waits,
            danger=True,
        ),
    )

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose a row for everybody."""
        proposal = exchange_parameters_propose(actor=actor, wanted=wanted_of(chosen))
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


_BROKERS_BUTTONS: Final = (
    Button(
        name="withdraw",
        label=gettext_lazy("Withdraw"),
        right=Right.RATE_PROPOSE,
        run=_withdraw,
        form=ReasonForm,
        shown=_waits,
        danger=True,
    ),
)


@admin.register(TenantParameters)
class TenantParametersAdmin(RowAdmin):
    """Rows of the broker."""

    add_right = Right.RATE_PROPOSE
    add_form = BrokerRowForm
    buttons = _BROKERS_BUTTONS

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose a row for all accounts."""
        proposal = parameters_propose(actor=actor, wanted=wanted_of(chosen))
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


@admin.register(ClientParameters)
class ClientParametersAdmin(RowAdmin):
    """Rows of single accounts."""

    list_display = ("id", "account_id", *RowAdmin.list_display[1:])
    fields = ("id", "account_id", *RowAdmin.fields[1:])
    search_fields = ("=account_id", "product", "source")
    add_right = Right.RATE_PROPOSE
    add_form = ClientRowForm
    buttons = _BROKERS_BUTTONS

    def service_add(self, actor: Actor, chosen: Mapping[str, Any]) -> Done:
        """Propose a row for one account."""
        proposal = parameters_propose(actor=actor, wanted=wanted_of(chosen), account_id=chosen["account_id"])
        return Done(_("Proposal %(number)s waits for a checker.") % {"number": proposal.pk})


def payload_text(payload: Mapping[str, Any]) -> str:
    """Return a proposed row, or the number of one to be taken back, in a line."""
    head, *fields = payload_lines(payload)
    return f"{head}: {' · '.join(fields)}" if fields else head


def payload_lines(payload: Mapping[str, Any]) -> list[str]:
    """Return a proposed row: what it is about and from when, its fields, the notice behind it."""
    if "row" in payload:
        return [_("Row %(number)s is taken back.") % {"number": payload["row"]}]
    hedge = f" ({_('hedging only')})" if payload["hedge"] else ""
    head = f"{payload['aim']}{hedge} {shown.day(payload['effective_day'])}"
    return [head, *said_lines(payload["said"]), f"[{payload['source']}]"]
