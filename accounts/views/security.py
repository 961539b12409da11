"""`/security/`: a person's keys, sessions and second factors."""

from __future__ import annotations

from typing import Any, Final

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.auth.actor import Actor
from accounts.errors import not_found
from accounts.forms.api_key import ApiKeyForm
from accounts.models import User
from accounts.permissions import Right
from accounts.selectors import people
from accounts.services.api_keys import NewKey, apikey_create, apikey_revoke
from accounts.services.credentials import session_end, sessions_end_all
from accounts.tenancy.routes import RouteScope, route_scope
from portal.lib.errors import Refused

RECENT: Final = 10


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


@route_scope(RouteScope.USER)
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """Show everything that opens this person's login."""
    actor = _actor(request)
    user = request.user
    if not isinstance(user, User):
        raise not_found()
    in_tenant = actor.tenant_id is not None
    context = {
        "factors": people.second_factors_of(user=user),
        "sessions": people.sessions_of(user_id=user.pk, current_key=request.session.session_key),
        "keys": people.keys_of(user_id=user.pk) if in_tenant and actor.has(Right.APIKEY_OWN) else [],
        "may_have_keys": actor.has(Right.APIKEY_OWN),
        "sign_ins": people.sign_ins_recent(user_id=user.pk, limit=RECENT) if in_tenant else [],
        "tenants": people.tenants_of(user_id=user.pk),
    }
    return render(request, "accounts/security.html", context)


@route_scope(RouteScope.USER, right=Right.APIKEY_OWN)
@method_decorator([never_cache, reauthentication_required], name="dispatch")
class KeyCreate(View):
    """Form for a new key; asks for the password again when the sign-in is older than a few minutes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the form."""
        return self._form(request, ApiKeyForm(own_account_ids=_actor(request).own_account_ids))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make the key and show its secret, once and never again."""
        actor = _actor(request)
        form = ApiKeyForm(request.POST, own_account_ids=actor.own_account_ids)
        if not form.is_valid():
            return self._form(request, form)
        try:
            made = _create(actor, form.cleaned_data)
        except Refused as refused:
            form.add_error(None, _(refused.detail))
            return self._form(request, form)
        return render(request, "accounts/key_created.html", {"made": made})

    def _form(self, request: HttpRequest, form: ApiKeyForm) -> HttpResponse:
        return render(request, "accounts/key_form.html", {"form": form}, status=400 if form.errors else 200)


def _create(actor: Actor, chosen: dict[str, Any]) -> NewKey:
    return apikey_create(
        actor=actor,
        user_id=actor.user_id,
        label=chosen["label"],
        scopes=chosen["scopes"],
        allowed_networks=chosen["allowed_networks"],
        account_ids=chosen.get("account_ids"),
        cancel_on_disconnect_s=chosen["cancel_on_disconnect_s"],
    )


@route_scope(RouteScope.USER, right=Right.APIKEY_OWN)
@require_POST
def key_revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """End one of the person's keys."""
    key = apikey_revoke(actor=_actor(request), key_id=key_id)
    messages.success(request, _("The key %(label)s is revoked. Its connections close now.") % {"label": key.label})
    return redirect("security")


@route_scope(RouteScope.USER)
@require_POST
def session_close(request: HttpRequest, session_id: int) -> HttpResponse:
    """End one of the person's sessions."""
    if not session_end(user_id=_actor(request).user_id, session_id=session_id):
        raise not_found()
    messages.success(request, _("The session is ended. Its pages close within seconds."))
    return redirect("security")


@route_scope(RouteScope.USER)
@require_POST
def sessions_close_others(request: HttpRequest) -> HttpResponse:
    """End every session but this one."""
    user = request.user
    if not isinstance(user, User):
        raise not_found()
    ended = sessions_end_all(user=user, except_key=request.session.session_key)
    messages.success(request, _("%(count)d other sessions ended.") % {"count": ended})
    return redirect("security")
