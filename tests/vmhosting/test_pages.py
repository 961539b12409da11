"""The three pages and their forms, as each person sees them."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.vmhosting.hosting import Hosting
from tests.world import Pair
from vmhosting.models import Machine
from vmhosting.services.hosts import quota_set


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


def wizard(hosting: Hosting, browser: Client, **changes: str) -> object:
    fields = {
        "account": str(hosting.house.account_ids[0]),
        "plan": "light",
        "memory": "128",
        "purpose": "trend",
        "strategy": "ma_cross",
        "cancel_on_disconnect": "on",
    }
    return browser.post("/machines/ask/", {**fields, **changes})


def test_an_investor_without_machines_reads_the_first_step(hosting: Hosting) -> None:
    page = text(hosting.house.http("investor").get("/machines/"))
    assert "还没有主机" in page
    assert "轻量" in page
    assert "0 / 3" in page


def test_the_wizard_asks_and_the_page_shows_the_request(hosting: Hosting) -> None:
    browser = hosting.house.http("investor")
    answer = wizard(hosting, browser)
    with hosting.scope():
        machine = Machine.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/machines/?m={machine.uuid}")  # type: ignore[attr-defined]
    page = text(browser.get(f"/machines/?m={machine.uuid}"))
    assert "vm-0001" in page
    assert "待批" in page
    assert (machine.cancel_on_disconnect, machine.plan_id is not None) == (True, True)


def test_an_impossible_plan_stays_visible_with_its_reason(hosting: Hosting) -> None:
    with hosting.scope():
        from tests.vmhosting.hosting import SETUP

        quota_set(actor=SETUP, machines_max=3, cpu_milli_max=100, memory_mib_max=1024)
    page = text(hosting.house.http("investor").get("/machines/"))
    assert "需要 0.25 CPU，配额还剩 0.1。" in page
    assert 'value="light"' in page


def test_a_refusal_comes_back_in_words_and_nothing_was_made(hosting: Hosting) -> None:
    browser = hosting.house.http("investor")
    wizard(hosting, browser, memory="4096")
    assert "需要内存 4 GiB，配额还剩 1 GiB。" in text(browser.get("/machines/"))
    with hosting.scope():
        assert Machine.objects.count() == 0


@pytest.mark.parametrize(
    "fields", [{"plan": "none"}, {"memory": "x"}, {"memory": "9" * 30}, {"strategy": "<script>"}, {"purpose": "a\x00b"}]
)
def test_a_hostile_wizard_form_is_refused_or_read_as_the_plan(hosting: Hosting, fields: dict[str, str]) -> None:
    browser = hosting.house.http("investor")
    assert wizard(hosting, browser, **fields).status_code == 303  # type: ignore[attr-defined]
    assert browser.get("/machines/").status_code == 200


def test_buttons_follow_the_life_of_the_machine(hosting: Hosting) -> None:
    machine = hosting.running()
    browser = hosting.house.http("investor")
    page = text(browser.get("/machines/"))
    assert f"/machines/{machine.uuid}/stop/" in page
    assert f"/machines/{machine.uuid}/start/" not in page
    assert browser.post(f"/machines/{machine.uuid}/stop/").status_code == 303
    assert hosting.machine(machine.uuid).wanted_power == "stopped"
    assert f"/machines/{machine.uuid}/stop/" not in text(browser.get("/machines/"))


def test_deleting_needs_the_name_typed(hosting: Hosting) -> None:
    machine = hosting.running()
    browser = hosting.house.http("investor")
    browser.post(f"/machines/{machine.uuid}/delete/", {"word": "yes"})
    assert hosting.machine(machine.uuid).life == "active"
    browser.post(f"/machines/{machine.uuid}/delete/", {"word": "vm-0001"})
    assert hosting.machine(machine.uuid).life == "deleting"


def test_fragments_are_the_same_templates_and_know_no_other_names(hosting: Hosting) -> None:
    hosting.running()
    browser = hosting.house.http("investor")
    for name in ("list", "detail", "quota", "tasks"):
        assert browser.get(f"/machines/part/{name}/").status_code == 200
    assert browser.get("/machines/part/wizard/").status_code == 404


def test_the_administrator_sees_before_and_after_and_approves_with_one_press(hosting: Hosting) -> None:
    request = hosting.ask(purpose="trend")
    browser = hosting.house.http("server_admin")
    page = text(browser.get("/servers/"))
    assert "放置到 host-01" in page
    assert "0 → 0.25 / 4" in page
    assert "0 MiB → 128 MiB / 4 GiB" in page
    assert browser.post(f"/servers/requests/{request.number}/approve/").status_code == 303
    assert hosting.machine(request.machine.uuid).life == "approved"
    assert "没有待批申请" in text(browser.get("/servers/"))


def test_sizes_are_given_in_cores(hosting: Hosting) -> None:
    request = hosting.ask()
    admin, client = hosting.house.http("server_admin"), hosting.house.http("investor")
    path = f"/servers/requests/{request.number}/approve/"
    size = {"memory_mib": 96, "disk_mib": 16}
    for nonsense in ("0.2500", "1e1", "-1", ".5", "", "a"):
        admin.post(path, size | {"cpu": nonsense or "x"})
        assert hosting.machine(request.machine.uuid).life == "requested"
    admin.post(path, size | {"cpu": "0.1"})
    approved = hosting.machine(request.machine.uuid)
    assert (approved.life, approved.cpu_milli, approved.memory_mib) == ("approved", 100, 96)
    running = hosting.running()
    assert 'name="cpu" inputmode="decimal" value="0.25"' in text(client.get(f"/machines/?m={running.uuid}"))
    client.post(f"/machines/{running.uuid}/resize/", {"cpu": "0.125", "memory_mib": 64, "disk_mib": 32})
    assert hosting.machine(running.uuid).cpu_milli == 125


def test_the_administrator_refuses_with_a_reason(hosting: Hosting) -> None:
    request = hosting.ask()
    browser = hosting.house.http("server_admin")
    browser.post(f"/servers/requests/{request.number}/refuse/", {"reason": "本周没有余量"})
    assert "本周没有余量" in text(hosting.house.http("investor").get("/machines/"))


def test_says_in_large_letters_when_no_host_can_run_machines(hosting: Hosting) -> None:
    hosting.driver._usable = False
    hosting.sweep()
    assert "switched off by the test" in text(hosting.house.http("server_admin").get("/servers/"))
    page = text(hosting.house.http("network_admin").get("/network/"))
    assert "没有宿主机能运行主机" in page
    assert hosting.house.http("investor").get("/machines/").status_code == 200


def test_the_network_administrator_reads_segments_addresses_and_what_is_off(hosting: Hosting) -> None:
    hosting.running()
    page = text(hosting.house.http("network_admin").get("/network/"))
    assert "10.8.3.0/28" in page
    assert "1 / 13" in page
    assert "10.8.3.2" in page
    for command in ("apt-get install nftables", "apt-get install openvpn"):
        assert command in page or "本机已装有所需程序" in page
    assert "<form" not in page.split("<main", 1)[1].split("</main>", 1)[0]


def test_each_page_opens_to_its_people_only(hosting: Hosting) -> None:
    hosting.running()
    expected = {
        "/machines/": {"investor"},
        "/servers/": {"server_admin", "network_admin", "broker_admin"},
        "/network/": {"server_admin", "network_admin", "broker_admin"},
    }
    for path, people in expected.items():
        for role in ("investor", "risk_officer", "back_office_maker", "server_admin", "network_admin", "broker_admin"):
            status = hosting.house.http(role).get(path).status_code
            assert (path, role, status) == (path, role, 200 if role in people else 403)
        assert Client().get(path).status_code == 302


def test_the_other_broker_sees_and_reaches_nothing(hosting: Hosting, tenant_pair: Pair) -> None:
    machine = hosting.running()
    request = hosting.ask(role="investor_2", account=1)
    theirs = tenant_pair.b
    assert "vm-0001" not in text(theirs.http("server_admin").get("/servers/"))
    assert "10.8.3" not in text(theirs.http("network_admin").get("/network/"))
    for path in (f"/machines/{machine.uuid}/stop/", f"/machines/{'0' * 32}/stop/", "/machines/nonsense/stop/"):
        assert theirs.http("investor").post(path).status_code == 404
    for number in (request.number, 999, 2**63):
        assert theirs.http("server_admin").post(f"/servers/requests/{number}/approve/").status_code == 404
    assert hosting.machine(request.machine.uuid).life == "requested"


def test_rest_lists_asks_and_acts_with_a_key_of_the_right_scope(hosting: Hosting) -> None:
    machine = hosting.running()
    reader = hosting.house.bearer(0)
    rows = Client().get("/api/v1/machines", headers=reader).json()["data"]
    assert [(row["name"], row["state"], row["wanted"]["power"]) for row in rows] == [("vm-0001", "active", "running")]
    assert Client().get("/api/v1/machines", headers=hosting.house.bearer(1)).json()["data"] == []
    refused = Client().post(f"/api/v1/machines/{machine.uuid}/stop", headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "right_missing")
    browser = hosting.house.http("investor")
    done = browser.post(f"/api/v1/machines/{machine.uuid}/stop")
    assert (done.status_code, done.json()["kind"]) == (202, "stop")


def test_rest_answers_bad_bodies_with_a_problem_naming_the_field(hosting: Hosting) -> None:
    browser = hosting.house.http("investor")
    body = {"account": hosting.house.account_ids[0], "cpu_milli": 1, "memory_mib": 128, "disk_mib": 32}
    answer = browser.post("/api/v1/machines", data=body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/cpu_milli")
    many = browser.post(
        "/api/v1/machines", data=body | {"cpu_milli": 9000, "memory_mib": 128}, content_type="application/json"
    )
    assert (many.status_code, many.json()["code"]) == (409, "vm_quota_cpu")
    assert many.json()["figures"] == {"cpu_milli_needed": 9000, "cpu_milli_left": 2000}
