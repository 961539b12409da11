"""The admin site: opened by a right instead of `is_staff`, signed in by the portal's own sign-in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _
from unfold.sites import UnfoldAdminSite as Site

from portal import admin_menu
from portal.admin_base import AurumModelAdmin
from portal.admin_home import home
from portal.ui_context import Ui

# Looks a row up by content type, past the admin page's own filter.
_LEFT_OUT = frozenset({"view_on_site"})


class AurumAdminSite(Site):
    """One flow covers both doors: the admin has no sign-in form of its own, so throttles and second factor hold."""

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Give every page its menu, the person's saved theme, and word of an operator who is inside a tenant."""
        context = super().each_context(request)
        actor = getattr(request, "actor", None)
        saved = Ui(request).theme
        # Without a theme of its own the page follows the system.
        context["theme"] = saved if saved in ("dark", "light") else None
        if self.has_permission(request):
            pages = context["available_apps"]
            context["sidebar_navigation"] = admin_menu.sidebar(path=request.path, actor=actor, app_list=pages)
        if actor is not None and actor.operator_entry_id is not None:
            context["site_subheader"] = _("Inside %(code)s: every request is recorded") % {"code": actor.tenant_code}
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Show what waits for this person and where his work begins."""
        admins = [admin for admin in self._registry.values() if isinstance(admin, AurumModelAdmin)]
        more = {
            "title": _("Back office"),
            "home": home(request, admins),
            "groups": admin_menu.groups(self.get_app_list(request)),
        }
        return super().index(request, {**more, **(extra_context or {})})

    def has_permission(self, request: HttpRequest) -> bool:
        """Open to whoever has the right in the tenant he works for."""
        actor = getattr(request, "actor", None)
        return actor is not None and actor.has("admin_enter")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Send a stranger to the portal's sign-in, and somebody without the right nowhere."""
        if getattr(request, "actor", None) is not None:
            raise Http404
        query = urlencode({"next": request.GET.get("next", request.get_full_path())})
        return redirect(f"{reverse('account_login')}?{query}")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign out where everybody signs out."""
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Change the password where everybody does."""
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go on to the person's own page."""
        return redirect("security")

    def get_urls(self) -> list[URLPattern]:
        """Leave out what the portal does elsewhere."""
        return [entry for entry in super().get_urls() if getattr(entry, "name", None) not in _LEFT_OUT]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Search the pages by name. The stock search keeps its results in a cache under the user alone, for every
        tenant he works for; this one keeps nothing."""
        term = request.GET.get("s", "").strip().lower()
        if not term:
            return HttpResponse()
        results = self._search_apps(self.get_app_list(request), term)
        return TemplateResponse(request, "unfold/helpers/search_results.html", {"results": results, "page_counter": 0})
