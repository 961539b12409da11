"""Admin of hosts, plans, quotas, segments, machines: lists to read, buttons that call services."""

from vmhosting.admin import hosts, machines

__all__ = ["hosts", "machines"]
