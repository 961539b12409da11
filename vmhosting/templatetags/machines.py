"""Filters for sizes and times on the machine pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django import template
from django.utils import timezone

from vmhosting import words
from vmhosting.placement import Unfit
from vmhosting.steps import Step

register = template.Library()


@register.filter
def cpu(milli: int) -> str:
    """250 → 0.25."""
    return words.cpu(int(milli or 0))


@register.filter
def mib(amount: int) -> str:
    """1536 → 1.5 GiB."""
    return words.mib(int(amount or 0))


@register.filter
def share(part: int, whole: int) -> str:
    """Return a share between 0 and 1 for a bar."""
    return f"{min(1.0, (part or 0) / whole):.3f}" if whole else "0"


@register.filter
def percent(part: int, whole: int) -> str:
    """Return a share in whole percent."""
    return f"{(part or 0) * 100 // whole}" if whole else "0"


@register.filter
def minus(left: int, right: int) -> int:
    """Return a difference."""
    return int(left or 0) - int(right or 0)


@register.filter
def step_words(name: str) -> str:
    """Return the words of a step."""
    return str(words.STEP_WORDS.get(Step(name), name)) if name in Step._value2member_map_ else name


@register.filter
def unfit_words(reasons: Iterable[Unfit]) -> str:
    """Return why a host does not fit, in words."""
    return str(words.LIST_COMMA).join(str(words.UNFIT_WORDS[reason]) for reason in reasons)


@register.filter
def epoch_ms(at: datetime | None) -> str:
    """Return a time for scripts; empty for none."""
    return str(int(at.timestamp() * 1000)) if at else ""


@register.filter
def clock(at_ns: int) -> str:
    """Return nanoseconds since 1970 as a local time with milliseconds."""
    moment = datetime.fromtimestamp(at_ns / 1e9, tz=timezone.get_current_timezone())
    return f"{moment:%H:%M:%S}.{at_ns // 1_000_000 % 1000:03d}"


@register.filter
def iso_clock(text: str) -> str:
    """Return an ISO time of a task log as local HH:MM:SS."""
    return f"{datetime.fromisoformat(text).astimezone(timezone.get_current_timezone()):%H:%M:%S}"


@register.filter
def yuan(fen: int) -> str:
    """Return fen as yuan, without pointless zeros."""
    return f"{fen // 100:,}" if fen % 100 == 0 else f"{fen / 100:,.2f}"
