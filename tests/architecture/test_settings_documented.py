"""Every setting that the product reads is in the operators' page."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.sources import ROOT, python_files, tree

pytestmark = pytest.mark.xdist_group("sources")

READERS = {"text", "optional_text", "flag", "integer", "listing", "folder"}


def test_every_setting_is_documented() -> None:
    page = (ROOT / "portal" / "docs" / "operations.md").read_text(encoding="utf-8")
    read = {
        node.args[0].value
        for path in python_files(with_tests=False)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and node.func.attr in READERS
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    assert {"AURUM_PORT", "AURUM_TLS"} <= read
    assert sorted(name for name in read if f"`{name}`" not in page) == []
