"""Figures of risk as people read them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()
BEYOND = Decimal(900)


@register.filter
def percent(ratio: str | None) -> str:
    """Return a ratio of the API ("1.052") as percent with one decimal; one beyond all lines as a sign for it."""
    try:
        value = Decimal(ratio or "")
    except InvalidOperation:
        return "–"
    if value > BEYOND:
        return "> 90,000 %"
    shown = (value * 100).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{number_format(shown, decimal_pos=1, force_grouping=True)} %"


@register.filter
def grouped(amount: object) -> str:
    """Return an amount in yuan with two decimals and thousands apart and a true minus, in every language the same."""
    try:
        return f"{Decimal(str(amount)):,.2f}".replace("-", "−")
    except InvalidOperation:
        return "–"


@register.filter
def time_left(seconds: int | None) -> str:
    """Return seconds as days, hours and minutes, of which the two that matter; a sign for what is not known."""
    if seconds is None:
        return "–"
    minutes = seconds // 60
    hours, days = minutes // 60, minutes // 1440
    if days:
        return _("%(days)s d %(hours)s h") % {"days": days, "hours": hours % 24}
    if hours:
        return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)s min") % {"minutes": minutes} if minutes else _("less than a minute")
