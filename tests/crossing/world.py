"""The world of the crossing test: the twins with a row in every tenant table, and B's fingerprint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Permission
from django.test import Client as HttpClient
from psycopg import sql

from tests.crossing.rows import RowMaker, tenant_tables
from tests.plugins.session import current_world
from tests.world import House, Pair, pair_make


@dataclass
class HouseRows:
    """One house with its generated rows; what factories may ask for."""

    house: House
    admin: psycopg.Connection
    user_id: int = 0
    session_id: int = 0
    permission_id: int = 0
    group_id: int = 0
    authenticator_id: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    maker: RowMaker | None = None
    commons: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def tenant_id(self) -> int:
        """The tenant's number."""
        return int(self.house.tenant.pk)

    def row(self, table: str) -> dict[str, Any]:
        """Return the house's generated row of a table."""
        assert self.maker is not None
        return self.maker.row(table)

    def shared_row(self, table: str) -> dict[str, Any]:
        """Return the one row of a global table that both houses point to."""
        if table not in self.commons:
            self.commons[table] = shared_row_make(self.admin, self, table)
        return self.commons[table]


@dataclass
class World:
    """Both houses, the superuser's view of the database, and what belongs to B."""

    pair: Pair
    a: HouseRows
    b: HouseRows
    admin: psycopg.Connection
    tables: list[str]
    amounts: set[int] = field(default_factory=set)
    _browsers: dict[str, HttpClient] = field(default_factory=dict)

    def fingerprint(self) -> dict[str, str]:
        """Return a hash of B's rows, table by table."""
        parts = sql.SQL(" UNION ALL ").join(
            sql.SQL(
                "SELECT {0}, coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM {1} t"
                " WHERE tenant_id = {2}"
            ).format(sql.Literal(table), sql.Identifier(table), sql.Literal(self.b.tenant_id))
            for table in self.tables
        )
        found = dict(self.admin.execute(parts).fetchall())
        people = [user.pk for user in self.pair.b.people.values()]
        row = self.admin.execute(
            "SELECT md5(string_agg(u::text, '|' ORDER BY id)) FROM accounts_user u WHERE id = ANY(%s)", [people]
        ).fetchone()
        assert row is not None
        found["accounts_user"] = row[0]
        return found

    def browser(self, role: str) -> HttpClient:
        """Return the browser of a person of A; a route that ended its session gets a new one."""
        known = self._browsers.get(role)
        if known is None or not known.session.get("_auth_user_id"):
            known = self._browsers[role] = self.pair.a.http(role)
        return known


def shared_row_make(admin: psycopg.Connection, house: HouseRows, table: str) -> dict[str, Any]:
    """Make (or find) one row in a global table."""
    existing = admin.execute(sql.SQL("SELECT * FROM {} LIMIT 1").format(sql.Identifier(table)))
    names = [item.name for item in existing.description or ()]
    found = existing.fetchone()
    if found is not None:
        return dict(zip(names, found, strict=True))
    return RowMaker(admin=admin, house=house, letter="S").make_shared(table)


def world_make(admin: psycopg.Connection) -> World:
    """Build everything; committed, because a wall must hold between transactions."""
    pair = pair_make()
    commons: dict[str, dict[str, Any]] = {}
    houses = {}
    permission = Permission.objects.get(codename="view_account", content_type__app_label="accounts")
    group = admin.execute("INSERT INTO auth_group (name) VALUES ('crossing') RETURNING id").fetchone()
    assert group is not None
    for letter, house in (("A", pair.a), ("B", pair.b)):
        rows = HouseRows(house=house, admin=admin, commons=commons)
        rows.user_id = house.investor.pk
        rows.permission_id, rows.group_id = permission.pk, group[0]
        house.http("investor")
        rows.session_id = _session_of(house)
        rows.authenticator_id = Authenticator.objects.filter(user=house.people["risk_officer"]).first().pk
        rows.maker = RowMaker(admin=admin, house=rows, letter=letter)
        houses[letter] = rows
    tables = tenant_tables(admin)
    for table in tables:
        for rows in houses.values():
            rows.row(table)
    world = World(pair=pair, a=houses["A"], b=houses["B"], admin=admin, tables=tables)
    world.amounts = set(_amounts(world))
    return world


def _session_of(house: House) -> int:
    row = UserSession.objects.filter(user=house.investor).first()
    if row is None:
        row = UserSession.objects.create(
            user=house.investor, ip="10.1.1.1", session_key=f"session-of-{house.letter}", user_agent=house.letter
        )
    return int(row.pk)


def _amounts(world: World) -> Iterator[int]:
    """B's generated numbers that are long enough to be found in a page without chance hits."""
    own = {value for row in world.a.maker.made.values() for value in row.values() if isinstance(value, int)}  # type: ignore[union-attr]
    for row in world.b.maker.made.values():  # type: ignore[union-attr]
        for value in row.values():
            if isinstance(value, int) and not isinstance(value, bool) and value > 1_000_000_000 and value not in own:
                yield value


@contextmanager
def superuser() -> Iterator[psycopg.Connection]:
    """Open the superuser's connection to the worker's database."""
    world = current_world()
    assert world.database is not None
    with psycopg.connect(world.scratch.cluster.admin_dsn(dbname=world.database.name), autocommit=True) as admin:
        yield admin
