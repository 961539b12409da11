"""What the templates show of a machine: its facts in words, its state's look, and the buttons its life allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from accounts.auth.actor import Actor
from vmhosting import words
from vmhosting.choices import LIFE_WORDS, OPERATION_STATE_WORDS, OPERATION_WORDS, POWER_WORDS
from vmhosting.models import Machine, MachineRequest, Operation, Pulse
from vmhosting.selectors.machines import (
    machines_shown,
    operations_open,
    pulses_by_machine,
    requests_pending,
)
from vmhosting.services.guard import may_operate
from vmhosting.states import Life, OperationKind, OperationState, Power, askable
from vmhosting.steps import STEPS, UNDO, Step

# The look of a state: grey until it matters, square at work, diamond for trouble, ring for off.
_LOOK: Final[dict[Life, str]] = {
    Life.REQUESTED: "off",
    Life.REFUSED: "off",
    Life.WITHDRAWN: "off",
    Life.APPROVED: "busy",
    Life.PLACED: "busy",
    Life.PROVISIONING: "busy",
    Life.ACTIVE: "",
    Life.STOPPED: "off",
    Life.LOST: "bad",
    Life.ERROR: "bad",
    Life.DELETING: "busy",
    Life.DELETED: "off",
}
_BUTTONS: Final = (OperationKind.START, OperationKind.STOP, OperationKind.RESTART)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskLine:
    """One line of a task log: done, now, failed or still to come."""

    look: str
    icon: str
    text: str
    note: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A machine as the pages show it."""

    machine: Machine
    pulse: Pulse | None
    operation: Operation | None
    request: MachineRequest | None
    operable: bool

    @property
    def look(self) -> str:
        """The class of the state's mark."""
        if self.operation is not None and self.operation.state == OperationState.WAITING:
            return "warn"
        if self.operation is not None and self.machine.life_state in (Life.ACTIVE, Life.STOPPED):
            return "busy"
        return _LOOK[self.machine.life_state]

    @property
    def state(self) -> str:
        """The state in a word."""
        if self.operation is not None and self.machine.life_state in (Life.ACTIVE, Life.STOPPED, Life.LOST):
            return f"{OPERATION_WORDS[OperationKind(self.operation.kind)]} · {self.progress_state}"
        return str(LIFE_WORDS[self.machine.life_state])

    @property
    def progress_state(self) -> str:
        """The state of the operation in a word."""
        return str(OPERATION_STATE_WORDS[OperationState(self.operation.state)]) if self.operation else ""

    @property
    def wanted(self) -> str:
        """What is wanted."""
        machine = self.machine
        power = str(POWER_WORDS[Power(machine.wanted_power)])
        return f"{power} · {words.size(machine.cpu_milli, machine.memory_mib)}"

    @property
    def observed(self) -> str:
        """What the host last reported."""
        machine = self.machine
        power = str(POWER_WORDS[Power(machine.observed_power)])
        if machine.observed_power != Power.RUNNING:
            return power
        return f"{power} · {words.size(machine.observed_cpu_milli, machine.observed_memory_mib)}"

    @property
    def progress(self) -> str:
        """What is being done now."""
        if self.operation is None:
            return ""
        line = next((task for task in task_lines(self.operation) if task.look in ("now", "bad")), None)
        return line.text if line else self.progress_state

    @property
    def differs(self) -> bool:
        """Whether what runs is not what is wanted."""
        return self.operation is not None or self.machine.needs_restart or self.machine.life_state is Life.LOST

    @property
    def trouble(self) -> str:
        """What a person should know, in one sentence."""
        machine = self.machine
        if machine.life_state is Life.REFUSED:
            return _("Refused: %(reason)s") % {"reason": machine.fault}
        if machine.needs_restart:
            return _("The new size takes effect with the next restart.")
        if machine.life_state is Life.LOST and machine.observed_power == Power.RUNNING:
            return _("The host reports it running, but its agent is silent. Restart it if it stays so.")
        if self.operation is not None and self.operation.state == OperationState.WAITING:
            return self.operation.error
        return machine.fault

    @property
    def buttons(self) -> list[str]:
        """The acts this life allows to this person, while nothing else is in progress."""
        if not self.operable or self.operation is not None:
            return []
        allowed = askable(self.machine.life_state)
        return [kind.value for kind in _BUTTONS if kind in allowed]

    @property
    def can_resize(self) -> bool:
        """Whether another size may be asked for."""
        free = self.operation is None and self.request is None
        return self.operable and free and OperationKind.RESIZE in askable(self.machine.life_state)

    @property
    def can_delete(self) -> bool:
        """Whether it may be deleted."""
        return self.operable and OperationKind.DELETE in askable(self.machine.life_state)

    @property
    def can_retry(self) -> bool:
        """Whether its creation may be tried again."""
        return self.operable and OperationKind.CREATE in askable(self.machine.life_state)

    @property
    def can_withdraw(self) -> bool:
        """Whether the request behind it may be taken back."""
        return self.operable and self.request is not None

    @property
    def strategy_state(self) -> str:
        """What the strategy says of itself."""
        return str(self.pulse.strategy.get("state", "")) if self.pulse else ""

    @property
    def strategy_words(self) -> str:
        """The same in the page's language."""
        return str(words.STRATEGY_WORDS.get(self.strategy_state, self.strategy_state))

    @property
    def summary(self) -> dict[str, Any]:
        """The strategy's own figures."""
        found = self.pulse.strategy.get("summary") if self.pulse else None
        return found if isinstance(found, dict) else {}


