"""Register this computer as a host of a broker, with a first plan, a quota and a segment where there are none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vmhosting.drivers.catalogue import drivers
from vmhosting.services.demo import hosting_set_up


class Command(BaseCommand):
    """`manage.py host_add TENANT [--name NAME]`."""

    help = "Registers this computer as a host of a broker."

    def add_arguments(self, parser: Any) -> None:
        """Declare the options."""
        parser.add_argument("tenant", type=int, help="the tenant's number")
        parser.add_argument("--name", default="host-01")
        parser.add_argument("--room", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        """Register, and say what the host can do."""
        driver = next(iter(drivers().values()))
        capabilities = driver.capabilities()
        host = hosting_set_up(tenant_id=options["tenant"], name=options["name"], room=options["room"])
        self.stdout.write(f"{host.name}: {host.cpu_milli / 1000:g} CPU, {host.memory_mib} MiB for machines")
        if not capabilities.usable:
            raise CommandError(f"registered, but it cannot run machines: {capabilities.problem}; {capabilities.remedy}")
