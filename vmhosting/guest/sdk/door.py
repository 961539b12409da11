"""REST over the machine's web door: HTTP/1.1 on a unix socket, with the machine's own key."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import ConnectionLost, DoorClosed, RequestFailed

_TIMEOUT_S = 5.0
_BODY_BYTES_MAX = 4 * 1024 * 1024
# A portal behind a TLS proxy takes plain HTTP only with this word; elsewhere the server ignores it.
FORWARDED = {"X-Forwarded-Proto": "https"}


@dataclass(frozen=True)
class Credentials:
    """The machine's key. The secret never appears in a representation or a log line."""

    key: str
    secret: str = field(repr=False)

    @classmethod
    def load(cls, folder: Path) -> Credentials:
        """Read the key that was handed over in the identity folder."""
        content = json.loads((folder / "key.json").read_text(encoding="utf-8"))
        return cls(key=content["key"], secret=content["secret"])

    def header(self) -> str:
        """Return the value of the Authorization header."""
        return f"Bearer {self.key}.{self.secret}"


class _UnixConnection(http.client.HTTPConnection):
    """An HTTP connection whose transport is a unix socket."""

    def __init__(self, path: str, *, host: str, timeout: float) -> None:
        super().__init__(host, timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Door:
    """One request at a time; a kept-alive connection is used again and silently renewed when it went stale."""

    def __init__(
        self, *, path: str, credentials: Credentials, host: str = "localhost", timeout_s: float = _TIMEOUT_S
    ) -> None:
        self.path = path
        # The name the web server is told; the forwarder, not this name, decides where the bytes go.
        self.host = host
        self.credentials = credentials
        self._timeout_s = timeout_s
        self._connection: _UnixConnection | None = None

    def get(self, path: str) -> Any:
        """Return the JSON answer of a GET."""
        return self.request("GET", path)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Return the JSON answer of a POST."""
        return self.request("POST", path, body)

    def request(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send one request and return the decoded JSON; raises RequestFailed, DoorClosed or ConnectionLost."""
        payload = None if body is None else json.dumps(body).encode()
        fresh = self._connection is None
        try:
            return self._once(method, path, payload)
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            # A kept-alive connection may have been closed under us; only reading may be repeated unseen.
            if fresh or method != "GET":
                raise ConnectionLost(f"{method} {path}: {problem or type(problem).__name__}") from problem
        try:
            return self._once(method, path, payload)
        except (OSError, http.client.HTTPException) as problem:
            self.close()
            raise ConnectionLost(f"{method} {path}: {problem or type(problem).__name__}") from problem

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, method: str, path: str, payload: bytes | None) -> Any:
        if self._connection is None:
            self._connection = _UnixConnection(self.path, host=self.host, timeout=self._timeout_s)
        headers = {"Authorization": self.credentials.header(), "Accept": "application/json", **FORWARDED}
        if payload is not None:
            headers["Content-Type"] = "application/json"
        self._connection.request(method, path, body=payload, headers=headers)
        answer = self._connection.getresponse()
        content = answer.read(_BODY_BYTES_MAX)
        if answer.will_close:
            self.close()
        return _decoded(answer.status, content)


def _decoded(status: int, content: bytes) -> Any:
    try:
        body = json.loads(content) if content else {}
    except ValueError:
        body = {}
    if status < 400:
        return body
    code = str(body.get("code", "")) if isinstance(body, dict) else ""
    detail = str(body.get("detail", "")) if isinstance(body, dict) else ""
    if status == 401:
        raise DoorClosed(f"the key is not accepted: {code} {detail}".strip())
    if status == 503 and not code:
        raise ConnectionLost("the web door does not answer")
    raise RequestFailed(status=status, code=code or str(status), detail=detail)
