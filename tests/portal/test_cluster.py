"""The embedded server: made once, adopted, recovered after a power cut, stopped, kept from strangers."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from portal.postgres.cluster import Cluster
from portal.postgres.identity import Identity, home_for, reachable
from tests.plugins.session import current_world

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server of this module's own beside the session's."""
    home = current_world().scratch.root / "cluster-under-test"
    shutil.rmtree(home, ignore_errors=True)
    server = Cluster(home)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(server.home)


def _one(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.admin_dsn(), autocommit=True) as admin:
        return admin.execute(question).fetchone()[0]


def test_runs_durable_and_with_the_wanted_settings(cluster: Cluster) -> None:
    wanted = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "client_connection_check_interval": "1s",
        "password_encryption": "scram-sha-256",
        "TimeZone": "UTC",
    }
    assert {name: _one(cluster, f"show {name}") for name in wanted} == wanted
    locale = "select datlocprovider::text || datlocale from pg_database where datname = 'template0'"
    assert _one(cluster, locale) == "bC.UTF-8"


def test_asks_for_the_password_even_on_its_socket(cluster: Cluster) -> None:
    wrong = cluster.dsn(user="postgres", password="wrong", dbname="postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another user")
def test_steps_down_from_root(cluster: Cluster) -> None:
    assert Path(f"/proc/{cluster.running_pid()}").stat().st_uid != 0
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_starting_again_adopts_the_running_server(cluster: Cluster) -> None:
    before = cluster.running_pid()
    other = Cluster(cluster.wanted_home)
    other.start()
    assert other.running_pid() == before


def test_keeps_committed_rows_over_a_power_cut(cluster: Cluster) -> None:
    with psycopg.connect(cluster.admin_dsn(), autocommit=True) as admin:
        admin.execute("create table if not exists kept (number int)")
        admin.execute("truncate kept")
        for number in range(20):
            admin.execute("insert into kept values (%s)", [number])
        assert cluster.kill() > 1
    assert cluster.running_pid() is None
    cluster.start()
    assert _one(cluster, "select count(*) from kept") == 20


def test_a_recycled_process_number_does_not_count_as_the_server(cluster: Cluster) -> None:
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    assert cluster.running_pid() is None
    cluster.start()
    assert cluster.running_pid() not in {None, os.getpid()}


def test_stop_is_clean_and_repeatable(cluster: Cluster) -> None:
    cluster.stop()
    cluster.stop()
    assert cluster.running_pid() is None
    assert not (cluster.data / "postmaster.pid").exists()
    cluster.start()
    assert "was not properly shut down" not in cluster.log_tail(lines=3)


def test_a_closed_home_sends_the_data_to_a_system_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed" / "clone"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    stranger = Identity(uid=os.getuid() + 12_345, gid=os.getgid() + 12_345, name="stranger", switches=True)
    assert not reachable(closed, identity=stranger)
    moved = home_for(closed / "var" / "pg", identity=stranger)
    assert (moved.parts[:3], moved.name) == (("/", "var", "lib"), "pg")
    assert home_for(closed / "var" / "pg", identity=stranger) == moved
    oneself = Identity(uid=os.getuid(), gid=os.getgid(), name="me", switches=False)
    assert home_for(closed / "var" / "pg", identity=oneself) == closed / "var" / "pg"
