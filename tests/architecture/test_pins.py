"""Every dependency is pinned exactly and says why it is here; what they pull in is pinned too."""

from __future__ import annotations

import importlib.metadata
import re

import pytest

from tests.architecture.sources import ROOT

PIN = re.compile(r"([A-Za-z0-9._-]+)(?:\[[\w,]+\])?==(\S+)")
FILES = ("requirements.txt", "requirements-dev.txt", "requirements-bench.txt")


def _lines(file: str) -> list[str]:
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.strip() and not line.startswith(("#", "-r"))]


def _pins() -> dict[str, str]:
    pins = {}
    for file in (*FILES, "constraints.txt"):
        for line in _lines(file):
            match = PIN.match(line)
            assert match, f"{file}: {line!r} is not an exact pin"
            pins[_normal(match[1])] = match[2]
    return pins


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("file", FILES)
def test_gives_a_reason_beside_each_pin(file: str) -> None:
    without = [line for line in _lines(file) if len(line.partition("#")[2].strip()) < 10]
    assert without == []


def test_runs_with_the_pinned_versions() -> None:
    pins = _pins()
    other = {
        package: installed
        for distribution in importlib.metadata.distributions()
        if (package := _normal(distribution.metadata["Name"])) in pins
        and (installed := distribution.version) != pins[package]
    }
    assert other == {}


def test_pins_everything_that_the_run_time_pulls_in() -> None:
    pins, seen, queue = _pins(), set(), [PIN.match(line)[1] for line in _lines("requirements.txt")]
    while queue:
        package = _normal(queue.pop())
        if package in seen:
            continue
        seen.add(package)
        for requirement in importlib.metadata.requires(package) or []:
            if "extra ==" not in requirement and "python_version <" not in requirement:
                needed = re.match(r"[A-Za-z0-9._-]+", requirement)[0]
                if _installed(needed):
                    queue.append(needed)
    assert sorted(seen - set(pins)) == []


def _installed(package: str) -> bool:
    try:
        importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
