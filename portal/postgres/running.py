"""A server to work with for the length of a command, whether or not the portal runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portal import env
from portal.postgres.cluster import Cluster
from portal.postgres.server_kind import EXTERNAL, PORTAL_CLUSTER, server_kind


@contextmanager
def running_server() -> Iterator[str | None]:
    """Give the administrator's DSN (None when it is somebody else's server and DATABASE_URL is unset).

    The embedded server is started for the block when it was down, and stopped again after it.
    """
    if server_kind() == EXTERNAL:
        yield env.optional_text("DATABASE_URL")
        return
    cluster = Cluster.named(PORTAL_CLUSTER)
    started_here = cluster.running_pid() is None
    cluster.start()
    try:
        yield cluster.admin_dsn()
    finally:
        if started_here:
            cluster.stop()


@contextmanager
def existing_server() -> Iterator[None]:
    """Keep the embedded server up for the block, but make none where no data folder has been made."""
    if server_kind() == EXTERNAL or not Cluster.named(PORTAL_CLUSTER).exists():
        yield
        return
    with running_server():
        yield
