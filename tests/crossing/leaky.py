"""Views and a socket with the mistakes that people make. Only the planted-leak tests put them on a route.

They read through the owner's connection, because under the web role the third wall would stop each of them: what is
tried here is whether the test would see a leak that got past it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

from accounts.models import Client
from accounts.permissions import Right
from accounts.tenancy.routes import RouteScope, route_scope
from portal.urls import urlpatterns as real_urlpatterns

_tenant = route_scope(RouteScope.TENANT, right=Right.ACCOUNT_VIEW)


def _all_clients() -> list[str]:
    return list(Client.unscoped.using("owner").values_list("name", flat=True))


@_tenant
def unfiltered_list(request: HttpRequest) -> HttpResponse:
    """A list whose author forgot the tenant."""
    return HttpResponse("\n".join(_all_clients()))


@_tenant
def unchecked_object(request: HttpRequest, account_id: int) -> HttpResponse:
    """A page that looks a row up by its number alone; it shows no text, only that the row exists."""
    from accounts.models import AccountHolder

    if not AccountHolder.unscoped.using("owner").filter(account_id=account_id).exists():
        raise Http404
    return HttpResponse("open")


@_tenant
def cached_list(request: HttpRequest) -> HttpResponse:
    """A list cached under a name that all tenants share."""
    cache.set("clients", ["x"], 60)
    return HttpResponse("cached")


@_tenant
def export(request: HttpRequest) -> StreamingHttpResponse:
    """An export whose rows are read after the request's scope has ended."""

    def rows() -> Iterator[bytes]:
        for name in _all_clients():
            yield f"{name}\n".encode()

    return StreamingHttpResponse(rows())


@_tenant
def log_download(request: HttpRequest) -> FileResponse:
    """A log of every tenant as a file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (FileResponse closes it)
    file.write("\n".join(_all_clients()).encode())
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename="log.txt")


@_tenant
def autocomplete(request: HttpRequest) -> JsonResponse:
    """Suggestions for what is typed, out of everybody's names."""
    term = request.GET.get("term", "")
    return JsonResponse({"results": [name for name in _all_clients() if term and term in name]})


@_tenant
def writes_foreign(request: HttpRequest) -> HttpResponse:
    """Changes whatever row the body names."""
    if request.method == "POST" and request.POST.get("client_id", "").isdigit():
        Client.unscoped.using("owner").filter(pk=request.POST["client_id"]).update(name="changed")
    return HttpResponse("ok")


@_tenant
def crashing_writer(request: HttpRequest) -> HttpResponse:
    """Tells the two cases apart by its status only."""
    known = Client.unscoped.using("owner").filter(pk=request.POST.get("client_id") or 0).exists()
    return HttpResponse(status=409 if known else 404) if request.method == "POST" else HttpResponse("ok")


class GroupFromClient(AsyncJsonWebsocketConsumer):
    """A socket that joins whatever group the client names."""

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Join the group."""
        await self.channel_layer.group_add(content["group"], self.channel_name)
        await self.send_json({"joined": True})


LEAKS = {
    "leak-list": path("leak/list/", unfiltered_list, name="leak-list"),
    "leak-object": path("leak/object/<int:account_id>/", unchecked_object, name="leak-object"),
    "leak-cache": path("leak/cache/", cached_list, name="leak-cache"),
    "leak-export": path("leak/export/", export, name="leak-export"),
    "leak-log": path("leak/log/", log_download, name="leak-log"),
    "leak-autocomplete": path("leak/autocomplete/", autocomplete, name="leak-autocomplete"),
    "leak-write": path("leak/write/", writes_foreign, name="leak-write"),
    "leak-status": path("leak/status/", crashing_writer, name="leak-status"),
    "leak-unknown": path("leak/unknown/<int:riddle>/", unfiltered_list, name="leak-unknown"),
}
urlpatterns = [*real_urlpatterns, *LEAKS.values()]
