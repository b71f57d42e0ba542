"""The aiohttp server: `/media/<signed>`, `/livez`, `/healthz`, webhooks, the chat page, and the galleries."""

import errno
import logging
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

from aiohttp import web

from adapters.web import bodies, telling
from adapters.web.chat_page import ChatPage
from adapters.web.connections import KEEP, MALFORMED, Connections
from adapters.web.error_responses import in_words
from adapters.web.file_response import file_response
from adapters.web.gallery_routes import GalleryRoutes
from adapters.web.job_json import MEDIA
from adapters.web.listening import open_sockets
from adapters.web.operator.routes import OperatorRoutes
from bot.errors import Misconfigured
from bot.media.signed_links import BadLink, Links
from bot.media.stored import StoredFile

log = logging.getLogger(__name__)

Hook = Callable[[Mapping[str, str], Callable[[], Awaitable[bytes]]], Awaitable[int]]
INSTALLATION = "installation"
"""Purpose of the installation's mark, returned by `/livez`."""
UPDATE = 1 << 20
"""Maximum bytes of a webhook request."""

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, max-age=3600",
    "Content-Security-Policy": "default-src 'none'",
}


def make_app(
    links: Links,
    stored: Callable[[str], StoredFile],
    health: Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]],
    page: ChatPage | None = None,
    hooks: Mapping[str, Hook] | None = None,
    galleries: GalleryRoutes | None = None,
    operators: OperatorRoutes | None = None,
) -> web.Application:
    """The application with all routes. `stored` returns a file by name; `health` whether we work, with figures.

    Requests to `/hooks/<name>` are passed to the hook of that name.
    """

    async def media(request: web.Request) -> web.StreamResponse:
        try:
            file = stored(links.open(MEDIA, request.match_info["token"]))
        except (BadLink, LookupError, ValueError):
            raise web.HTTPNotFound from None  # the same for forged, expired and malformed
        if not file.exists():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {**HEADERS, "Content-Type": kind}
        if file.suffix == ".zip":  # a person's export must not stay in a browser's cache
            headers["Cache-Control"] = "no-store"
        return file_response(file, headers)

    async def livez(_: web.Request) -> web.Response:
        return web.json_response({"ok": True, "installation": links.mark(INSTALLATION)})

    async def healthz(_: web.Request) -> web.Response:
        well, figures = await health()
        return web.json_response({"ok": well, **figures}, status=200 if well else 503)

    async def platform(request: web.Request) -> web.Response:
        _, figures = await health()
        said = figures.get("platforms", {}).get(request.match_info["name"])
        if said is None:
            raise web.HTTPNotFound
        return web.json_response({"ok": said == "up", "said": said}, status=200 if said == "up" else 503)

    async def hooked(request: web.Request) -> web.Response:
        hook = (hooks or {}).get(request.match_info["name"])
        if hook is None:
            raise web.HTTPNotFound
        return web.Response(status=await hook(request.headers, partial(bodies.whole, request, bodies.JSON, UPDATE)))

    app = web.Application(middlewares=[telling.in_their_language, in_words()])
    app.add_routes(
        [
            web.get("/media/{token}", media),
            web.get("/livez", livez),
            web.get("/healthz", healthz),
            web.get("/healthz/{name}", platform),
            web.post("/hooks/{name}", hooked),
        ]
    )
    for part in (page, galleries, operators):
        if part:
            part.install(app)
    return app


@asynccontextmanager
async def serve(
    app: web.Application, host: str | Sequence[str], port: int, names: tuple[str, str] = ("HOST", "PORT")
) -> AsyncIterator[str]:
    """Listen on all addresses; yields the first URL. Raises `Misconfigured`, with the `names` of the settings, if the
    port is in use."""
    hosts = [host] if isinstance(host, str) else host
    _open_wide()
    connections = Connections()
    app.middlewares.append(connections.middleware())
    runner = web.AppRunner(
        app,
        access_log=None,  # it would contain signed links
        logger=MALFORMED,
        auto_decompress=False,  # a small compressed body can expand to gigabytes
        keepalive_timeout=KEEP,
        lingering_time=1.0,
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        try:
            for opened in await open_sockets(hosts, port):
                await web.SockSite(runner, opened).start()
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Misconfigured(f"Port {port} is in use. Set {names[1]} to a free one.") from error
            raise Misconfigured(
                f"Cannot listen on {','.join(hosts)}:{port}: {error.strerror}. Check {' and '.join(names)}."
            ) from error
        name, number = runner.addresses[0][:2]
        async with connections.watched(runner):
            yield f"http://{f'[{name}]' if ':' in name else name}:{number}"
    finally:
        await runner.cleanup()


def _open_wide() -> None:
    """Raise the limit of open files to the system's maximum: the usual 1024 suffices for a few hundred browsers."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
