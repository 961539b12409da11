"""Serves static files straight from the apps' folders, in front of Django.

WhiteNoise finds the files, sets types, validators and ranges; its Django middleware would hand a blocking
iterator to an asynchronous server, so the answer is written here in chunks from a thread. Nothing has to be
collected or compressed before the first page.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, Final
from urllib.parse import unquote

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from whitenoise import WhiteNoise

_CHUNK_BYTES: Final = 256 * 1024
# Vendored files carry their version in the path and never change under it.
_IMMUTABLE: Final = re.compile(r"/vendor/[^/]+/\d")
_REVALIDATE_S: Final = 0


class StaticFiles:
    """ASGI application: answers below STATIC_URL itself and passes everything else on."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self._prefix = settings.STATIC_URL
        self._files = WhiteNoise(
            application=None,
            autorefresh=False,
            max_age=_REVALIDATE_S,
            immutable_file_test=lambda _path, url: bool(_IMMUTABLE.search(url)),
        )
        for finder in get_finders():
            for path, storage in finder.list([".*", "*.po"]):
                name = (
                    f"{getattr(storage, 'prefix', None) or ''}{'/' if getattr(storage, 'prefix', None) else ''}{path}"
                )
                url = self._prefix + name.replace("\\", "/")
                if url not in self._files.files:
                    self._files.add_file_to_dictionary(url, storage.path(path))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        path = scope["path"]
        if not path.startswith(self._prefix):
            await self._application(scope, receive, send)
            return
        static_file = self._files.files.get(unquote(path))
        if static_file is None:
            await _send_plain(send, status=404, text=b"no such file")
            return
        headers = {
            "HTTP_" + name.decode("latin1").upper().replace("-", "_"): value.decode("latin1")
            for name, value in scope["headers"]
        }
        response = static_file.get_response(scope["method"], headers)
        await _send_file(send, response)


async def _send_file(send: Any, response: Any) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": response.status.value,
            "headers": [(name.lower().encode("latin1"), value.encode("latin1")) for name, value in response.headers],
        }
    )
    if response.file is not None:
        try:
            while chunk := await asyncio.to_thread(response.file.read, _CHUNK_BYTES):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        finally:
            response.file.close()
    await send({"type": "http.response.body", "body": b""})


async def _send_plain(send: Any, *, status: int, text: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text})
