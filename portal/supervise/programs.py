"""Which programs make a portal, in the order of their start, and how each is known to be of use."""

from __future__ import annotations

import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from portal.lib.paths import REPOSITORY, socket_path
from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import EMBEDDED, PORTAL_CLUSTER, server_kind
from portal.supervise.child import Program

RECONCILER: Final = "runreconciler"

# A crowd at the doors must not keep the books waiting: on a full machine the web yields to core, database and
# followers. Its own answers wait for the core anyway, so it loses nothing by it.
WEB_COMMAND: Final = ("nice", "-n", "5", sys.executable, "-m", "daphne")

# Settings a shell may carry that would put every process under one database role, or an administrator's DSN
# into processes that must never see it; or make every process compile all modules anew at each start.
_NOT_FOR_CHILDREN: Final = (
    "AURUM_ROLE",
    "DATABASE_URL",
    "DATABASE_URL_FILE",
    "DJANGO_SETTINGS_MODULE",
    "PYTHONDONTWRITEBYTECODE",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What kind of portal is started."""

    demo: bool
    data: str
    speed: str
    listener: socket.socket
    bind: str
    port: int
    web_processes: int

    @property
    def url(self) -> str:
        """Return the portal's address for a person on this machine."""
        host = "127.0.0.1" if self.bind in {"", "0.0.0.0"} else self.bind  # noqa: S104  (compared, not bound)
        return f"http://{host}:{self.port}/"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process."""
        kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_CHILDREN}
        return kept | {
            "AURUM_PORT": str(self.port),
            "AURUM_BIND": self.bind,
            "AURUM_DEMO": "1" if self.demo else "0",
            "PYTHONUNBUFFERED": "1",
        }


def postgres(plan: Plan) -> Program | None:
    """Return the database server's program, or None when somebody else's server is used."""
    if server_kind() != EMBEDDED:
        return None
    cluster = Cluster.named(PORTAL_CLUSTER)
    return _manage(plan, "embedded_postgres", ready=cluster.answers, stop_seconds_max=70)


def core(plan: Plan) -> Program:
    """Return the trading core's program."""
    return _manage(plan, "runcore", ready=lambda: accepts("core"), stop_seconds_max=40)


def followers(plan: Plan) -> Program:
    """Return the followers' program."""
    return _manage(plan, "runfollowers", ready=lambda: True)


def web(plan: Plan, *, number: int = 1) -> Program:
    """Return a web server's program; all of them share the listening socket the supervisor opened."""
    descriptor = plan.listener.fileno()
    name = "daphne" if number == 1 else f"daphne-{number}"
    return Program(
        name=name,
        command=[*WEB_COMMAND, "--fd", str(descriptor), "portal.asgi:application"],
        environment=plan.environment() | {"AURUM_ROLE": "web"},
        ready=lambda: answers(f"{plan.url}health/ready"),
        pass_descriptors=(descriptor,),
    )


def reconciler(plan: Plan) -> Program:
    """Return the program that keeps machines as they are wanted."""
    return _manage(plan, RECONCILER, ready=lambda: True)


def simulation(plan: Plan) -> Program:
    """Return the demo market's participants."""
    extra = ["--replay", plan.data, "--speed", plan.speed] if plan.data else []
    return _manage(plan, "runsimulation", *extra, ready=lambda: True)


def accepts(name: str) -> bool:
    """Say whether the process behind a named unix socket accepts connections."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(str(socket_path(name)))
        except OSError:
            return False
    return True


def answers(url: str) -> bool:
    """Say whether a web address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=3) as answer:  # noqa: S310  (our own loopback address)
            return bool(answer.status == 200)
    except OSError:
        return False


def open_listener(*, bind: str, port: int, attempts: int = 50) -> tuple[socket.socket, int]:
    """Open the web's listening socket on the wanted port, or on the next free one."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    for candidate in range(port, min(port + attempts, 65_536)):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((bind, candidate))
            listener.listen(1024)
        except OSError as problem:
            listener.close()
            last = problem
            continue
        listener.set_inheritable(True)
        return listener, candidate
    raise OSError(f"no free port from {port} to {port + attempts - 1} on {bind}: {last}")


def _manage(
    plan: Plan, command: str, *arguments: str, ready: Callable[[], bool], stop_seconds_max: float = 20.0
) -> Program:
    return Program(
        name=command,
        command=[sys.executable, str(REPOSITORY / "manage.py"), command, *arguments],
        environment=plan.environment(),
        ready=ready,
        stop_seconds_max=stop_seconds_max,
    )
