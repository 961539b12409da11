"""From nothing to a trading portal by one command, and back: start, look, back up, kill, stop, restore."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.installation import START_SECONDS_MAX, Installation
from tests.plugins.processes import free_port
from tests.plugins.session import current_world

pytestmark = pytest.mark.xdist_group("first-run")


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An empty installation beside the test session's; everything is stopped and removed afterwards."""
    var = current_world().scratch.root / "first-run"
    shutil.rmtree(var, ignore_errors=True)
    place = Installation(var)
    yield place
    place.manage("stop", seconds_max=180)
    shutil.rmtree(var, ignore_errors=True)


@pytest.fixture(scope="module")
def demo(installation: Installation) -> str:
    """What the start of a demo printed; its wished port is taken on purpose."""
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", free_port()))
        squatter.listen()
        taken = squatter.getsockname()[1]
        answer = installation.manage(
            "run_all", "--demo", "--detach", "--port", str(taken), seconds_max=START_SECONDS_MAX
        )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert f"port {taken} is taken; the portal uses " in answer.stdout
    return answer.stdout


def test_prints_six_timed_steps_and_ends_trading(demo: str) -> None:
    steps = re.findall(r"^\[(\d)/6\] .* (\w+) +\d+\.\d s", demo, re.M)
    assert steps == [("1", "ready"), ("2", "ok"), ("3", "ready"), ("4", "ok"), ("5", "ready"), ("6", "trading")]
    assert "/admin/" in demo
    assert "Ctrl-C" in demo


def test_writes_credentials_in_the_promised_shape(demo: str, installation: Installation) -> None:
    file = installation.var / "demo-credentials.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    said = json.loads(file.read_text(encoding="utf-8"))
    assert sorted(said) == ["api_keys", "url", "users"]
    assert said["url"] == installation.status()["url"]
    assert {tuple(sorted(user)) for user in said["users"]} == {("password", "role", "tenant", "username")}
    assert {tuple(sorted(key)) for key in said["api_keys"]} == {("account", "key", "scopes", "secret", "tenant")}
    roles = [(user["tenant"], user["role"]) for user in said["users"]]
    for tenant in ("goldbridge", "farhill"):
        assert roles.count((tenant, "investor")) == 3
        assert roles.count((tenant, "risk_officer")) == 2
        for role in ("back_office_maker", "back_office_checker", "server_admin", "network_admin", "broker_admin"):
            assert roles.count((tenant, role)) == 1
    assert [tenant for tenant, role in roles if role == "platform_operator"] == ["", ""]


