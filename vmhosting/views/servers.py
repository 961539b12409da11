"""The server administrator's console: the request that waits on top, with before and after; hosts, machines, tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth.actor import Actor
from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.js_words import words_for
from vmhosting.placement import Size
from vmhosting.selectors.hosts import (
    clients_by_account,
    hosts_shown,
    machines_on_hosts,
    request_before,
    requests_waiting,
    tasks_shown,
)
from vmhosting.selectors.machines import news_head
from vmhosting.services import machines as services
from vmhosting.services.hosts import host_drain
from vmhosting.services.requests import request_approve, request_refuse
from vmhosting.views.acts import actor_of, attempt, back, thousandths, whole
from vmhosting.views.cards import cards, task_now


@route_scope(RouteScope.STAFF, right=Right.HOST_VIEW)
@require_GET
def servers(request: HttpRequest) -> HttpResponse:
    """Show the console."""
    through = news_head()
    context = _context(request)
    context["words"] = words_for("portal/js/machines")
    context["config"] = {"socket": "/ws/machines/", "through": through, "board": reverse("servers-board")}
    return render(request, "vmhosting/servers.html", context)


@route_scope(RouteScope.STAFF, right=Right.HOST_VIEW)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """Return everything below the head: the same template the page includes."""
    return render(request, "vmhosting/partials/board.html", _context(request))


@route_scope(RouteScope.STAFF, right={"POST": Right.MACHINE_APPROVE})
@require_POST
def decide(request: HttpRequest, number: int, verb: str) -> HttpResponse:
    """Approve or refuse a request."""
    actor, fields = actor_of(request), request.POST
    if verb == "approve":
        attempt(request, lambda: _approve(actor, number, fields), done=_("Approved; it is being set up."))
    elif verb == "refuse":
        reason = fields.get("reason", "")
        attempt(
            request,
            lambda: request_refuse(actor=actor, number=number, reason=reason),
            done=_("Refused; the investor sees the reason."),
        )
    else:
        raise Http404
    return back(reverse("servers"))


@route_scope(RouteScope.STAFF, right={"POST": Right.MACHINE_OPERATE})
@require_POST
def operate(request: HttpRequest, uuid: str, verb: str) -> HttpResponse:
    """Take a button of one machine."""
    actor = actor_of(request)
    todo = _ACTS.get(verb)
    if todo is None:
        raise Http404
    attempt(request, lambda: todo(actor, uuid), done=_("It is on its way."))
    return back(f"{reverse('servers')}#machines-h")


@route_scope(RouteScope.STAFF, right={"POST": Right.MACHINE_OPERATE})
@require_POST
def drain(request: HttpRequest, host_id: int) -> HttpResponse:
    """Stop or start giving new machines to a host."""
    actor, on = actor_of(request), request.POST.get("draining") == "1"
    attempt(request, lambda: host_drain(actor=actor, host_id=host_id, draining=on), done=_("Saved."))
    return back(f"{reverse('servers')}#hosts-h")


def _approve(actor: Actor, number: int, fields: Mapping[str, Any]) -> None:
    size = None
    if fields.get("cpu"):
        size = Size(
            cpu_milli=thousandths(fields, "cpu"),
            memory_mib=whole(fields, "memory_mib"),
            disk_mib=whole(fields, "disk_mib"),
        )
    request_approve(actor=actor, number=number, host_id=whole(fields, "host") or None, size=size)


def _context(request: HttpRequest) -> dict[str, Any]:
    actor = actor_of(request)
    waiting = requests_waiting(actor)
    number, host = whole(request.GET, "r"), whole(request.GET, "host")
    first = next((row for row in waiting if row.number == number), waiting[0] if waiting else None)
    return {
        "now": request_before(first, host_id=host or None) if first else None,
        "others": [request_before(row) for row in waiting if first is None or row.pk != first.pk],
        "waiting_count": len(waiting),
        "hosts": hosts_shown(),
        "cards": cards(actor=actor, machines=machines_on_hosts()),
        "clients": clients_by_account(),
        "tasks": [(operation, [line]) for operation in tasks_shown() if (line := task_now(operation))],
        "may_approve": actor.has(Right.MACHINE_APPROVE),
        "may_operate": actor.has(Right.MACHINE_OPERATE),
        "may_see_network": actor.has(Right.NETWORK_VIEW),
    }


_ACTS: Final[Mapping[str, Callable[[Actor, str], Any]]] = {
    "start": lambda actor, uuid: services.machine_start(actor=actor, uuid=uuid),
    "stop": lambda actor, uuid: services.machine_stop(actor=actor, uuid=uuid),
    "restart": lambda actor, uuid: services.machine_restart(actor=actor, uuid=uuid),
    "retry": lambda actor, uuid: services.machine_retry(actor=actor, uuid=uuid),
    "retry-now": lambda actor, uuid: services.operation_retry_now(actor=actor, uuid=uuid),
}
