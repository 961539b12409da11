"""What the machine tests share: a host folder machines can walk to, an image, a web door, a driver."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.test_machine_drivers import open_folder
from tests.vm.fake_web import FakeWeb
from vmhosting.drivers.base import Identity, MachineSpec
from vmhosting.drivers.sandbox.command import GUEST_FOLDER
from vmhosting.drivers.sandbox.driver import SandboxDriver
from vmhosting.drivers.sandbox.probe import probe

IDENTITY = Identity(key="ak_1_walls", secret="only-for-this-machine")
UUID = "a1" * 16
OTHER_UUID = "b2" * 16


@pytest.fixture(autouse=True)
def _sandbox_needed() -> None:
    found = probe()
    if not found.usable:
        pytest.skip(f"no sandbox here: {found.problem}; {found.remedy}")


@pytest.fixture
def host_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return open_folder(tmp_path_factory)


@pytest.fixture
def image(host_folder: Path) -> Path:
    """The guest as shipped, plus the strategies of these tests."""
    folder = host_folder / "image" / "guest"
    shutil.copytree(GUEST_FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in Path(__file__).parent.glob("probe_*.py"):
        shutil.copyfile(path, folder / "strategies" / path.name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


@pytest.fixture
def driver(host_folder: Path, image: Path) -> Iterator[SandboxDriver]:
    sandbox = SandboxDriver(machines=host_folder / "machines", image_folder=image)
    yield sandbox
    for uuid in sandbox.observe_all():
        sandbox.destroy(uuid)


@pytest.fixture
def web() -> Iterator[FakeWeb]:
    door = FakeWeb(key=IDENTITY.key, secret=IDENTITY.secret)
    yield door
    door.close()


def spec(*, uuid: str = UUID, slot: int = 11, strategy: str = "ma_cross", **changes: object) -> MachineSpec:
    fields: dict[str, object] = {
        "uuid": uuid,
        "name": f"vm-{uuid[:4]}",
        "generation": 1,
        "cpu_milli": 1000,
        "memory_mib": 128,
        "disk_mib": 16,
        "slot": slot,
        "address": f"10.8.0.{slot}",
        "account_id": 7001,
        "strategy": strategy,
    }
    return MachineSpec(**{**fields, **changes})  # type: ignore[arg-type]
