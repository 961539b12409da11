"""The desk's figures are the engine's: after every command of random life, from events alone, and after a restart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from riskdesk.follower import MonitorFollower
from riskdesk.picture import DEGREE_BEYOND_PPM, Picture
from riskdesk.rounds import Rounds
from tests.engine.generated import Commands
from tests.trading.feed import Feed, follow
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.engine.ladders import Delivery, DeliveryStep, LimitStep
from trading.engine.machine import Machine
from trading.engine.parameters import Parameters
from trading.marketdata.follower import MarketDataFollower
from trading.projections.follower import ProjectionFollower

STEPS = 2_000


Figures = tuple[int, ...]


def figures_of(picture: Picture, account_id: int) -> Figures:
    risk = picture.risk(account_id)
    return (
        risk.equity_fen, risk.profit_fen, risk.exchange_margin_fen, risk.margin_fen, risk.available_fen,
        risk.degree_ppm,
    )  # fmt: skip


def engine_figures_of(machine: Machine, account_id: int) -> Figures:
    view = machine.account_view(account_id)
    assert view is not None
    return (
        view.equity_fen, view.position_profit_fen, view.exchange_margin_fen, view.funds.margin_fen, view.available_fen,
        min(DEGREE_BEYOND_PPM, view.risk_ppm),
    )  # fmt: skip


def agree(machine: Machine, picture: Picture, account_id: int) -> bool:
    """Between two steps of a settlement the company's margin of who is not settled yet is what he was last told."""
    mine, engines = figures_of(picture, account_id), engine_figures_of(machine, account_id)
    settling = machine.state.settling
    told = settling is None or account_id <= settling.through
    return mine == engines if told else mine[:3] == engines[:3]


@pytest.mark.parametrize("seed", range(1, 5))
def test_every_figure_is_the_engines_after_every_command(seed: int) -> None:
    machine, picture = Machine(), Picture()
    source = Commands(machine, seed)
    at_ns = 1_000_000_000
    seen: Counter[str] = Counter()

    def live(command: cmd.AnyCommand) -> None:
        nonlocal at_ns
        at_ns += 40_000_000
        for event in machine.apply(command, at_ns, at_ns):
            picture.apply(event, seq=machine.seq)
        touched = set(picture.take_touched())
        for account_id in picture.accounts:
            assert agree(machine, picture, account_id), (account_id, command)
        kept.update({key: figures_of(picture, key) for key in touched})
        assert kept == {key: figures_of(picture, key) for key in picture.accounts}  # whoever moved was touched
        _count(machine, seen)

    kept: dict[int, tuple[int, ...]] = {}
    for command in opening(source):
        live(command)
    for _ in range(STEPS):
        live(source.next())
    assert seen["held"] > STEPS


def test_the_dice_reach_rows_floors_and_netting() -> None:
    # Or the proof above is empty.
    seen: Counter[str] = Counter()
    for seed in range(1, 9):
        machine = Machine()
        source = Commands(machine, seed)
        for at, command in enumerate(opening(source), 1):
            machine.apply(command, at * 1_000_000, at)
        for at in range(100, STEPS):
            machine.apply(source.next(), at * 1_000_000_000, at)
            _count(machine, seen)
    assert min(seen[what] for what in ("dated", "floor", "netted", "hedging", "by volume")) > 0, seen


def opening(source: Commands) -> Iterator[cmd.AnyCommand]:
    """The usual one, with an exchange's margins by contract and by product that differ from the listed ones."""
    yield from source.opening()
    for day, product, ppm in ((20260107, "", 110_000), (20260108, "SHFE.au", 190_000), (20260109, "SHFE.au", 165_000)):
        row = Parameters(long_margin_ppm=ppm, short_margin_ppm=ppm + 5_000)
        yield cmd.PutParameters(0, 0, 0 if product else 2, product, False, day, row, "notice 2", "u2", "u3")