def test_a_key_of_the_file_opens_its_account_and_no_other(demo: str, installation: Installation) -> None:
    said = json.loads((installation.var / "demo-credentials.json").read_text(encoding="utf-8"))
    for key in said["api_keys"]:
        request = urllib.request.Request(  # noqa: S310
            f"{said['url']}api/v1/accounts", headers={"Authorization": f"Bearer {key['key']}.{key['secret']}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            accounts = json.load(answer)["data"]
        assert [int(account["id"]) for account in accounts] == [key["account"]]


def test_both_officers_of_a_broker_see_the_account_that_is_liquidated_first(
    demo: str, installation: Installation
) -> None:
    """Forced liquidation takes two officers, so both must see the account that comes first to it."""
    said = json.loads((installation.var / "demo-credentials.json").read_text(encoding="utf-8"))
    for tenant in ("goldbridge", "farhill"):
        investors = sorted(key["account"] for key in said["api_keys"] if key["tenant"] == tenant)
        seen = [
            _accounts_on_the_desk(said["url"], user)
            for user in said["users"]
            if (user["tenant"], user["role"]) == (tenant, "risk_officer")
        ]
        everything, granted = sorted(seen, key=len, reverse=True)
        assert investors == sorted(everything & set(investors))
        assert granted == {*investors[:2], investors[-1]}


def test_every_process_runs_and_the_health_page_agrees(demo: str, installation: Installation) -> None:
    status = installation.status()
    assert (status["running"], status["phase"], status["demo"]) == (True, "running", True)
    names = [process["name"] for process in status["processes"]]
    assert names == ["embedded_postgres", "runcore", "runfollowers", "daphne", "runreconciler", "runsimulation"]
    with urllib.request.urlopen(f"{status['url']}health/ready", timeout=10) as answer:  # noqa: S310
        ready = json.load(answer)
    assert ready["ready"] is True
    assert {"database", "core", "journal", "projection.projection", "disk", "version"} <= set(ready["parts"])


def test_a_second_start_is_refused_while_it_runs(demo: str, installation: Installation) -> None:
    answer = installation.manage("run_all", "--demo", "--detach")
    assert answer.returncode == 1
    assert "already runs" in answer.stdout + answer.stderr


def test_seeding_again_changes_nothing(demo: str, installation: Installation) -> None:
    before = (installation.var / "demo-credentials.json").read_text(encoding="utf-8")
    place = Installation(installation.var)
    place.environment |= {"AURUM_DEMO": "1", "AURUM_PORT": installation.status()["url"].rsplit(":", 1)[1].strip("/")}
    answer = place.manage("seed_demo")
    assert answer.returncode == 0, answer.stderr
    assert (installation.var / "demo-credentials.json").read_text(encoding="utf-8") == before


def test_a_killed_web_server_comes_back(demo: str, installation: Installation) -> None:
    daphne = next(p for p in installation.status()["processes"] if p["name"] == "daphne")
    assert daphne["alive"]
    os.kill(daphne["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 60
    while True:
        now = next(p for p in installation.status()["processes"] if p["name"] == "daphne")
        if now["pid"] != daphne["pid"] and now["status"] == "ready":
            break
        assert time.monotonic() < deadline
        time.sleep(0.5)
    assert now["restarts"] == daphne["restarts"] + 1


def test_backs_up_while_trading_survives_its_supervisor_and_restores(demo: str, installation: Installation) -> None:
    backup = json.loads(installation.manage("backup", "--json").stdout)
    assert Path(backup["file"]).stat().st_size == backup["bytes"] > 0
    assert stat.S_IMODE(Path(backup["file"]).stat().st_mode) == 0o600
    refused = installation.manage("restore")
    assert refused.returncode == 1
    assert "the portal runs; stop it first" in refused.stderr

    _kill_supervisor_and_stop(installation)
    restored = installation.manage("restore", "--json", seconds_max=240)
    assert restored.returncode == 0, restored.stderr
    verified = json.loads(restored.stdout)
    assert (verified["ok"], verified["breaches"]) == (True, [])
    assert verified["seq"] > 0

    port = str(free_port())
    answer = installation.manage("run_all", "--demo", "--detach", "--port", port, seconds_max=START_SECONDS_MAX)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    books = json.loads(installation.manage("check_books", "--json").stdout)
    assert (books["ok"], books["breaches"]) == (True, [])


def _accounts_on_the_desk(url: str, user: dict[str, str]) -> set[int]:
    """Sign in as a person does and ask which accounts the risk desk lists."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = browser.open(f"{url}accounts/login/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = {"csrfmiddlewaretoken": token[1], "login": user["username"], "password": user["password"]}
    browser.open(f"{url}accounts/login/", urllib.parse.urlencode(form).encode(), timeout=10)
    with browser.open(f"{url}api/v1/risk/accounts", timeout=10) as answer:
        return {row["account"] for row in json.load(answer)["accounts"]}


def _kill_supervisor_and_stop(installation: Installation) -> None:
    supervisor = json.loads((installation.var / "run" / "supervisor.json").read_text(encoding="utf-8"))
    os.kill(supervisor["pid"], signal.SIGKILL)
    time.sleep(0.5)
    assert installation.status()["running"] is False
    stopped = installation.manage("stop", seconds_max=180)
    assert "ended 6 processes that had lost their supervisor" in stopped.stdout
    assert installation.manage("status").returncode == 1


def test_reset_deletes_a_demo_at_a_word_and_keeps_its_backups(tmp_path: Path) -> None:
    place = Installation(tmp_path)
    for name in ("secrets", "log", "backups", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo-credentials.json").write_text("{}")
    (tmp_path / "somebodys-own-file").write_text("keep")
    assert place.manage("reset").returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "somebodys-own-file"]


def test_reset_deletes_a_real_installation_only_when_its_folder_is_repeated(tmp_path: Path) -> None:
    place = Installation(tmp_path)
    (tmp_path / "secrets").mkdir()
    refused = place.manage("reset")
    assert refused.returncode == 1
    assert "people's money is in it" in refused.stdout
    assert (tmp_path / "secrets").is_dir()
    assert place.manage("reset", "--confirm", str(tmp_path)).returncode == 0
    assert not (tmp_path / "secrets").exists()
