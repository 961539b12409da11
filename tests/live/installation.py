"""An installation of its own and the commands a person types, for tests that start the whole portal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.lib.paths import REPOSITORY

START_SECONDS_MAX = 300


class Installation:
    """A folder of state of its own and the commands a person types."""

    def __init__(self, var: Path) -> None:
        self.var = var
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AURUM_", "DJANGO_", "PYTEST_"))}
        self.environment = kept | {"AURUM_VAR": str(var)}

    def manage(self, *words: str, seconds_max: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [sys.executable, str(REPOSITORY / "manage.py"), *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=seconds_max, check=False
        )

    def status(self) -> dict[str, Any]:
        """Return what `status --json` says."""
        return json.loads(self.manage("status", "--json").stdout)
