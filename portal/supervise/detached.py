"""Starts the supervisor in the background and waits until it has said how the start went."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from portal.lib.paths import REPOSITORY, log_dir
from portal.supervise import state

_WAIT_SECONDS_MAX: Final = 300.0


def start_and_wait(arguments: list[str]) -> int:
    """Run the same command in a session of its own; copy its steps here; return 0 when the portal runs."""
    log = log_dir() / "run_all.log"
    with log.open("w", encoding="utf-8") as stream:
        process = subprocess.Popen(
            [sys.executable, str(REPOSITORY / "manage.py"), *arguments],
            cwd=REPOSITORY,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    deadline = time.monotonic() + _WAIT_SECONDS_MAX
    shown = 0
    while True:
        shown = _copy_news(log, shown)
        status = process.poll()
        if status is not None:
            _copy_news(log, shown)
            return status or 1
        current = state.read_state()
        if current is not None and current.pid == process.pid and current.phase == "running":
            _copy_news(log, shown)
            return 0
        if time.monotonic() > deadline:
            process.terminate()
            sys.stderr.write(f"the portal did not come up within {_WAIT_SECONDS_MAX:.0f} s; see {log}\n")
            return 1
        time.sleep(0.1)


def _copy_news(log: Path, shown: int) -> int:
    # The portal's own `reset` takes the logs away for a moment.
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    sys.stdout.write(text[shown:])
    sys.stdout.flush()
    return len(text)
