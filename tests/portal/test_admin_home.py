"""The admin's first page and menu: what waits for whom, and that every page stands somewhere."""

from __future__ import annotations

from django.contrib import admin
from django.test import Client as HttpClient

from accounts.models import User
from accounts.tenancy.context import tenant_scope
from portal import admin_menu
from tests.world import House
from trading.choices import ProposalKind, ProposalState
from trading.models import Proposal

CASH = {"kind": "deposit", "amount_fen": 12_345_600, "reference": "BANK-1"}


def _propose(house: House, maker: User) -> Proposal:
    with tenant_scope(tenant_id=house.tenant.pk):
        made: Proposal = Proposal.objects.create(tenant=house.tenant, kind=ProposalKind.CASH, payload=CASH, maker=maker)
    return made


def _lists(page: str) -> tuple[str, str]:
    """The text of what waits for this person, and of what is his and waits for another."""
    section = page.split('id="waits"')[1].split("</section>")[0]
    mine, _mark, others = section.partition("</h2>")[2].partition("<h2>")
    return mine, others


def _home(browser: HttpClient) -> tuple[str, str]:
    return _lists(browser.get("/admin/").content.decode())


def test_a_proposal_waits_for_the_checker_and_stands_apart_for_its_maker(house: House) -> None:
    proposal = _propose(house, house.people["back_office_maker"])
    place = f"/admin/trading/proposal/{proposal.pk}/change/"
    mine, others = _home(house.http("back_office_checker"))
    assert (place in mine, place in others) == (True, False)
    assert "123,456.00" in mine
    mine, others = _home(house.http("back_office_maker"))
    assert (place in mine, place in others) == (False, True)


def test_nobody_is_asked_to_check_his_own(house: House) -> None:
    proposal = _propose(house, house.people["back_office_checker"])
    mine, others = _home(house.http("back_office_checker"))
    assert f"/proposal/{proposal.pk}/" not in mine
    assert f"/proposal/{proposal.pk}/" in others


def test_what_is_decided_waits_no_longer(house: House) -> None:
    proposal = _propose(house, house.people["back_office_maker"])
    with tenant_scope(tenant_id=house.tenant.pk):
        Proposal.objects.filter(pk=proposal.pk).update(state=ProposalState.WITHDRAWN)
    assert f"/proposal/{proposal.pk}/" not in "".join(_home(house.http("back_office_checker")))


def test_every_page_of_the_admin_stands_in_the_menu() -> None:
    placed = [label for _title, pages in admin_menu.GROUPS for label, _icon in pages]
    assert len(placed) == len(set(placed))
    assert set(placed) == {model._meta.label for model in admin.site._registry}


def test_menu_leads_back_to_the_portal(house: House) -> None:
    page = house.http("back_office_checker").get("/admin/").content.decode()
    assert 'href="/statements/"' in page
    assert 'href="/proof/"' in page


def test_lists_are_called_by_what_they_hold(house: House) -> None:
    page = house.http("back_office_checker").get("/admin/trading/moneyaccount/").content.decode()
    assert "<title>" in page
    assert page.split("<title>")[1].split("</title>")[0].strip().lower() in (
        "资金账户 · aurum",
        "money accounts · aurum",
    )


def test_the_saved_theme_holds_in_the_admin(house: House) -> None:
    browser = house.http("back_office_checker")
    for theme, classes in (("dark", 'class="dark"'), ("light", 'class="light"')):
        browser.post("/preferences/", {"theme": theme})
        assert classes in browser.get("/admin/").content.decode().split("<head>")[0]


def test_the_saved_theme_wins_over_what_the_browser_remembers(house: House) -> None:
    browser = house.http("back_office_maker")
    for theme in ("dark", "light"):
        browser.post("/preferences/", {"theme": theme})
        page = browser.get("/admin/").content.decode()
        assert f'class="{theme}"' in page.split(">")[1]
        # Runs before the deferred script that would read the remembered one.
        assert '<script src="/static/portal/js/admin_theme.js"></script>' in page
