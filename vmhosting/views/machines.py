"""The investor's machines: list, one in detail, the wizard to ask for another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.auth.actor import Actor
from accounts.permissions import Right
from accounts.selectors.accounts import accounts_held_by
from accounts.tenancy.routes import RouteScope, route_scope
from portal.js_words import words_for
from portal.lib.errors import Refused
from vmhosting import words
from vmhosting.models import Plan
from vmhosting.placement import Size, choose
from vmhosting.selectors.machines import log_tail, news_head, operations_last
from vmhosting.selectors.places import rooms
from vmhosting.selectors.quotas import QuotaState, plans_offered, quota_state, shortage
from vmhosting.services import machines as services
from vmhosting.services.guard import machine_seen
from vmhosting.services.requests import machine_request, machine_resize, request_withdraw
from vmhosting.services.sizes import parameter_table, strategy_names
from vmhosting.views.acts import actor_of, attempt, back, thousandths, whole
from vmhosting.views.cards import Card, cards_of, task_lines

_PARTS: Final = {
    "list": "vmhosting/partials/list.html",
    "detail": "vmhosting/partials/detail.html",
    "quota": "vmhosting/partials/quota.html",
    "tasks": "vmhosting/partials/tasks.html",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChoice:
    """A plan in the wizard; an impossible one stays visible with its reason."""

    plan: Plan
    name: str
    reason: str


@route_scope(RouteScope.TENANT, right=Right.MACHINE_VIEW_OWN)
@require_GET
def machines(request: HttpRequest) -> HttpResponse:
    """Show the page."""
    actor = actor_of(request)
    # Read before the rows: what changes while the page is made comes again as news above this number.
    through = news_head()
    context = _context(request, actor=actor)
    context["words"] = words_for("portal/js/machines")
    context["config"] = {
        "socket": "/ws/machines/",
        "through": through,
        "selected": context["card"].machine.uuid if context["card"] else "",
        "part": reverse("machines-part", args=["NAME"]),
    }
    return render(request, "vmhosting/machines.html", context)


@route_scope(RouteScope.TENANT, right=Right.MACHINE_VIEW_OWN)
@require_GET
def part(request: HttpRequest, name: str) -> HttpResponse:
    """Return one fragment: the same template the page includes."""
    template = _PARTS.get(name)
    if template is None:
        raise Http404
    return render(request, template, _context(request, actor=actor_of(request)))


@route_scope(RouteScope.TENANT, right={"POST": Right.MACHINE_REQUEST})
@require_POST
def ask(request: HttpRequest) -> HttpResponse:
    """Take the wizard's form."""
    actor, fields = actor_of(request), request.POST
    plan = next((plan for plan in plans_offered() if plan.code == fields.get("plan")), None)
    made: list[str] = []

    def act() -> None:
        row = machine_request(
            actor=actor,
            account_id=whole(fields, "account"),
            plan_id=plan.pk if plan else None,
            cpu_milli=plan.cpu_milli if plan else 0,
            memory_mib=whole(fields, "memory") or (plan.memory_mib if plan else 0),
            disk_mib=plan.disk_mib if plan else 0,
            purpose=fields.get("purpose", ""),
            strategy=fields.get("strategy", "ma_cross"),
            cancel_on_disconnect=fields.get("cancel_on_disconnect") == "on",
        )
        made.append(row.machine.uuid)

    attempt(request, act, done=_("Asked for. The server administrator decides; you see it here at once."))
    return back(reverse("machines") + (f"?m={made[0]}" if made else ""))


@route_scope(RouteScope.TENANT, right={"POST": Right.MACHINE_REQUEST})
@require_POST
def act(request: HttpRequest, uuid: str, verb: str) -> HttpResponse:
    """Take a button of one machine."""
    actor = actor_of(request)
    todo = _ACTS.get(verb)
    if todo is None:
        raise Http404
    machine = machine_seen(actor=actor, uuid=uuid)
    if verb == "delete" and request.POST.get("word", "").strip() != machine.name:
        raise_word = Refused("invalid", {"word": machine.name}, detail=_("Type the machine's name to delete it."))
        attempt(request, lambda: _raise(raise_word), done="")
        return back(f"{reverse('machines')}?m={uuid}")
    attempt(request, lambda: todo(actor, uuid, request.POST), done=_DONE[verb]())
    return back(reverse("machines") if verb == "delete" else f"{reverse('machines')}?m={uuid}")


