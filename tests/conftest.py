"""The test session: an own PostgreSQL, one cloned database a worker, the weakest role for the code under test.

The controller starts the server and builds a template keyed by the migrations; each worker clones it, so that
workers never share a row. `default` connects as the web role, exactly as in production; `owner` makes rows that
nobody may make through the web. Data that has to be committed is swept away after the test.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# The sources are what is tested; `AURUM_COMPILED=1` runs the same tests on what `make build-engine` made of them.
if os.environ.setdefault("AURUM_COMPILED", "0") == "1":
    from portal.lib import compiled

    if compiled.activate() != "compiled":
        raise SystemExit("AURUM_COMPILED=1, but there is no compiled form of these sources: make build-engine")

pytest_plugins = [
    "tests.plugins.session",
    "tests.plugins.groups",
    "tests.plugins.databases",
    "tests.plugins.names",
    "tests.plugins.people",
    "tests.plugins.processes",
    "tests.plugins.browser",
    "tests.plugins.reporting",
]

# Playwright's synchronous driver leaves a loop running in the test's thread, which Django would refuse.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture(autouse=True)
def _default_language() -> object:
    """Each test starts in the default language, whatever the one before it switched to."""
    from django.utils import translation

    with translation.override("zh-hans"):
        yield
