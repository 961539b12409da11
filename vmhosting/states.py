"""The life of a machine, of a request and of an operation, as tables anyone can read.

A machine has three facts that are never mixed: what we **want** (`Power`, a size, a generation), what the host last
**reported** (the host is right), and what we are **doing** now (an `Operation` with its steps). The life below is
the story the people see; it moves only by the triggers listed here and everything not listed raises.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeVar

from portal.lib.errors import InvariantBroken


class Life(StrEnum):
    """Where a machine stands in its life."""

    REQUESTED = "requested"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    PLACED = "placed"
    PROVISIONING = "provisioning"
    ACTIVE = "active"
    STOPPED = "stopped"
    LOST = "lost"
    ERROR = "error"
    DELETING = "deleting"
    DELETED = "deleted"


class LifeTrigger(StrEnum):
    """What may move a machine on."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    PLACE = "place"
    PROVISION = "provision"
    COME_UP = "come_up"
    HALT = "halt"
    VANISH = "vanish"
    FAIL = "fail"
    RETRY = "retry"
    DELETE = "delete"
    GONE = "gone"


class Power(StrEnum):
    """Wanted and observed power. `ABSENT` and `CRASHED` are only ever observed."""

    RUNNING = "running"
    STOPPED = "stopped"
    DELETED = "deleted"
    CRASHED = "crashed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


WANTED_POWERS: Final = (Power.RUNNING, Power.STOPPED, Power.DELETED)


class Agent(StrEnum):
    """What we know of the agent inside the machine, from the age of its last heartbeat."""

    NEVER = "never"
    FRESH = "fresh"
    STALE = "stale"
    LOST = "lost"


class OperationKind(StrEnum):
    """What the reconciler can be asked to do."""

    CREATE = "create"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    RESIZE = "resize"
    DELETE = "delete"


class OperationState(StrEnum):
    """The life of one operation."""

    QUEUED = "queued"
    WAITING = "waiting"
    ROLLING_BACK = "rolling_back"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class OperationTrigger(StrEnum):
    """What may move an operation on."""

    STEP = "step"
    STUMBLE = "stumble"
    GIVE_UP = "give_up"
    UNDONE = "undone"
    FINISH = "finish"
    CANCEL = "cancel"
    RETRY = "retry"


class RequestState(StrEnum):
    """The life of a request for a machine or for another size."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RequestTrigger(StrEnum):
    """What may decide a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class NotAllowed(InvariantBroken):
    """A trigger that the table does not list for this state."""

    def __init__(self, *, state: StrEnum, trigger: StrEnum) -> None:
        self.state = state
        self.trigger = trigger
        super().__init__(f"{type(state).__name__} {state.value} does not take {trigger.value}")


LIFE: Final[dict[tuple[Life, LifeTrigger], Life]] = {
    (Life.REQUESTED, LifeTrigger.APPROVE): Life.APPROVED,
    (Life.REQUESTED, LifeTrigger.REFUSE): Life.REFUSED,
    (Life.REQUESTED, LifeTrigger.WITHDRAW): Life.WITHDRAWN,
    (Life.APPROVED, LifeTrigger.PLACE): Life.PLACED,
    # No host had room until the patience ran out: nothing to undo, a person decides.
    (Life.APPROVED, LifeTrigger.FAIL): Life.ERROR,
    (Life.APPROVED, LifeTrigger.DELETE): Life.DELETING,
    (Life.PLACED, LifeTrigger.PROVISION): Life.PROVISIONING,
    (Life.PLACED, LifeTrigger.FAIL): Life.ERROR,
    (Life.PLACED, LifeTrigger.DELETE): Life.DELETING,
    (Life.PROVISIONING, LifeTrigger.COME_UP): Life.ACTIVE,
    (Life.PROVISIONING, LifeTrigger.FAIL): Life.ERROR,
    (Life.PROVISIONING, LifeTrigger.DELETE): Life.DELETING,
    (Life.ACTIVE, LifeTrigger.HALT): Life.STOPPED,
    (Life.ACTIVE, LifeTrigger.VANISH): Life.LOST,
    (Life.ACTIVE, LifeTrigger.FAIL): Life.ERROR,
    (Life.ACTIVE, LifeTrigger.DELETE): Life.DELETING,
    (Life.STOPPED, LifeTrigger.COME_UP): Life.ACTIVE,
    (Life.STOPPED, LifeTrigger.FAIL): Life.ERROR,
    (Life.STOPPED, LifeTrigger.DELETE): Life.DELETING,
    # The host is right: a machine given up for lost that answers again is simply back.
    (Life.LOST, LifeTrigger.COME_UP): Life.ACTIVE,
    (Life.LOST, LifeTrigger.HALT): Life.STOPPED,
    (Life.LOST, LifeTrigger.FAIL): Life.ERROR,
    (Life.LOST, LifeTrigger.DELETE): Life.DELETING,
    # A retry walks the whole creation again; every step finds what is already there.
    (Life.ERROR, LifeTrigger.RETRY): Life.APPROVED,
    (Life.ERROR, LifeTrigger.DELETE): Life.DELETING,
    (Life.DELETING, LifeTrigger.GONE): Life.DELETED,
}

