"""The health page: up without the core, figures only for people, ready only when orders are taken."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from portal import health
from portal.health import Level


@pytest.mark.django_db(transaction=True)
def test_says_not_ready_and_names_the_core_when_it_is_away(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    said = json.loads(answer.content)
    assert said["ready"] is False
    assert (said["parts"]["database"], said["parts"]["core"]) == ("ok", "critical")
    page = client.get("/health/")
    assert page.status_code == 503
    assert 'data-part="core" data-level="critical"' in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_shows_figures_to_nobody_who_is_not_signed_in(client: Client) -> None:
    text = client.get("/health/").content.decode()
    assert "PostgreSQL 18" not in text
    assert "aurum_web" not in text


def test_is_ready_while_the_core_takes_orders(core_process, client: Client) -> None:
    answer = client.get("/health/ready")
    assert (answer.status_code, json.loads(answer.content)["ready"]) == (200, True)
    assert client.get("/health/").status_code == 200


@pytest.mark.parametrize(
    ("used", "level"), [(79, Level.OK), (80, Level.WARN), (90, Level.MAJOR), (94, Level.MAJOR), (95, Level.CRITICAL)]
)
def test_disk_levels(used: int, level: Level) -> None:
    assert health._disk_part({"disk_used_pct": used}).level is level


@pytest.mark.parametrize(
    ("changes", "level"),
    [({}, Level.OK), ({"confirmed": False}, Level.WARN), ({"covered": False, "confirmed": False}, Level.MAJOR)],
)
def test_calendar_levels(changes: dict[str, bool], level: Level) -> None:
    calendar = {"name": "shfe", "timed": True, "covered": True, "confirmed": True, "trading_day": 20261123}
    (part,) = health._calendar_parts({"calendar": calendar | {"unconfirmed_days": 522} | changes})
    assert (part.level, part.figure) == (level, "shfe")
    assert ("522" in str(part.note)) == (level is Level.WARN)


def test_an_always_open_calendar_is_no_part_of_health() -> None:
    assert health._calendar_parts({"calendar": {"name": "always_open", "timed": False}}) == []
    assert health._calendar_parts(None) == []


def test_p99_is_the_value_99_of_100_stay_below() -> None:
    assert health._p99(list(range(100))) == 99
    assert health._p99([5]) == 5
    assert health._p99([]) == 0


@pytest.mark.django_db(transaction=True)
def test_home_sends_strangers_to_the_sign_in(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "wanted", "absent"),
    [
        ("/accounts/login/", "script-src 'self'", "unsafe"),
        ("/health/", "frame-ancestors 'none'", "unsafe"),
        ("/api/docs/", "style-src 'self' 'unsafe-inline'", "unsafe-eval"),
    ],
)
def test_content_security_policy_is_as_strict_as_the_page_allows(
    client: Client, path: str, wanted: str, absent: str
) -> None:
    policy = client.get(path)["Content-Security-Policy"]
    assert wanted in policy
    assert absent not in policy
    assert "default-src 'self'" in policy
