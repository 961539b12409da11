"""How a person wants to see the portal is saved, on the login and in a cookie, and nowhere else."""

from __future__ import annotations

import pytest
from django.test import Client as HttpClient

from tests.world import House


def test_choices_are_saved_on_the_user(house: House) -> None:
    http = house.http("investor")
    answer = http.post(
        "/preferences/", {"language": "en", "theme": "light", "updown": "green-up", "next": "/security/"}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/security/"
    page = http.get("/security/").content.decode()
    assert '<html lang="en" data-theme="light" data-updown="green-up"' in page


def test_a_stranger_keeps_choices_in_cookies(db: None) -> None:
    http = HttpClient()
    http.post("/preferences/", {"language": "en", "theme": "light"})
    page = http.get("/accounts/login/").content.decode()
    assert '<html lang="en" data-theme="light" data-updown="red-up"' in page


def test_a_page_that_changes_by_itself_gets_no_redirect(house: House) -> None:
    answer = house.http("investor").post("/preferences/", {"theme": "light"}, headers={"Accept": "application/json"})
    assert answer.status_code == 204
    assert answer.content == b""


def test_toggle_without_scripts_turns_the_theme(db: None) -> None:
    http = HttpClient()
    for shown in ("light", "dark", "light"):
        http.post("/preferences/", {"theme": "toggle"})
        assert http.cookies["aurum_theme"].value == shown


@pytest.mark.parametrize("wish", [{"theme": "pink"}, {"language": "xx"}, {"updown": "sideways"}])
def test_an_unknown_choice_changes_nothing(house: House, wish: dict[str, str]) -> None:
    http = house.http("investor")
    answer = http.post("/preferences/", wish | {"theme": "pink"})
    assert answer.status_code == 400
    assert not {"aurum_theme", "aurum_updown", "django_language"} & set(http.cookies)


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)"])
def test_it_never_sends_anybody_to_another_site(db: None, elsewhere: str) -> None:
    answer = HttpClient().post("/preferences/", {"theme": "dark", "next": elsewhere})
    assert answer["Location"] == "/"


def test_looking_at_it_is_not_saving(db: None) -> None:
    assert HttpClient().get("/preferences/").status_code == 405


def test_licences_are_shown_to_everybody_with_their_texts(db: None) -> None:
    page = HttpClient().get("/about/licences/").content.decode()
    for words in ("lightweight-charts", "TradingView", "Apache License", "uplot", "htmx.org"):
        assert words in page


def test_the_terminal_knows_whose_it_is(house: House) -> None:
    page = house.http("investor").get("/trade/")
    assert page.status_code == 200
    text = page.content.decode()
    assert '<script id="terminal-config" type="application/json">' in text
    assert '"socket": "/ws/v1"' in text
    assert "unsafe-inline" not in page["Content-Security-Policy"]


def test_the_terminal_asks_a_stranger_to_sign_in(db: None) -> None:
    assert HttpClient().get("/trade/")["Location"] == "/accounts/login/?next=%2Ftrade%2F"


def test_the_terminal_is_closed_to_roles_without_trading(house: House) -> None:
    assert house.http("server_admin").get("/trade/").status_code == 403