def cards_of(actor: Actor) -> list[Card]:
    """Return the cards of an investor's page."""
    return cards(actor=actor, machines=machines_shown(actor))


def cards(*, actor: Actor, machines: list[Machine]) -> list[Card]:
    """Return cards of these machines."""
    pulses, operations, requests = pulses_by_machine(machines), operations_open(machines), requests_pending(machines)
    return [
        Card(
            machine=machine,
            pulse=pulses.get(machine.pk),
            operation=operations.get(machine.pk),
            request=requests.get(machine.pk),
            operable=may_operate(actor=actor, machine=machine),
        )
        for machine in machines
    ]


def task_lines(operation: Operation) -> list[TaskLine]:
    """Return every step of an operation: what was done and when, what is tried now, what is still to come."""
    lines = [
        TaskLine(look="", icon="ok", text=_step(entry["step"]), note=_note(entry), at=entry["at"])
        for entry in operation.trail
    ]
    state, kind = OperationState(operation.state), OperationKind(operation.kind)
    if state in (OperationState.DONE, OperationState.CANCELED):
        return lines
    if state is OperationState.FAILED:
        return [*lines, TaskLine(look="bad", icon="x", text=_("Given up"), note=operation.error, at="")]
    steps = UNDO.get(kind, ()) if state is OperationState.ROLLING_BACK else STEPS[kind]
    for index, step in enumerate(steps[operation.step :]):
        if index:
            lines.append(TaskLine(look="todo", icon="clock", text=_step(step), note="", at=""))
        elif operation.attempts:
            note = _("%(error)s Tried %(count)s times.") % {"error": operation.error, "count": operation.attempts}
            lines.append(TaskLine(look="bad", icon="x", text=_step(step), note=note, at=""))
        else:
            lines.append(TaskLine(look="now", icon="redo", text=_step(step), note="", at=""))
    return lines


def task_now(operation: Operation) -> TaskLine | None:
    """Return the line a short list shows: what is tried now, else the last thing that was done."""
    lines = task_lines(operation)
    return next((line for line in lines if line.look in ("now", "bad")), lines[-1] if lines else None)


def _note(entry: Mapping[str, Any]) -> str:
    note = str(entry.get("note") or "")
    return str(words.NOTE_WORDS.get(note, note))


def _step(name: str) -> str:
    return str(words.STEP_WORDS[Step(name)])
