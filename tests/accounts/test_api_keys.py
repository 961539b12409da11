"""API keys: shown once, bound by scope, address, account and life; revoked at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client as HttpClient
from django.utils import timezone

from accounts.auth import keys
from accounts.models import ApiKey, AuditEntry
from accounts.services.api_keys import KEYS_MAX, apikey_create, apikey_revoke
from accounts.tenancy.context import tenant_scope
from portal.lib.errors import Refused
from tests.world import MAKER, House, Pair


def me(bearer: str, **more: object) -> int:
    """Return the status that a presented key gets."""
    return HttpClient().get("/api/v1/me", headers={"Authorization": f"Bearer {bearer}"}, **more).status_code


def change(house: House, **fields: object) -> None:
    """Change the first key's row behind everybody's back."""
    with tenant_scope(tenant_id=house.tenant.pk):
        ApiKey.objects.filter(pk=house.key().pk).update(**fields)


def test_stores_only_the_hash_of_the_secret(house: House) -> None:
    made = house.keys[0]
    with tenant_scope(tenant_id=house.tenant.pk):
        row = ApiKey.objects.values().get(pk=made.key.pk)
    assert row["secret_sha256"] == keys.secret_hash(made.secret)
    assert made.secret not in str(row)
    assert len(made.secret) == 43


@pytest.mark.parametrize(
    "bearer",
    ["", "x", "ak_1_short.x", "ak_0_AAAAAAAAAAAAAAAAAAAA.x", "ak_999999_AAAAAAAAAAAAAAAAAAAA.x", "a" * 300],
)
def test_refuses_what_is_no_key(house: House, bearer: str) -> None:
    assert me(bearer) == 401


def test_refuses_a_key_under_another_tenants_name(tenant_pair: Pair) -> None:
    made = tenant_pair.a.keys[0]
    claimed = made.bearer.replace(f"ak_{tenant_pair.a.tenant.pk}_", f"ak_{tenant_pair.b.tenant.pk}_")
    assert (me(made.bearer), me(claimed)) == (200, 401)


@pytest.mark.parametrize(
    "fields",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"allowed_networks": ["10.8.0.0/24"]},
        {"secret_sha256": "0" * 64},
    ],
)
def test_refuses_a_key_out_of_its_bounds(house: House, fields: dict[str, object]) -> None:
    assert me(house.keys[0].bearer) == 200
    change(house, **fields)
    assert me(house.keys[0].bearer) == 401


def test_lets_in_from_an_allowed_address(house: House) -> None:
    change(house, allowed_networks=["10.8.0.0/24", "2001:db8::/32"])
    assert me(house.keys[0].bearer, REMOTE_ADDR="10.8.0.77") == 200
    assert me(house.keys[0].bearer, REMOTE_ADDR="::ffff:10.8.0.77") == 200
    assert me(house.keys[0].bearer, REMOTE_ADDR="2001:db8::5") == 200
    assert me(house.keys[0].bearer, REMOTE_ADDR="10.8.1.77") == 401


def test_ends_with_its_owner(house: House) -> None:
    house.investor.is_active = False
    house.investor.save()
    assert me(house.keys[0].bearer) == 401


def test_carries_only_the_rights_its_scopes_name(house: House) -> None:
    change(house, scopes=["read"])
    facts = HttpClient().get("/api/v1/me", headers=house.bearer()).json()
    assert facts["rights"] == ["account_view", "machine_view_own", "trade_view"]


def test_sees_only_the_accounts_it_is_bound_to(house: House) -> None:
    change(house, account_ids=[house.account_ids[1]])
    facts = HttpClient().get("/api/v1/me", headers=house.bearer()).json()
    assert (facts["accounts"], facts["own_accounts"]) == ([], [])


def test_notes_its_last_use_once_a_minute(house: House) -> None:
    me(house.keys[0].bearer)
    with tenant_scope(tenant_id=house.tenant.pk):
        first = ApiKey.objects.get(pk=house.key().pk).last_used_at
    me(house.keys[0].bearer)
    with tenant_scope(tenant_id=house.tenant.pk):
        assert ApiKey.objects.get(pk=house.key().pk).last_used_at == first


def test_page_shows_the_secret_once(house: House) -> None:
    browser = house.http("investor")
    recently_signed_in(browser)
    page = browser.post("/security/keys/new/", {"label": "robot", "scopes": ["read"], "allowed_networks": ""})
    assert page.status_code == 200
    with tenant_scope(tenant_id=house.tenant.pk):
        row = ApiKey.objects.get(label="robot")
    assert f"Authorization: Bearer {row.public_id}." in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    assert row.secret_sha256 not in browser.get("/security/").content.decode()


def test_page_asks_for_the_password_again(house: House) -> None:
    house.investor.set_password("a-Password-of-19")
    house.investor.save()
    answer = house.http("investor").get("/security/keys/new/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/reauthenticate/")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"label": "x", "scopes": []}, "/scopes"),
        ({"label": "x", "scopes": ["transfer"]}, "/scopes/0"),
        ({"label": "", "scopes": ["read"]}, "/label"),
        ({"label": "x", "scopes": ["read"], "allowed_networks": ["nonsense"]}, "/allowed_networks"),
        ({"label": "x", "scopes": ["read"], "cancel_on_disconnect_s": 2}, "/cancel_on_disconnect_s"),
    ],
)
def test_rest_names_the_field_that_is_wrong(house: House, body: dict[str, object], pointer: str) -> None:
    browser = house.http("investor")
    recently_signed_in(browser)
    answer = browser.post("/api/v1/api-keys", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer
    with tenant_scope(tenant_id=house.tenant.pk):
        assert ApiKey.objects.count() == 2


def test_rest_makes_lists_and_revokes(house: House) -> None:
    browser = house.http("investor")
    recently_signed_in(browser)
    made = browser.post("/api/v1/api-keys", {"label": "r", "scopes": ["read"]}, content_type="application/json")
    assert made.status_code == 201
    bearer = f"{made.json()['key']}.{made.json()['secret']}"
    assert me(bearer) == 200
    listed = {row["key"]: row for row in browser.get("/api/v1/api-keys").json()["data"]}
    assert "secret" not in listed[made.json()["key"]]
    assert browser.delete(f"/api/v1/api-keys/{made.json()['key']}").status_code == 204
    assert me(bearer) == 401


def test_one_investor_can_not_revoke_the_others_key(house: House) -> None:
    answer = house.http("investor").delete(f"/api/v1/api-keys/{house.key(1).public_id}")
    assert answer.status_code == 404
    assert me(house.keys[1].bearer) == 200


def test_bounds_the_number_of_keys(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        for number in range(KEYS_MAX - 1):
            apikey_create(actor=MAKER, user_id=house.investor.pk, label=str(number), scopes=["read"])
        with pytest.raises(Refused) as refused:
            apikey_create(actor=MAKER, user_id=house.investor.pk, label="one more", scopes=["read"])
    assert (refused.value.code, refused.value.figures) == ("conflict", {"keys": KEYS_MAX, "limit": KEYS_MAX})


def test_writes_its_life_into_the_audit(house: House) -> None:
    with tenant_scope(tenant_id=house.tenant.pk):
        apikey_revoke(actor=MAKER, key_id=house.key().pk, reason="lost laptop")
        acts = AuditEntry.objects.filter(target=f"apikey {house.key().pk}").order_by("number")
        assert [(act.action, act.reason) for act in acts] == [("apikey.create", ""), ("apikey.revoke", "lost laptop")]


def recently_signed_in(browser: HttpClient) -> None:
    """Put the mark of a fresh password entry into the session."""
    import time

    session = browser.session
    user_id = session["_auth_user_id"]
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    session["account_authentication_methods_user"] = str(user_id)
    session.save()
