"""`make build-engine`: the hottest modules through mypyc, where a C compiler exists.

The sources stay as they are; `portal.lib.compiled` takes the compiled files while they fit. Modules that define
message structs are left out: their metaclass is not for mypyc, and they are C already.
"""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from portal.lib.compiled import MANIFEST, folder, source_hash
from portal.lib.paths import REPOSITORY

_NOT_HOT: Final = {"all_events.py", "reference_book.py", "types.py", "__init__.py"}
_OTHERS: Final = (
    "trading/shapes/numbers.py",
    "trading/shapes/contracts.py",
    "trading/shapes/accounts.py",
    "trading/shapes/orders.py",
    "trading/shapes/stream.py",
    "trading/projections/copy_text.py",
    "trading/projections/order_rows.py",
    "trading/projections/fold.py",
    "trading/marketdata/bars.py",
    "riskdesk/picture.py",
    "trading/core/publisher.py",
    "trading/sockets/frames.py",
    "trading/sockets/reader.py",
    "trading/sockets/session.py",
    "trading/sockets/desk.py",
    "trading/sockets/feed.py",
    "trading/sockets/account_feeds.py",
    "trading/sockets/market.py",
    "trading/sockets/depth.py",
)
_SETUP: Final = """
import sys
from mypyc.build import mypycify
from setuptools import setup
target, lib, *sources = sys.argv[1:]
setup(
    name="aurum", packages=[], py_modules=[],
    ext_modules=mypycify(sources, target_dir=target, opt_level="3", debug_level="0"),
    script_args=["-q", "build_ext", "--build-lib", lib, "--build-temp", target],
)
"""


def sources() -> list[str]:
    """Return the modules to compile, as paths in the repository."""
    engine = sorted((REPOSITORY / "trading/engine").rglob("*.py"))
    chosen = [path for path in engine if path.name not in _NOT_HOT and not _defines_structs(path)]
    return [*(str(path.relative_to(REPOSITORY)) for path in chosen), *_OTHERS]


def _defines_structs(path: Path) -> bool:
    """Say whether a module has a class with keywords, as message structs are.

    mypyc drops the keywords without a word: a compiled `array_like` struct would be written as an object, and no
    plain core could read the journal. So this is found out, never listed.
    """
    found = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(isinstance(node, ast.ClassDef) and node.keywords for node in found)


def tied() -> list[str]:
    """Return the sources whose change makes the compiled form stale.

    More than what is compiled: mypyc writes the constants of imported modules into its output.
    """
    folders = ("trading", "riskdesk", "portal/lib", "accounts")
    return [str(path.relative_to(REPOSITORY)) for name in folders for path in sorted((REPOSITORY / name).rglob("*.py"))]


def compiler() -> str | None:
    """Return the C compiler that Python was built for, or another one that is there."""
    wanted = (sysconfig.get_config_var("CC") or "cc").split()[0]
    return next((found for name in (wanted, "cc", "gcc", "clang") if (found := shutil.which(name))), None)


def run_mypyc(sources: Sequence[str], *, work: Path, lib: Path) -> str:
    """Compile sources (paths in the repository) into a folder; gives what went wrong, empty when nothing did."""
    done = subprocess.run(
        [sys.executable, "-c", _SETUP, str(work / "c"), str(lib), *sources],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "" if done.returncode == 0 else done.stdout[-2000:] + done.stderr[-4000:]


def build() -> bool:
    """Compile; False when it could not be done, with the reason on stderr. The old files stay until the new stand."""
    if compiler() is None:
        sys.stderr.write("no C compiler is here: the plain form runs, which is complete and slower\n")
        return False
    chosen = sources()
    with tempfile.TemporaryDirectory(prefix="aurum-compile-") as work:
        lib = Path(work) / "lib"
        problem = run_mypyc(chosen, work=Path(work), lib=lib)
        if problem:
            sys.stderr.write(f"the modules were not compiled:\n{problem}\n")
            return False
        files = sorted(lib.rglob("*.so"))
        modules = {_module_name(path.relative_to(lib)): str(path.relative_to(lib)) for path in files}
        manifest = {
            "python": sys.implementation.cache_tag,
            "modules": modules,
            "sources": {name: source_hash(REPOSITORY / name) for name in tied()},
        }
        (lib / MANIFEST).write_text(json.dumps(manifest, indent=1))
        # A process that starts meanwhile finds the old ones, none, or the new ones: never half of them.
        fresh = folder().with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(lib, fresh)
        shutil.rmtree(folder(), ignore_errors=True)
        fresh.rename(folder())
    sys.stdout.write(f"{len(chosen)} modules compiled; AURUM_COMPILED=0 runs the plain form\n")
    return True


def _module_name(path: Path) -> str:
    return ".".join((*path.parts[:-1], path.name.split(".")[0]))


if __name__ == "__main__":
    build()
