"""On a real web server: what ends in one process closes the sockets of another within five seconds."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from accounts.models import Membership
from accounts.services.api_keys import apikey_revoke
from accounts.services.people import membership_end
from accounts.tenancy.context import tenant_scope
from tests.plugins.processes import Processes
from tests.world import MAKER, House, Pair

LIMIT_S = 5.0


def key_is_revoked(house: House, browsers: dict[str, Any]) -> None:
    """End the investor's key."""
    with tenant_scope(tenant_id=house.tenant.pk):
        apikey_revoke(actor=MAKER, key_id=house.key().pk)


def person_signs_out(house: House, browsers: dict[str, Any]) -> None:
    """End the officer's session."""
    assert browsers["risk_officer"].post("/accounts/logout/").status_code == 302


def membership_ends(house: House, browsers: dict[str, Any]) -> None:
    """End the officer's role."""
    with tenant_scope(tenant_id=house.tenant.pk):
        member = Membership.objects.get(user=house.people["risk_officer"])
        membership_end(actor=MAKER, membership_id=member.pk)


CASES = {
    "a revoked key": ("/ws/v1", "key", key_is_revoked),
    "an ended session": ("/ws/risk/", "risk_officer", person_signs_out),
    "a lost role": ("/ws/risk/", "risk_officer", membership_ends),
}


@pytest.mark.parametrize("case", CASES)
def test_closes_the_socket_of(tenant_pair: Pair, processes: Processes, case: str) -> None:
    path, who, end = CASES[case]
    house = tenant_pair.a
    processes.environment["AURUM_SECRET_KEY"] = settings.SECRET_KEY
    url = processes.web()
    browsers = {"risk_officer": house.http("risk_officer")}
    headers = house.bearer() if who == "key" else _cookie(browsers[who])
    origin = None if who == "key" else url
    with connect(url.replace("http", "ws", 1) + path, origin=origin, additional_headers=headers) as socket:
        _drain(socket)
        end(house, browsers)
        began = time.monotonic()
        assert _close_code(socket, began=began) == 4401
    assert time.monotonic() - began < LIMIT_S


def _close_code(socket: Any, *, began: float) -> int | None:
    """Read until the socket closes; None when it stays open for too long."""
    try:
        while time.monotonic() - began < LIMIT_S:
            _drain(socket)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else None
    return None


def _cookie(browser: Any) -> dict[str, str]:
    return {"Cookie": f"aurum_session={browser.cookies['aurum_session'].value}"}


def _drain(socket: Any) -> None:
    try:
        while True:
            socket.recv(timeout=0.3)
    except TimeoutError:
        return
