"""The admin: who comes in, what he sees there, and that a button is one act of a service."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client as HttpClient

from accounts.models import AuditEntry, Client, Membership
from accounts.tenancy.context import tenant_scope
from tests.world import House, Pair

PAGES = ["client", "membership", "apikey", "auditentry", "loginattempt", "operatorentry", "accountholder"]


def test_has_no_sign_in_of_its_own(db: None) -> None:
    for path in ("/admin/", "/admin/login/", "/admin/accounts/client/"):
        answer = HttpClient().get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/"), path


def test_investor_is_refused(house: House) -> None:
    assert house.http("investor").get("/admin/").status_code == 403


@pytest.mark.parametrize("name", PAGES)
def test_broker_admin_reads_every_list(house: House, name: str) -> None:
    assert house.http("broker_admin").get(f"/admin/accounts/{name}/").status_code == 200


@pytest.mark.parametrize("name", ["tenant", "user"])
def test_platform_pages_are_closed_to_a_broker(house: House, name: str) -> None:
    assert house.http("broker_admin").get(f"/admin/accounts/{name}/").status_code == 403


def test_shows_own_rows_only(tenant_pair: Pair) -> None:
    browser = tenant_pair.a.http("broker_admin")
    text = browser.get("/admin/accounts/client/").content.decode()
    assert "CNRY-A-client-investor" in text
    assert "CNRY-B" not in text
    for house, status in ((tenant_pair.a, 200), (tenant_pair.b, 404)):
        for tail in ("change/", "history/"):
            answer = browser.get(f"/admin/accounts/client/{house.clients[0].pk}/{tail}")
            assert answer.status_code == status, (house.letter, tail)


def test_add_form_makes_a_person_with_a_password_shown_once(house: House) -> None:
    browser = house.http("broker_admin")
    form = {"username": "a-new", "full_name": "N", "role": "risk_officer", "reach": "all"}
    answer = browser.post("/admin/accounts/membership/add/", form)
    assert answer.status_code == 200
    assert 'id="shown-once"' in answer.content.decode()
    with tenant_scope(tenant_id=house.tenant.pk):
        made = Membership.objects.select_related("user").get(user__username="a-new")
        assert (made.role, made.user.must_change_password) == ("risk_officer", True)
        assert AuditEntry.objects.filter(action="membership.create", target=f"membership {made.pk}").count() == 1


def test_refused_button_says_why_and_changes_nothing(house: House) -> None:
    browser = house.http("broker_admin")
    with tenant_scope(tenant_id=house.tenant.pk):
        maker = Membership.objects.get(role="back_office_maker")
    answer = browser.post(f"/admin/accounts/membership/{maker.pk}/act/role/", {"role": "back_office_checker"})
    assert answer.status_code == 200
    assert "roles_clash" in answer.content.decode()
    with tenant_scope(tenant_id=house.tenant.pk):
        assert Membership.objects.filter(user_id=maker.user_id).count() == 1


def test_maker_sees_people_but_no_buttons(house: House) -> None:
    browser = house.http("back_office_maker")
    with tenant_scope(tenant_id=house.tenant.pk):
        row = Membership.objects.get(role="risk_officer", user=house.people["risk_officer"])
    page = browser.get(f"/admin/accounts/membership/{row.pk}/change/")
    assert page.status_code == 200
    assert "/act/" not in page.content.decode()
    assert browser.post(f"/admin/accounts/membership/{row.pk}/act/end/", {"reason": "x"}).status_code == 404
    assert browser.get("/admin/accounts/membership/add/").status_code == 404


def test_client_add_links_only_own_people(tenant_pair: Pair) -> None:
    browser = tenant_pair.a.http("broker_admin")
    form = {"number": "N-1", "name": "n", "kind": "natural"}
    foreign = browser.post("/admin/accounts/client/add/", {**form, "username": "b-investor"})
    random = browser.post("/admin/accounts/client/add/", {**form, "username": "nobody-at-all"})
    assert (foreign.status_code, random.status_code) == (200, 200)
    assert "not_found" in foreign.content.decode()
    assert "not_found" in random.content.decode()
    with tenant_scope(tenant_id=tenant_pair.a.tenant.pk):
        assert Client.objects.filter(number="N-1").count() == 0


def test_every_registered_page_is_ours() -> None:
    from portal.admin_base import AurumModelAdmin

    for model, page in admin.site._registry.items():
        assert isinstance(page, AurumModelAdmin), model
        assert page.has_delete_permission(None) is False  # type: ignore[arg-type]


def test_search_of_pages_keeps_nothing_in_the_cache(house: House) -> None:
    from django.core.cache import cache

    cache.clear()
    answer = house.http("broker_admin").get("/admin/search/?s=cli")
    assert answer.status_code == 200
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select count(*) from portal_cache where cache_key like '%unfold%'")
        assert cursor.fetchone() == (0,)
