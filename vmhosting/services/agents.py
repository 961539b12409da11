"""What a machine says of itself at the web door: heartbeats and log lines, known by its own key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone

from accounts.auth.actor import Actor
from portal.lib.clock import now_ns
from portal.lib.errors import Refused
from vmhosting.choices import LogLevel
from vmhosting.errors import VmCode
from vmhosting.models import Machine, Pulse
from vmhosting.services.life import life_move
from vmhosting.services.news import log_append, wake_pages
from vmhosting.services.numbers import take
from vmhosting.states import Life, LifeTrigger

LINES_MAX: Final = 200
_CLOCK_SKEW_NS_MAX: Final = 300 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One heartbeat."""

    boot: str
    uptime_s: float
    parameters_version: int
    strategy: dict[str, Any]
    saved: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One log line; `number` counts per start of the agent."""

    number: int
    at_ns: int
    level: str
    text: str


def machine_of_key(actor: Actor) -> Machine:
    """Return the machine whose key this is; any other key opens nothing here."""
    machine = None if actor.api_key_id is None else Machine.objects.filter(api_key_id=actor.api_key_id).first()
    if machine is None:
        raise Refused(VmCode.NOT_A_MACHINE, detail="This door is for a machine's own key.", status=403)
    return machine


def heartbeat_record(*, actor: Actor, beat: Beat) -> dict[str, Any]:
    """Note a heartbeat and answer with what the agent should know: parameters, and what its strategy had saved."""
    machine = machine_of_key(actor)
    # Found again: noted here at once, unless somebody works on the machine; then the sweep will see it.
    found = None
    if machine.life_state is Life.LOST:
        rows = Machine.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        found = rows.filter(pk=machine.pk, life=Life.LOST).first()
    pulse = Pulse.objects.select_for_update(no_key=True).get(machine=machine)
    if pulse.boot != beat.boot:
        pulse.boot, pulse.log_number = beat.boot, 0
    if beat.saved is not None:
        pulse.saved = beat.saved
    pulse.heartbeat_at = timezone.now()
    pulse.uptime_s = beat.uptime_s
    pulse.parameters_version = beat.parameters_version
    pulse.strategy = beat.strategy
    pulse.number = take("news")
    pulse.save()
    if found is not None:
        life_move(machine=found, trigger=LifeTrigger.COME_UP, fault="")
    wake_pages(tenant_id=machine.tenant_id, number=pulse.number)
    return {
        "machine": machine.name,
        "parameters": machine.parameters,
        "parameters_version": machine.parameters_version,
        "saved": pulse.saved,
    }


def log_record(*, actor: Actor, boot: str, lines: Sequence[Line]) -> int:
    """Store log lines that were not stored yet and return the agent's last stored number."""
    machine = machine_of_key(actor)
    pulse = Pulse.objects.select_for_update(no_key=True).get(machine=machine)
    if pulse.boot != boot:
        pulse.boot, pulse.log_number = boot, 0
    fresh = [line for line in lines[:LINES_MAX] if line.number > pulse.log_number]
    if fresh:
        log_append(machine=machine, lines=[(_plausible(line.at_ns), _level(line.level), line.text) for line in fresh])
        pulse.log_number = fresh[-1].number
    pulse.save(update_fields=["boot", "log_number"])
    return pulse.log_number


def _plausible(at_ns: int) -> int:
    """A machine's clock may be wrong; a time far from ours is replaced by ours, so that the page stays in order."""
    now = now_ns()
    return at_ns if abs(now - at_ns) <= _CLOCK_SKEW_NS_MAX else now


def _level(level: str) -> str:
    return level if level in LogLevel.values else LogLevel.INFO
