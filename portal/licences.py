"""The page that names the libraries the browser runs and shows their licences."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.tenancy.routes import RouteScope, route_scope
from portal import vendoring


@route_scope(RouteScope.ANON)
def licences(request: HttpRequest) -> HttpResponse:
    """Show every vendored library with its notice and the text of its licence."""
    libraries = [
        record | {"text": (vendoring.folder_of(record) / "LICENSE").read_text("utf-8")}
        for record in vendoring.vendored_records()
    ]
    return render(request, "portal/licences.html", {"libraries": libraries})
