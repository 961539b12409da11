"""The engine is pure: no Django, no clock, no I/O, no randomness, no floats, and two halves that never meet."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[2] / "trading" / "engine"
MODULES = sorted(ENGINE.rglob("*.py"))
ALLOWED = {"__future__", "bisect", "collections", "dataclasses", "hashlib", "msgspec", "struct", "typing"}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            found.add(node.module or "")
    return found


def test_importing_the_machine_loads_no_django() -> None:
    code = "import trading.engine.machine, sys; print(sorted({m.split('.')[0] for m in sys.modules} & {'django'}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ENGINE.parents[1], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ENGINE)) for path in MODULES])
def test_a_module_imports_nothing_that_could_make_two_runs_differ(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] in ALLOWED or name.startswith("trading.engine"), name


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ENGINE)) for path in MODULES])
def test_a_module_holds_no_float(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not isinstance(node, ast.Div), "true division"
        assert not (isinstance(node, ast.Name) and node.id in {"float", "hash", "id"}), node.id


def test_exchange_and_counter_do_not_know_each_other() -> None:
    for half, other in (("exchange", "counter"), ("counter", "exchange")):
        for path in (ENGINE / half).glob("*.py"):
            assert not {name for name in imports(path) if f"engine.{other}" in name}, path


def test_the_naive_book_shares_no_code_with_the_fast_one() -> None:
    assert imports(ENGINE / "exchange" / "reference_book.py") == {"__future__", "dataclasses"}
