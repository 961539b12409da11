"""The doors for agents: heartbeats and log lines, opened by a machine's own key alone."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.vmhosting.hosting import Hosting
from vmhosting.drivers.base import Identity
from vmhosting.models import Machine
from vmhosting.services.machines import machine_delete

BEAT = {
    "boot": "b00t",
    "uptime_s": 3.5,
    "parameters_version": 0,
    "strategy": {"state": "trading", "fills": 2},
    "saved": None,
}


def call(bearer: str, verb: str, body: Any) -> Any:
    return Client().post(
        f"/api/v1/machines/agent/{verb}",
        data=json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}"},
    )


def bearer_of(hosting: Hosting, machine: Machine) -> str:
    identity = hosting.driver.machines[machine.uuid].identity
    assert isinstance(identity, Identity)
    return f"{identity.key}.{identity.secret}"


def line(number: int, text: str = "hello", **changes: Any) -> dict[str, Any]:
    return {"n": number, "at_ns": time.time_ns(), "level": "info", "text": text} | changes


def test_notes_a_heartbeat_and_answers_with_parameters_and_what_was_saved(hosting: Hosting) -> None:
    machine = hosting.running()
    first = call(bearer_of(hosting, machine), "heartbeat", BEAT | {"saved": {"own": 1}})
    second = call(bearer_of(hosting, machine), "heartbeat", BEAT)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == {
        "machine": "vm-0001",
        "parameters": {},
        "parameters_version": 1,
        "saved": {"own": 1},
    }
    pulse = hosting.pulse(machine)
    assert (pulse.boot, pulse.uptime_s, pulse.strategy) == ("b00t", 3.5, {"state": "trading", "fills": 2})


def test_stores_each_line_once_however_often_it_is_delivered(hosting: Hosting) -> None:
    machine = hosting.running()
    bearer = bearer_of(hosting, machine)
    lines = [line(1, "one"), line(2, "two", level="fill")]
    assert call(bearer, "log", {"boot": "b00t", "lines": lines}).json() == {"stored_through": 2}
    assert call(bearer, "log", {"boot": "b00t", "lines": [*lines, line(3, "three")]}).json() == {"stored_through": 3}
    found = [(event.level, event.text) for event in hosting.events(machine) if event.kind == "log"]
    assert found == [("info", "one"), ("fill", "two"), ("info", "three")]


def test_counts_lines_anew_after_a_restart_of_the_agent(hosting: Hosting) -> None:
    machine = hosting.running()
    bearer = bearer_of(hosting, machine)
    call(bearer, "log", {"boot": "first", "lines": [line(1, "before")]})
    call(bearer, "log", {"boot": "second", "lines": [line(1, "after")]})
    assert [event.text for event in hosting.events(machine) if event.kind == "log"] == ["before", "after"]


def test_replaces_an_implausible_time_by_its_own(hosting: Hosting) -> None:
    machine = hosting.running()
    call(bearer_of(hosting, machine), "log", {"boot": "b", "lines": [line(1, at_ns=12)]})
    (event,) = [event for event in hosting.events(machine) if event.kind == "log"]
    assert abs(event.at_ns - time.time_ns()) < 60 * 10**9


def test_opens_to_no_other_key(hosting: Hosting) -> None:
    hosting.running()
    answers = [call(hosting.house.keys[0].bearer, verb, body) for verb, body in (
        ("heartbeat", BEAT), ("log", {"boot": "b", "lines": [line(1)]}),
    )]  # fmt: skip
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "vm_not_a_machine")] * 2
    browser = hosting.house.http("investor").post(
        "/api/v1/machines/agent/heartbeat", data=BEAT, content_type="application/json"
    )
    assert browser.status_code == 403


def test_is_shut_from_the_moment_the_machine_is_deleted(hosting: Hosting) -> None:
    machine = hosting.running()
    bearer = bearer_of(hosting, machine)
    with hosting.scope("investor"):
        machine_delete(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    assert call(bearer, "heartbeat", BEAT).status_code == 401


@pytest.mark.parametrize(
    ("verb", "body", "pointer"),
    [
        ("heartbeat", {}, "/boot"),
        ("heartbeat", BEAT | {"boot": "x" * 17}, "/boot"),
        ("heartbeat", BEAT | {"uptime_s": -1}, "/uptime_s"),
        ("heartbeat", BEAT | {"strategy": {"x": "y" * 9000}}, "/strategy"),
        ("heartbeat", BEAT | {"saved": {"x": "y" * 5000}}, "/saved"),
        ("heartbeat", BEAT | {"saved": [1]}, "/saved"),
        ("log", {"boot": "b", "lines": [line(0)]}, "/lines/0/n"),
        ("log", {"boot": "b", "lines": [line(1, level="shout")]}, "/lines/0/level"),
        ("log", {"boot": "b", "lines": [line(1, text="x" * 501)]}, "/lines/0/text"),
        ("log", {"boot": "b", "lines": [line(1, at_ns=2**70)]}, "/lines/0/at_ns"),
        ("log", {"boot": "b", "lines": [line(1)] * 201}, "/lines"),
    ],
)
def test_refuses_bad_input_by_field_and_changes_nothing(
    hosting: Hosting, verb: str, body: dict[str, Any], pointer: str
) -> None:
    machine = hosting.running()
    before = hosting.pulse(machine).number
    answer = call(bearer_of(hosting, machine), verb, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)
    assert hosting.pulse(machine).number == before
    assert [event for event in hosting.events(machine) if event.kind == "log"] == []


def test_answers_text_that_is_no_json_and_null_bytes_with_a_problem(hosting: Hosting) -> None:
    machine = hosting.running()
    bearer = bearer_of(hosting, machine)
    broken = Client().post(
        "/api/v1/machines/agent/log",
        data="{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer}"},
    )
    null = call(bearer, "log", {"boot": "b", "lines": [line(1, text="a\x00b")]})
    nested = call(bearer, "heartbeat", BEAT | {"saved": {"x": "\x00"}})
    half = call(bearer, "heartbeat", BEAT | {"strategy": {"x": "\ud800"}})
    assert [answer.status_code for answer in (broken, null, nested, half)] == [400, 400, 400, 400]
