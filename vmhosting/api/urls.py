"""Routes of the machines' REST."""

from django.urls import path

from vmhosting.api import agents, machines, staff

urlpatterns = [
    path("machines", machines.MachinesView.as_view(), name="api-machines"),
    path("machines/plans", machines.PlansView.as_view(), name="api-machine-plans"),
    path("machines/events", machines.NewsView.as_view(), name="api-machine-events"),
    path("machines/requests", staff.RequestsView.as_view(), name="api-machine-requests"),
    path("machines/requests/<int:number>/approve", staff.ApproveView.as_view(), name="api-machine-approve"),
    path("machines/requests/<int:number>/refuse", staff.RefuseView.as_view(), name="api-machine-refuse"),
    path("machines/agent/heartbeat", agents.HeartbeatView.as_view(), name="api-agent-heartbeat"),
    path("machines/agent/log", agents.AgentLogView.as_view(), name="api-agent-log"),
    path("machines/<str:uuid>", machines.MachineView.as_view(), name="api-machine"),
    path("machines/<str:uuid>/start", machines.StartView.as_view(), name="api-machine-start"),
    path("machines/<str:uuid>/stop", machines.StopView.as_view(), name="api-machine-stop"),
    path("machines/<str:uuid>/restart", machines.RestartView.as_view(), name="api-machine-restart"),
    path("machines/<str:uuid>/resize", machines.ResizeView.as_view(), name="api-machine-resize"),
    path("machines/<str:uuid>/parameters", machines.ParametersView.as_view(), name="api-machine-parameters"),
    path("machines/<str:uuid>/log", machines.LogView.as_view(), name="api-machine-log"),
    path("hosts", staff.HostsView.as_view(), name="api-hosts"),
    path("network/segments", staff.SegmentsView.as_view(), name="api-network-segments"),
]
