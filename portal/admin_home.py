"""The admin's first page: what waits for this person's decision, what of his waits for another, where work begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from portal.admin_base import AurumModelAdmin

LINES_MAX: Final = 20
"""Lines of each list at most; the table's own page has the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row that waits: what it is, who asked, since when, where it is decided."""

    page: str
    text: str
    maker: str
    since: Any
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A place where work begins."""

    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All of the first page. `decides` says whether this person decides anything at all."""

    decides: bool
    mine: list[Line]
    others: list[Line]
    steps: list[Step]


def home(request: HttpRequest, admins: Iterable[AurumModelAdmin]) -> Home:
    """Read what waits in the tables whose rows need a second person, as far as this person sees them."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    mine: list[Line] = []
    others: list[Line] = []
    steps: list[Step] = []
    decides = False
    for admin in admins:
        if not admin.has_view_permission(request):
            continue
        steps += _steps(request, admin)
        if not admin.waits_in:
            continue
        decides = decides or admin.may_decide(request)
        for row in admin.waiting(request):
            own = getattr(row, f"{admin.waits_for_another_than}_id") == actor.user_id
            if own:
                others.append(_line(admin, row))
            elif admin.may_decide(request, row):
                mine.append(_line(admin, row))
    oldest_first = sorted(mine, key=lambda line: line.since)
    return Home(decides=decides, mine=oldest_first[:LINES_MAX], others=others[:LINES_MAX], steps=steps)


def _line(admin: AurumModelAdmin, row: Any) -> Line:
    maker = getattr(row, admin.waits_for_another_than)
    return Line(
        page=str(admin.opts.verbose_name),
        text=admin.waiting_words(row),
        maker=maker.get_full_name() or maker.get_username(),
        since=getattr(row, admin.waits_since),
        url=reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_change", args=[row.pk]),
    )


def _steps(request: HttpRequest, admin: AurumModelAdmin) -> list[Step]:
    place = f"admin:{admin.opts.app_label}_{admin.opts.model_name}"
    found = [
        Step(label=str(label), url=reverse(f"{place}_changelist"))
        for label, right in admin.first_steps
        if request.actor.has(right)  # type: ignore[attr-defined]
    ]
    if admin.has_add_permission(request):
        label = _("Add %(name)s") % {"name": admin.opts.verbose_name}
        found.append(Step(label=label, url=reverse(f"{place}_add")))
    return found
