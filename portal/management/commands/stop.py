"""`manage.py stop`: see `portal.supervise.halt`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from portal.supervise import halt


class Command(BaseCommand):
    """Stops every process of the portal; does nothing when it does not run."""

    help = "Stop every process of the portal; does nothing when it does not run."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop."""
        sys.exit(halt.run())
