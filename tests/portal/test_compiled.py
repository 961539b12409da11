"""Compiled modules are taken only when they were made of exactly the sources that lie here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from portal.lib import compiled

SOURCE = "trading/engine/bounds.py"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as `make build-engine` leaves it, with one module."""
    monkeypatch.setattr(compiled, "folder", lambda: tmp_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.delenv("AURUM_COMPILED", raising=False)
    write(tmp_path, digest=compiled.source_hash(compiled.REPOSITORY / SOURCE))
    return tmp_path


def write(folder: Path, *, digest: str, python: str = sys.implementation.cache_tag or "") -> None:
    manifest = {"python": python, "modules": {"aurum_absent": "absent.so"}, "sources": {SOURCE: digest}}
    (folder / compiled.MANIFEST).write_text(json.dumps(manifest))


@pytest.mark.usefixtures("built")
def test_what_fits_is_used() -> None:
    assert compiled.activate() == "compiled"
    found = sys.meta_path[0].find_spec("aurum_absent", None)
    assert found is not None
    assert str(found.origin).endswith("absent.so")
    assert sys.meta_path[0].find_spec("json", None) is None


def test_a_changed_source_makes_all_of_it_stale(built: Path) -> None:
    before = list(sys.meta_path)
    write(built, digest="0" * 64)
    assert compiled.activate() == "stale"
    assert sys.meta_path == before


def test_another_python_makes_it_stale(built: Path) -> None:
    write(built, digest=compiled.source_hash(compiled.REPOSITORY / SOURCE), python="cpython-27")
    assert compiled.activate() == "stale"


@pytest.mark.parametrize("text", [None, "", "{"])
def test_without_a_readable_manifest_the_sources_run(built: Path, text: str | None) -> None:
    manifest = built / compiled.MANIFEST
    if text is None:
        manifest.unlink()
    else:
        manifest.write_text(text)
    assert compiled.activate() == "plain"


@pytest.mark.usefixtures("built")
def test_it_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AURUM_COMPILED", "0")
    assert compiled.activate() == "plain"


def test_a_constant_that_is_compiled_in_ties_the_compiled_form() -> None:
    """mypyc inlines constants of modules that are not compiled themselves."""
    from portal.deploy.compile import sources, tied

    assert set(sources()) < set(tied())
    assert {"trading/engine/types.py", "trading/engine/events.py", "trading/choices.py"} <= set(tied())


def test_modules_of_structs_are_not_compiled() -> None:
    from portal.deploy.compile import sources

    found = sources()
    assert "trading/engine/machine.py" in found
    texts = {name: (compiled.REPOSITORY / name).read_text() for name in found}
    assert [name for name, text in texts.items() if "msgspec.Struct" in text or "(Event, " in text] == []


def test_a_struct_is_found_wherever_it_is_put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from portal.deploy import compile as compiling

    folder = tmp_path / "trading/engine"
    folder.mkdir(parents=True)
    (folder / "new.py").write_text("import msgspec\nclass New(msgspec.Struct, array_like=True):\n    a: int = 0\n")
    (folder / "rule.py").write_text("class Rule:\n    pass\n")
    monkeypatch.setattr(compiling, "REPOSITORY", tmp_path)
    assert "trading/engine/new.py" not in compiling.sources()
    assert "trading/engine/rule.py" in compiling.sources()
