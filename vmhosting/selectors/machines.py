"""Reading machines and their news; always inside a scope, always bounded to what the actor may see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from accounts.auth.actor import Actor
from vmhosting.models import Machine, MachineCounter, MachineEvent, MachineRequest, Operation, Pulse
from vmhosting.selectors.rows import event_row, machine_row, pulse_row
from vmhosting.states import LIFE_ENDED, OPERATION_OPEN, Life, RequestState

EVENTS_PAGE: Final = 500
LOG_LINES: Final = 200
_ENDED_SHOWN: Final = 3


def machines_of(actor: Actor) -> QuerySet[Machine]:
    """Return the machines an actor may look at."""
    rows = Machine.objects.select_related("host", "plan", "owner")
    return rows if actor.account_ids is None else rows.filter(account_id__in=actor.account_ids)


def machines_shown(actor: Actor) -> list[Machine]:
    """Return the machines of an investor's page: the living ones, and the last few refused requests."""
    rows = machines_of(actor)
    living = list(rows.exclude(life__in=LIFE_ENDED).order_by("id"))
    refused = list(rows.filter(life=Life.REFUSED).order_by("-life_since")[:_ENDED_SHOWN])
    return [*living, *refused]


def pulses_by_machine(machines: list[Machine]) -> dict[int, Pulse]:
    """Return the heartbeats of these machines by machine row."""
    return {pulse.machine_id: pulse for pulse in Pulse.objects.filter(machine__in=machines)}


def operations_open(machines: list[Machine]) -> dict[int, Operation]:
    """Return the open operations of these machines by machine row."""
    rows = Operation.objects.filter(machine__in=machines, state__in=OPERATION_OPEN)
    return {operation.machine_id: operation for operation in rows}


def requests_pending(machines: list[Machine]) -> dict[int, MachineRequest]:
    """Return the undecided requests of these machines by machine row."""
    rows = MachineRequest.objects.filter(machine__in=machines, state=RequestState.PENDING)
    return {request.machine_id: request for request in rows}


def machine_rows(actor: Actor) -> list[dict[str, Any]]:
    """Return an actor's machines as JSON."""
    machines = list(machines_of(actor).exclude(life__in=LIFE_ENDED).order_by("id"))
    pulses, operations = pulses_by_machine(machines), operations_open(machines)
    return [
        machine_row(machine, pulse=pulses.get(machine.pk), operation=operations.get(machine.pk)) for machine in machines
    ]


def log_tail(machine: Machine, *, lines: int = LOG_LINES) -> list[MachineEvent]:
    """Return the last log lines, oldest first."""
    rows = MachineEvent.objects.filter(machine=machine, kind="log").order_by("-number")[:lines]
    return list(reversed(rows))


def operations_last(machine: Machine, *, count: int = 1) -> list[Operation]:
    """Return the newest operations of a machine."""
    return list(Operation.objects.filter(machine=machine).order_by("-id")[:count])


def news_head() -> int:
    """Return the number of the last news of the tenant in scope."""
    return MachineCounter.objects.values_list("news", flat=True).first() or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What happened above a number. `through` is how far this page is complete."""

    after: int
    through: int
    events: list[dict[str, Any]]
    pulses: list[dict[str, Any]]


def news_after(*, after: int, limit: int = EVENTS_PAGE) -> News:
    """Return news above a number within the scope; the head is read first, so that nothing can fall between."""
    head = news_head()
    events = list(
        MachineEvent.objects.filter(number__gt=after, number__lte=head)
        .select_related("machine")
        .order_by("number")[:limit]
    )
    through = events[-1].number if len(events) == limit else head
    pulses = Pulse.objects.filter(number__gt=after, number__lte=head).select_related("machine")
    return News(
        after=after,
        through=max(after, through),
        events=[event_row(event, uuid=event.machine.uuid) for event in events],
        pulses=[pulse_row(pulse, uuid=pulse.machine.uuid) for pulse in pulses],
    )


def news_for(*, actor: Actor, news: News) -> dict[str, Any]:
    """Return the part of the news an actor may see, as a frame; the numbers always move on."""
    return {
        "type": "news",
        "after": news.after,
        "through": news.through,
        "events": [row for row in news.events if actor.can_see(row["account"])],
        "pulses": [row for row in news.pulses if actor.can_see(row["account"])],
    }
