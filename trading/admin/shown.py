"""How figures look on admin pages."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.lib.money import FEN_PER_YUAN
from trading.choices import Side


def money(fen: int) -> str:
    """Return fen as yuan with thousands apart."""
    sign = "−" if fen < 0 else ""
    whole, part = divmod(abs(fen), FEN_PER_YUAN)
    # Not by the language's format: that of zh-hans sets no separator at all.
    return f"{sign}{whole:,}.{part:02d}"


def ratio(ppm: int) -> str:
    """Return millionths as a percentage."""
    whole, part = divmod(ppm, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + " %"


def day(number: int) -> str:
    """Return YYYYMMDD with dashes."""
    text = str(number)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if len(text) == 8 else text


def moment(at_ns: int | None) -> str:
    """Return a time in nanoseconds as local time to the millisecond."""
    if not at_ns:
        return "–"
    at = datetime.datetime.fromtimestamp(at_ns // 1_000_000 / 1000, tz=datetime.UTC)
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def price(row: Any, ticks: int) -> str:
    """Return a price of a row's contract."""
    return str(row.instrument.price_text(ticks))


def rules(row: Any) -> str:
    """Return where a contract stands under its venue's rules, in a few words."""
    found = getattr(row, "rules", None)
    if found is None:
        return "–"
    if found.expired:
        return _("expired")
    words = []
    if found.ladder_step:
        side = Side(found.ladder_side).label
        words.append(
            _("ladder step %(step)s (%(side)s), limit %(limit)s")
            % {"step": found.ladder_step, "side": side, "limit": ratio(found.limit_ppm)}
        )
    if found.one_sided:
        words.append(_("one-sided (%(side)s)") % {"side": Side(found.one_sided).label})
    if found.margin_floor_ppm:
        words.append(_("margin at least %(ratio)s") % {"ratio": ratio(found.margin_floor_ppm)})
    if found.lot_multiple > 1:
        words.append(_("multiples of %(count)s lots") % {"count": found.lot_multiple})
    if found.position_limit:
        words.append(_("at most %(count)s lots") % {"count": found.position_limit})
    if found.closed_to_natural:
        words.append(_("closed to natural persons"))
    return " · ".join(words) or "–"


def delivery(row: Any) -> str:
    """Return a contract's road to delivery with its days."""
    found = getattr(row, "rules", None)
    road = found.delivery if found is not None else None
    if not road:
        return "–"
    words = [
        f"{day(from_day)}: {ratio(margin)}, × {multiple}, ≤ {limit or '∞'}"
        for from_day, margin, multiple, limit in road["steps"]
    ]
    if road["natural_zero_day"]:
        figures = {"open": day(road["natural_open_day"]), "zero": day(road["natural_zero_day"])}
        words.append(_("natural persons open until %(open)s, out by %(zero)s") % figures)
    return " · ".join(words)
