"""Two days of gold through the doors: opened by the back office, traded over REST, settled by the operator.

The figures are the market's own worked example: every number can be checked with a pocket calculator.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.services.people import acting
from tests.stack import Api, Stack, order_body

pytestmark = pytest.mark.xdist_group("stories")

START = "5000000.00"


class Story:
    """One client's account, a counterparty, and the operator's clock."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.house = stack.pair.a
        self.client, self.other = Api(self.house.bearer(0)), Api(self.house.bearer(1))
        self.day = "2026-11-23"
        self.account = self._opened_with(START)

    def _opened_with(self, amount: str) -> int:
        from portal.lib.money import text_to_fen
        from trading.services.accounts import money_account_open
        from trading.services.proposals import cash_propose, proposal_approve

        with acting(self.house, "back_office_maker") as maker:
            account = money_account_open(actor=maker, client_id=self.house.clients[0].pk, name="story")
        self.stack.caught_up()
        with acting(self.house, "back_office_maker") as maker:
            proposal = cash_propose(
                actor=maker,
                account_id=account.id,
                kind="deposit",
                amount_fen=text_to_fen(amount),
                reference="story-deposit",
            )
        with acting(self.house, "back_office_checker") as checker:
            assert proposal_approve(actor=checker, proposal_id=proposal.pk).state == "applied"
        return int(account.id)

    def trades(self, side: str, effect: str, qty: int, price: str) -> dict[str, Any]:
        """The client trades so many lots at a price with the counterparty."""
        counter = {"buy": "sell", "sell": "buy"}[side]
        rest = order_body(self.house.account_ids[1], side=counter, qty=qty, limit_price=price, trading_day=self.day)
        assert self.other("POST", "orders", rest).json()["status"] == "new"
        mine = order_body(
            self.account, side=side, position_effect=effect, qty=qty, limit_price=price, trading_day=self.day
        )
        order: dict[str, Any] = self.client("POST", "orders", mine).json()
        assert (order["status"], order["filled_avg_price"]) == ("filled", price), order
        return order

    def settles(self, price: str, *, next_day: int) -> None:
        """The operator ends the day at a settlement price."""
        from accounts.audit import SystemActor
        from trading.services.instruments import day_roll

        rolled = day_roll(actor=SystemActor(name="story"), next_trading_day=next_day, prices={"SHFE.au2612": price})
        self.day = f"{rolled.begun // 10000}-{rolled.begun // 100 % 100:02d}-{rolled.begun % 100:02d}"

    def funds(self) -> dict[str, Any]:
        """Return the client's money as REST shows it."""
        from trading.selectors.projection import wait_for_seq

        assert wait_for_seq(self.stack.caught_up(), timeout_ms=20_000, name="marketdata")
        found: dict[str, Any] = self.client("GET", f"accounts/{self.account}/balances").json()
        return found


def test_two_days_of_gold(stack: Stack) -> None:
    story = Story(stack)

    # Day 1, previous settlement 800.00: buy 3 at 801.00, sell 1 of today's at 803.00.
    story.trades("buy", "open", 3, "801.00")
    story.trades("sell", "close_today", 1, "803.00")
    during = story.funds()
    assert (during["close_profit"], during["fees"], during["cash"]) == ("2000.00", "30.00", "5001970.00")

    # Settled at 802.40: the two lots left earn 2 x 1.40 x 1,000 and carry 16 % of 802.40.
    story.settles("802.40", next_day=20261124)
    first = story.funds()
    assert (first["cash"], first["equity"]) == ("5004770.00", "5004770.00")
    assert (first["margin"], first["available"], first["risk_degree"]) == ("256768.00", "4748002.00", "0.0513")
    assert (first["close_profit"], first["fees"]) == ("0.00", "0.00")

    # Day 2: buy 1 at 806.00, sell 1 of yesterday's at 805.00; by date it earns 2.60, by trade 4.00 a gram.
    story.trades("buy", "open", 1, "806.00")
    order = story.trades("sell", "close_yesterday", 1, "805.00")
    stack.caught_up()
    (fill,) = story.client("GET", f"fills?order_id={order['id']}").json()["data"]
    assert (fill["close_profit"], fill["close_profit_by_trade"], fill["fee"]) == ("2600.00", "4000.00", "10.00")

    # Settled at 799.00: -3,400.00 on yesterday's lot, -7,000.00 on today's.
    story.settles("799.00", next_day=20261125)
    second = story.funds()
    assert second["cash"] == "4996950.00"
    assert (second["margin"], second["position_profit"]) == ("255680.00", "0.00")
    (position,) = story.client("GET", f"positions?account={story.account}").json()["data"]
    assert (position["today_qty"], position["yesterday_qty"]) == (0, 2)
    # start + all closes by trade - all fees + floating by trade: 5,000,000 + 6,000 - 50 - 9,000
    assert position["profit_by_trade"] == "-9000.00"


def test_what_the_stream_told_is_the_same_story(stack: Stack) -> None:
    from accounts.tenancy.context import tenant_scope
    from trading.models import MoneyAccount

    house = stack.pair.a
    with tenant_scope(tenant_id=house.tenant.pk):
        account_id = MoneyAccount.objects.get(name="story").id
    frames = Api(house.bearer())("GET", f"events?account={account_id}&limit=1000").json()["data"]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    settled = [frame["data"] for frame in frames if frame["data"]["event"] == "settled"]
    assert [item["funds"]["cash"] for item in settled] == ["5004770.00", "4996950.00"]
    assert [item["settled"]["mark"] for item in settled] == ["2800.00", "-10400.00"]
    assert [item["positions"][0]["yesterday_qty"] for item in settled] == [2, 2]
