"""Timeouts of connections without a request; invalid HTTP is not logged as an error."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEAD = 20.0
"""Timeout of the first request's headers, in seconds."""
KEEP = 130.0
"""Timeout of further requests, in seconds: longer than proxies keep idle connections, to avoid races."""
POLL = 2.0
"""Seconds between checks."""


class _NoHttp(logging.Filter):
    """Drops log records of invalid requests; the server answers them with 400."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError | web.RequestPayloadError))


MALFORMED = logging.getLogger(__name__)
MALFORMED.addFilter(_NoHttp())


class Connections:
    """The connections of one server. The middleware sees requests with complete headers."""

    def __init__(self) -> None:
        self._known: set[web.RequestHandler] = set()
        self._since: dict[web.RequestHandler, float] = {}

    @asynccontextmanager
    async def watched(self, runner: web.AppRunner) -> AsyncIterator[None]:
        """Close connections without a request, inside the block."""
        watching = asyncio.create_task(self._watch(runner), name="web-connections")
        try:
            yield
        finally:
            watching.cancel()

    def middleware(self) -> Middleware:
        """A middleware that records which connections have sent a request."""

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
