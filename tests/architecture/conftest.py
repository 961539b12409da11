"""The syntax trees of the house are read by one worker, once, and let go when its last rule was looked at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.architecture import sources


@pytest.fixture(scope="package", autouse=True)
def _trees_let_go() -> Iterator[None]:
    yield
    sources.tree.cache_clear()
