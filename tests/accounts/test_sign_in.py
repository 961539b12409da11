"""Signing in: throttled for both doors, noted for the right tenant, with a second factor for staff."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client as HttpClient
from django.test import override_settings

from accounts.auth import sessions
from accounts.models import HOUSE_TENANT_ID, LoginAttempt, User
from accounts.tenancy.context import tenant_scope
from tests.world import TOTP_SECRET, House, Pair

PASSWORD = "gold-rises-slowly-19"


@pytest.fixture(autouse=True)
def _fresh_counters(db: None) -> None:
    cache.clear()


def with_password(user: User) -> User:
    """Give a person a password."""
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(username: str, password: str = PASSWORD, **more: object) -> tuple[HttpClient, int, str]:
    """Send the sign-in form; return the browser, the status and where it led."""
    browser = HttpClient()
    answer = browser.post("/accounts/login/", {"login": username, "password": password}, **more)
    return browser, answer.status_code, answer.get("Location", "")


def test_investor_signs_in_with_a_password(house: House) -> None:
    with_password(house.investor)
    browser, status, _where = sign_in("a-investor")
    assert status == 302
    assert browser.get("/api/v1/me").json()["username"] == "a-investor"


def test_staff_are_asked_for_the_second_factor(house: House) -> None:
    with_password(house.people["risk_officer"])
    browser, status, where = sign_in("a-risk_officer")
    assert (status, where) == (302, "/accounts/2fa/authenticate/")
    assert browser.get("/risk/").status_code == 302
    code = format_hotp_value(hotp_value(TOTP_SECRET, next(yield_hotp_counters_from_time())))
    assert browser.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert browser.get("/risk/").status_code == 200


def test_staff_without_a_second_factor_must_set_one_up_first(house: House) -> None:
    Authenticator.objects.filter(user=house.people["risk_officer"]).delete()
    browser = house.http("risk_officer")
    answer = browser.get("/risk/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/?required=1")
    assert browser.get("/admin/")["Location"] == "/accounts/2fa/?required=1"
    program = browser.get("/api/v1/risk/alerts")
    assert (program.status_code, program.json()["code"]) == (403, "mfa_required")
    assert browser.get("/accounts/2fa/?required=1").status_code == 200


@pytest.mark.parametrize(("bind", "status"), [("127.0.0.1", 200), ("0.0.0.0", 302)])  # noqa: S104
def test_demo_waives_the_second_factor_on_loopback_alone(house: House, bind: str, status: int) -> None:
    Authenticator.objects.filter(user=house.people["risk_officer"]).delete()
    with override_settings(DEMO=True, BIND_ADDRESS=bind):
        assert house.http("risk_officer").get("/risk/").status_code == status


def test_refuses_after_five_wrong_passwords_and_unlocks(house: House) -> None:
    with_password(house.investor)
    for _ in range(5):
        sign_in("a-investor", "wrong")
    assert sign_in("a-investor")[1] == 200
    admin = house.http("risk_officer")
    with tenant_scope(tenant_id=house.tenant.pk):
        attempt = LoginAttempt.objects.filter(user=house.investor, succeeded=False).first()
    assert attempt is not None
    assert admin.post(f"/admin/accounts/loginattempt/{attempt.pk}/act/unlock/").status_code == 302
    assert sign_in("a-investor")[1] == 302


def test_counts_a_name_over_all_host_names_and_spellings(house: House) -> None:
    with_password(house.investor)
    for number in range(5):
        name = "a-investor" if number % 2 else "A-Investor"
        sign_in(name, "wrong", headers={"Host": "localhost" if number % 2 else "127.0.0.1"})
    assert sign_in("a-investor")[1] == 200


def test_admin_has_the_same_throttle(house: House) -> None:
    answer = HttpClient().post("/admin/login/", {"username": "a-broker_admin", "password": "x"})
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_notes_each_try_for_the_persons_own_tenant(tenant_pair: Pair) -> None:
    with_password(tenant_pair.a.investor)
    sign_in("a-investor", "wrong")
    sign_in("a-investor")
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        tries = LoginAttempt.objects.filter(user=tenant_pair.a.investor).order_by("id")
        assert [row.succeeded for row in tries] == [False, True]
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        assert LoginAttempt.objects.count() == 0


def test_keeps_no_typed_text_of_an_unknown_name(db: None) -> None:
    sign_in("my-secret-password", "x")
    with tenant_scope(tenant_id=HOUSE_TENANT_ID):
        row = LoginAttempt.objects.values().get()
    assert (row["user_id"], row["succeeded"]) == (None, False)
    assert "my-secret-password" not in str(row)


@pytest.mark.parametrize(
    ("path", "idle_s", "status"),
    [
        ("/security/", 29 * 60, 200),
        ("/security/", 31 * 60, 302),
        ("/admin/", 14 * 60, 200),
        ("/admin/", 16 * 60, 302),
    ],
)
def test_idle_session_ends(house: House, path: str, idle_s: int, status: int) -> None:
    browser = house.http("broker_admin")
    session = browser.session
    session[sessions.SEEN] = time.time() - idle_s
    session.save()
    assert browser.get(path).status_code == status


def test_session_ends_after_twelve_hours_whatever_happens(house: House) -> None:
    browser = house.http("investor")
    session = browser.session
    session[sessions.STARTED] = time.time() - 12 * 3600 - 1
    session.save()
    assert browser.get("/security/").status_code == 302


def test_one_time_password_must_be_changed_first(house: House) -> None:
    with_password(house.investor)
    house.investor.must_change_password = True
    house.investor.save()
    browser, _status, _where = sign_in("a-investor")
    assert browser.get("/trade/")["Location"] == "/accounts/password/change/"
    form = {"oldpassword": PASSWORD, "password1": "silver-falls-fast-77", "password2": "silver-falls-fast-77"}
    browser.post("/accounts/password/change/", form)
    assert User.objects.get(pk=house.investor.pk).must_change_password is False


def test_nobody_signs_himself_up(db: None) -> None:
    form = {"username": "me", "password1": PASSWORD, "password2": PASSWORD}
    assert HttpClient().post("/accounts/signup/", form).status_code == 200
    assert User.objects.filter(username="me").count() == 0


def test_hashes_passwords_with_argon2(house: House) -> None:
    assert with_password(house.investor).password.startswith("argon2$argon2id$")


def test_signing_in_says_nothing_in_another_language(house: House) -> None:
    """The message would be written before it is known who reads it, in the browser's language."""
    browser, _status, where = sign_in(with_password(house.investor).username, headers={"accept-language": "en"})
    page = browser.get(where, follow=True, headers={"accept-language": "en"})
    assert page.status_code == 200
    assert list(page.context["messages"]) == []
