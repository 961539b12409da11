"""A market, the desk's followers and its rounds on one machine in memory; the core's clock is the test's."""

from __future__ import annotations

from typing import Any

import psycopg

from riskdesk.follower import MonitorFollower
from riskdesk.rounds import Rounds
from tests.trading.feed import Feed, follow
from trading.core.queries import Queries
from trading.engine import commands as cmd
from trading.engine import types as t
from trading.marketdata.follower import MarketDataFollower
from trading.projections.follower import ProjectionFollower

MARGIN_FEN = 40_000 * 2_000 * 16 // 100  # one lot at 800.00


def put_tenants(db_owner: psycopg.Connection[Any]) -> None:
    """Two brokers, 2 and 3."""
    for number in (2, 3):
        db_owner.execute(
            "insert into accounts_tenant (id, code, name, name_en, kind, status, created_at)"
            " values (%s, %s, %s, %s, 'broker', 'active', now())",
            [number, f"b{number}", f"b{number}", f"b{number}"],
        )


class Desk:
    """A feed, its followers, and rounds that act on the feed's own machine."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.feed = Feed()
        self.feed.open_market(accounts={7003: 3, 7005: 3})
        self.feed.do(cmd.OpenAccount(2, 7001, 0, "system"))
        self.feed.deposit(7001, MARGIN_FEN * 11)
        self.feed.order(7003, t.SELL, 10, 40_000)
        self.feed.order(7001, t.BUY, 10, 40_000)
        self.sent: list[Any] = []
        self.market_ns = self.feed.at_ns
        self.coming_days = [20261124, 20261125]
        self.asked: list[str] = []
        self._queries = Queries(self.feed.machine, status=self.status, market_ns=lambda: self.market_ns)
        self.rounds = Rounds(call=self.call, ask=self.ask)
        self.monitors = MonitorFollower(self.rounds)

    def call(self, command: Any) -> Any:
        self.sent.append(command)
        return self.feed.do(command)[0]

    def ask(self, name: str, **args: Any) -> Any:
        self.asked.append(name)
        return self._queries.answer(name, args)

    def status(self) -> dict[str, Any]:
        """What the core says of its clock and calendar."""
        calendar = {"timed": True, "coming_days": self.coming_days}
        return {"seq": self.feed.machine.seq, "market_ns": self.market_ns, "calendar": calendar}

    def restart(self) -> None:
        """The process dies and comes back with nothing in its memory."""
        self.rounds = Rounds(call=self.call, ask=self.ask)
        self.monitors = MonitorFollower(self.rounds)

    def round(self) -> None:
        """Project what has happened and make one round."""
        batches = self.feed.batches()
        follow(ProjectionFollower(), batches, self.connection)
        follow(MarketDataFollower(), batches, self.connection)  # a restart reads the last prices of it
        follow(self.monitors, batches, self.connection)
        with self.connection.transaction(), self.connection.cursor() as cursor:
            self.monitors.idle(cursor)

    def trade_at(self, ticks: int) -> None:
        self.feed.order(7003, t.SELL, 1, ticks)
        self.feed.order(7005, t.BUY, 1, ticks)

    def kinds(self) -> list[str]:
        return [type(command).__name__ for command in self.sent]


def person(owner: psycopg.Connection[Any], *numbers: int) -> None:
    for number in numbers:
        owner.execute(
            "insert into accounts_user (id, username, password, is_active, is_staff, is_superuser, first_name,"
            " last_name, email, date_joined, is_platform_operator, language, theme, updown,"
            " must_change_password)"
            " values (%s, %s, '', true, false, false, '', '', '', now(), false, 'en', '', 'red-up', false)",
            [number, f"p{number}"],
        )


def automatic(owner: psycopg.Connection[Any]) -> None:
    person(owner, 91, 92)
    owner.execute(
        "insert into riskdesk_lines (tenant_id, basis, warn_ppm, call_ppm, close_only_ppm, liquidate_ppm, target_ppm,"
        " automatic, state, reason, maker_id, checker_id, created_at) values (2, 1, 800000, 1000000, 1000000, 1100000,"
        " 900000, true, 'in_force', '', 91, 92, now())"
    )
