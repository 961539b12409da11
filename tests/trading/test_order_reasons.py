"""Why an order was refused, as the back office reads it."""

from __future__ import annotations

from typing import Any

import psycopg
from django.utils.translation import override

from portal.admin_base import refusal_words
from portal.lib.errors import Refused
from tests.trading.feed import Feed, follow
from tests.world import Pair
from trading.engine import types as t
from trading.projections.follower import ProjectionFollower

CODES = ("order_quantity_limit", "insufficient_margin", "price_band")


def test_refusals_are_sentences_with_figures_in_their_units(
    tenant_pair: Pair, db_core: psycopg.Connection[Any]
) -> None:
    house = tenant_pair.a
    feed = Feed()
    feed.open_market(accounts=dict.fromkeys(house.account_ids, house.tenant.pk), cash_fen=1_000_00)
    feed.order(house.account_ids[0], t.BUY, 900_000, 40_000)
    feed.order(house.account_ids[0], t.BUY, 50, 40_000)
    feed.order(house.account_ids[0], t.BUY, 1, 90_000)
    follow(ProjectionFollower(), feed.batches(), db_core)
    browser = house.http("back_office_checker")
    browser.post("/preferences/", {"language": "en"})
    page = browser.get(f"/admin/trading/order/?q={house.account_ids[0]}").content.decode()
    said = {code: page.split(f"({code})")[0].rsplit(">", 1)[1] for code in CODES if f"({code})" in page}
    assert said["order_quantity_limit"].startswith("900000 lots in one order")
    # Ticks and fen are the engine's own; a person reads prices and money.
    assert said["insufficient_margin"].startswith("Needs 6400500.00, available 1000.00.")
    assert said["price_band"].startswith("The price 1800.00 is outside")


def test_the_admin_says_a_code_in_a_sentence_and_keeps_a_service_s_own() -> None:
    with override("en"):
        assert refusal_words(Refused("amount", {"amount_fen": 0})) == "The amount is not allowed. (amount)"
        own = Refused("invalid_field", {"limit": 400}, detail="Give a reason.")
        assert refusal_words(own) == "Give a reason. (invalid_field)"
