"""Stored files over HTTP."""

import asyncio
import logging
import mimetypes
from collections.abc import Mapping
from io import BufferedReader

from aiohttp import ETag, hdrs, web
from aiohttp.abc import AbstractStreamWriter

from bot.media.stored import StoredFile

log = logging.getLogger(__name__)

_PIECE = 2**18  # bytes read and decrypted at once, in a thread


def file_response(file: StoredFile, headers: Mapping[str, str]) -> web.StreamResponse:
    """A stored file as a response.

    The only use of a file's path outside `bot.media`, as a test checks: for a plain file aiohttp handles Range, ETag,
    If-Modified-Since and sendfile, but only for a path. Another storage needs another implementation of this function.
    """
    try:
        sealed = file.is_sealed()
    except OSError:  # as aiohttp will find
        sealed = False
    return Decrypted(file, headers) if sealed else web.FileResponse(file.local_path, headers=headers)


class Decrypted(web.StreamResponse):
    """An encrypted file, of which no more is decrypted than was asked for; with ranges and conditions."""

    def __init__(self, file: StoredFile, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._stored = file

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        try:
            size, written = await asyncio.to_thread(lambda: (self._stored.size(), self._stored.modified_ns()))
            modified = written / 1e9
            self.etag = f"{written:x}-{size:x}"  # as of the same file before it was encrypted
            self.last_modified = modified
            start, count = self._choose(request, size, modified)
            file = await asyncio.to_thread(self._open, start) if self.status < 300 else None
        except FileNotFoundError:
            return await self._without(request, 404)
        except OSError as error:
            log.error("%s cannot be opened: %s", self._stored.name, error.strerror)
            return await self._without(request, 503)
        if file is None:
            return await self._without(request, self.status)
        self.content_length = count
        self.headers.setdefault(
            hdrs.CONTENT_TYPE, mimetypes.guess_type(self._stored.name)[0] or "application/octet-stream"
        )
        self.headers[hdrs.ACCEPT_RANGES] = "bytes"
        try:
            writer = await super().prepare(request)
            if request.method != hdrs.METH_HEAD:
                await self._send(file, count)
        finally:
            await asyncio.to_thread(file.close)
        return writer

    def _choose(self, request: web.BaseRequest, size: int, modified: float) -> tuple[int, int]:
        """First byte and number of bytes; sets the status, and the headers that belong to it."""
        if status := self._unconditional(request, modified):
            self.set_status(status)
            return 0, 0
        if not self._ranged(request, modified):
            return 0, size
        try:
            asked = request.http_range
            start = size if asked.start is None else max(0, asked.start + size) if asked.start < 0 else asked.start
            satisfiable = start < size
        except ValueError:
            start, satisfiable, asked = 0, False, slice(0)
        if not satisfiable:
            self.headers[hdrs.CONTENT_RANGE] = f"bytes */{size}"
            self.set_status(416)
            return 0, 0
        end = min(size, asked.stop) if asked.stop is not None else size
        self.headers[hdrs.CONTENT_RANGE] = f"bytes {start}-{end - 1}/{size}"
        self.set_status(206)
        return start, end - start

    def _unconditional(self, request: web.BaseRequest, modified: float) -> int | None:
        """The status of a response without a body, if the conditions ask for one (RFC 9110, 13.2.2)."""
        second = int(modified)
        if request.if_match is not None:
            if not self._matches(request.if_match):
                return 412
        elif request.if_unmodified_since and second > request.if_unmodified_since.timestamp():
            return 412
        if request.if_none_match is not None:
            return 304 if self._matches(request.if_none_match) else None
        return 304 if request.if_modified_since and second <= request.if_modified_since.timestamp() else None

    def _ranged(self, request: web.BaseRequest, modified: float) -> bool:
        """Whether a part is asked for, of this version."""
        only_if = request.headers.get(hdrs.IF_RANGE, "")
        if hdrs.RANGE not in request.headers or not only_if:
            return hdrs.RANGE in request.headers
        if date := request.if_range:
            return int(modified) <= date.timestamp()
        return self.etag is not None and only_if == f'"{self.etag.value}"'

    def _matches(self, tags: tuple[ETag, ...]) -> bool:
        return any(tag.value in ("*", self.etag and self.etag.value) for tag in tags)

    def _open(self, start: int) -> BufferedReader:
        file = self._stored.open()
        file.seek(start)
        return file

    async def _send(self, file: BufferedReader, count: int) -> None:
        while count and (piece := await asyncio.to_thread(file.read, min(count, _PIECE))):
            await self.write(piece)
            count -= len(piece)
        await self.write_eof()

    async def _without(self, request: web.BaseRequest, status: int) -> AbstractStreamWriter | None:
        self.set_status(status)
        if status != 304:
            self.content_length = 0
        return await super().prepare(request)
