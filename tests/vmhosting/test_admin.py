"""The admin of machines: lists to read, buttons and forms that call services, each tenant on its own."""

from __future__ import annotations

import pytest

from tests.vmhosting.hosting import Hosting
from tests.world import Pair
from vmhosting.models import Host, Plan, Quota, Segment

PAGES = ["host", "plan", "quota", "segment", "address", "machine", "machinerequest", "operation"]


@pytest.mark.parametrize("name", PAGES)
def test_every_list_and_page_opens_to_the_server_administrator(hosting: Hosting, name: str) -> None:
    hosting.running()
    browser = hosting.house.http("server_admin")
    assert browser.get(f"/admin/vmhosting/{name}/").status_code == 200
    assert browser.get(f"/admin/vmhosting/{name}/1/change/").status_code in (200, 302, 404)
    assert hosting.house.http("back_office_maker").get(f"/admin/vmhosting/{name}/").status_code == 403


def test_the_broker_administrator_reads_and_changes_nothing(hosting: Hosting) -> None:
    machine = hosting.running()
    browser = hosting.house.http("broker_admin")
    assert "vm-0001" in browser.get("/admin/vmhosting/machine/").content.decode()
    assert browser.get("/admin/vmhosting/plan/add/").status_code in (403, 404)
    assert browser.post(f"/admin/vmhosting/machine/{machine.pk}/act/stop/", {}).status_code in (403, 404)
    assert hosting.machine(machine.uuid).wanted_power == "running"


def test_a_button_is_one_act_of_a_service(hosting: Hosting) -> None:
    machine = hosting.running()
    browser = hosting.house.http("server_admin")
    browser.post(f"/admin/vmhosting/machine/{machine.pk}/act/stop/", {"confirm": "1"})
    assert (hosting.machine(machine.uuid).wanted_power, hosting.operation(machine).kind) == ("stopped", "stop")


def test_another_brokers_machine_is_not_there(hosting: Hosting, tenant_pair: Pair) -> None:
    machine = hosting.running()
    browser = tenant_pair.b.http("server_admin")
    assert "vm-0001" not in browser.get("/admin/vmhosting/machine/").content.decode()
    assert browser.get(f"/admin/vmhosting/machine/{machine.pk}/change/").status_code == 404


def test_forms_enter_hosts_plans_quotas_and_segments(hosting: Hosting) -> None:
    browser = hosting.house.http("server_admin")
    size = {"cpu_milli": "500", "memory_mib": "256", "disk_mib": "64"}
    assert browser.post("/admin/vmhosting/host/add/", {**size, "name": "host-02", "room": "B"}).status_code == 302
    plan = {**size, "code": "mid", "name": "中", "name_en": "Mid", "fee_month_fen": "100", "place": "2"}
    assert browser.post("/admin/vmhosting/plan/add/", plan).status_code == 302
    quota = {"username": "a-investor", "machines_max": "9", "cpu_milli_max": "900", "memory_mib_max": "900"}
    assert browser.post("/admin/vmhosting/quota/add/", quota).status_code == 302
    segment = {"cidr": "10.9.0.0/26", "purpose": "vpn", "room": ""}
    assert browser.post("/admin/vmhosting/segment/add/", segment).status_code == 302
    with hosting.scope():
        assert Host.objects.get(name="host-02").driver == "sandbox"
        assert Plan.objects.get(code="mid").cpu_milli == 500
        assert Quota.objects.get(user=hosting.house.investor).machines_max == 9
        assert Segment.objects.get(cidr="10.9.0.0/26").purpose == "vpn"
