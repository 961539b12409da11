"""A venue's table as lines of text: what is read of it, and what is said of a line that cannot be read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation

from trading.admin.venue_forms import VenueRuleForm
from trading.choices import OperatorProposalKind

LADDER, ROAD = OperatorProposalKind.LADDER, OperatorProposalKind.DELIVERY


def form_of(kind: str, table: str) -> VenueRuleForm:
    """Return the bound form."""
    return VenueRuleForm({"kind": kind, "venue": "SHFE", "product": "au", "table": table, "reason": "notice"})


def test_reads_a_ladder() -> None:
    form = form_of(LADDER, "3 2\n\n5 2.5\n5 2 halt\n")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["table"] == [
        (Decimal(3), Decimal(2), False), (Decimal(5), Decimal("2.5"), False), (Decimal(5), Decimal(2), True),
    ]  # fmt: skip


def test_reads_a_road() -> None:
    form = form_of(ROAD, "month_before 1 10 3 9000\nnatural_zero before_last 3")
    assert form.is_valid(), form.errors
    assert form.cleaned_data["table"] == {
        "steps": [{"anchor": "month_before", "n": 1, "margin_ppm": 100_000, "lot_multiple": 3, "position_limit": 9000}],
        "natural_zero": {"anchor": "before_last", "n": 3},
    }


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (LADDER, "3"),
        (LADDER, "3 x"),
        (LADDER, "3 2 stop"),
        (LADDER, "NaN 2"),
        (LADDER, "3 Infinity"),
        (LADDER, "month_before 1 10 3 9000"),
        (ROAD, "3 2 halt"),
        (ROAD, "never 1 10 3 9000"),
        (ROAD, "month_before 1 ten 3 9000"),
        (ROAD, "month_before 1 NaN 3 9000"),
        (ROAD, "month_before 1 Infinity 3 9000"),
        (ROAD, "natural_open"),
        (ROAD, "natural_open never 1"),
    ],
)
def test_names_the_line_that_cannot_be_read_and_what_one_looks_like(kind: str, line: str) -> None:
    good = "3 2" if kind == LADDER else "month_before 1 10 3 9000"
    with translation.override("en"):
        (said,) = form_of(kind, f"{good}\n\n{line}\n{good}").errors["table"]
    assert said.startswith(f"Line 3 cannot be read: {line}. A step of a ")
    assert ("5 2 halt" if kind == LADDER else "month_before 1 10 3 9000") in said


def test_names_every_such_line_in_the_persons_language() -> None:
    first, second = form_of(LADDER, "a\n3 2\nb").errors["table"]
    assert first.startswith("第 1 行无法识别：a。")
    assert second.startswith("第 3 行无法识别：b。")