def _context(request: HttpRequest, *, actor: Actor) -> dict[str, Any]:
    shown = cards_of(actor)
    chosen = request.GET.get("m", "")
    card = next((card for card in shown if card.machine.uuid == chosen), shown[0] if shown else None)
    quota = quota_state(user_id=actor.user_id)
    last = operations_last(card.machine) if card else []
    return {
        "cards": shown,
        "card": card,
        "quota": quota,
        "log": log_tail(card.machine) if card else [],
        "parameters": _parameters(card),
        "operation": last[0] if last else None,
        "tasks": task_lines(last[0]) if last else [],
        "plans": _plans(actor=actor, quota=quota),
        "accounts": sorted(accounts_held_by(user_id=actor.user_id)),
        "strategies": strategy_names(),
        "may_ask": actor.has(Right.MACHINE_REQUEST),
    }


def _plans(*, actor: Actor, quota: QuotaState) -> list[PlanChoice]:
    offered = rooms(owner_id=actor.user_id)
    english = (get_language() or "").startswith("en")
    found = []
    for plan in plans_offered():
        size = Size(cpu_milli=plan.cpu_milli, memory_mib=plan.memory_mib, disk_mib=plan.disk_mib)
        lacking = shortage(quota=quota, cpu_milli=size.cpu_milli, memory_mib=size.memory_mib)
        reason = _lacking_words(lacking)
        if not reason and choose(offered, size=size) is None:
            reason = _("No host has room for it now.") if offered else _("No host is registered yet.")
        found.append(PlanChoice(plan=plan, name=plan.name_en if english else plan.name, reason=reason))
    return found


def _lacking_words(lacking: Mapping[str, int]) -> str:
    if "machines_needed" in lacking:
        return _("You have as many machines as your quota allows.")
    if "cpu_milli_needed" in lacking:
        needed, left = words.cpu(lacking["cpu_milli_needed"]), words.cpu(lacking["cpu_milli_left"])
        return _("Needs %(needed)s CPU, you have %(left)s left.") % {"needed": needed, "left": left}
    if "memory_mib_needed" in lacking:
        needed, left = words.mib(lacking["memory_mib_needed"]), words.mib(lacking["memory_mib_left"])
        return _("Needs %(needed)s of memory, you have %(left)s left.") % {"needed": needed, "left": left}
    return ""


def _parameters(card: Card | None) -> list[dict[str, Any]]:
    if card is None:
        return []
    table = parameter_table(card.machine.strategy)
    return [
        {"name": name, "meaning": _(meaning), "value": card.machine.parameters.get(name, default), "default": default}
        for name, (default, meaning) in table.items()
    ]


def _set_parameters(actor: Actor, uuid: str, fields: Mapping[str, Any]) -> None:
    given = {name[2:]: value for name, value in fields.items() if name.startswith("p_") and str(value).strip()}
    services.machine_parameters_set(actor=actor, uuid=uuid, parameters=given)


def _resize(actor: Actor, uuid: str, fields: Mapping[str, Any]) -> None:
    machine_resize(
        actor=actor,
        uuid=uuid,
        cpu_milli=thousandths(fields, "cpu"),
        memory_mib=whole(fields, "memory_mib"),
        disk_mib=whole(fields, "disk_mib"),
    )


def _withdraw(actor: Actor, uuid: str, fields: Mapping[str, Any]) -> None:
    request_withdraw(actor=actor, number=whole(fields, "request"))


def _raise(refused: Refused) -> None:
    raise refused


_ACTS: Final[Mapping[str, Callable[[Actor, str, Mapping[str, Any]], Any]]] = {
    "start": lambda actor, uuid, _fields: services.machine_start(actor=actor, uuid=uuid),
    "stop": lambda actor, uuid, _fields: services.machine_stop(actor=actor, uuid=uuid),
    "restart": lambda actor, uuid, _fields: services.machine_restart(actor=actor, uuid=uuid),
    "delete": lambda actor, uuid, _fields: services.machine_delete(actor=actor, uuid=uuid),
    "retry": lambda actor, uuid, _fields: services.machine_retry(actor=actor, uuid=uuid),
    "resize": _resize,
    "withdraw": _withdraw,
    "parameters": _set_parameters,
}
_DONE: Final[Mapping[str, Callable[[], str]]] = {
    "start": lambda: _("It is being started."),
    "stop": lambda: _("It is being stopped; its strategy cancels its orders first."),
    "restart": lambda: _("It is being restarted."),
    "delete": lambda: _("It is being deleted; its key is revoked."),
    "retry": lambda: _("It is tried again."),
    "resize": lambda: _("Noted. Growing waits for approval, shrinking starts at once."),
    "withdraw": lambda: _("The request is withdrawn."),
    "parameters": lambda: _("Saved. A running strategy takes them within seconds."),
}
