"""The pages of this app open for those they are for."""

from __future__ import annotations

import pytest
from django.test import Client as HttpClient

from tests.world import House


def test_security_page_shows_own_keys_and_sessions(house: House) -> None:
    page = house.http("investor").get("/security/")
    assert page.status_code == 200
    text = page.content.decode()
    assert house.key(0).public_id in text
    assert house.key(1).public_id not in text
    assert house.keys[0].secret not in text


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_entrance_opens_for_strangers(db: None, path: str) -> None:
    page = HttpClient().get(path)
    assert page.status_code == 200
    assert "Aurum" in page.content.decode()


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/", "/accounts/sessions/"])
def test_own_account_pages_open_for_every_role(house: House, path: str) -> None:
    for role in ("investor", "risk_officer", "broker_admin"):
        assert house.http(role).get(path).status_code in {200, 302}, role


def test_stranger_is_sent_to_sign_in(db: None) -> None:
    answer = HttpClient().get("/security/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=%2Fsecurity%2F"


def test_program_without_key_gets_a_problem(db: None) -> None:
    answer = HttpClient().get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_signed_in"


def test_key_opens_its_owners_facts(house: House) -> None:
    answer = HttpClient().get("/api/v1/me", headers=house.bearer())
    assert answer.status_code == 200
    assert answer.json() == {
        "username": "a-investor",
        "tenant": "broker-a",
        "roles": ["investor"],
        "rights": ["account_view", "machine_view_own", "trade_cancel", "trade_place", "trade_view"],
        "accounts": [house.account_ids[0]],
        "own_accounts": [house.account_ids[0]],
        "language": "zh-hans",
    }


def test_key_makes_no_key_and_opens_no_page(house: House) -> None:
    browser = HttpClient()
    for method, path in (("get", "/security/"), ("post", "/api/v1/api-keys"), ("get", "/admin/")):
        answer = getattr(browser, method)(path, headers=house.bearer())
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "api_key_scope"


def test_bad_key_is_refused_even_beside_a_good_session(house: House) -> None:
    browser = house.http("investor")
    answer = browser.get("/api/v1/me", headers={"Authorization": f"Bearer {house.key().public_id}.wrong"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"