OPERATION: Final[dict[tuple[OperationState, OperationTrigger], OperationState]] = {
    (OperationState.QUEUED, OperationTrigger.STEP): OperationState.QUEUED,
    (OperationState.QUEUED, OperationTrigger.STUMBLE): OperationState.WAITING,
    (OperationState.QUEUED, OperationTrigger.GIVE_UP): OperationState.ROLLING_BACK,
    (OperationState.QUEUED, OperationTrigger.FINISH): OperationState.DONE,
    (OperationState.QUEUED, OperationTrigger.CANCEL): OperationState.CANCELED,
    (OperationState.WAITING, OperationTrigger.STEP): OperationState.QUEUED,
    (OperationState.WAITING, OperationTrigger.STUMBLE): OperationState.WAITING,
    (OperationState.WAITING, OperationTrigger.GIVE_UP): OperationState.ROLLING_BACK,
    (OperationState.WAITING, OperationTrigger.FINISH): OperationState.DONE,
    (OperationState.WAITING, OperationTrigger.CANCEL): OperationState.CANCELED,
    # "Retry now" on the phone: the same step again, without waiting out the back-off.
    (OperationState.WAITING, OperationTrigger.RETRY): OperationState.QUEUED,
    # Rolling back stumbles in place: it must end, so it has no way to give up.
    (OperationState.ROLLING_BACK, OperationTrigger.STUMBLE): OperationState.ROLLING_BACK,
    (OperationState.ROLLING_BACK, OperationTrigger.UNDONE): OperationState.FAILED,
    # A deletion overtakes everything, also a roll-back: it undoes the same things.
    (OperationState.ROLLING_BACK, OperationTrigger.CANCEL): OperationState.CANCELED,
}

REQUEST: Final[dict[tuple[RequestState, RequestTrigger], RequestState]] = {
    (RequestState.PENDING, RequestTrigger.APPROVE): RequestState.APPROVED,
    (RequestState.PENDING, RequestTrigger.REFUSE): RequestState.REFUSED,
    (RequestState.PENDING, RequestTrigger.WITHDRAW): RequestState.WITHDRAWN,
}

LIFE_ENDED: Final = frozenset({Life.REFUSED, Life.WITHDRAWN, Life.DELETED})
OPERATION_OPEN: Final = frozenset({OperationState.QUEUED, OperationState.WAITING, OperationState.ROLLING_BACK})

# Which operation a person may ask for in which life; the pages show exactly these buttons.
ASKABLE: Final[dict[Life, frozenset[OperationKind]]] = {
    Life.APPROVED: frozenset({OperationKind.DELETE}),
    Life.PLACED: frozenset({OperationKind.DELETE}),
    Life.PROVISIONING: frozenset({OperationKind.DELETE}),
    Life.ACTIVE: frozenset({OperationKind.STOP, OperationKind.RESTART, OperationKind.RESIZE, OperationKind.DELETE}),
    Life.STOPPED: frozenset({OperationKind.START, OperationKind.RESIZE, OperationKind.DELETE}),
    Life.LOST: frozenset({OperationKind.RESTART, OperationKind.STOP, OperationKind.DELETE}),
    # Creating again is the only way forward out of an error, besides deleting.
    Life.ERROR: frozenset({OperationKind.CREATE, OperationKind.DELETE}),
}

StateT = TypeVar("StateT", bound=StrEnum)
TriggerT = TypeVar("TriggerT", bound=StrEnum)


def life_after(state: Life, trigger: LifeTrigger) -> Life:
    """Return the next life, or raise `NotAllowed`."""
    return _next(LIFE, state, trigger)


def operation_after(state: OperationState, trigger: OperationTrigger) -> OperationState:
    """Return the next state of an operation, or raise `NotAllowed`."""
    return _next(OPERATION, state, trigger)


def request_after(state: RequestState, trigger: RequestTrigger) -> RequestState:
    """Return the next state of a request, or raise `NotAllowed`."""
    return _next(REQUEST, state, trigger)


def askable(life: Life) -> frozenset[OperationKind]:
    """Return what a person may ask of a machine in this life."""
    return ASKABLE.get(life, frozenset())


def _next(table: dict[tuple[StateT, TriggerT], StateT], state: StateT, trigger: TriggerT) -> StateT:
    following = table.get((state, trigger))
    if following is None:
        raise NotAllowed(state=state, trigger=trigger)
    return following
