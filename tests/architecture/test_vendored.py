"""Browser libraries are the bytes their authors published."""

from __future__ import annotations

import hashlib
import json

from tests.architecture.sources import ROOT

VENDOR = ROOT / "portal" / "static" / "vendor"


def test_every_vendored_file_has_its_recorded_hash() -> None:
    records = sorted(VENDOR.rglob("VENDORED.json"))
    assert len(records) >= 3
    for record in records:
        said = json.loads(record.read_text(encoding="utf-8"))
        hashes: dict[str, str] = said["sha256"]
        files = {f.relative_to(record.parent).as_posix() for f in record.parent.rglob("*") if f.is_file()}
        assert files - {"VENDORED.json"} == set(hashes), record.parent
        assert any(file.startswith("LICENSE") for file in files), f"{record.parent} has no licence"
        for file, expected in hashes.items():
            assert hashlib.sha256((record.parent / file).read_bytes()).hexdigest() == expected, (
                f"{record.parent}/{file}"
            )
