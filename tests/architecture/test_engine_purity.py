"""The engine computes and nothing else: no clock, no dice, no files, no framework, no floats in its books."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.architecture.sources import ROOT, imported_modules, name, python_files, tree

pytestmark = pytest.mark.xdist_group("sources")

FORBIDDEN_MODULES = {
    "asyncio", "datetime", "django", "io", "multiprocessing", "os", "pathlib", "portal", "psycopg", "random",
    "secrets", "select", "shutil", "socket", "subprocess", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "id", "hash", "globals"}

ENGINE = [path for path in python_files(with_tests=False) if name(path).startswith("trading/engine/")]


def test_there_is_an_engine_to_look_at() -> None:
    assert {"trading/engine/machine.py"} <= {name(path) for path in ENGINE}


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_imports_nothing_that_reaches_outside(path) -> None:
    roots = {module.partition(".")[0] for module in imported_modules(path)}
    assert roots & FORBIDDEN_MODULES == set()


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_calls_nothing_that_reaches_outside_or_differs_between_runs(path) -> None:
    called = {
        node.func.id for node in ast.walk(tree(path)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & FORBIDDEN_CALLS == set()


@pytest.mark.parametrize("path", ENGINE, ids=name)
def test_holds_no_float(path) -> None:
    floats = [
        node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and type(node.value) is float
    ]
    divisions = [
        node.lineno for node in ast.walk(tree(path)) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
    ]
    assert (floats, divisions) == ([], [])


def test_loading_the_machine_loads_no_django() -> None:
    code = (
        "import sys, trading.engine.machine; "
        "outside = {'django', 'psycopg', 'asyncio', 'portal', 'socket'}; "
        "print(sorted(module for module in sys.modules if module.partition('.')[0] in outside))"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
