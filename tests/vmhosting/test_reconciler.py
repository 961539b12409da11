"""From a request to a running machine and back, with failures at every step."""

from __future__ import annotations

import pytest

from accounts.models import ApiKey, AuditEntry
from tests.vmhosting.hosting import Hosting
from vmhosting.drivers.fake import FakeDriver
from vmhosting.models import Address
from vmhosting.reconciler import ATTEMPTS_MAX
from vmhosting.services.machines import (
    machine_delete,
    machine_restart,
    machine_retry,
    machine_start,
    machine_stop,
    operation_retry_now,
)
from vmhosting.services.requests import machine_resize
from vmhosting.states import Power
from vmhosting.steps import STEPS, Step


def key_row(hosting: Hosting, key_id: int | None) -> ApiKey:
    with hosting.scope():
        return ApiKey.objects.get(pk=key_id)


def test_brings_an_approved_machine_up_step_by_step(hosting: Hosting) -> None:
    machine = hosting.created()
    assert (machine.life, machine.host.name if machine.host else "") == ("approved", "host-01")
    assert hosting.used() == (250, 128, 32)
    hosting.work()
    waiting = hosting.machine(machine.uuid)
    assert (waiting.life, hosting.operation(machine).state) == ("provisioning", "queued")
    assert STEPS["create"][hosting.operation(machine).step] is Step.HEAR
    assert hosting.network.ways == {}
    hosting.beat(machine)
    hosting.work()
    up = hosting.machine(machine.uuid)
    assert (up.life, up.observed_generation, hosting.operation(machine).state) == ("active", 1, "done")
    assert hosting.network.ways == {machine.uuid: "10.8.3.2"}
    assert [entry["step"] for entry in hosting.operation(machine).trail] == [step.value for step in STEPS["create"]]


def test_gives_the_machine_a_key_of_its_own_bound_to_its_account(hosting: Hosting) -> None:
    machine = hosting.running()
    key = key_row(hosting, machine.api_key_id)
    assert (key.purpose, sorted(key.scopes), key.account_ids) == ("machine", ["read", "trade"], [machine.account_id])
    assert (key.user_id, key.cancel_on_disconnect_s) == (machine.owner_id, 15)
    assert key.allowed_networks == ["127.0.0.0/8", "::1/128"]
    assert hosting.driver.has_identity(machine.uuid, key=key.public_id)


