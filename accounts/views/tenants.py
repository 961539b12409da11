"""Choosing the broker to work for; entering one as a platform operator."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.auth import revocations, sessions
from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.forms.operator import OperatorEnterForm
from accounts.permissions import Right
from accounts.selectors import people
from accounts.services.tenants import operator_enter, operator_leave
from accounts.tenancy.routes import RouteScope, route_scope


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@route_scope(RouteScope.USER)
@require_POST
def tenant_switch(request: HttpRequest) -> HttpResponse:
    """Work for another of the person's own brokers; a foreign number is answered like an invented one."""
    wanted = request.POST.get("tenant_id", "")
    mine = {str(tenant.pk): tenant.pk for tenant in people.tenants_of(user_id=_actor(request).user_id)}
    if wanted not in mine:
        raise not_found()
    request.session[sessions.TENANT] = mine[wanted]
    key = request.session.session_key
    if key:
        # Sockets opened for the other broker must not live on under this session.
        revocations.announce(tenant_id=None, kind="session", id=sessions.session_ref(key))
    return redirect("home")


@route_scope(RouteScope.PLATFORM, right=Right.TENANT_EDIT)
@method_decorator(never_cache, name="dispatch")
class OperatorEnter(View):
    """Enter one tenant for a while, with a reason that the tenant reads."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form and what is open now."""
        return self._form(request, OperatorEnterForm(tenants=self._tenants()))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter."""
        form = OperatorEnterForm(request.POST, tenants=self._tenants())
        if not form.is_valid():
            return self._form(request, form)
        entry = operator_enter(actor=_actor(request), **form.cleaned_data)
        messages.warning(request, _("You are inside %(tenant)s. Every request is recorded.") % {"tenant": entry.tenant})
        return redirect("operator-enter")

    def _tenants(self) -> list[tuple[int, str]]:
        return [(tenant.pk, f"{tenant.code} · {tenant.name}") for tenant in people.tenants_to_enter()]

    def _form(self, request: HttpRequest, form: OperatorEnterForm) -> HttpResponse:
        context = {"form": form, "entry": people.entry_open(user_id=_actor(request).user_id)}
        return render(request, "accounts/operator_enter.html", context, status=400 if form.errors else 200)


@route_scope(RouteScope.PLATFORM, right=Right.TENANT_EDIT)
@require_POST
def operator_exit(request: HttpRequest) -> HttpResponse:
    """Leave the tenant entered."""
    operator_leave(actor=_actor(request))
    messages.success(request, _("You have left the tenant."))
    return redirect("operator-enter")
