"""Tables of the hosting app."""

from vmhosting.models.hosts import Address, Host, HostedTenant, Plan, Quota, Segment
from vmhosting.models.machines import (
    Machine,
    MachineCounter,
    MachineEvent,
    MachineRequest,
    Operation,
    Pulse,
)

__all__ = [
    "Address",
    "Host",
    "HostedTenant",
    "Machine",
    "MachineCounter",
    "MachineEvent",
    "MachineRequest",
    "Operation",
    "Plan",
    "Pulse",
    "Quota",
    "Segment",
]
