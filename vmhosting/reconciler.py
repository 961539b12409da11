"""Brings machines to what is wanted, one step at a time, and keeps saying what the hosts report.

Level-triggered: pages and programs only write what is wanted and an operation; this process takes due operations (`FOR
UPDATE SKIP LOCKED`, so that two reconcilers never share one), runs one idempotent step per transaction and writes
down how it went. Whatever is cut short is simply done again. A regular sweep compares hosts and rows (`sweep.py`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction
from django.utils import timezone

from accounts.tenancy.context import tenant_scope
from portal.lib.db import database_lost
from portal.lib.errors import Failed, Refused
from portal.lib.listen import listener
from vmhosting.choices import EventKind
from vmhosting.drivers.base import MachineDriver, WebDoor
from vmhosting.models import HostedTenant, Machine, Operation
from vmhosting.network.base import NetworkDriver
from vmhosting.services.life import life_move, operation_end
from vmhosting.services.news import WORK_CHANNEL, event_append
from vmhosting.states import (
    LIFE,
    OPERATION_OPEN,
    LifeTrigger,
    OperationKind,
    OperationState,
    OperationTrigger,
    operation_after,
)
from vmhosting.steps import STEPS, UNDO, Done, NotYet, Step, Work, back_off, run_step, settle_after_restart
from vmhosting.sweep import Sweeper

ATTEMPTS_MAX: Final = 5
_SWEEP_EVERY_S: Final = 4.0
_IDLE_S: Final = 1.0
_BUSY_S: Final = 0.2
_STEPS_PER_ROUND_MAX: Final = 100
_ERROR_CHARS: Final = 300
log = structlog.get_logger(__name__)


class Reconciler:
    """One process's reconciler. Holds no state that matters: killed at any point, the next one goes on."""

    def __init__(
        self,
        *,
        drivers: Mapping[str, MachineDriver],
        network: NetworkDriver,
        door: WebDoor,
        web_name: str = "localhost",
    ) -> None:
        self._drivers = drivers
        self._network = network
        self._door = door
        self._web_name = web_name
        self._woken = threading.Event()
        self.sweeper = Sweeper(drivers=drivers, door=door)

    def run(self, *, stop: threading.Event) -> None:
        """Serve until told to stop. Machines go on running without us."""
        listener.subscribe(WORK_CHANNEL, lambda _payload: self._woken.set())
        next_sweep = 0.0
        while not stop.is_set():
            busy = False
            try:
                close_old_connections()
                if time.monotonic() >= next_sweep:
                    next_sweep = time.monotonic() + _SWEEP_EVERY_S
                    self.sweeper.sweep(tenants())
                busy = self.work_off()
            except (DatabaseError, InterfaceError) as problem:
                if not database_lost(problem):
                    raise
                log.warning("reconciler_database_away", problem=str(problem).strip()[:200])
                stop.wait(1.0)
            self._woken.wait(_BUSY_S if busy else _IDLE_S)
            self._woken.clear()

    def work_off(self) -> bool:
        """Run due steps of every tenant until none is due; returns whether an operation is still open."""
        open_left = False
        for tenant_id in tenants():
            for _ in range(_STEPS_PER_ROUND_MAX):
                if not self.step(tenant_id=tenant_id):
                    break
            with tenant_scope(tenant_id=tenant_id):
                open_left = open_left or Operation.objects.filter(state__in=OPERATION_OPEN).exists()
        return open_left

    def step(self, *, tenant_id: int) -> bool:
        """Run one due step of one tenant in one transaction; returns whether there was one."""
        with tenant_scope(tenant_id=tenant_id):
            operation = (
                Operation.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
                .filter(state__in=OPERATION_OPEN, next_try_at__lte=timezone.now())
                .order_by("next_try_at", "id")
                .first()
            )
            if operation is None:
                return False
            self._advance(operation)
        return True

    def _advance(self, operation: Operation) -> None:
        machine = Machine.objects.select_for_update(no_key=True, of=("self",)).get(pk=operation.machine_id)
        operation.machine = machine
        undoing = operation.state == OperationState.ROLLING_BACK
        steps = UNDO.get(OperationKind(operation.kind), ()) if undoing else STEPS[OperationKind(operation.kind)]
        if operation.step >= len(steps):
            self._finish(operation, undoing=undoing)
            return
        step = steps[operation.step]
        try:
            # What a failing step wrote is taken back; what it did outside, the next try finds.
            with transaction.atomic():
                result = run_step(step, self._work(operation))
        except (Failed, Refused) as problem:
            # The rows in hand may carry what was just rolled back.
            operation.refresh_from_db()
            operation.machine.refresh_from_db()
            self._stumble(operation, step=step, error=_words(problem), undoing=undoing)
            return
        if isinstance(result, NotYet):
            self._wait(operation, step=step, result=result, undoing=undoing)
        else:
            self._step_done(operation, step=step, result=result, last=operation.step + 1 >= len(steps), undoing=undoing)

    def _work(self, operation: Operation) -> Work:
        machine = operation.machine
        kind = machine.host.driver if machine.host else next(iter(self._drivers))
        if kind not in self._drivers:
            raise Failed(f"this reconciler has no driver {kind}", cause="its host is served by another one")
        return Work(
            operation=operation,
            machine=machine,
            driver=self._drivers[kind],
            network=self._network,
            door=self._door,
            web_name=self._web_name,
            now=timezone.now(),
        )

    def _step_done(self, operation: Operation, *, step: Step, result: Done, last: bool, undoing: bool) -> None:
        now = timezone.now()
        operation.trail = [
            *operation.trail, {"step": step.value, "at": now.isoformat(), "note": result.note, "undo": undoing}
        ]  # fmt: skip
        operation.step += 1
        operation.attempts = 0
        operation.error = "" if not undoing else operation.error
        operation.next_try_at = operation.step_since = now
        if not undoing:
            operation.state = operation_after(OperationState(operation.state), OperationTrigger.STEP)
        operation.save()
        if last:
            self._finish(operation, undoing=undoing)
        else:
            self._tell(operation)

    def _wait(self, operation: Operation, *, step: Step, result: NotYet, undoing: bool) -> None:
        now = timezone.now()
        if (now - operation.step_since).total_seconds() > result.patience_s:
            self._stumble(operation, step=step, error=f"{result.note} in {result.patience_s:.0f} s", undoing=undoing)
            return
        operation.next_try_at = now + timedelta(seconds=result.wait_s)
        operation.save(update_fields=["next_try_at"])

    def _stumble(self, operation: Operation, *, step: Step, error: str, undoing: bool) -> None:
        """Try again later; give up after the last attempt, except where giving up would leave something behind."""
        operation.attempts += 1
        operation.error = error[:_ERROR_CHARS]
        operation.step_since = timezone.now()
        machine = operation.machine
        log.warning("step_failed", machine=machine.name, step=step.value, error=error, attempt=operation.attempts)
        must_end = undoing or operation.kind == OperationKind.DELETE
        if operation.attempts >= ATTEMPTS_MAX and not must_end:
            operation.state = operation_after(OperationState(operation.state), OperationTrigger.GIVE_UP)
            operation.step, operation.attempts = 0, 0
            operation.next_try_at = timezone.now()
        else:
            operation.state = operation_after(OperationState(operation.state), OperationTrigger.STUMBLE)
            operation.next_try_at = timezone.now() + back_off(operation.attempts)
        operation.save()
        self._tell(operation)

    def _finish(self, operation: Operation, *, undoing: bool) -> None:
        machine = operation.machine
        if undoing:
            operation_end(operation, trigger=OperationTrigger.UNDONE)
            self._give_up(operation)
        else:
            operation_end(operation, trigger=OperationTrigger.FINISH)
            if operation.kind == OperationKind.DELETE:
                life_move(machine=machine, trigger=LifeTrigger.GONE)
            elif operation.kind in (OperationKind.START, OperationKind.RESTART):
                settle_after_restart(machine)
        log.info("operation_ended", machine=machine.name, operation=operation.kind, state=operation.state)

    def _give_up(self, operation: Operation) -> None:
        """Say on the machine what came of it. A change of size that was taken back leaves the machine as it was."""
        machine, fault = operation.machine, operation.error
        if operation.kind in (OperationKind.RESIZE, OperationKind.STOP):
            machine.fault = fault[:_ERROR_CHARS]
            machine.save(update_fields=["fault"])
            event_append(machine=machine, kind=EventKind.MACHINE, body={"fault": machine.fault})
        elif (machine.life_state, LifeTrigger.FAIL) in LIFE:
            life_move(machine=machine, trigger=LifeTrigger.FAIL, fault=fault)

    def _tell(self, operation: Operation) -> None:
        body = {"operation": operation.kind, "state": operation.state, "step": operation.step}
        event_append(machine=operation.machine, kind=EventKind.OPERATION, body=body)


def tenants() -> list[int]:
    """Return the tenants that have hosts."""
    return list(HostedTenant.objects.order_by("tenant_number").values_list("tenant_number", flat=True))


def _words(problem: Failed | Refused) -> str:
    if isinstance(problem, Refused):
        with suppress(KeyError):
            return f"{problem.detail} {problem.figures['hosts']}"
        return problem.detail
    return f"{problem.what}: {problem.cause}" if problem.cause else problem.what
