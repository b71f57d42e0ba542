"""Connections that never become a request: each has its time, and what is no HTTP is no error of ours."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEAD = 20.0
"""Seconds until the first request of a connection must be there with all of its head."""
KEEP = 130.0
"""Seconds until the next one must: longer than proxies keep idle connections, or they would use one as it closes."""
POLL = 2.0
"""Seconds between two looks."""


class _NoHttp(logging.Filter):
    """Drops what strangers send that cannot be read as a request: they are answered with 400, and that is all."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


MALFORMED = logging.getLogger(__name__)
MALFORMED.addFilter(_NoHttp())


class Connections:
    """Those of one server; a request with a whole head is known by its getting as far as a middleware."""

    def __init__(self) -> None:
        self._known: set[web.RequestHandler] = set()
        self._since: dict[web.RequestHandler, float] = {}

    @asynccontextmanager
    async def watched(self, runner: web.AppRunner) -> AsyncIterator[None]:
        """Meanwhile, close those that send no request."""
        watching = asyncio.create_task(self._watch(runner), name="web-connections")
        try:
            yield
        finally:
            watching.cancel()

    def middleware(self) -> Middleware:
        """Notes which connections have sent a request."""

        @web.middleware
        async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._known.add(request.protocol)
            return await handler(request)

        return note

    async def _watch(self, runner: web.AppRunner) -> None:
        clock = asyncio.get_running_loop().time
        while runner.server:
            here = set(runner.server.connections)
            self._known &= here
            self._since = {one: self._since.get(one, clock()) for one in here - self._known}
            for one, opened in self._since.items():
                if clock() - opened > HEAD:
                    one.force_close()
            await asyncio.sleep(POLL)
