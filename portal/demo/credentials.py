"""The demo's logins and keys: one private file, written before the rows they open are committed."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from portal import env
from portal.lib.ids import readable_password
from portal.lib.paths import write_private
from portal.supervise.demo_page import credentials_file


@dataclass(slots=True)
class Login:
    """A person's way in."""

    tenant: str
    role: str
    username: str
    password: str


@dataclass(slots=True)
class Key:
    """A program's way in; `key` and `secret` joined by a point are the bearer text."""

    tenant: str
    account: int
    key: str
    secret: str
    scopes: list[str]


@dataclass(slots=True)
class Credentials:
    """All of them, with the address they open."""

    url: str
    users: list[Login] = field(default_factory=list)
    api_keys: list[Key] = field(default_factory=list)

    def password_of(self, username: str) -> str:
        """Return a login's password: the one already written down, or a new one."""
        for login in self.users:
            if login.username == username:
                return login.password
        return fixed_password(username) or readable_password()

    def note(self, login: Login) -> None:
        """Add a login unless it is there."""
        if all(known.username != login.username for known in self.users):
            self.users.append(login)

    def save(self) -> Path:
        """Write the file (0600)."""
        file = credentials_file()
        write_private(file, json.dumps(asdict(self), ensure_ascii=False, indent=2) + "\n")
        return file


def credentials_load(*, url: str) -> Credentials:
    """Return what an earlier run wrote down, or an empty list."""
    try:
        raw = json.loads(credentials_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Credentials(url=url)
    return Credentials(
        url=url,
        users=[Login(**login) for login in raw["users"]],
        api_keys=[Key(**key) for key in raw["api_keys"]],
    )


def fixed_password(username: str) -> str | None:
    """Return a password that can be guessed, for films and manuals; only on wish, and the demo is on loopback."""
    return f"demo-{username}-2026" if env.flag("DEMO_FIXED_PASSWORDS", default=False) else None
