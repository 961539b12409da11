"""The server's settings, written before each start so that a new release's values take effect."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import psutil

from portal.postgres.identity import Identity

_FILE: Final = "aurum.conf"

_FIXED: Final[dict[str, str]] = {
    "listen_addresses": "''",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Durability is the product: an answered order is on disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "max_wal_size": "'2GB'",
    "min_wal_size": "'256MB'",
    "checkpoint_timeout": "'10min'",
    # A dead client's query must not keep the core's advisory lock.
    "client_connection_check_interval": "'1s'",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "datestyle": "'iso, ymd'",
    "lc_messages": "'C'",
    "log_line_prefix": "'%m [%p] %q%u@%d/%a '",
    "log_min_duration_statement": "'2s'",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",
    "autovacuum_naptime": "'15s'",
}


def write_configuration(data: Path, *, socket_dir: Path, identity: Identity) -> None:
    """Write our settings file beside PostgreSQL's own and make the latter include it."""
    shared_mb = max(64, min(512, psutil.virtual_memory().total // (1 << 20) // 16))
    settings = {
        **_FIXED,
        "unix_socket_directories": f"'{_quoted(socket_dir)}'",
        "shared_buffers": f"'{shared_mb}MB'",
    }
    text = "".join(f"{name} = {value}\n" for name, value in settings.items())
    file = data / _FILE
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    if identity.switches:
        os.chown(file, identity.uid, identity.gid)
    main = data / "postgresql.conf"
    content = main.read_text(encoding="utf-8")
    include = f"include_if_exists = '{_FILE}'"
    if include not in content:
        main.write_text(f"{content.rstrip()}\n\n{include}\n", encoding="utf-8")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
