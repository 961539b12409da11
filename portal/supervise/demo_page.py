"""What a start says when it is done: addresses, logins, what to try next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from portal.lib.paths import var_dir
from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import PORTAL_CLUSTER
from portal.supervise.programs import Plan

_PAGE_BY_ROLE = {
    "investor": ("Trading", "trade/"),
    "risk_officer": ("Risk desk", "risk/"),
    "back_office_maker": ("Back office", "admin/"),
    "back_office_checker": ("Back office", "admin/"),
    "server_admin": ("Servers", "servers/"),
    "network_admin": ("Network", "network/"),
    "broker_admin": ("Admin", "admin/"),
    "platform_operator": ("Platform", "admin/"),
}


def credentials_file() -> Path:
    """Return where the demo's logins are kept (0600)."""
    return var_dir() / "demo-credentials.json"


def embedded_server_words() -> tuple[str, str, str]:
    """Return name, outcome and note of the database step."""
    cluster = Cluster.named(PORTAL_CLUSTER)
    note = str(_short(cluster.socket_dir))
    if cluster.moved:
        note += f" (data in {cluster.home}: the user {cluster.identity.name} cannot reach the clone)"
    return f"PostgreSQL {cluster.version} (embedded)", "ready", note


def closing_words(plan: Plan, *, seconds: float) -> str:
    """Return the lines under the steps."""
    lines = ["", f"  Portal      {plan.url}", f"  API docs    {plan.url}api/docs/", f"  Health      {plan.url}health/"]
    if plan.demo:
        lines += ["", *_logins(plan)]
        lines += [
            "",
            "  Try: buy one lot at /trade/ and watch /risk/ in a second window; then ask for a machine at /machines/.",
            f"  Passwords are also in {_short(credentials_file())}. Demo logins work on loopback only.",
        ]
    else:
        lines += ["", "  Make the first broker: manage.py tenant_create --help"]
    lines += [
        f"  Ready after {seconds:.0f} s. Ctrl-C or `make stop` stops everything; `make status` shows the processes."
    ]
    return "\n".join(lines)


def _logins(plan: Plan) -> list[str]:
    try:
        users: list[dict[str, Any]] = json.loads(credentials_file().read_text(encoding="utf-8"))["users"]
    except (OSError, ValueError, KeyError):
        return []
    lines = []
    for user in users:
        title, path = _PAGE_BY_ROLE.get(user["role"], ("Portal", ""))
        where = f"{plan.url}{path}"
        lines.append(
            f"  {title:<11} {where:<36} {user['tenant'] or '-':<10} {user['role']:<20} "
            f"{user['username']} / {user['password']}"
        )
    return lines


def _short(path: Path) -> Path:
    """Return a path as seen from the clone where that is shorter."""
    try:
        return path.relative_to(Path.cwd())
    except ValueError:
        return path
