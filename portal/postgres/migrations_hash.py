"""One short text that changes whenever the schema a fresh database would get changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.apps import apps


def migrations_hash(*, extra: str = "") -> str:
    """Return the hash of all migrations of all installed apps, the third parties' included by version."""
    digest = hashlib.sha256(extra.encode())
    for config in sorted(apps.get_app_configs(), key=lambda config: config.name):
        for file in sorted((Path(config.path) / "migrations").glob("*.py")):
            digest.update(f"{config.name}/{file.name}\n".encode())
            digest.update(file.read_bytes())
    # Operations live outside the migration files: a changed policy is a changed schema.
    for folder in ("accounts/tenancy",):
        for file in sorted((Path(__file__).resolve().parents[2] / folder).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
