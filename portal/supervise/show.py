"""Shows the supervised processes; a non-zero exit status says that the portal does not run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from portal.supervise import state


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `manage.py status`."""
    parser.add_argument("--json", action="store_true", help="print one line of JSON")


def main(arguments: Sequence[str]) -> int:
    """Show the processes; returns 1 when the portal does not run."""
    parser = argparse.ArgumentParser(prog="manage.py status", description=__doc__)
    add_arguments(parser)
    return run(as_json=parser.parse_args(list(arguments)).json)


def run(*, as_json: bool) -> int:
    """Print the state and return the exit status."""
    current = state.read_state()
    alive = current is not None and current.alive()
    processes = current.processes if current else []
    running = alive and current is not None and current.phase == "running" and all(p.alive() for p in processes)
    if as_json:
        body = {
            "running": running,
            "phase": current.phase if current and alive else "stopped",
            "url": current.url if current and alive else None,
            "demo": bool(current and current.demo),
            "processes": [
                {"name": p.name, "pid": p.pid, "status": p.status, "restarts": p.restarts, "alive": p.alive()}
                for p in processes
            ],
        }
        _say(json.dumps(body, ensure_ascii=False))
    elif not alive or current is None:
        _say("the portal does not run; `make demo` or `make start` starts it")
    else:
        _say(f"{current.url}  {current.phase}  (supervisor {current.pid})")
        for process in processes:
            life = process.status if process.alive() else f"gone ({process.status})"
            _say(f"  {process.name:<20} {process.pid:>8}  {life:<10} restarts {process.restarts}")
    return 0 if running else 1


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
