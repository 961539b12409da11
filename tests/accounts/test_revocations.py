"""What has ended closes its sockets: at once by notice, after a lost notice by asking again, and at its last moment."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from accounts.auth import revocations
from accounts.auth.identify import Door, actor_of_key, actor_of_user
from accounts.auth.recheck import actor_still_valid
from accounts.auth.revocations import RevocationBoard
from accounts.auth.sessions import session_ref
from accounts.models import Membership, Tenant
from accounts.services.api_keys import apikey_revoke
from accounts.services.credentials import session_end
from accounts.services.people import membership_end
from accounts.tenancy.context import tenant_scope
from tests.world import MAKER, House, Pair


class Board(RevocationBoard):
    """A board of the test's own, without listener and sweeper."""

    def __init__(self) -> None:
        super().__init__()
        self._started = True
        self.closed: list[str] = []

    def add(self, name: str, actor: object) -> None:
        """Watch an actor under a name."""
        self.watch(actor=actor, on_revoked=lambda: self.closed.append(name))  # type: ignore[arg-type]


def key_actor(house: House, index: int = 0):  # type: ignore[no-untyped-def]
    """Return the actor of an investor's key."""
    found = actor_of_key(f"Bearer {house.keys[index].bearer}", ip="127.0.0.1")
    assert found is not None
    return found[0]


def notice(tenant_id: int | None, kind: str, ident: object) -> str:
    """Return a notice as it comes over the wire."""
    return f'{{"tenant": {"null" if tenant_id is None else tenant_id}, "kind": "{kind}", "id": "{ident}"}}'


def test_closes_exactly_what_the_notice_names(house: House) -> None:
    board, tenant = Board(), house.tenant.pk
    board.add("key", key_actor(house))
    board.add("other key", key_actor(house, 1))
    officer = actor_of_user(house.people["risk_officer"], door=Door(ip="", session_key="k1"))
    board.add("officer", officer)
    board.deliver(notice(tenant, "key", house.key().pk))
    assert board.closed == ["key"]
    board.deliver(notice(tenant, "key", house.key().pk))
    assert board.closed == ["key"]
    board.deliver(notice(tenant + 1, "membership", house.people["risk_officer"].pk))
    assert board.closed == ["key"]
    board.deliver(notice(None, "session", session_ref("k1")))
    assert board.closed == ["key", "officer"]


@pytest.mark.parametrize("payload", ["", "{", "[]", '{"kind": "key"}', "null"])
def test_survives_a_notice_it_can_not_read(house: House, payload: str) -> None:
    board = Board()
    board.add("key", key_actor(house))
    board.deliver(payload)
    assert board.closed == []


def test_asks_again_after_a_lost_connection(tenant_pair: Pair) -> None:
    board = Board()
    board.add("revoked", key_actor(tenant_pair.a))
    board.add("alive", key_actor(tenant_pair.a, 1))
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        apikey_revoke(actor=MAKER, key_id=tenant_pair.a.key().pk)
    board.deliver(None)
    assert board.closed == ["revoked"]


def test_closes_at_the_last_moment(house: House) -> None:
    board = Board()
    board.add("ends", replace(key_actor(house), expires_at_s=100.0))
    board.expire(now_s=99.9)
    assert board.closed == []
    board.expire(now_s=100.0)
    assert board.closed == ["ends"]


def test_unwatched_socket_is_left_alone(house: House) -> None:
    board = Board()
    unwatch = board.watch(actor=key_actor(house), on_revoked=lambda: board.closed.append("x"))
    unwatch()
    board.deliver(notice(house.tenant.pk, "key", house.key().pk))
    assert board.closed == []


def test_knows_a_session_that_is_gone(tenant_pair: Pair) -> None:
    browser = tenant_pair.a.http("investor")
    browser.get("/security/")
    from allauth.usersessions.models import UserSession

    key = browser.session.session_key
    row = UserSession.objects.get_or_create(
        session_key=key, defaults={"user": tenant_pair.a.investor, "ip": "127.0.0.1", "user_agent": ""}
    )[0]
    actor = actor_of_user(tenant_pair.a.investor, door=Door(ip="", session_key=key))
    assert actor is not None
    assert actor_still_valid(actor)
    assert session_end(user_id=tenant_pair.a.investor.pk, session_id=row.pk)
    assert actor_still_valid(actor) is False


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
@pytest.mark.parametrize("what", ["membership", "user", "tenant"])
def test_knows_whoever_lost_his_place(tenant_pair: Pair, db_owner: object, what: str) -> None:
    house = tenant_pair.a
    actor = actor_of_user(house.people["risk_officer"], door=Door(ip=""))
    assert actor is not None
    assert actor_still_valid(actor)
    with tenant_scope(tenant_id=house.tenant.pk):
        if what == "membership":
            member = Membership.objects.get(user=house.people["risk_officer"])
            membership_end(actor=MAKER, membership_id=member.pk)
    if what == "user":
        house.people["risk_officer"].is_active = False
        house.people["risk_officer"].save()
    if what == "tenant":
        Tenant.objects.using("owner").filter(pk=house.tenant.pk).update(status="suspended")
    assert actor_still_valid(actor) is False


@pytest.mark.django_db(databases=["default", "owner"], transaction=True)
def test_notice_travels_through_the_database_within_five_seconds(tenant_pair: Pair) -> None:
    heard = threading.Event()
    unwatch = revocations.watch(actor=key_actor(tenant_pair.a), on_revoked=heard.set)
    try:
        time.sleep(1.5)
        assert not heard.is_set()
        began = time.monotonic()
        with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
            apikey_revoke(actor=MAKER, key_id=tenant_pair.a.key().pk)
        assert heard.wait(5)
        assert time.monotonic() - began < 5
    finally:
        unwatch()
