"""HTTP routes of the hosting app."""

from django.urls import URLPattern, URLResolver, include, path

from vmhosting.views import machines, network, servers

urlpatterns: list[URLPattern | URLResolver] = [
    path("machines/", machines.machines, name="machines"),
    path("machines/part/<str:name>/", machines.part, name="machines-part"),
    path("machines/ask/", machines.ask, name="machines-ask"),
    path("machines/<str:uuid>/<str:verb>/", machines.act, name="machines-act"),
    path("servers/", servers.servers, name="servers"),
    path("servers/board/", servers.board, name="servers-board"),
    path("servers/requests/<int:number>/<str:verb>/", servers.decide, name="servers-decide"),
    path("servers/machines/<str:uuid>/<str:verb>/", servers.operate, name="servers-operate"),
    path("servers/hosts/<int:host_id>/drain/", servers.drain, name="servers-drain"),
    path("network/", network.network, name="network"),
    path("api/v1/", include("vmhosting.api.urls")),
]
