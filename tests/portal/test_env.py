"""Settings are read typed, and a wrong one stops the process by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal import env


def test_returns_the_default_when_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AURUM_X", raising=False)
    assert env.text("AURUM_X", default="a") == "a"
    assert env.flag("AURUM_X", default=True) is True
    assert env.integer("AURUM_X", default=7) == 7
    assert env.listing("AURUM_X", default=("a",)) == ["a"]
    assert env.optional_text("AURUM_X") is None
    assert env.folder("AURUM_X", default=Path("/srv/a")) == Path("/srv/a")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("yes", True), ("On", True), ("0", False), ("false", False)])
def test_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("AURUM_X", text)
    assert env.flag("AURUM_X", default=not value) is value


@pytest.mark.parametrize(
    ("reader", "text", "said"),
    [
        (lambda: env.flag("AURUM_X", default=True), "perhaps", "expected 1 or 0"),
        (lambda: env.integer("AURUM_X", default=1), "1.5", "expected a whole number"),
        (lambda: env.integer("AURUM_X", default=1, minimum=1), "0", "smallest allowed is 1"),
        (lambda: env.integer("AURUM_X", default=1, maximum=9), "10", "largest allowed is 9"),
        (lambda: env.text("AURUM_X", choices=("a", "b")), "c", "expected one of a, b"),
    ],
)
def test_stops_on_a_wrong_value_and_names_the_setting(monkeypatch, reader, text: str, said: str) -> None:
    monkeypatch.setenv("AURUM_X", text)
    with pytest.raises(env.SettingError, match=said) as stop:
        reader()
    assert stop.value.name == "AURUM_X"
    assert isinstance(stop.value, SystemExit)


def test_stops_on_a_missing_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AURUM_X", raising=False)
    with pytest.raises(env.SettingError, match="setting AURUM_X: is missing"):
        env.text("AURUM_X")


def test_reads_a_secret_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim\n")
    monkeypatch.delenv("AURUM_X", raising=False)
    monkeypatch.setenv("AURUM_X_FILE", str(tmp_path / "secret"))
    assert env.text("AURUM_X") == "geheim"
    monkeypatch.setenv("AURUM_X_FILE", str(tmp_path / "absent"))
    with pytest.raises(env.SettingError, match="AURUM_X_FILE"):
        env.text("AURUM_X")
