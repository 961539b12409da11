"""Does a sandbox really run here? Answered once per process by running one, not by looking for files."""

from __future__ import annotations

import os
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Final

from portal.lib.errors import Failed
from vmhosting.drivers.base import Capabilities, LimitKind
from vmhosting.drivers.sandbox import command, toolbox
from vmhosting.privileged import cgroups, rights

_TIMEOUT_S: Final = 20
_REMEDY_FIND: Final = "apt-get install bubblewrap"
_REMEDY_NAMESPACES: Final = "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 user.max_user_namespaces=10000"
_PROBE_SLOT: Final = 1999


@lru_cache(maxsize=1)
def probe() -> Capabilities:
    """Run a sandbox that prints one word; say what works or what is missing and the command that adds it."""
    try:
        tool, python = toolbox.bubblewrap(), toolbox.interpreter()
    except Failed as problem:
        return Capabilities(kind="sandbox", usable=False, problem=problem.what, remedy=problem.cause or _REMEDY_FIND)
    except OSError as problem:
        return Capabilities(kind="sandbox", usable=False, problem=str(problem), remedy=_REMEDY_FIND)
    answer = _run(tool, python)
    if answer:
        return Capabilities(
            kind="sandbox", usable=False, problem=answer, remedy=_REMEDY_NAMESPACES, version=tool.version
        )
    groups, reason = cgroups.detect()
    return Capabilities(
        kind="sandbox",
        usable=True,
        version=tool.version,
        limits=LimitKind(groups.kind) if groups else LimitKind.RLIMIT,
        limits_note=reason,
        live_resize=groups is not None,
    )


def _run(tool: toolbox.Bubblewrap, python: toolbox.Interpreter) -> str:
    """Return what went wrong, or nothing."""
    uid = rights.machine_uid(_PROBE_SLOT)
    with tempfile.TemporaryDirectory(prefix="aurum-probe-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        mounts = []
        for part in ("guest", "identity", "door"):
            (folder / part).mkdir(mode=0o700)
            rights.give_to(folder / part, uid=uid)
            mounts.append(folder / part)
        arguments = command.sandbox_command(
            tool=tool,
            python=python,
            mounts=command.Mounts(guest=mounts[0], identity=mounts[1], door=mounts[2]),
            hostname="probe",
            disk_mib=1,
            program=["-c", "import ssl, http.client; print('aurum')"],
        )
        try:
            done = subprocess.run(
                arguments, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env={}, cwd="/",
                preexec_fn=lambda: rights.become(uid), stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (OSError, subprocess.SubprocessError) as problem:
            return f"the sandbox could not be run: {problem}"
    if done.returncode == 0 and done.stdout.strip() == "aurum":
        return ""
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def refresh() -> Capabilities:
    """Forget the answers and probe again, after somebody installed what was missing."""
    probe.cache_clear()
    toolbox.bubblewrap.cache_clear()
    toolbox.interpreter.cache_clear()
    return probe()


def host_name() -> str:
    """Return this host's own name for the page."""
    return os.uname().nodename
