"""Money and prices as text: exact, both ways, or refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.lib.money import AmountError, fen_to_text, text_to_fen, text_to_ticks, tick_units, ticks_to_text


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (123456, "1234.56"), (-100, "-1.00"), (99, "0.99")]
)
def test_writes_fen_as_yuan(fen: int, text: str) -> None:
    assert fen_to_text(fen) == text
    assert text_to_fen(text) == fen


@pytest.mark.parametrize("text", ["5", "5.0", "5.00"])
def test_reads_fewer_decimals(text: str) -> None:
    assert text_to_fen(text) == 500


@pytest.mark.parametrize(
    "text", ["", "1.234", "1e3", "NaN", "inf", " 1", "1 ", "+1", "1,000", "١", "0x1", "1.", ".5", "9" * 16, "--1"]
)
def test_refuses_what_is_not_an_exact_amount(text: str) -> None:
    with pytest.raises(AmountError):
        text_to_fen(text)


@pytest.mark.parametrize(
    ("ticks", "tick", "text"),
    [(39_000, "0.02", "780.00"), (1, "0.02", "0.02"), (-3, "0.02", "-0.06"), (7, "10", "70"), (3, "0.5", "1.5")],
)
def test_writes_ticks_with_the_ticks_decimals(ticks: int, tick: str, text: str) -> None:
    assert ticks_to_text(ticks, tick=tick) == text
    assert text_to_ticks(text, tick=tick) == ticks


def test_reads_trailing_zeros() -> None:
    assert text_to_ticks("780.020", tick="0.02") == 39_001
    assert text_to_ticks("70.0", tick="10") == 7


@pytest.mark.parametrize(("text", "tick"), [("780.01", "0.02"), ("780.021", "0.02"), ("75", "10"), ("0.25", "0.5")])
def test_refuses_a_price_between_two_ticks(text: str, tick: str) -> None:
    with pytest.raises(AmountError, match="not a multiple of the tick"):
        text_to_ticks(text, tick=tick)


@pytest.mark.parametrize("tick", ["0", "0.00", "-1", "x"])
def test_refuses_a_tick_that_is_not_positive(tick: str) -> None:
    with pytest.raises(AmountError):
        tick_units(tick)


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_any_fen_survives_the_way_through_text(fen: int) -> None:
    assert text_to_fen(fen_to_text(fen)) == fen


@given(st.integers(min_value=-(10**9), max_value=10**9), st.sampled_from(["0.02", "0.5", "1", "5", "10", "0.005"]))
def test_any_price_survives_the_way_through_text(ticks: int, tick: str) -> None:
    assert text_to_ticks(ticks_to_text(ticks, tick=tick), tick=tick) == ticks
