"""The scope of a request: around rendering and streams, undone with a failure, gone afterwards."""

from __future__ import annotations

import pytest
from django.db import InternalError, OperationalError
from django.test import Client as HttpClient
from django.test import override_settings
from psycopg import errors

from accounts.models import ApiKey, AuditEntry, Client
from accounts.tenancy.context import current_scope, tenant_scope
from accounts.tenancy.middleware import ScopeMiddleware
from tests.accounts.test_scope import settings_now
from tests.world import House, Pair

pytestmark = pytest.mark.urls("tests.accounts.urls_probe")
OWN = "CNRY-A-investor;CNRY-A-investor_2;"


def numbers(house: House) -> list[str]:
    """Return the client numbers of a house."""
    with tenant_scope(tenant_id=house.tenant.pk):
        return sorted(Client.objects.values_list("number", flat=True))


def test_renders_lazily_inside_the_scope(tenant_pair: Pair) -> None:
    assert tenant_pair.a.http("risk_officer").get("/probe/lazily/").content.decode() == OWN


def test_streams_inside_a_scope_of_its_own(tenant_pair: Pair) -> None:
    answer = tenant_pair.a.http("risk_officer").get("/probe/streamed/")
    assert current_scope() is None
    assert b"".join(answer).decode() == OWN
    assert settings_now() == (None, None, None)


def test_shows_no_scope_to_the_reader_of_a_stream(tenant_pair: Pair) -> None:
    parts = iter(tenant_pair.a.http("risk_officer").get("/probe/streamed/"))
    next(parts)
    assert current_scope() is None
    list(parts)


@pytest.mark.parametrize(("path", "status"), [("raises", 500), ("500", 503), ("refuses", 404)])
def test_undoes_what_was_written_before_a_failure(tenant_pair: Pair, path: str, status: int) -> None:
    browser = tenant_pair.a.http("risk_officer")
    browser.raise_request_exception = False
    assert browser.get(f"/probe/{path}/").status_code == status
    assert numbers(tenant_pair.a) == ["CNRY-A-investor", "CNRY-A-investor_2"]


def test_keeps_what_a_good_request_wrote(tenant_pair: Pair) -> None:
    assert tenant_pair.a.http("risk_officer").get("/probe/writes/").status_code == 200
    assert numbers(tenant_pair.a) == ["CNRY-A-investor", "CNRY-A-investor_2", "kept"]
    assert numbers(tenant_pair.b) == ["CNRY-B-investor", "CNRY-B-investor_2"]
    assert settings_now() == (None, None, None)


def test_leaves_nothing_on_the_connection(tenant_pair: Pair) -> None:
    tenant_pair.a.http("risk_officer").get("/probe/lazily/")
    assert (settings_now(), current_scope()) == ((None, None, None), None)
    assert Client.unscoped.count() == 0


def test_undeclared_view_stays_shut(house: House) -> None:
    assert house.http("investor").get("/probe/undeclared/").status_code == 404


def test_admits_no_async_view() -> None:
    assert (ScopeMiddleware.sync_capable, ScopeMiddleware.async_capable) == (True, False)


def test_says_so_when_the_database_is_away(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.http("investor")

    def away(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("accounts.tenancy.middleware.actor_of_user", away)
    page, program = browser.get("/security/"), browser.get("/api/v1/me")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert (program.status_code, program.json()["code"]) == (503, "temporarily_unavailable")


@pytest.mark.parametrize("cause", [errors.IdleInTransactionSessionTimeout, errors.TransactionTimeout])
def test_a_transaction_that_stood_still_too_long_is_the_databases_being_away(
    house: House, monkeypatch: pytest.MonkeyPatch, cause: type[Exception]
) -> None:
    browser = house.http("investor")

    def slept(*_args: object, **_kwargs: object) -> None:
        raise InternalError("terminating connection") from cause("terminating connection")

    monkeypatch.setattr("accounts.tenancy.middleware.actor_of_user", slept)
    page, program = browser.get("/security/"), browser.get("/api/v1/me")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert (program.status_code, program.json()["code"]) == (503, "temporarily_unavailable")


def test_another_error_of_the_database_stays_our_mistake(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = house.http("investor")
    browser.raise_request_exception = False

    def failed(*_args: object, **_kwargs: object) -> None:
        raise InternalError("something else")

    monkeypatch.setattr("accounts.tenancy.middleware.actor_of_user", failed)
    assert browser.get("/security/").status_code == 500


def test_notes_the_use_of_a_key_even_when_the_request_is_refused(tenant_pair: Pair) -> None:
    key = tenant_pair.a.key()
    assert HttpClient().get("/probe/refuses/", headers=tenant_pair.a.bearer()).status_code == 404
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        used = ApiKey.objects.get(pk=key.pk)
    assert used.last_used_ip == "127.0.0.1"
    assert numbers(tenant_pair.a) == ["CNRY-A-investor", "CNRY-A-investor_2"]


def test_records_every_request_of_an_operator_inside_a_tenant(tenant_pair: Pair) -> None:
    browser = HttpClient()
    browser.force_login(tenant_pair.operator, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get("/probe/lazily/").status_code == 403
    form = {"tenant_id": tenant_pair.a.tenant.pk, "reason": "ticket 7", "minutes": 5}
    assert browser.post("/operator/enter/", form).status_code == 302
    assert browser.get("/probe/lazily/").content.decode() == OWN
    browser.get("/probe/refuses/")
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        acts = list(AuditEntry.objects.filter(via="operator").order_by("number").values_list("target", "after"))
    assert acts == [("GET /probe/lazily/", 200), ("GET /probe/refuses/", 404)]
    with tenant_scope(tenant_id=tenant_pair.b.tenant.pk):
        assert AuditEntry.objects.filter(username="operator").count() == 0
    assert browser.post("/operator/leave/").status_code == 302
    assert browser.get("/probe/lazily/").status_code == 403


def test_speaks_the_language_the_person_saved(house: House) -> None:
    house.investor.language = "en"
    house.investor.save()
    page = house.http("investor").get("/security/", headers={"Accept-Language": "zh-hans"})
    assert page["Content-Language"] == "en"


@override_settings(AURUM_PROXIES=1)
def test_believes_only_its_own_proxy_about_the_address(house: House) -> None:
    from django.test import RequestFactory

    from accounts.auth.client_ip import request_ip

    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", headers={"X-Forwarded-For": "1.1.1.1, 9.9.9.9"})
    assert request_ip(request) == "9.9.9.9"
    with override_settings(AURUM_PROXIES=0):
        assert request_ip(request) == "10.0.0.9"
