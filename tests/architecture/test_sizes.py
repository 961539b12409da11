"""A file holds one noun and a function fits on a screen; the limits only ever get tighter."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import name, python_files, text_files, tree

pytestmark = pytest.mark.xdist_group("sources")

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
TEMPLATE_LINES_MAX = 140


def test_no_file_is_longer_than_600_lines() -> None:
    long = {
        name(path): lines
        for path in text_files()
        if path.suffix in {".py", ".js", ".css"}
        and "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES_MAX
    }
    assert long == {}


def test_no_function_is_longer_than_70_lines() -> None:
    long = {}
    for path in python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long[f"{name(path)}:{node.name}"] = lines
    assert long == {}


def test_no_template_is_longer_than_two_screens() -> None:
    long = {
        name(path): lines
        for path in text_files()
        if path.suffix == ".html" and (lines := path.read_text(encoding="utf-8").count("\n")) > TEMPLATE_LINES_MAX
    }
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(path)
        for path in python_files(with_tests=False)
        if tree(path).body and not ast.get_docstring(tree(path))  # an empty package marker has nothing to say
    ]
    assert silent == []


def test_every_public_class_has_a_docstring() -> None:
    silent = [
        f"{name(path)}:{node.name}"
        for path in python_files(with_tests=False)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and node.name not in {"Meta", "Media"}
        and not ast.get_docstring(node)
    ]
    assert silent == []