def _count(machine: Machine, seen: Counter[str]) -> None:
    for account in machine.state.accounts.values():
        for holding in account.holdings.values():
            contract = holding.contract
            if not (holding.long.margin_fen or holding.short.margin_fen):
                continue
            seen["held"] += 1
            seen["dated"] += contract.base.long_margin_ppm not in (
                contract.spec.rates.long_margin_ppm,
                contract.margin_floor_ppm,
            )
            seen["floor"] += contract.base.long_margin_ppm == contract.margin_floor_ppm
            seen["by volume"] += contract.base.long_margin_fen > 0
            seen["netted"] += account.charged_margin_fen() < account.margin_fen
            seen["hedging"] += account.hedge


@pytest.fixture
def tenants(committed: None, db_owner: psycopg.Connection[Any]) -> None:
    for number in (2, 3):
        db_owner.execute(
            "insert into accounts_tenant (id, code, name, name_en, kind, status, created_at)"
            " values (%s, %s, %s, %s, 'broker', 'active', now())",
            [number, f"b{number}", f"b{number}", f"b{number}"],
        )


def ruled_market() -> Feed:
    """Gold on the ladder after a one-sided day and with a dated row; silver on its road to delivery; lots of both."""
    feed = Feed()
    feed.open_market(accounts={7001: 2, 7002: 2, 7003: 3})
    feed.do(cmd.SetHedge(2, 7002, True, "u2", "u3"))
    feed.do(cmd.PutLimitLadder(0, "SHFE", "au", [LimitStep(30_000, 20_000)], "u2", "u3"))
    row = Parameters(long_margin_ppm=180_000, short_margin_ppm=170_000, long_margin_fen=777, larger_side=1)
    feed.do(cmd.PutParameters(0, 0, 0, "SHFE.au", False, 20261124, row, "notice 1", "u2", "u3"))
    feed.do(cmd.PutDelivery(0, 2, Delivery([DeliveryStep(20261124, 300_000)]), "u2", "u3"))
    for account, side, qty in ((7001, t.BUY, 3), (7002, t.BUY, 2), (7003, t.SELL, 5)):
        feed.order(account, side, qty, 40_000)
    feed.order(7003, t.SELL, 4, 8_000, instrument=2)
    feed.order(7001, t.BUY, 4, 8_000, instrument=2)
    upper = feed.machine.instrument_stats(1).upper
    feed.order(7003, t.SELL, 1, upper)
    feed.order(7001, t.BUY, 9, upper)  # one trade at the limit, then nobody sells
    feed.do(cmd.WatchClose(0, [1], "system"))
    feed.roll(20261124)
    for price, qty in ((40_010, 2), (40_020, 3)):
        feed.order(7003, t.SELL, qty, price)
        feed.order(7002, t.BUY, qty, price)
    feed.order(7001, t.SELL, 1, 40_020)  # longs and shorts: only the larger side is charged
    feed.order(7003, t.BUY, 1, 40_020)
    feed.order(7002, t.SELL, 3, 40_015, offset=t.CLOSE_TODAY)  # the oldest of today's lots go first
    feed.order(7003, t.BUY, 3, 40_015)
    return feed


@pytest.mark.usefixtures("tenants")
def test_a_restart_reads_the_same_figures_from_the_tables(db_core: psycopg.Connection[Any]) -> None:
    feed = ruled_market()
    machine = feed.machine
    assert machine.instrument_stats(1).ladder_step == 1
    assert machine.account_view(7001).funds.margin_fen < machine.state.accounts[7001].margin_fen
    batches = feed.batches()
    follow(ProjectionFollower(), batches, db_core)
    follow(MarketDataFollower(), batches, db_core)
    for again in (False, True):  # the second one begins with everything in the tables
        follower = MonitorFollower(Rounds(call=lambda _command: None, ask=lambda *_, **__: []))
        follow(follower, [] if again else batches, db_core)
        for account_id in (7001, 7002, 7003):
            expected = engine_figures_of(machine, account_id)
            assert figures_of(follower.picture, account_id) == expected, (again, account_id)
    feed.order(7001, t.SELL, 1, 40_012, offset=t.CLOSE_YESTERDAY)
    feed.order(7002, t.BUY, 1, 40_012)
    feed.roll(20261125, gold_ticks=39_900)
    batches = feed.batches()
    follow(ProjectionFollower(), batches, db_core)
    follow(follower, batches, db_core)
    for account_id in (7001, 7002, 7003):
        assert figures_of(follower.picture, account_id) == engine_figures_of(machine, account_id)
