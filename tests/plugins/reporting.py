"""What a run says at its end: skips counted by reason, and loudly when the market data is absent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of recorded market data (`AURUM_DATA`); tests that need it are skipped without it."""
    folder = _data_dir()
    if not folder.is_dir():
        pytest.skip(f"market data not found: set AURUM_DATA to its folder (looked at {folder.name})")
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count skips by reason."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[text.removeprefix("Skipped: ")] += 1
    terminalreporter.section("skips by reason", sep="-")
    if not reasons:
        terminalreporter.line("none")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count:5d}  {reason}")
    if not _data_dir().is_dir():
        terminalreporter.section("MARKET DATA ABSENT", sep="!", red=True)
        terminalreporter.line(
            f"AURUM_DATA is {_data_dir()}: no such folder. Tests on recorded market data were skipped.", red=True
        )


def _data_dir() -> Path:
    import os

    from portal.lib.paths import REPOSITORY

    configured = os.environ.get("AURUM_DATA")
    return Path(configured) if configured else REPOSITORY.parent / "shared" / "data"
