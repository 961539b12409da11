"""From inside a machine nothing answers but the web door."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portal.lib.paths import REPOSITORY
from tests.vm.conftest import IDENTITY, OTHER_UUID, UUID, spec
from tests.vm.fake_web import FakeWeb
from vmhosting.drivers.base import Identity
from vmhosting.drivers.sandbox.driver import SandboxDriver
from vmhosting.states import Power

pytestmark = pytest.mark.xdist_group("sandbox")

# What each attempt must meet. A path that does not exist inside is ENOENT; the loopback inside is the machine's own.
EXPECTED = {
    "web_door": "open",
    "core_socket": "ENOENT",
    "core_socket_abstract": "ECONNREFUSED",
    "other_machine_door": "ENOENT",
    "other_machine_key": "ENOENT",
    "database_socket": "ENOENT",
    "database_tcp": "ECONNREFUSED",
    "web_tcp": "ECONNREFUSED",
    "outside": "ENETUNREACH",
    "outside_v6": "ENETUNREACH",
    "host_vsock": "EAFNOSUPPORT",
    "netlink": "EAFNOSUPPORT",
    "raw_ip": "EPERM",
    "host_root": "ENOENT",
    "host_users": "ENOENT",
    "portal_folder": "ENOENT",
    "state_folder": "ENOENT",
    "write_system": "EROFS",
    "write_root": "EROFS",
    "write_guest": "EROFS",
    "write_identity": "EROFS",
    "replace_door": "EROFS",
    "mount": "EPERM",
    "new_namespace": "EPERM",
    "trace": "EPERM",
    "keys": "EPERM",
    "become_root": "EINVAL",
    "fill_disk": "ENOSPC",
    "write_home": "open",
}


@contextmanager
def listening(family: int, address: object) -> Iterator[socket.socket]:
    with socket.socket(family) as listener:
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
        yield listener


def test_reaches_the_web_door_and_nothing_else(driver: SandboxDriver, web: FakeWeb, host_folder: Path) -> None:
    other = spec(uuid=OTHER_UUID, slot=12)
    driver.ensure(other)
    driver.put_identity(OTHER_UUID, identity=Identity(key="ak_1_other", secret="of-the-other"))
    driver.set_power(OTHER_UUID, power=Power.RUNNING, door=web.door)
    core, database = host_folder / "core.sock", host_folder / ".s.PGSQL.5432"
    with (
        listening(socket.AF_UNIX, str(core)),
        listening(socket.AF_UNIX, str(database)),
        listening(socket.AF_UNIX, "\0aurum-core-of-the-test"),
        listening(socket.AF_INET, ("127.0.0.1", 0)) as tcp,
    ):
        for path in (core, database):
            path.chmod(0o777)  # as open as can be: only the walls of the sandbox hold
        targets = {
            "core_socket": str(core),
            "abstract": "aurum-core-of-the-test",
            "database_socket": str(database),
            "database_port": tcp.getsockname()[1],
            "web_port": web.door.port,
            "other_door": str(host_folder / "machines" / OTHER_UUID / "door" / "web.sock"),
            "other_key": str(host_folder / "machines" / OTHER_UUID / "identity" / "key.json"),
            "repository": str(REPOSITORY),
            "state_folder": str(host_folder),
        }
        driver.ensure(spec(strategy="probe_walls", parameters=targets))
        driver.put_identity(UUID, identity=IDENTITY)
        driver.set_power(UUID, power=Power.RUNNING, door=web.door)
        web.wait_for(lambda: "walls done" in web.texts())
    found = dict(text.split()[1:3] for text in web.texts() if text.startswith("wall "))
    assert found == EXPECTED
    # Python itself sets LC_CTYPE under some locales; nothing else may come in.
    facts = json.loads(next(text[6:] for text in web.texts() if text.startswith("facts ")))
    facts["environment"] = [name for name in facts["environment"] if name != "LC_CTYPE"]
    assert facts == {
        "uid": 65534,
        "capabilities": "0" * 48,
        "no_new_privileges": "1",
        "seccomp": "2",
        "processes": True,
        "sees_sys": False,
        "environment": ["AURUM_DOOR", "AURUM_IDENTITY", "HOME", "LANG", "PATH", "PWD", "TZ"],
        "open_files": 256,
        "process_limit": 64,
    }


def test_keeps_the_secret_in_one_file_of_mode_0600(driver: SandboxDriver, web: FakeWeb, host_folder: Path) -> None:
    driver.ensure(spec())
    driver.put_identity(UUID, identity=IDENTITY)
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)
    web.wait_for(lambda: web.lines and web.heartbeats)
    holders = []
    for path in (host_folder / "machines" / UUID).rglob("*"):
        if path.is_file() and IDENTITY.secret in path.read_text(encoding="utf-8", errors="replace"):
            holders.append((path.name, oct(path.stat().st_mode & 0o777)))
    assert holders == [("key.json", "0o600")]
    assert IDENTITY.secret not in json.dumps([web.lines, web.heartbeats])
    assert IDENTITY.secret not in repr(IDENTITY)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                shown = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
            assert IDENTITY.secret.encode() not in shown


def test_a_machine_that_eats_memory_dies_alone(driver: SandboxDriver, web: FakeWeb) -> None:
    driver.ensure(spec(strategy="probe_greedy", memory_mib=96))
    driver.put_identity(UUID, identity=IDENTITY)
    driver.set_power(UUID, power=Power.RUNNING, door=web.door)
    web.wait_for(lambda: any("ended with code" in text for text in web.texts()))
    assert any(text.startswith("taken ") for text in web.texts())
    # 200 MiB do not fit into 96: the strategy was ended, the agent lives and reports it.
    assert "all 200 MiB taken" not in web.texts()
    assert driver.observe(UUID).power is Power.RUNNING
