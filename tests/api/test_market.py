"""Time, status, contracts, book, trades and bars over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.test_orders import problem
from tests.stack import DAY, Api, Stack, order_body
from trading.engine.commands import SetPhase
from trading.engine.types import BREAK, CONTINUOUS

pytestmark = pytest.mark.xdist_group("api-market")


@pytest.fixture(scope="module")
def traded(stack: Stack) -> Stack:
    """Two trades between the two investors of tenant A, and something left in the book."""
    first, second = stack.pair.a.account_ids
    buyer, seller = Api(stack.pair.a.bearer(0)), Api(stack.pair.a.bearer(1))
    assert buyer("POST", "orders", order_body(first, qty=5, limit_price="800.00")).status_code == 201
    for _ in range(2):
        answer = seller("POST", "orders", order_body(second, side="sell", qty=1, limit_price="799.98"))
        assert answer.json()["status"] == "filled", answer.content
    stack.caught_up()
    from trading.selectors.projection import wait_for_seq

    assert wait_for_seq(stack.caught_up(), timeout_ms=20_000, name="marketdata")
    return stack


def test_time_is_open_to_everybody(stack: Stack) -> None:
    answer = Api({})("GET", "time")
    assert answer.status_code == 200
    assert answer.json()["server_ns"] > 1_700_000_000_000_000_000
    assert answer.json()["server_time"].endswith("Z")


def test_status_tells_core_and_projection(api: Api, traded: Stack) -> None:
    seq = traded.caught_up()
    found = api("GET", "status").json()
    assert (found["trading"], found["trading_day"], found["phase"]) == (True, DAY, "continuous")
    assert found["seq"] >= seq
    assert found["projection_seq"] >= seq
    assert found["kill"] == {"venue": False, "tenant": False, "symbols": []}


def test_contract_with_its_rules_and_its_day(api: Api, traded: Stack) -> None:
    found = api("GET", "instruments/AU2612").json()
    assert (found["symbol"], found["name"], found["multiplier"]) == ("SHFE.au2612", "Gold 2612", 1000)
    assert (found["tick"], found["price_decimals"], found["tick_value"]) == ("0.02", 2, "20.00")
    assert (found["margin_long"], found["fee_open"], found["fee_close_today"]) == ("0.16", "10.00", "0.00")
    assert (found["lower_limit"], found["upper_limit"]) == ("688.00", "912.00")
    assert (found["last"], found["volume"], found["open_interest"]) == ("800.00", 2, 2)
    assert (found["turnover"], found["average_price"]) == ("1600000.00", "800.00")
    assert (found["open_interest_change"], found["settlement"]) == (2, None)


def test_contract_with_its_phase(api: Api, traded: Stack) -> None:
    assert api("GET", "instruments/AU2612").json()["phase"] == "continuous"
    traded.call(SetPhase(0, [1], BREAK, "lunch", "system"))
    traded.caught_up()
    assert api("GET", "instruments/AU2612").json()["phase"] == "break"
    assert [item["phase"] for item in api("GET", "instruments").json()["data"]] == ["break"]
    assert api("GET", "status").json()["phase"] == "break"
    traded.call(SetPhase(0, [1], CONTINUOUS, "", "system"))
    traded.caught_up()
    assert api("GET", "status").json()["phase"] == "continuous"


def test_every_spelling_finds_the_same_contract(api: Api, traded: Stack) -> None:
    found = [api("GET", f"instruments/{text}").json()["symbol"] for text in ("SHFE.au2612", "au2612.SHFE", "AU2612")]
    assert found == ["SHFE.au2612"] * 3
    for text in ("SHFE.au9999", "x", "..", "%00", "a" * 200, "SHFE.au2612.SHFE"):
        problem(api("GET", f"instruments/{text}"), 404, "instrument_not_found")


def test_contracts_have_an_etag_in_the_readers_language(api: Api, traded: Stack) -> None:
    first = api("GET", "instruments")
    assert [item["symbol"] for item in first.json()["data"]] == ["SHFE.au2612"]
    again = api("GET", "instruments", If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    chinese = api("GET", "instruments", If_None_Match=first["ETag"], Accept_Language="zh-hans")
    assert chinese.status_code in (200, 304)


def test_book_shows_what_rests(api: Api, traded: Stack) -> None:
    found = api("GET", "instruments/SHFE.au2612/book").json()
    assert (found["symbol"], found["bids"], found["asks"]) == ("SHFE.au2612", [["800.00", 3]], [])
    assert found["seq"] > 0


def test_trades_newest_first_in_pages(api: Api, traded: Stack) -> None:
    page = api("GET", "instruments/SHFE.au2612/trades?limit=1").json()
    rest = api("GET", f"instruments/SHFE.au2612/trades?limit=5&cursor={page['next_cursor']}").json()
    assert [int(item["id"]) for item in page["data"] + rest["data"]] == [2, 1]
    trade = page["data"][0]
    assert (trade["price"], trade["qty"], trade["side"]) == ("800.00", 1, "sell")
    assert (trade["taker_effect"], trade["maker_effect"], trade["open_interest"]) == ("open", "open", 2)
    assert rest["next_cursor"] is None


def test_ticks_carry_the_days_figures_and_terms(api: Api, traded: Stack) -> None:
    page = api("GET", "instruments/SHFE.au2612/ticks?limit=1").json()
    rest = api("GET", f"instruments/SHFE.au2612/ticks?limit=5&cursor={page['next_cursor']}").json()
    newest, first = page["data"] + rest["data"]
    assert (newest["id"], newest["volume"], newest["turnover"], newest["average_price"]) == (
        "2",
        2,
        "1600000.00",
        "800.00",
    )
    assert (first["id"], first["volume"], first["open_interest"], first["open_interest_change"]) == ("1", 1, 1, 1)
    for tick in (newest, first):
        assert (tick["trading_day"], tick["phase"], tick["side"]) == (DAY, "continuous", "sell")
        assert (tick["lower_limit"], tick["upper_limit"]) == ("688.00", "912.00")
        assert (tick["previous_settlement"], tick["settlement"]) == ("800.00", None)
    assert rest["next_cursor"] is None
    problem(api("GET", "instruments/SHFE.au9999/ticks"), 404, "instrument_not_found")


def test_bars_oldest_first(api: Api, traded: Stack) -> None:
    bars = api("GET", "instruments/SHFE.au2612/bars?period=1m").json()["data"]
    assert sum(bar["volume"] for bar in bars) == 2
    assert [bar["start_s"] for bar in bars] == sorted(bar["start_s"] for bar in bars)
    assert (bars[-1]["close"], bars[-1]["source"]) == ("800.00", "live")
    assert api("GET", "instruments/SHFE.au2612/bars?period=1d&until=1").json()["data"] == []
    problem(api("GET", "instruments/SHFE.au2612/bars?period=2m"), 400, "invalid_field")


def test_the_schema_describes_the_doors(stack: Stack) -> None:
    from django.test import Client

    answer = Client(headers=stack.pair.a.bearer()).get("/api/schema/?format=json")
    assert answer.status_code == 200, answer.content[:200]
    schema: dict[str, Any] = answer.json()
    assert schema["openapi"] == "3.1.0"
    operations = {(method.upper(), path) for path, item in schema["paths"].items() for method in item}
    wanted = {
        ("POST", "/api/v1/orders"),
        ("GET", "/api/v1/orders"),
        ("POST", "/api/v1/orders/preview"),
        ("PATCH", "/api/v1/orders/{order_id}"),
        ("DELETE", "/api/v1/orders/{order_id}"),
        ("POST", "/api/v1/orders/cancel-all"),
        ("POST", "/api/v1/orders/cancel-after"),
        ("GET", "/api/v1/events"),
        ("GET", "/api/v1/fills"),
        ("GET", "/api/v1/instruments/{symbol}/bars"),
        ("GET", "/api/v1/accounts/{account_id}/balances"),
    }
    assert wanted <= operations
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


def test_the_docs_page_needs_no_inline_script(stack: Stack) -> None:
    from django.test import Client

    answer = Client(headers=stack.pair.a.bearer()).get("/api/docs/")
    assert answer.status_code == 200
    assert b"<script>" not in answer.content
    assert b"redoc" not in answer.content.lower()


def test_a_core_that_is_away_is_said_at_once(api: Api, traded: Stack) -> None:
    import time

    account = traded.pair.a.account_ids[0]
    traded.core.kill()
    traded.core.wait()
    try:
        began = time.monotonic()
        found = problem(api("POST", "orders", order_body(account)), 503, "trading_unavailable")
        assert time.monotonic() - began < 2
        assert found["figures"] == {"maybe_executed": False}
        status = api("GET", "status").json()
        assert (status["trading"], status["reason"]) == (False, "core_unavailable")
        book = api("GET", "instruments/SHFE.au2612/book")
        assert (book.status_code, book["X-Aurum-Catching-Up"]) == (200, "true")
        assert api("GET", f"orders?account={account}").status_code == 200
    finally:
        traded.core = traded.processes.core()
    assert api("POST", "orders", order_body(account)).status_code == 201
