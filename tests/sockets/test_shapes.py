"""Numbers, contracts and figures at the edge: exact, and the same both ways."""

from __future__ import annotations

import json
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.engine.support import gold, soy
from trading.engine import rejects
from trading.shapes.contracts import Contract, Contracts, PriceError, looks_like_symbol
from trading.shapes.figures import figures_shape
from trading.shapes.numbers import day_text, money, parse_day, quotient, ratio, time_text
from trading.shapes.orders import OrderState
from trading.shapes.refusals import detail

GOLD = Contract(gold(), lower_ticks=34_400, upper_ticks=45_600)
SOY = Contract(soy(), lower_ticks=2_820, upper_ticks=3_181)


@given(st.integers(min_value=-(10**18), max_value=10**18))
def test_money_is_exact(fen: int) -> None:
    assert Decimal(money(fen)) == Decimal(fen) / 100
    assert money(fen)[-3] == "."


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_ratios_are_exact_and_plain(ppm: int) -> None:
    text = ratio(ppm)
    assert Decimal(text) == Decimal(ppm) / 1_000_000
    assert "E" not in text
    assert text == text.rstrip() != ""


@given(
    st.integers(min_value=-(10**15), max_value=10**15),
    st.integers(min_value=1, max_value=10**9),
    st.integers(min_value=0, max_value=4),
)
def test_quotients_round_half_away_from_zero_and_keep_their_least_places(top: int, bottom: int, least: int) -> None:
    text = quotient(top, bottom, decimals_min=least)
    part = text.partition(".")[2]
    assert least <= len(part) <= 6
    assert len(part) == least or not part.endswith("0")
    exact = Fraction(top, bottom)
    shown = Fraction(text)
    assert abs(shown - exact) <= Fraction(1, 2_000_000)
    if abs(exact) < 10**12:
        wanted = (Decimal(top) / Decimal(bottom)).quantize(Decimal("0.000001"), ROUND_HALF_UP)
        assert abs(Decimal(text) - wanted) <= Decimal("0.000001")


def test_quotients_of_exact_halves_go_away_from_zero() -> None:
    assert quotient(1, 2_000_000, decimals_min=0) == "0.000001"
    assert quotient(-1, 2_000_000, decimals_min=0) == "-0.000001"
    assert quotient(0, 7, decimals_min=2) == "0.00"
    assert quotient(10, 4, decimals_min=0) == "2.5"


def test_times_are_rfc_3339_with_microseconds() -> None:
    assert time_text(1_795_424_401_123_456_789) == "2026-11-23T09:00:01.123456Z"
    assert time_text(1_795_424_401_000_000_999) == "2026-11-23T09:00:01.000000Z"
    assert time_text(1_795_424_401_123_456_789) == "2026-11-23T09:00:01.123456Z"


def test_days_both_ways() -> None:
    assert day_text(20261123) == "2026-11-23"
    assert parse_day("2026-11-23") == 20261123
    for text in ("2026-02-30", "2026-1-1", "20261123", "2026-11-23 ", "２０２６-11-23", "2026-11-23\n", ""):
        assert parse_day(text) is None


@given(st.integers(min_value=1, max_value=10**9))
def test_a_price_reads_back_as_its_ticks(ticks: int) -> None:
    assert GOLD.ticks(GOLD.price(ticks)) == ticks
    assert SOY.ticks(SOY.price(ticks)) == ticks


def test_prices_carry_the_ticks_decimals() -> None:
    assert (GOLD.tick_text, GOLD.decimals, GOLD.price(40_001), GOLD.price(-1)) == ("0.02", 2, "800.02", "-0.02")
    assert (SOY.tick_text, SOY.decimals, SOY.price(3_001)) == ("1", 0, "3001")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("800.01", "price_tick"),
        ("800.021", "price_tick"),
        ("0", "invalid_field"),
        ("0.00", "invalid_field"),
        ("-800.00", "invalid_field"),
        ("8e2", "invalid_field"),
        ("", "invalid_field"),
        (" 800.00", "invalid_field"),
        ("800.00\n", "invalid_field"),
        ("NaN", "invalid_field"),
        ("８００", "invalid_field"),
        ("9" * 24, "invalid_field"),
    ],
)
def test_refuses_prices_that_are_no_whole_ticks(text: str, code: str) -> None:
    with pytest.raises(PriceError) as refused:
        GOLD.ticks(text)
    assert refused.value.code == code


def test_mean_prices() -> None:
    assert GOLD.average_price(filled_ticks=80_000, qty=2) == "800.00"
    assert GOLD.average_price(filled_ticks=40_000 + 2 * 40_001, qty=3) == "800.013333"
    assert GOLD.cost_price(cost_fen=160_004_000, qty=2) == "800.02"
    assert GOLD.cost_price(cost_fen=160_002_000, qty=2) == "800.01"


def test_every_spelling_of_a_symbol_finds_its_contract() -> None:
    contracts = Contracts()
    contracts.load([(gold(), 34_400, 45_600), (soy(), 2_820, 3_181)])
    for text in ("SHFE.au2612", "au2612.SHFE", "AU2612", "au2612", "shfe.AU2612"):
        assert looks_like_symbol(text)
        found = contracts.get(text)
        assert found is not None
        assert found.symbol == "SHFE.au2612"
    assert contracts.get("AU2613") is None
    for text in ("", "au", "2612", "SHFE.", "a" * 30, "SHFE.au2612;drop"):
        assert not looks_like_symbol(text)


def test_figures_take_the_form_of_their_unit() -> None:
    given_figures = {"needed": 105, "upper_ticks": 40_001, "limit": 5, "order_id": 7, "ratio_ppm": 160_000}
    assert figures_shape("x", given_figures, contract=GOLD) == {
        "needed": "1.05",
        "upper": "800.02",
        "limit": 5,
        "order_id": "7",
        "ratio": "0.16",
    }
    bounds = figures_shape("amount", {"lowest": 1, "highest": 100}, contract=None)
    assert bounds == {"lowest": "0.01", "highest": "1.00"}
    assert figures_shape("price_tick", {"lowest": 1}, contract=GOLD) == {"lowest": "0.02"}
    assert figures_shape("close_only", {"status": 1}, contract=None) == {"status": "close_only"}
    assert figures_shape("trading_day", {"trading_day": 20261123}, contract=None) == {"trading_day": "2026-11-23"}
    assert figures_shape("price_band", {"upper_ticks": 5}, contract=None) == {"upper_ticks": 5}


def test_a_figure_that_does_not_exist_is_none_and_reads_as_a_dash() -> None:
    guard = figures_shape(
        rejects.GUARD_PRICE,
        {"price_ticks": 40_000, "take_profit_ticks": 50_000, "stop_loss_ticks": 0},
        contract=GOLD,
    )
    assert guard == {"price": "800.00", "take_profit": "1000.00", "stop_loss": None}
    assert "stop loss – must lie" in detail(rejects.GUARD_PRICE, guard, "en")
    assert figures_shape(rejects.STATEMENT_UNKNOWN, {"last_trading_day": 0}, contract=None) == {
        "last_trading_day": None
    }


def test_an_id_of_another_door_is_escaped() -> None:
    order = OrderState(
        account_id=7001, order_id=1, client_order_id='"} \\ 引号', contract=GOLD, side=1, offset=0, order_type=1,
        time_in_force=0, qty=1, price_ticks=40_000, trading_day=20261123,
    )  # fmt: skip
    assert json.loads(order.json())["client_order_id"] == '"} \\ 引号'
