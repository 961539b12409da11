"""`manage.py machines_park`: see `vmhosting.park`, which the command line runs without Django."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from vmhosting import park


class Command(BaseCommand):
    """Stops the machines' processes on this host; they start again with the next reconciler."""

    help = "Stop the machines' processes on this host; they start again with the next reconciler."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop what runs."""
        sys.exit(park.main())
