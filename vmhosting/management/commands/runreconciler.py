"""Run the hosting reconciler until SIGTERM. Machines outlive it and are taken over by the next one."""

from __future__ import annotations

import signal
import threading
from typing import Any, Final

import structlog
from django.conf import settings
from django.core.management.base import BaseCommand

from portal.lib.memory import settle_memory
from vmhosting.drivers.base import WebDoor
from vmhosting.drivers.catalogue import drivers
from vmhosting.network.isolation import IsolationNetwork
from vmhosting.reconciler import Reconciler

# A server that listens everywhere is reached from its own computer by the loopback.
_AS_SEEN_HERE: Final = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
log = structlog.get_logger(__name__)


class Command(BaseCommand):
    """`manage.py runreconciler [--web HOST:PORT]`."""

    help = "Brings machines to what is wanted; machines go on running when it stops."

    def add_arguments(self, parser: Any) -> None:
        """Add the one option."""
        parser.add_argument("--web", default="", help="host:port of the web server machines are forwarded to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run until stopped."""
        known = drivers()
        for driver in known.values():
            capabilities = driver.capabilities()
            if not capabilities.usable:
                # Pages say the same; requests can be made and approved, and start when the cause is removed.
                why = {"problem": capabilities.problem, "remedy": capabilities.remedy}
                log.warning("driver_unusable", driver=driver.kind, **why)
        network = IsolationNetwork(sandbox_usable=lambda: known["sandbox"].capabilities().usable)
        door = web_door(options["web"])
        reconciler = Reconciler(drivers=known, network=network, door=door, web_name=web_name())
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        log.info("reconciler_started", web=f"{door.host}:{door.port}")
        settle_memory()
        reconciler.run(stop=stop)
        log.info("reconciler_stopped")


def web_door(given: str) -> WebDoor:
    """Return where machines are forwarded to: the option, or the portal's own address as seen from this computer."""
    if given:
        host, _, port = given.rpartition(":")
        return WebDoor(host=host.strip("[]"), port=int(port))
    return WebDoor(host=_AS_SEEN_HERE.get(settings.BIND_ADDRESS, settings.BIND_ADDRESS), port=settings.PORT)


def web_name() -> str:
    """Return a host name that the web server answers to."""
    names = [name for name in settings.ALLOWED_HOSTS if not name.startswith((".", "*", "["))]
    return "localhost" if "localhost" in names or not names else names[0]
