"""Where the machine's Chromium is, and the flags it starts with."""

from __future__ import annotations

import os
import shutil

_NAMES = ("chromium", "chromium-browser", "google-chrome")
LAUNCH_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Chromium's sandbox refuses to work for root; everybody else keeps it.
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]
MISSING = "Chromium not found: apt-get install chromium fonts-noto-cjk, or set PORTAL_CHROMIUM"


def chromium_path() -> str | None:
    """Return the browser to drive, or None when the machine has none."""
    wanted = os.environ.get("PORTAL_CHROMIUM")
    if wanted:
        return wanted
    return next((found for name in _NAMES if (found := shutil.which(name))), None)
