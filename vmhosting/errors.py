"""Why something about a machine was refused: one stable code each, with the figures that explain it."""

from __future__ import annotations

from enum import StrEnum


class VmCode(StrEnum):
    """Codes that programs may rely on."""

    NOT_FOUND = "not_found"
    RIGHT_MISSING = "right_missing"
    INVALID = "invalid"
    QUOTA_MACHINES = "vm_quota_machines"
    QUOTA_CPU = "vm_quota_cpu"
    QUOTA_MEMORY = "vm_quota_memory"
    HOST_FULL = "vm_host_full"
    WRONG_STATE = "vm_wrong_state"
    BUSY = "vm_busy"
    REQUEST_PENDING = "vm_request_pending"
    REQUEST_DECIDED = "vm_request_decided"
    OWN_REQUEST = "vm_own_request"
    PLAN_UNKNOWN = "vm_plan_unknown"
    SAME_SIZE = "vm_same_size"
    PARAMETERS = "vm_parameters"
    NOT_A_MACHINE = "vm_not_a_machine"
    HOSTS_TAKEN = "vm_host_not_empty"
