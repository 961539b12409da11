"""Compiles the exchange part with its measured caller, beside the engine's own compiled modules."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
import tempfile
from pathlib import Path
from shutil import copytree, rmtree
from typing import Final

from portal.deploy.compile import run_mypyc
from portal.lib.errors import Failed

_MODULES: Final = (
    "tests.benchmarks.engine_bench_ours",
    "trading.engine.book_order",
    "trading.engine.exchange.book",
    "trading.engine.exchange.market",
    "trading.engine.exchange.matching",
    "trading.engine.exchange.phases",
    "trading.engine.exchange.price_rule",
    "trading.engine.exchange.stops",
)


def folder() -> Path:
    """Return where the compiled modules lie."""
    return Path(sys.prefix) / "aurum-compiled-bench"


def build() -> None:
    """Compile; takes some ten seconds."""
    sources = [name.replace(".", "/") + ".py" for name in _MODULES]
    with tempfile.TemporaryDirectory(prefix="engine-bench-") as work:
        lib = Path(work) / "lib"
        problem = run_mypyc(sources, work=Path(work), lib=lib)
        if problem:
            raise Failed("the exchange part was not compiled", cause=problem)
        rmtree(folder(), ignore_errors=True)
        copytree(lib, folder())


class _Finder:
    """Finds the compiled modules, and nothing else."""

    @staticmethod
    def find_spec(fullname: str, _path: object = None, _target: object = None) -> importlib.machinery.ModuleSpec | None:
        """Return the compiled module of a name, or None."""
        top, _dot, rest = fullname.rpartition(".")
        found = next((folder() / top.replace(".", "/")).glob(rest + ".*.so"), None) if top in _TOPS else None
        if found is None and fullname.endswith("__mypyc"):
            found = next(folder().glob(fullname + ".*.so"), None)
        if found is None:
            return None
        loader = importlib.machinery.ExtensionFileLoader(fullname, str(found))
        return importlib.util.spec_from_file_location(fullname, found, loader=loader)


_TOPS: Final = {name.rpartition(".")[0] for name in _MODULES}


def activate() -> None:
    """Use the compiled exchange part from now on."""
    sys.meta_path.insert(0, _Finder)
