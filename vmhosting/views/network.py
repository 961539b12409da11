"""The network administrator's console: segments and addresses, what is on, and what is off and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from vmhosting.network.base import NetworkPart, PartStatus, Reason
from vmhosting.selectors.hosts import clients_by_account
from vmhosting.selectors.network import network_parts, segments_shown
from vmhosting.views.acts import actor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """A part of the network in words."""

    name: str
    says: str
    status: PartStatus


@route_scope(RouteScope.STAFF, right=Right.NETWORK_VIEW)
@require_GET
def network(request: HttpRequest) -> HttpResponse:
    """Show the console."""
    lines = [_line(status) for status in network_parts()]
    context = {
        "on": [line for line in lines if line.status.on],
        "off": [line for line in lines if not line.status.on],
        "segments": segments_shown(),
        "clients": clients_by_account(),
        "may_see_hosts": actor_of(request).has(Right.HOST_VIEW),
    }
    return render(request, "vmhosting/network.html", context)


def _line(status: PartStatus) -> PartLine:
    names = {
        NetworkPart.ISOLATION: _("Machines are closed off"),
        NetworkPart.WEB_DOOR: _("Web door of each machine"),
        NetworkPart.FIREWALL: _("Firewall"),
        NetworkPart.WIREGUARD: "WireGuard",
        NetworkPart.OPENVPN: "OpenVPN",
    }
    if status.on:
        says = {
            NetworkPart.ISOLATION: _("No interface, no route: a machine reaches no address, machine or database."),
            NetworkPart.WEB_DOOR: _("One socket a machine, forwarded to the web server only; its own key opens it."),
        }.get(status.part, _("On."))
    else:
        says = _why(status)
    return PartLine(name=names[status.part], says=says, status=status)


def _why(status: PartStatus) -> str:
    words: Final = {
        Reason.MACHINES_HAVE_NO_NETWORK: _(
            "Off: these machines have no network to filter. It comes with virtual machines in a later release."
        ),
        Reason.NO_MACHINE_TO_REACH: _(
            "Off: there is no machine to reach through it. Investors use the browser; it comes with virtual machines."
        ),
        Reason.SANDBOX_UNUSABLE: _("Off: no host can run a machine. The servers page says what is missing."),
    }
    return words.get(status.reason, _("Off."))
