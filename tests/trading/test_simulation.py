"""The simulated market keeps ten levels, trades all the time, stays inside the band and begins again after anything."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tests.trading.fake_link import FakeLink
from tests.trading.feed import AG, AU, Feed
from trading.engine import commands as cmd
from trading.engine import events as ev
from trading.engine import types as t
from trading.simulation import runner
from trading.simulation.paths import Band, FollowingPath, RandomPath

ACCOUNTS = {7001 + number: 1 for number in range(8)}


class World:
    """A simulation over the engine in memory, with a clock that the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, seed: int = 1, makers: int = 3) -> None:
        self.feed = Feed()
        self.feed.open_market(accounts=ACCOUNTS, cash_fen=10**13)
        self.link = FakeLink(self.feed)
        self.now_s = 0.0
        monkeypatch.setattr(runner, "CoreLink", self.link)
        plan = runner.Plan(accounts=list(ACCOUNTS), makers=makers, seed=seed)
        self.simulation = runner.Simulation(plan, make_path=lambda start: RandomPath(start_ticks=start, seed=seed))
        monkeypatch.setattr(self.simulation, "_now_s", lambda: self.now_s)
        monkeypatch.setattr(self.simulation, "_tag", "s")
        self.link.watch(ACCOUNTS)

    async def look(self, seconds: float, each: Callable[[], None] | None = None) -> None:
        """Let the simulation look ten times a second for a while."""
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            await self.simulation._look_once()
            await asyncio.sleep(0)
            if each is not None:
                each()

    def depth(self, instrument_id: int = AU) -> tuple[int, int]:
        """Levels on both sides."""
        bids, asks = self.feed.machine.depth(instrument_id, 20)
        return len(bids), len(asks)


def test_keeps_ten_levels_and_trades_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    levels: list[int] = []

    async def story() -> None:
        await world.look(3)
        world.link.events.clear()
        await world.look(60, lambda: levels.append(min(*world.depth(AU), *world.depth(AG))))

    asyncio.run(story())
    assert min(levels) >= 10
    gold = [event for event in world.link.events if isinstance(event, ev.Trade) and event.instrument_id == AU]
    assert 120 < len(gold) < 900
    assert not [event for event in world.link.events if isinstance(event, ev.OrderRejected)]
    prices = [event.price_ticks for event in gold]
    assert max(prices) - min(prices) > 10


def test_makers_never_trade_with_each_other_when_the_price_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)

    async def story() -> None:
        await world.look(3)
        for jump in (30, -45, 80):
            market = world.simulation._markets[AU]
            market.path._ticks += jump  # type: ignore[attr-defined]
            await world.look(1.5)

    asyncio.run(story())
    makers = set(list(ACCOUNTS)[:3])
    between = [
        event
        for event in world.link.events
        if isinstance(event, ev.Trade) and {event.maker.account_id, event.taker.account_id} <= makers
    ]
    assert between == []


def test_sends_the_same_orders_for_the_same_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    for _ in range(2):
        world = World(monkeypatch, seed=5)
        asyncio.run(world.look(20))
        runs.append(world.link.commands)
    assert len(runs[0]) > 200
    assert runs[0] == runs[1]


def test_begins_again_after_the_core_was_away(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)

    async def story() -> None:
        await world.look(5)
        world.link.cut()
        await asyncio.wait_for(world.simulation._look_once(), timeout=3)
        # What happens meanwhile is never heard of.
        for account_id in ACCOUNTS:
            world.feed.do(cmd.CancelAll(1, account_id, 0, "client", "u1"))
        world.link.commands.clear()
        world.link.back()
        await world.look(3)

    asyncio.run(story())
    assert [type(command) for command in world.link.commands[: len(ACCOUNTS)]] == [cmd.CancelAll] * len(ACCOUNTS)
    assert min(world.depth()) >= 10
    for account_id in ACCOUNTS:
        view = world.feed.machine.account_view(account_id)
        assert view is not None
        assert {order.order_id for order in view.orders} == set(world.simulation._orders[account_id].working)


def test_goes_on_with_the_next_trading_day(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)

    async def story() -> None:
        await world.look(5)
        world.link.submit(cmd.RollDay(0, 20261124, [(AU, 40_100), (AG, 8_010)], "u1"))
        await world.look(4)

    asyncio.run(story())
    assert min(world.depth()) >= 10
    band = world.feed.machine.instruments()[0]
    assert world.simulation._markets[AU].band == Band(band[1], band[2])
    last = world.link.commands[-1]
    placed = [command for command in world.link.commands if isinstance(command, cmd.PlaceOrder)]
    assert placed[-1].trading_day == 20261124
    assert last is not None


def test_rests_while_trading_is_halted(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)

    async def story() -> None:
        await world.look(3)
        world.link.submit(cmd.SetKill(0, t.KILL_INSTRUMENT, AU, True, "test", "u1"))
        world.link.events.clear()
        await world.look(20)

    asyncio.run(story())
    refused = [event for event in world.link.events if isinstance(event, ev.OrderRejected)]
    assert 0 < len(refused) < 400
    assert {event.code for event in refused} == {"kill_switch"}


def test_stays_inside_a_narrow_band(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch)
    world.feed.do(cmd.RollDay(0, 20261124, [(AU, 40_000), (AG, 300)], "u1"))

    async def story() -> None:
        await world.look(20)

    asyncio.run(story())
    refused = [event for event in world.link.events if isinstance(event, ev.OrderRejected)]
    assert refused == []


def test_walks_the_same_way_however_often_it_is_asked() -> None:
    often, seldom = RandomPath(start_ticks=40_000, seed=3), RandomPath(start_ticks=40_000, seed=3)
    for tenth in range(6001):
        price = often.ticks_at(tenth / 10)
    assert seldom.ticks_at(600) == price
    assert 39_000 < price < 41_000


def test_follows_the_main_contract() -> None:
    main = RandomPath(start_ticks=40_000, seed=3)
    other = FollowingPath(main, main_start_ticks=40_000, start_ticks=20_000, seed=4)
    for second in range(1, 1200):
        follows = other.ticks_at(second)
    assert abs(follows - main.ticks_at(1199) / 2) < 60
