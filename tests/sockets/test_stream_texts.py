"""The texts of the private stream, written by hand for speed, against the plain way of writing them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.engine.support import gold, soy
from trading.engine import types as t
from trading.engine.events import Funds, Leg, PositionState, Trade
from trading.shapes.accounts import FundsText, position_json
from trading.shapes.contracts import Contract
from trading.shapes.numbers import millionths_json, money, quotient, time_json, time_text
from trading.shapes.orders import OrderState, fill_json

GOLD = Contract(gold(), lower_ticks=34_400, upper_ticks=45_600)
SOY = Contract(soy(), lower_ticks=2_820, upper_ticks=3_181)
AT_NS = 1_795_424_401_123_456_789
AT = '"2026-11-23T09:00:01.123456Z"'

amounts = st.one_of(st.sampled_from([0, 0, 1, 99, 100, -1, -99, -100, -105]), st.integers(-(10**17), 10**17))
lots = st.integers(0, 2000)


def plain_funds(funds: Funds) -> dict[str, object]:
    """Return the figures of an account the plain way."""
    return {
        "account": 7001,
        "cash": money(funds.cash_fen),
        "margin": money(funds.margin_fen),
        "frozen_margin": money(funds.frozen_margin_fen),
        "frozen_fee": money(funds.frozen_fee_fen),
        "close_profit": money(funds.close_profit_fen),
        "fees": money(funds.fee_fen),
    }


def compact(shape: dict[str, object]) -> str:
    """Return a shape as the stream writes JSON."""
    return json.dumps(shape, separators=(",", ":"))


def order(client_order_id: str = "a-1", *, order_type: int = t.LIMIT, qty: int = 5) -> OrderState:
    """Return an order to buy gold at 800.00."""
    return OrderState(7001, 12, client_order_id, GOLD, t.BUY, t.OPEN, order_type, t.DAY, qty, 40_000, 20261123)


@given(st.lists(st.builds(Funds, *[amounts] * 6), min_size=1, max_size=6))
@example([Funds(-105, 0, 0, 0, -5, 0), Funds(-105, 0, 7, 100, -5, 0), Funds(105, 0, 7, -100, -5, 0)])
def test_funds_are_exact_whatever_came_before(history: list[Funds]) -> None:
    text = FundsText("7001")
    for funds in history:
        assert text.json(funds) == compact(plain_funds(funds))


@given(lots, lots, lots, lots, amounts, amounts, amounts, st.booleans(), st.sampled_from([GOLD, SOY]))
def test_positions_are_exact(
    today: int,
    yesterday: int,
    held_1: int,
    held_2: int,
    opened: int,
    marked: int,
    margin: int,
    same: bool,
    of: Contract,
) -> None:
    marked = opened if same else marked
    position = PositionState(1, t.SHORT, today, yesterday, held_1, held_2, opened, marked, margin)
    qty = today + yesterday
    lot = 100 * of.instrument.multiplier
    average = quotient(opened, lot * qty, decimals_min=of.decimals) if qty else None
    wanted = {
        "account": 7001,
        "symbol": of.symbol,
        "side": "short",
        "qty": qty,
        "today_qty": today,
        "yesterday_qty": yesterday,
        "closable_today": today - held_1,
        "closable_yesterday": yesterday - held_2,
        "avg_open_price": average,
        "open_cost": money(opened),
        "mark_cost": money(marked),
        "margin": money(margin),
    }
    assert position_json("7001", position, of) == compact(wanted)


@given(st.integers(0, 10**16), st.integers(0, 4))
@example(0, 0)
@example(1_000_000, 4)
@example(798_500_000, 2)
@example(798_000_100, 2)
def test_millionths_are_quotients(millionths: int, least: int) -> None:
    assert millionths_json(millionths, least) == f'"{quotient(millionths, 1_000_000, decimals_min=least)}"'


@given(st.integers(-(10**12), 10**12), st.integers(1, 5000), st.sampled_from([GOLD, SOY]))
def test_mean_prices_are_quotients(total: int, qty: int, of: Contract) -> None:
    item = of.instrument
    assert of.average_price(filled_ticks=total, qty=qty) == quotient(
        total * item.tick_e4, qty * 10_000, decimals_min=of.decimals
    )
    assert of.cost_price(cost_fen=total, qty=qty) == quotient(
        total, 100 * item.multiplier * qty, decimals_min=of.decimals
    )


@given(st.lists(st.integers(0, 4_000_000_000_000_000_000), min_size=1, max_size=5))
@example([1_999_999_999, 2_000_000_000, 1_999_999_999, 999_999_999, 2_999_999_999])
def test_times_are_exact_whatever_was_asked_before(times: list[int]) -> None:
    for ns in times:
        moment = datetime.fromtimestamp(ns // 1_000_000_000, tz=UTC)
        wanted = f"{moment:%Y-%m-%dT%H:%M:%S}.{ns % 1_000_000_000 // 1000:06d}Z"
        assert (time_text(ns), time_json(ns)) == (wanted, f'"{wanted}"')


@pytest.mark.parametrize("client_order_id", ["a-1", '"} \\', "引号", "a\tb\x7f"])
def test_an_order_is_the_same_text_for_its_event_and_its_answer(client_order_id: str) -> None:
    state = order(client_order_id)
    state.received_ns = AT_NS
    text = state.changed(9, AT_NS, AT_NS + 5, AT)
    assert text == state.json()
    assert text.startswith(f'{{"id":"12","client_order_id":{json.dumps(client_order_id)},"account":7001,"symbol"')
    shown = json.loads(text)
    assert (shown["qty"], shown["filled_qty"], shown["leaves_qty"]) == (5, 0, 5)
    assert (shown["limit_price"], shown["filled_avg_price"], shown["status"]) == ("800.00", None, "new")
    assert shown["created_at"] == shown["updated_at"] == "2026-11-23T09:00:01.123456Z"
    assert (shown["seq"], shown["received_ns"], shown["acked_ns"]) == (9, AT_NS, AT_NS + 5)


def test_an_order_shows_every_change() -> None:
    state = order()
    state.changed(9, AT_NS, AT_NS, AT)
    state.filled(filled_qty=3, filled_ticks=40_000 + 2 * 40_001, leaves_qty=2)
    later = json.loads(state.changed(10, AT_NS + 10**9, AT_NS, '"2026-11-23T09:00:02.123456Z"'))
    assert (later["filled_qty"], later["leaves_qty"], later["status"]) == (3, 2, "partially_filled")
    assert later["filled_avg_price"] == "800.013333"
    assert (later["created_at"], later["updated_at"]) == ("2026-11-23T09:00:01.123456Z", "2026-11-23T09:00:02.123456Z")
    state.replaced(qty=4, price_ticks=40_010)
    replaced = json.loads(state.changed(11, AT_NS, AT_NS, AT))
    assert (replaced["qty"], replaced["leaves_qty"], replaced["limit_price"]) == (4, 1, "800.20")
    state.canceled(reason=t.CANCELED_BY_CLIENT)
    ended = json.loads(state.changed(12, AT_NS, AT_NS, AT))
    assert (ended["leaves_qty"], ended["status"], ended["cancel_reason"]) == (0, "canceled", "client")
    assert state.ended


def test_an_order_that_is_no_limit_order_shows_no_price() -> None:
    assert json.loads(order(order_type=t.MARKET).json())["limit_price"] is None


def test_orders_of_one_kind_share_their_words() -> None:
    assert order("a").words is order("b").words
    assert order("a").words is not order("a", order_type=t.MARKET).words


@given(amounts, amounts, amounts, st.booleans())
def test_a_fill_is_exact(fee: int, profit: int, by_trade: int, taker: bool) -> None:
    position = PositionState(1, t.LONG, 1, 0, 0, 0, 1, 1, 1)
    leg = Leg(
        1, 7001, 3, 12, t.BUY, t.OPEN, 0, 0, fee, profit, by_trade, 2, 3, 80_000, Funds(0, 0, 0, 0, 0, 0), position
    )
    trade = Trade(0, 77, 1, 40_001, 2, t.BUY, 5, leg, leg)
    wanted = {
        "id": "77",
        "order_id": "12",
        "client_order_id": "a-1",
        "account": 7001,
        "symbol": "SHFE.au2612",
        "side": "buy",
        "position_effect": "open",
        "qty": 2,
        "price": "800.02",
        "fee": money(fee),
        "close_profit": money(profit),
        "close_profit_by_trade": money(by_trade),
        "liquidity": "taker" if taker else "maker",
        "trading_day": "2026-11-23",
        "at": "2026-11-23T09:00:01.123456Z",
        "seq": 9,
    }
    assert fill_json(order(), trade, leg, taker, 9, AT) == compact(wanted)