def test_keeps_wanted_observed_and_in_progress_apart(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.sweep()
    with hosting.scope("investor"):
        machine_stop(actor=hosting.actor("investor"), uuid=machine.uuid)
    asked = hosting.machine(machine.uuid)
    assert (asked.wanted_power, asked.observed_power, hosting.operation(machine).kind) == ("stopped", "running", "stop")
    hosting.work()
    hosting.sweep()
    stopped = hosting.machine(machine.uuid)
    assert (stopped.life, stopped.wanted_power, stopped.observed_power) == ("stopped", "stopped", "stopped")
    assert hosting.operation(machine).state == "done"


def test_starts_a_stopped_machine_with_the_key_it_had(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("investor"):
        machine_stop(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    with hosting.scope("investor"):
        machine_start(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    hosting.beat(machine, boot="boot-2")
    hosting.work()
    again = hosting.machine(machine.uuid)
    assert (again.life, again.api_key_id) == ("active", machine.api_key_id)


def test_does_not_take_an_old_heartbeat_for_the_new_start(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("investor"):
        machine_restart(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    assert STEPS["restart"][hosting.operation(machine).step] is Step.HEAR
    hosting.beat(machine, boot="boot-2")
    hosting.work()
    assert hosting.operation(machine).state == "done"


@pytest.mark.parametrize("verb", ["ensure", "put_identity", "set_power"])
def test_goes_on_where_a_step_of_the_creation_failed(hosting: Hosting, verb: str) -> None:
    hosting.driver.fail_next(verb, times=2)
    machine = hosting.created()
    hosting.work()
    stumbled = hosting.operation(machine)
    assert (stumbled.state, stumbled.attempts) == ("waiting", 1)
    assert stumbled.error == f"{verb} failed as the test asked"
    hosting.work()
    hosting.work()
    hosting.beat(machine)
    hosting.work()
    assert hosting.machine(machine.uuid).life == "active"
    assert hosting.used() == (250, 128, 32)
    with hosting.scope():
        living = ApiKey.objects.filter(purpose="machine", revoked_at__isnull=True).count()
    assert living == 1


@pytest.mark.parametrize("verb", ["ensure", "put_identity", "set_power"])
def test_takes_everything_back_when_the_creation_is_given_up(hosting: Hosting, verb: str) -> None:
    # The roll-back itself stumbles over the same verb once, and goes on.
    hosting.driver.fail_next(verb, times=ATTEMPTS_MAX + (1 if verb == "set_power" else 0))
    machine = hosting.created()
    for _ in range(ATTEMPTS_MAX + 3):
        hosting.work()
    given_up = hosting.machine(machine.uuid)
    assert (given_up.life, hosting.operation(machine).state) == ("error", "failed")
    assert given_up.fault == f"{verb} failed as the test asked"
    assert (given_up.host, given_up.slot, given_up.api_key_id) == (None, None, None)
    assert hosting.used() == (0, 0, 0)
    assert hosting.driver.machines == {}
    with hosting.scope():
        assert Address.objects.count() == 0
        assert ApiKey.objects.filter(purpose="machine", revoked_at__isnull=True).count() == 0


def test_tries_a_failed_creation_again_when_asked(hosting: Hosting) -> None:
    hosting.driver.fail_next("ensure", times=ATTEMPTS_MAX)
    machine = hosting.created()
    for _ in range(ATTEMPTS_MAX + 2):
        hosting.work()
    with hosting.scope("investor"):
        machine_retry(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    hosting.beat(machine)
    hosting.work()
    back = hosting.machine(machine.uuid)
    assert (back.life, back.fault, hosting.used()) == ("active", "", (250, 128, 32))


def test_gives_up_a_machine_that_is_never_heard(hosting: Hosting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vmhosting.steps.HEAR_PATIENCE_S", -1.0)
    machine = hosting.created()
    for _ in range(ATTEMPTS_MAX + 3):
        hosting.work()
    silent = hosting.machine(machine.uuid)
    assert (silent.life, silent.fault) == ("error", "no heartbeat came in -1 s")
    assert hosting.driver.machines == {}


def test_waits_longer_after_every_failure_unless_somebody_says_now(hosting: Hosting) -> None:
    hosting.driver.fail_next("ensure", times=2)
    machine = hosting.created()
    hosting.work()
    first = hosting.operation(machine)
    hosting.reconciler.work_off()
    assert hosting.operation(machine).attempts == 1
    assert (first.next_try_at - first.step_since).total_seconds() == pytest.approx(1.0, abs=0.2)
    with hosting.scope("server_admin"):
        operation_retry_now(actor=hosting.actor("server_admin"), uuid=machine.uuid)
    hosting.reconciler.work_off()
    second = hosting.operation(machine)
    assert second.attempts == 2
    assert (second.next_try_at - second.step_since).total_seconds() == pytest.approx(2.0, abs=0.2)


def test_does_the_same_step_again_after_being_killed_in_the_middle(hosting: Hosting) -> None:
    class Killed(BaseException):
        pass

    machine = hosting.created()
    original = hosting.driver.set_power

    def dies(*args: object, **kwargs: object) -> None:
        original(*args, **kwargs)  # type: ignore[arg-type]
        raise Killed

    hosting.driver.set_power = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        hosting.work()
    assert STEPS["create"][hosting.operation(machine).step] is Step.BOOT
    hosting.driver.set_power = original  # type: ignore[method-assign]
    hosting.work()
    hosting.beat(machine)
    hosting.work()
    assert hosting.machine(machine.uuid).life == "active"
    assert len(hosting.driver.machines) == 1


def test_makes_another_key_when_the_first_was_never_committed(hosting: Hosting) -> None:
    class Killed(BaseException):
        pass

    machine = hosting.created()
    original = hosting.driver.put_identity

    def dies(*args: object, **kwargs: object) -> None:
        original(*args, **kwargs)  # type: ignore[arg-type]
        raise Killed

    hosting.driver.put_identity = dies  # type: ignore[method-assign]
    with pytest.raises(Killed):
        hosting.work()
    hosting.driver.put_identity = original  # type: ignore[method-assign]
    hosting.work()
    key = key_row(hosting, hosting.machine(machine.uuid).api_key_id)
    assert hosting.driver.has_identity(machine.uuid, key=key.public_id)


def test_resizes_live_and_gives_back_what_is_no_longer_held(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("server_admin"):
        machine_resize(
            actor=hosting.actor("server_admin"), uuid=machine.uuid, cpu_milli=500, memory_mib=64, disk_mib=32
        )
    assert hosting.used() == (500, 128, 32)
    hosting.work()
    sized = hosting.machine(machine.uuid)
    assert (sized.generation, sized.needs_restart, hosting.used()) == (2, False, (500, 64, 32))
    assert hosting.driver.observe(machine.uuid).memory_mib == 64


def test_a_size_that_needs_a_restart_says_so_and_takes_effect_with_it(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("server_admin"):
        machine_resize(
            actor=hosting.actor("server_admin"), uuid=machine.uuid, cpu_milli=250, memory_mib=128, disk_mib=64
        )
    hosting.work()
    waiting = hosting.machine(machine.uuid)
    assert (waiting.needs_restart, waiting.life, hosting.driver.observe(machine.uuid).disk_mib) == (True, "active", 32)
    with hosting.scope("investor"):
        machine_restart(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    hosting.beat(machine, boot="boot-2")
    hosting.work()
    done = hosting.machine(machine.uuid)
    assert (done.needs_restart, hosting.driver.observe(machine.uuid).disk_mib) == (False, 64)
    assert hosting.used() == (250, 128, 64)


def test_takes_a_failed_resize_back(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.driver.fail_next("resize", times=ATTEMPTS_MAX)
    with hosting.scope("server_admin"):
        machine_resize(
            actor=hosting.actor("server_admin"), uuid=machine.uuid, cpu_milli=500, memory_mib=256, disk_mib=32
        )
    for _ in range(ATTEMPTS_MAX + 2):
        hosting.work()
    back = hosting.machine(machine.uuid)
    assert (back.cpu_milli, back.memory_mib, back.life) == (250, 128, "active")
    assert (hosting.used(), hosting.operation(machine).state) == ((250, 128, 32), "failed")
    assert back.fault == "resize failed as the test asked"
    assert hosting.driver.observe(machine.uuid).memory_mib == 128


def test_deletes_machine_key_address_and_place(hosting: Hosting) -> None:
    machine = hosting.running()
    with hosting.scope("investor"):
        machine_delete(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    gone = hosting.machine(machine.uuid)
    assert (gone.life, gone.host, gone.api_key_id, hosting.used()) == ("deleted", None, None, (0, 0, 0))
    assert (hosting.driver.machines, hosting.network.ways) == ({}, {})
    assert key_row(hosting, machine.api_key_id).revoked_at is not None
    with hosting.scope():
        actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert [action for action in actions if action.startswith(("machine", "apikey.revoke"))][-2:] == [
        "machine.delete",
        "apikey.revoke",
    ]


def test_a_deletion_overtakes_a_creation_that_stumbles(hosting: Hosting) -> None:
    hosting.driver.fail_next("set_power", times=2)
    machine = hosting.created()
    hosting.work()
    with hosting.scope("investor"):
        machine_delete(actor=hosting.actor("investor"), uuid=machine.uuid)
    hosting.work()
    assert hosting.operation(machine).state == "waiting"  # shutting down stumbled over the second failure
    hosting.work()
    assert (hosting.machine(machine.uuid).life, hosting.used()) == ("deleted", (0, 0, 0))


def test_a_deletion_never_gives_up(hosting: Hosting) -> None:
    machine = hosting.running()
    hosting.driver.fail_next("destroy", times=ATTEMPTS_MAX + 3)
    with hosting.scope("investor"):
        machine_delete(actor=hosting.actor("investor"), uuid=machine.uuid)
    for _ in range(ATTEMPTS_MAX + 2):
        hosting.work()
    assert (hosting.machine(machine.uuid).life, hosting.operation(machine).state) == ("deleting", "waiting")
    hosting.work()
    hosting.work()
    assert hosting.machine(machine.uuid).life == "deleted"


def test_waits_with_a_clear_word_where_no_driver_works(hosting: Hosting) -> None:
    hosting.driver._usable = False
    machine = hosting.created()
    hosting.work()
    stuck = hosting.operation(machine)
    assert (stuck.state, stuck.error) == ("waiting", "switched off by the test: switch on")
    assert isinstance(hosting.driver, FakeDriver)


def test_two_reconcilers_never_share_an_operation(hosting: Hosting) -> None:
    machine = hosting.created()
    first, second = (
        hosting.reconciler,
        hosting.reconciler.__class__(
            drivers={"fake": hosting.driver}, network=hosting.network, door=hosting.reconciler._door
        ),
    )
    seen = []
    original = hosting.driver.ensure

    def meanwhile(spec: object) -> None:
        original(spec)  # type: ignore[arg-type]
        seen.append(run_in_thread(lambda: second.step(tenant_id=hosting.tenant_id)))

    hosting.driver.ensure = meanwhile  # type: ignore[method-assign, assignment]
    first.work_off()
    assert seen == [False]
    assert hosting.machine(machine.uuid).wanted_power == Power.RUNNING


def run_in_thread(function: object) -> object:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    def run() -> object:
        try:
            return function()  # type: ignore[operator]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)
