"""Routes that only the tests of the middleware use."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import path

from accounts.errors import not_found
from accounts.models import Client
from accounts.tenancy.routes import RouteScope, route_scope
from portal.urls import urlpatterns as real_urlpatterns

_tenant = route_scope(RouteScope.TENANT)


def _write(name: str) -> None:
    Client(number=name, name=name).save()


@_tenant
def lazily(request: HttpRequest) -> TemplateResponse:
    """Render rows after the view has returned."""
    template = engines["django"].from_string("{% for row in rows %}{{ row.number }};{% endfor %}")
    return TemplateResponse(request, template, {"rows": Client.objects.order_by("number")})


@_tenant
def streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Read rows after the response has left the middleware."""

    def rows() -> Iterator[str]:
        for row in Client.objects.order_by("number"):
            yield f"{row.number};"

    return StreamingHttpResponse(rows())


@_tenant
def writes_then_raises(request: HttpRequest) -> HttpResponse:
    """Write, then fail."""
    _write("raised")
    raise RuntimeError("after the write")


@_tenant
def writes_then_500(request: HttpRequest) -> HttpResponse:
    """Write, then answer 503 oneself."""
    _write("answered")
    return HttpResponse(status=503)


@_tenant
def writes_then_refuses(request: HttpRequest) -> HttpResponse:
    """Write, then let a refusal of a service through."""
    _write("refused")
    raise not_found()


@_tenant
def writes(request: HttpRequest) -> HttpResponse:
    """Write and be done."""
    _write("kept")
    return HttpResponse("ok")


def undeclared(request: HttpRequest) -> HttpResponse:
    """A view whose author declared nothing."""
    return HttpResponse("open")


urlpatterns = [
    *real_urlpatterns,
    path("probe/lazily/", lazily),
    path("probe/streamed/", streamed),
    path("probe/raises/", writes_then_raises),
    path("probe/500/", writes_then_500),
    path("probe/refuses/", writes_then_refuses),
    path("probe/writes/", writes),
    path("probe/undeclared/", undeclared),
]
