"""Phases reach clients: in the ticker of the contract and in the status of the market."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.support import gold
from tests.sockets.memory import Client, Door
from tests.sockets.test_session import ready, told
from trading.choices import PHASE_WORDS
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.views import InstrumentStats
from trading.shapes.contracts import Contract
from trading.sockets.market import MarketFeed

AU = 1


def moved(phase: int) -> cmd.SetPhase:
    """Return the command that moves gold."""
    return cmd.SetPhase(0, [AU], phase, "calendar shfe", "system")


@told
async def test_ticker_carries_the_phase_and_follows_it(door: Door) -> None:
    client = await ready(door)
    _ok, ticker = await client.say(op="subscribe", id=1, channels=["ticker.SHFE.au2612"])
    assert ticker["data"]["phase"] == "continuous"
    door.hub._tick()
    await client.hear()
    door.core.do(moved(t.BREAK))
    door.clock.forward(1)
    door.hub._tick()
    (frame,) = await client.hear()
    assert (frame["data"]["phase"], frame["seq"]) == ("break", door.core.machine.seq)


@told
async def test_status_carries_the_phase_of_each_contract_at_every_change(door: Door) -> None:
    client = await ready(door)
    _ok, status = await client.say(op="subscribe", id=1, channels=["status"])
    assert status["data"]["phases"] == {"SHFE.au2612": "continuous", "DCE.m2701": "continuous"}
    heard = []
    for phase in (t.AUCTION_ENTRY, t.AUCTION_MATCH, t.CONTINUOUS, t.HALTED, t.CLOSED):
        door.core.do(moved(phase))
        (frame,) = await client.hear()
        # The market's own phase is that of the contract which is open furthest: the other one trades on.
        assert (frame["data"]["phase"], frame["data"]["phases"]["DCE.m2701"]) == ("continuous", "continuous")
        heard.append(frame["data"]["phases"]["SHFE.au2612"])
    assert heard == ["auction_entry", "auction_match", "continuous", "halted", "closed"]


@told
async def test_settlement_is_a_phase_from_its_beginning_to_its_end(door: Door) -> None:
    client = await ready(door)
    await client.say(op="subscribe", id=1, channels=["status"])
    door.core.do(cmd.BeginSettlement(0, 20261124, [(AU, 40_000)], "u1"))
    assert [frame["data"]["phase"] for frame in await client.hear()] == ["settlement"]
    door.core.do(cmd.SettleAccounts(0, 0, 500, "u1"), cmd.EndSettlement(0, "u1"))
    assert (await client.hear())[-1]["data"]["phase"] == "continuous"


@told
async def test_a_hub_that_comes_late_or_back_knows_the_phase(door: Door) -> None:
    client = await ready(door)
    door.core.lose()
    door.core.machine.apply(moved(t.BREAK), 1, 1)  # news that this hub never hears
    door.core.come_back()
    await client.hear()
    _ok, status = await client.say(op="subscribe", id=1, channels=["status"])
    assert status["data"]["phases"] == {"SHFE.au2612": "break", "DCE.m2701": "continuous"}


@pytest.mark.parametrize(("answer_seq", "word"), [(9, "break"), (10, "closed"), (11, "closed")])
def test_an_answer_that_news_overtook_does_not_turn_the_phase_back(answer_seq: int, word: str) -> None:
    feed = MarketFeed(Contract(gold(), lower_ticks=34_400, upper_ticks=45_600))
    feed.put_phase(t.BREAK, seq=10)
    stats = InstrumentStats(AU, 20261123, 40_000, 0, 0, 0, 0, 0, 0, 34_400, 45_600, 40_000, t.CLOSED)
    feed.load_stats(stats, seq=answer_seq)
    assert feed.ticker()["phase"] == word
    assert word in PHASE_WORDS.values()


async def ticker(door: Door, client: Client) -> dict[str, Any]:
    """Return the newest ticker of gold."""
    door.clock.forward(1)
    door.hub._tick()
    return [frame for frame in await client.hear() if frame.get("ch") == "ticker.SHFE.au2612"][-1]["data"]


@told
async def test_ticker_carries_average_and_change_of_open_interest(door: Door) -> None:
    client = await ready(door)
    door.core.open(7002)
    await client.say(op="subscribe", id=1, channels=["ticker.SHFE.au2612"])
    found = await ticker(door, client)
    assert (found["average_price"], found["open_interest_change"], found["settlement"]) == (None, None, None)
    door.store.days[AU, 20261123] = (3, None)
    door.core.lose()
    door.core.come_back()
    await client.hear()
    for qty, price in ((2, 40_000), (1, 40_003)):
        door.core.do(door.core.place(7001, t.BUY, qty, price), door.core.place(7002, t.SELL, qty, price))
    found = await ticker(door, client)
    assert (found["turnover"], found["volume"], found["average_price"]) == ("2400060.00", 3, "800.02")
    assert (found["open_interest"], found["open_interest_change"]) == (3, 0)


@told
async def test_ticker_carries_the_settlement_from_its_beginning_to_the_next_day(door: Door) -> None:
    client = await ready(door)
    door.store.days[AU, 20261123] = (0, None)
    door.store.days[AU, 20261124] = (5, None)
    await client.say(op="subscribe", id=1, channels=["ticker.SHFE.au2612"])
    door.core.do(cmd.BeginSettlement(0, 20261124, [(AU, 40_011)], "u1"))
    found = await ticker(door, client)
    assert (found["settlement"], found["previous_settlement"], found["phase"]) == ("800.22", "800.00", "settlement")
    door.core.do(cmd.SettleAccounts(0, 0, 500, "u1"), cmd.EndSettlement(0, "u1"))
    await client.hear()
    found = await ticker(door, client)
    assert (found["settlement"], found["previous_settlement"], found["open_interest_change"]) == (None, "800.22", -5)
