"""The form of a venue rule: a table as lines of text, the way a notice prints it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trading.calendar.delivery import ANCHORS
from trading.choices import OperatorProposalKind
from trading.engine.ladders import CLOSE_WINDOW_S, CLOSE_WINDOW_S_MAX

_TABLES: Final = (OperatorProposalKind.LADDER, OperatorProposalKind.DELIVERY)
_LADDER_WORDS: Final = 2
_ROAD_WORDS: Final = 5
_SHOWN_CHARS: Final = 60
_EXPECTED_LADDER: Final = gettext_lazy("A step of a ladder is two numbers and, where trading stops, halt: 5 2 halt.")
_EXPECTED_ROAD: Final = gettext_lazy(
    "A step of a road is an anchor and four numbers: month_before 1 10 3 9000; or natural_open or natural_zero, an"
    " anchor and a number."
)


class VenueRuleForm(forms.Form):
    """A ladder (3 2, 5 2, 5 2 halt) or a road to delivery (anchor n margin multiple limit, a line each)."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(kind.value, kind.label) for kind in _TABLES])
    venue = forms.CharField(label=gettext_lazy("Venue"), max_length=64)
    product = forms.CharField(label=gettext_lazy("Product (empty: all)"), max_length=64, required=False)
    table = forms.CharField(
        label=gettext_lazy("Table"),
        widget=forms.Textarea(attrs={"rows": 6}),
        required=False,
        help_text=gettext_lazy(
            "Ladder: a line a step, points added to the limit, margin points above it, halt. Road: a line a step,"
            " anchor, n, margin in percent, lots in multiples of, largest position; and the lines natural_open and"
            " natural_zero with anchor and n. Anchors: month_before, month_before_last, delivery_month, before_last."
        ),
    )
    window_minutes = forms.IntegerField(
        label=gettext_lazy("Window before the close, minutes (ladder)"),
        min_value=1,
        max_value=CLOSE_WINDOW_S_MAX // 60,
        initial=CLOSE_WINDOW_S // 60,
        required=False,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def clean(self) -> dict[str, Any]:
        """Read the table of the chosen kind."""
        chosen: dict[str, Any] = super().clean() or {}
        is_ladder = chosen.get("kind") == OperatorProposalKind.LADDER
        chosen["table"], unread = _read(str(chosen.get("table") or ""), _ladder if is_ladder else _road)
        for number, line in unread:
            said = _("Line %(number)d cannot be read: %(line)s.") % {"number": number, "line": line[:_SHOWN_CHARS]}
            self.add_error("table", f"{said} {_EXPECTED_LADDER if is_ladder else _EXPECTED_ROAD}")
        return chosen


def _read(text: str, take: Callable[[list[list[str]]], Any]) -> tuple[Any, list[tuple[int, str]]]:
    """Return what the lines say together, and those that say nothing, with their numbers as a person counts them."""
    words, unread = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            take([line.split()])
        except (ValueError, ArithmeticError):
            unread.append((number, line.strip()))
        else:
            words.append(line.split())
    return take(words), unread


def _ladder(lines: list[list[str]]) -> list[tuple[Decimal, Decimal, bool]]:
    steps = []
    for words in lines:
        if len(words) not in (_LADDER_WORDS, _LADDER_WORDS + 1) or words[_LADDER_WORDS:] not in ([], ["halt"]):
            raise ValueError(words)
        steps.append((_points(words[0]), _points(words[1]), len(words) > _LADDER_WORDS))
    return steps


def _road(lines: list[list[str]]) -> dict[str, Any]:
    rule: dict[str, Any] = {"steps": []}
    for words in lines:
        if words[0] in ("natural_open", "natural_zero"):
            anchor, n = words[1:]
            rule[words[0]] = {"anchor": _anchor(anchor), "n": int(n)}
            continue
        if len(words) != _ROAD_WORDS:
            raise ValueError(words)
        rule["steps"].append(
            {
                "anchor": _anchor(words[0]),
                "n": int(words[1]),
                "margin_ppm": int(_points(words[2]) * 10_000),
                "lot_multiple": int(words[3]),
                "position_limit": int(words[4]),
            }
        )
    return rule


def _points(word: str) -> Decimal:
    number = Decimal(word)
    if not number.is_finite():
        raise ValueError(word)
    return number


def _anchor(word: str) -> str:
    if word not in ANCHORS:
        raise ValueError(word)
    return word
