"""What the walls cost a request, in statements: a bound that only tightens."""

from __future__ import annotations

from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from tests.world import House

KEY_MAX = 10
SESSION_MAX = 13


def count(browser: HttpClient, headers: dict[str, str]) -> int:
    """Return the statements of a request that reads nothing but who is asking."""
    browser.get("/api/v1/me", headers=headers)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert browser.get("/api/v1/me", headers=headers).status_code == 200
    return len(seen)


def test_key_costs_few_statements(house: House) -> None:
    assert count(HttpClient(), house.bearer()) <= KEY_MAX


def test_session_costs_few_statements(house: House) -> None:
    assert count(house.http("investor"), {}) <= SESSION_MAX
