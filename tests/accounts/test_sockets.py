"""Identification at a handshake: keys without origin, sessions only from our own pages."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.test import override_settings

from accounts.auth.sockets import authenticate_scope_sync, origin_allowed
from tests.world import House

HOST = (b"host", b"127.0.0.1:8000")
ORIGIN = (b"origin", b"http://127.0.0.1:8000")


def cookie(house: House, role: str) -> tuple[bytes, bytes]:
    """Return the cookie header of a signed-in person."""
    value = house.http(role).cookies["aurum_session"].value
    return b"cookie", f"other=1; aurum_session={value}".encode()


def who(*headers: tuple[bytes, bytes], path: str = "/ws/v1", client: tuple[str, int] = ("127.0.0.1", 1)) -> str | None:
    """Return the login behind a handshake."""
    actor = authenticate_scope_sync({"headers": list(headers), "path": path, "client": client})
    return None if actor is None else actor.username


def test_session_of_our_own_page_is_let_in(house: House) -> None:
    assert who(HOST, ORIGIN, cookie(house, "investor")) == "a-investor"


@pytest.mark.parametrize(
    "origin",
    [
        b"",
        b"null",
        b"http://evil.example",
        b"http://127.0.0.1:8001",
        b"file://127.0.0.1:8000",
        b"http://127.0.0.1:8000.evil",
    ],
)
def test_session_of_another_page_is_refused(house: House, origin: bytes) -> None:
    assert who(HOST, (b"origin", origin), cookie(house, "investor")) is None


def test_host_of_nobody_is_refused(house: House) -> None:
    host = (b"host", b"evil.example")
    assert who(host, (b"origin", b"http://evil.example"), cookie(house, "investor")) is None


def test_trusted_origin_is_let_in() -> None:
    headers = {b"host": b"inside:8000", b"origin": b"https://portal.example"}
    assert origin_allowed(headers) is False
    with override_settings(CSRF_TRUSTED_ORIGINS=["https://portal.example"]):
        assert origin_allowed(headers) is True


def test_key_needs_no_origin_and_ignores_cookies(house: House) -> None:
    header = (b"authorization", f"Bearer {house.keys[1].bearer}".encode())
    assert who(HOST, header) == "a-investor_2"
    assert who(HOST, ORIGIN, cookie(house, "investor"), header) == "a-investor_2"
    wrong = (b"authorization", b"Bearer ak_1_AAAAAAAAAAAAAAAAAAAA.x")
    assert who(HOST, ORIGIN, cookie(house, "investor"), wrong) is None


def test_staff_without_second_factor_are_refused(house: House) -> None:
    officer = house.people["risk_officer"]
    assert who(HOST, ORIGIN, cookie(house, "risk_officer")) == "a-risk_officer"
    Authenticator.objects.filter(user=officer).delete()
    assert who(HOST, ORIGIN, cookie(house, "risk_officer")) is None


def test_changed_password_ends_the_session(house: House) -> None:
    header = cookie(house, "investor")
    house.investor.set_password("another-Password-19")
    house.investor.save()
    assert who(HOST, ORIGIN, header) is None


@pytest.mark.parametrize("value", [b"", b"aurum_session=", b"aurum_session=nonsense", b"\xff\xfe=1; ;;", b"a=b"])
def test_nonsense_cookie_is_refused(house: House, value: bytes) -> None:
    assert who(HOST, ORIGIN, (b"cookie", value)) is None
