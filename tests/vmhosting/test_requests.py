"""Asking, deciding, quotas, capacity, rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry
from portal.lib.errors import Refused
from tests.vmhosting.hosting import Hosting
from tests.world import Pair
from vmhosting.models import Host, Machine, MachineRequest
from vmhosting.placement import Size
from vmhosting.selectors.quotas import quota_state
from vmhosting.services.hosts import host_drain, segment_create
from vmhosting.services.machines import machine_parameters_set, machine_restart, machine_start, machine_stop
from vmhosting.services.requests import machine_resize, request_approve, request_refuse, request_withdraw


def refused(act: Any) -> Refused:
    with pytest.raises(Refused) as caught, transaction.atomic():
        act()
    return caught.value


def test_asks_without_taking_anything(hosting: Hosting) -> None:
    request = hosting.ask(purpose="trend")
    machine = hosting.machine(request.machine.uuid)
    assert (request.number, request.state, machine.name, machine.life) == (1, "pending", "vm-0001", "requested")
    assert (machine.host, hosting.used()) == (None, (0, 0, 0))
    assert [event.kind for event in hosting.events(machine)] == ["request"]
    with hosting.scope():
        assert AuditEntry.objects.order_by("-number").first().action == "machine.request"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "code", "figures"),
    [
        ({"cpu_milli": 2001}, "vm_quota_cpu", {"cpu_milli_needed": 2001, "cpu_milli_left": 2000}),
        ({"memory_mib": 1025}, "vm_quota_memory", {"memory_mib_needed": 1025, "memory_mib_left": 1024}),
        ({"memory_mib": 63}, "invalid", {"value": 63, "lowest": 64, "highest": 262_144}),
        ({"strategy": "../../etc"}, "vm_parameters", {"value": "../../etc", "known": ["ma_cross"]}),
        ({"parameters": {"fast": "x"}}, "vm_parameters", {"value": "x", "expected": "int"}),
        ({"plan_id": 999}, "vm_plan_unknown", {}),
    ],
)
def test_refuses_with_the_figures_and_changes_nothing(
    hosting: Hosting, changes: dict[str, Any], code: str, figures: dict[str, Any]
) -> None:
    found = refused(lambda: hosting.ask(**changes))
    assert (str(found.code), found.figures) == (code, figures)
    with hosting.scope():
        assert Machine.objects.count() == MachineRequest.objects.count() == 0


def test_counts_what_is_only_asked_for_against_the_quota(hosting: Hosting) -> None:
    for _ in range(3):
        hosting.ask()
    found = refused(hosting.ask)
    assert (str(found.code), found.figures) == ("vm_quota_machines", {"machines_needed": 1, "machines_left": 0})


def test_another_investors_account_is_answered_like_an_invented_one(hosting: Hosting, tenant_pair: Pair) -> None:
    answers = []
    for account_id in (hosting.house.account_ids[1], tenant_pair.b.account_ids[0], 999_999):
        found = refused(lambda account_id=account_id: hosting.ask(account_id=account_id))
        answers.append((found.status, str(found.code), found.figures))
    assert answers == [(404, "not_found", {})] * 3


def test_only_a_server_administrator_decides(hosting: Hosting) -> None:
    request = hosting.ask()
    for role, status in (("investor", 403), ("investor_2", 404), ("network_admin", 403), ("broker_admin", 403)):
        with hosting.scope(role):
            found = refused(lambda role=role: request_approve(actor=hosting.actor(role), number=request.number))
        assert (role, found.status) == (role, status)
    assert hosting.machine(request.machine.uuid).life == "requested"


def test_approval_takes_place_slot_and_address_at_once(hosting: Hosting) -> None:
    machine = hosting.created()
    assert machine.host is not None
    assert (machine.host.name, machine.held_cpu_milli, machine.held_memory_mib, machine.held_disk_mib) == (
        "host-01",
        250,
        128,
        32,
    )
    with hosting.scope():
        assert Machine.objects.get(pk=machine.pk).address.ip == "10.8.3.2"
        entry = AuditEntry.objects.filter(action="machine.approve").get()
    assert entry.after == {"cpu_milli": 250, "memory_mib": 128, "disk_mib": 32, "request": 1, "host": machine.host.pk}
    assert entry.username == "a-server_admin"


def test_a_request_is_decided_once(hosting: Hosting) -> None:
    request = hosting.ask()
    hosting.approve(request)
    with hosting.scope("server_admin"):
        again = refused(lambda: request_approve(actor=hosting.actor("server_admin"), number=request.number))
        late = refused(
            lambda: request_refuse(actor=hosting.actor("server_admin"), number=request.number, reason="no no")
        )
    assert [str(found.code) for found in (again, late)] == ["vm_request_decided"] * 2
    assert hosting.used() == (250, 128, 32)


def test_approves_another_size_than_was_asked(hosting: Hosting) -> None:
    request = hosting.ask()
    hosting.approve(request, size=Size(cpu_milli=100, memory_mib=96, disk_mib=16))
    machine = hosting.machine(request.machine.uuid)
    assert (machine.cpu_milli, machine.memory_mib, machine.disk_mib, machine.generation) == (100, 96, 16, 2)
    assert hosting.used() == (100, 96, 16)


def test_says_which_host_lacks_what_when_none_has_room(tenant_pair: Pair) -> None:
    hosting = Hosting(house=tenant_pair.a)
    hosting.set_up(host=Size(cpu_milli=4000, memory_mib=100, disk_mib=10_000))
    request = hosting.ask()
    with hosting.scope("server_admin"):
        found = refused(lambda: request_approve(actor=hosting.actor("server_admin"), number=request.number))
    assert (str(found.code), found.figures["hosts"]) == ("vm_host_full", {"host-01": ["memory"]})
    assert (hosting.machine(request.machine.uuid).life, hosting.used()) == ("requested", (0, 0, 0))


def test_gives_nothing_new_to_a_host_that_drains(hosting: Hosting) -> None:
    request = hosting.ask()
    with hosting.scope("server_admin"):
        host_drain(actor=hosting.actor("server_admin"), host_id=Host.objects.get().pk, draining=True)
        found = refused(lambda: request_approve(actor=hosting.actor("server_admin"), number=request.number))
    assert found.figures["hosts"] == {"host-01": ["draining"]}


def test_runs_out_of_addresses_with_a_clear_word(tenant_pair: Pair) -> None:
    hosting = Hosting(house=tenant_pair.a)
    hosting.set_up()
    with hosting.scope():
        from vmhosting.models import Segment

        Segment.objects.update(cidr="10.8.3.0/30")
    hosting.created()
    request = hosting.ask()
    with hosting.scope("server_admin"):
        found = refused(lambda: request_approve(actor=hosting.actor("server_admin"), number=request.number))
    assert found.figures["hosts"] == {"host-01": ["addresses"]}


def test_the_database_itself_refuses_an_overfull_host(hosting: Hosting) -> None:
    with hosting.scope(), pytest.raises(IntegrityError, match="vmhosting_host_not_overfull"), transaction.atomic():
        Host.objects.update(memory_used_mib=4097)


def test_the_database_itself_refuses_an_ended_machine_that_holds_something(hosting: Hosting) -> None:
    machine = hosting.created()
    with hosting.scope(), pytest.raises(IntegrityError, match="ended_holds_nothing"), transaction.atomic():
        Machine.objects.filter(pk=machine.pk).update(life="deleted")


def test_refuses_with_a_reason_the_investor_reads(hosting: Hosting) -> None:
    request = hosting.ask()
    with hosting.scope("server_admin"):
        short = refused(lambda: request_refuse(actor=hosting.actor("server_admin"), number=request.number, reason=" "))
        request_refuse(actor=hosting.actor("server_admin"), number=request.number, reason="no room this week")
    machine = hosting.machine(request.machine.uuid)
    assert (short.status, short.pointer) == (400, "/reason")
    assert (machine.life, machine.fault) == ("refused", "no room this week")
    with hosting.scope("investor"):
        assert quota_state(user_id=machine.owner_id).machines == 0


def test_withdraws_only_ones_own_undecided_request(hosting: Hosting) -> None:
    request = hosting.ask()
    with hosting.scope("investor_2"):
        stranger = refused(lambda: request_withdraw(actor=hosting.actor("investor_2"), number=request.number))
    with hosting.scope("investor"):
        request_withdraw(actor=hosting.actor("investor"), number=request.number)
        twice = refused(lambda: request_withdraw(actor=hosting.actor("investor"), number=request.number))
    assert (stranger.status, str(twice.code)) == (404, "vm_request_decided")
    assert hosting.machine(request.machine.uuid).life == "withdrawn"


def test_growing_waits_for_approval_and_shrinking_does_not(hosting: Hosting) -> None:
    machine = hosting.running()
    investor = hosting.actor("investor")
    with hosting.scope("investor"):
        grow = machine_resize(actor=investor, uuid=machine.uuid, cpu_milli=500, memory_mib=128, disk_mib=32)
        again = refused(
            lambda: machine_resize(actor=investor, uuid=machine.uuid, cpu_milli=600, memory_mib=128, disk_mib=32)
        )
    assert grow is not None
    assert (grow.kind, hosting.machine(machine.uuid).cpu_milli, str(again.code)) == (
        "resize",
        250,
        "vm_request_pending",
    )
    hosting.approve(grow)
    hosting.work()
    assert hosting.machine(machine.uuid).cpu_milli == 500
    with hosting.scope("investor"):
        assert machine_resize(actor=investor, uuid=machine.uuid, cpu_milli=250, memory_mib=64, disk_mib=32) is None
    hosting.work()
    assert hosting.used() == (250, 64, 32)


def test_refuses_the_same_size_and_growth_beyond_the_quota(hosting: Hosting) -> None:
    machine = hosting.running()
    investor = hosting.actor("investor")
    with hosting.scope("investor"):
        same = refused(
            lambda: machine_resize(actor=investor, uuid=machine.uuid, cpu_milli=250, memory_mib=128, disk_mib=32)
        )
        beyond = refused(
            lambda: machine_resize(actor=investor, uuid=machine.uuid, cpu_milli=2500, memory_mib=128, disk_mib=32)
        )
    assert str(same.code) == "vm_same_size"
    assert (str(beyond.code), beyond.figures) == (
        "vm_quota_cpu",
        {"cpu_milli_needed": 2250, "cpu_milli_left": 1750},
    )


def test_a_wish_in_the_wrong_state_or_while_busy_is_refused(hosting: Hosting) -> None:
    machine = hosting.running()
    investor = hosting.actor("investor")
    with hosting.scope("investor"):
        running = refused(lambda: machine_start(actor=investor, uuid=machine.uuid))
        machine_stop(actor=investor, uuid=machine.uuid)
        busy = refused(lambda: machine_restart(actor=investor, uuid=machine.uuid))
    assert (str(running.code), running.figures["state"]) == ("vm_wrong_state", "active")
    assert (str(busy.code), busy.figures) == ("vm_busy", {"machine": "vm-0001", "operation": "stop"})


def test_a_machine_of_somebody_else_does_not_exist(hosting: Hosting, tenant_pair: Pair) -> None:
    machine = hosting.running()
    other = Hosting(house=tenant_pair.b)
    for house, role in ((hosting, "investor_2"), (other, "investor"), (other, "server_admin")):
        with house.scope(role):
            found = refused(lambda house=house, role=role: machine_stop(actor=house.actor(role), uuid=machine.uuid))
        assert (found.status, str(found.code)) == (404, "not_found")
    with hosting.scope("network_admin"):
        seen = refused(lambda: machine_stop(actor=hosting.actor("network_admin"), uuid=machine.uuid))
    assert seen.status == 403
    assert hosting.machine(machine.uuid).wanted_power == "running"


def test_new_parameters_travel_with_the_next_heartbeat(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("investor"):
        changed = machine_parameters_set(
            actor=hosting.actor("investor"), uuid=machine.uuid, parameters={"fast": "4", "sample_s": "0.5"}
        )
        found = refused(
            lambda: machine_parameters_set(actor=hosting.actor("investor"), uuid=machine.uuid, parameters={"fast": -1})
        )
    assert (changed.parameters, changed.parameters_version) == ({"fast": 4, "sample_s": 0.5}, 2)
    assert (found.status, found.pointer) == (400, "/parameters/fast")
    answer = hosting.beat(machine)
    assert (answer["parameters"], answer["parameters_version"]) == ({"fast": 4, "sample_s": 0.5}, 2)


def test_segments_may_not_overlap(hosting: Hosting) -> None:
    with hosting.scope():
        from tests.vmhosting.hosting import SETUP

        found = refused(lambda: segment_create(actor=SETUP, cidr="10.8.0.0/16", purpose="vpn"))
        wrong = refused(lambda: segment_create(actor=SETUP, cidr="10.8.3.1/28", purpose="vpn"))
    assert (found.figures["overlaps"], wrong.status) == ("10.8.3.0/28", 400)
