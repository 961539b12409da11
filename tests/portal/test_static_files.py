"""Static files come straight from the apps' folders, with validators, and nothing outside them does."""

from __future__ import annotations

import pytest
from asgiref.testing import ApplicationCommunicator

from portal.static_files import StaticFiles


@pytest.fixture(scope="module")
def application() -> StaticFiles:
    """Static files in front of an application that says so when it is reached."""

    async def behind(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 299, "headers": []})
        await send({"type": "http.response.body", "body": b"behind"})

    return StaticFiles(behind)


async def _get(application: StaticFiles, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw}
    communicator = ApplicationCommunicator(application, scope)
    await communicator.send_input({"type": "http.request"})
    start = await communicator.receive_output()
    body = b""
    while True:
        part = await communicator.receive_output()
        body += part["body"]
        if not part.get("more_body"):
            break
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body


async def test_serves_a_file_with_type_and_validators(application: StaticFiles) -> None:
    status, headers, body = await _get(application, "/static/portal/css/tokens.css")
    assert status == 200
    assert headers["content-type"].startswith("text/css")
    assert int(headers["content-length"]) == len(body) > 100
    assert headers["cache-control"] == "max-age=0, public"
    again, _headers, empty = await _get(
        application, "/static/portal/css/tokens.css", if_modified_since=headers["last-modified"]
    )
    assert (again, empty) == (304, b"")


async def test_a_vendored_file_never_changes_under_its_name(application: StaticFiles) -> None:
    status, headers, _body = await _get(application, "/static/vendor/htmx/2.0.11/htmx.min.js")
    assert status == 200
    assert "immutable" in headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    ["/static/nothing.css", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static//etc/passwd", "/static/"],
)
async def test_serves_nothing_that_is_not_a_static_file(application: StaticFiles, path: str) -> None:
    status, _headers, _body = await _get(application, path)
    assert status == 404


async def test_passes_everything_else_on(application: StaticFiles) -> None:
    assert (await _get(application, "/trade/"))[0] == 299
