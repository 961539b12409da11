"""Browser libraries under portal/static/vendor: copy them from npm packages, and prove that nobody changed them since.

`python -m portal.vendoring` downloads what portal/static/package.json pins (needs npm, once per upgrade) and
`python -m portal.vendoring --check` compares every committed file with the hash in its VENDORED.json (needs nothing).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent / "static"
VENDOR = STATIC / "vendor"
RECORD = "VENDORED.json"


def vendored_records() -> list[dict[str, Any]]:
    """Every library with its version, licence, homepage, notice and file hashes, in order of name."""
    found = [json.loads(path.read_text("utf-8")) for path in sorted(VENDOR.glob(f"*/*/{RECORD}"))]
    return sorted(found, key=lambda record: record["name"])


def folder_of(record: dict[str, Any]) -> Path:
    """Where a library's files lie."""
    return VENDOR / str(record["folder"])


def changed_files() -> list[str]:
    """Committed files that are missing, unlisted or different from their recorded hash."""
    problems: list[str] = []
    for path in sorted(VENDOR.glob(f"*/*/{RECORD}")):
        record = json.loads(path.read_text("utf-8"))
        listed = record["sha256"]
        present = {item.name for item in path.parent.iterdir() if item.name != RECORD}
        problems += [f"{path.parent.name}: {name} is not listed" for name in sorted(present - set(listed))]
        for name, digest in listed.items():
            file = path.parent / name
            if not file.exists():
                problems.append(f"{file.relative_to(STATIC)} is missing")
            elif _sha256(file.read_bytes()) != digest:
                problems.append(f"{file.relative_to(STATIC)} differs from its recorded hash")
    return problems


def copy_all() -> list[Path]:
    """Download each pinned package with npm and copy the listed files with their record."""
    package = json.loads((STATIC / "package.json").read_text("utf-8"))
    return [
        _copy_one(name=name, version=package["dependencies"][name], wanted=wanted)
        for name, wanted in package["vendor"].items()
    ]


def _copy_one(*, name: str, version: str, wanted: dict[str, Any]) -> Path:
    target = VENDOR / wanted["folder"] / version
    target.mkdir(parents=True, exist_ok=True)
    hashes: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(
            ["npm", "pack", "--silent", f"{name}@{version}"], cwd=work, check=True, stdout=subprocess.DEVNULL
        )
        with tarfile.open(next(Path(work).glob("*.tgz"))) as archive:
            for inner in wanted["files"]:
                source = archive.extractfile(f"package/{inner}")
                if source is None:
                    raise FileNotFoundError(f"{name}@{version} has no {inner}")
                content = source.read()
                file_name = Path(inner).name
                (target / file_name).write_bytes(content)
                hashes[file_name] = _sha256(content)
    record = {
        "name": name,
        "folder": f"{wanted['folder']}/{version}",
        "version": version,
        "licence": wanted["licence"],
        "homepage": wanted["homepage"],
        "notice": wanted.get("notice", ""),
        "sha256": hashes,
    }
    (target / RECORD).write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return target


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def main(arguments: list[str]) -> int:
    """Copy or check, print what happened, and return the exit code."""
    if "--check" in arguments:
        problems = changed_files()
        for problem in problems:
            print(problem)
        print(f"vendored files: {len(vendored_records())} libraries, {len(problems)} problems")
        return 1 if problems else 0
    for target in copy_all():
        print(target.relative_to(STATIC))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
