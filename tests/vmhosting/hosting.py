"""A broker with a host, plans and a driver in memory, and the acts of its people, for the hosting tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.audit import SystemActor
from accounts.auth.actor import Actor
from accounts.auth.identify import Door, actor_of_user
from accounts.models import ApiKey
from accounts.tenancy.context import tenant_scope
from tests.world import House
from vmhosting.drivers.base import WebDoor
from vmhosting.drivers.fake import FakeDriver
from vmhosting.models import Machine, MachineEvent, MachineRequest, Operation, Plan, Pulse
from vmhosting.network.fake import FakeNetwork
from vmhosting.placement import Size
from vmhosting.reconciler import Reconciler
from vmhosting.services.agents import Beat, heartbeat_record
from vmhosting.services.hosts import host_register, plan_create, quota_set, segment_create
from vmhosting.services.requests import machine_request, request_approve

SETUP = SystemActor(name="test")
DOOR = WebDoor(host="127.0.0.1", port=9)
LIGHT = Size(cpu_milli=250, memory_mib=128, disk_mib=32)


@dataclass
class Hosting:
    """One tenant's hosting."""

    house: House
    driver: FakeDriver = field(default_factory=FakeDriver)
    network: FakeNetwork = field(default_factory=FakeNetwork)
    kind: str = "fake"

    def __post_init__(self) -> None:
        self.reconciler = Reconciler(drivers={"fake": self.driver}, network=self.network, door=DOOR)

    @property
    def tenant_id(self) -> int:
        return self.house.tenant.pk

    def actor(self, role: str) -> Actor:
        actor = actor_of_user(self.house.people[role], door=Door(ip="127.0.0.1", chosen_tenant_id=self.tenant_id))
        assert actor is not None
        return actor

    def scope(self, role: str | None = None) -> Any:
        """A role's own scope, as its requests have it; without a role the whole tenant's."""
        if role is None:
            return tenant_scope(tenant_id=self.tenant_id)
        actor = self.actor(role)
        return tenant_scope(tenant_id=self.tenant_id, user_id=actor.user_id, account_ids=actor.account_ids)

    def set_up(self, *, host: Size | None = None) -> None:
        with self.scope():
            capacity = host or Size(cpu_milli=4000, memory_mib=4096, disk_mib=10_000)
            host_register(actor=SETUP, name="host-01", driver=self.kind, size=capacity, room="room A")
            segment_create(actor=SETUP, cidr="10.8.3.0/28", purpose="machines")
            plan_create(actor=SETUP, code="light", name="轻量", name_en="Light", size=LIGHT, fee_month_fen=3800)
            quota_set(actor=SETUP, machines_max=3, cpu_milli_max=2000, memory_mib_max=1024)

    def plan(self) -> Plan:
        return Plan.objects.get(code="light")

    def ask(self, *, role: str = "investor", account: int = 0, **changes: Any) -> MachineRequest:
        with self.scope(role):
            fields: dict[str, Any] = {
                "account_id": self.house.account_ids[account],
                "cpu_milli": LIGHT.cpu_milli,
                "memory_mib": LIGHT.memory_mib,
                "disk_mib": LIGHT.disk_mib,
            }
            return machine_request(actor=self.actor(role), **{**fields, **changes})

    def approve(self, request: MachineRequest, **changes: Any) -> None:
        with self.scope("server_admin"):
            request_approve(actor=self.actor("server_admin"), number=request.number, **changes)

    def created(self, **changes: Any) -> Machine:
        """A machine asked for and approved, not yet worked on."""
        request = self.ask(**changes)
        self.approve(request)
        return self.machine(request.machine.uuid)

    def running(self, **changes: Any) -> Machine:
        """A machine that runs and was heard."""
        machine = self.created(**changes)
        self.work()
        self.beat(machine)
        self.work()
        found = self.machine(machine.uuid)
        assert found.life == "active", (found.life, found.fault)
        return found

    def work(self, *, skip_waits: bool = True) -> None:
        """Let the reconciler do what is due; waits are cut short."""
        if skip_waits:
            self.due_now()
        self.reconciler.work_off()

    def due_now(self) -> None:
        with self.scope():
            Operation.objects.filter(state__in=["queued", "waiting", "rolling_back"]).update(
                next_try_at=timezone.now() - timedelta(seconds=1)
            )

    def sweep(self) -> None:
        self.reconciler.sweeper.sweep([self.tenant_id])

    def beat(self, machine: Machine, **changes: Any) -> dict[str, Any]:
        """A heartbeat, as the machine's own key would bring it."""
        with self.scope():
            row = self.machine(machine.uuid)
            key = ApiKey.objects.get(pk=row.api_key_id)
        actor = Actor(
            user_id=key.user_id,
            username="machine",
            tenant_id=self.tenant_id,
            account_ids=frozenset({row.account_id}),
            api_key_id=key.pk,
        )
        fields: dict[str, Any] = {
            "boot": "boot-1", "uptime_s": 1.0, "parameters_version": 0, "strategy": {"state": "trading"}, "saved": None,
        }  # fmt: skip
        with tenant_scope(tenant_id=self.tenant_id, user_id=key.user_id, account_ids={row.account_id}):
            return heartbeat_record(actor=actor, beat=Beat(**{**fields, **changes}))

    def machine(self, uuid: str) -> Machine:
        with self.scope():
            return Machine.objects.select_related("host").get(uuid=uuid)

    def operation(self, machine: Machine) -> Operation:
        """The newest operation."""
        with self.scope():
            found = Operation.objects.filter(machine=machine).order_by("-id").first()
        assert found is not None
        return found

    def pulse(self, machine: Machine) -> Pulse:
        with self.scope():
            return Pulse.objects.get(machine=machine)

    def events(self, machine: Machine) -> list[MachineEvent]:
        with self.scope():
            return list(MachineEvent.objects.filter(machine=machine).order_by("number"))

    def used(self) -> tuple[int, int, int]:
        """What the host has given away."""
        with self.scope():
            from vmhosting.models import Host

            host = Host.objects.get(name="host-01")
            return host.cpu_used_milli, host.memory_used_mib, host.disk_used_mib

    def silence(self, machine: Machine, *, seconds: float) -> None:
        """Move the last sign of life into the past."""
        then = timezone.now() - timedelta(seconds=seconds)
        with self.scope():
            Pulse.objects.filter(machine=machine).update(heartbeat_at=then)
            Machine.objects.filter(pk=machine.pk).update(life_since=then)
