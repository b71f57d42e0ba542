"""aiohttp: `/media/<signed>`, `/livez` and `/healthz`, what platforms post, the chat page, and the galleries."""

import errno
import logging
import mimetypes
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import quote

from aiohttp import web

from adapters.web import bodies
from adapters.web.chat_page import ChatPage
from adapters.web.connections import KEEP, MALFORMED, Connections
from adapters.web.file_response import file_response
from adapters.web.gallery_routes import GalleryRoutes
from adapters.web.job_json import MEDIA
from adapters.web.listening import open_sockets
from adapters.web.mishaps import in_words
from bot.errors import Misconfigured
from bot.media.signed_links import BadLink, Links
from bot.media.stored import StoredFile

log = logging.getLogger(__name__)

Hook = Callable[[Mapping[str, str], Callable[[], Awaitable[bytes]]], Awaitable[int]]
INSTALLATION = "installation"
"""The mark by which `/livez` tells one from another."""
UPDATE = 1 << 20
"""Bytes of what a platform posts to us."""

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
    exhibit: GalleryRoutes | None = None,
) -> web.Application:
    """The routes. `stored` gives the file of a name; `health` says whether we work, with figures.

    What is posted to `/hooks/<name>` goes to the hook of that name.
    """

    async def media(request: web.Request) -> web.StreamResponse:
        try:
            file = stored(links.open(MEDIA, request.match_info["token"]))
        except (BadLink, LookupError, ValueError):
            raise web.HTTPNotFound from None  # forged, expired, malformed: nobody learns which
        if not file.exists():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        headers = {**HEADERS, "Content-Type": kind}
        if file.suffix == ".zip":  # all that is kept of somebody: no copy of it stays behind in a browser
            headers["Cache-Control"] = "no-store"
        if name := request.query.get("download"):
            if not re.fullmatch(r"[\w-]{1,100}", name):
                raise web.HTTPNotFound
            # Browsers take the second; both are letters, digits and hyphens, so nothing needs a quote.
            plain = name if name.isascii() else "photoplay"
            headers["Content-Disposition"] = (
                f"attachment; filename=\"{plain}{file.suffix}\"; filename*=UTF-8''{quote(name)}{file.suffix}"
            )
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

    app = web.Application(middlewares=[in_words()])
    app.add_routes(
        [
            web.get("/media/{token}", media),
            web.get("/livez", livez),
            web.get("/healthz", healthz),
            web.get("/healthz/{name}", platform),
            web.post("/hooks/{name}", hooked),
        ]
    )
    if page:
        page.install(app)
    if exhibit:
        exhibit.install(app)
    return app


@asynccontextmanager
async def serve(app: web.Application, host: str | Sequence[str], port: int) -> AsyncIterator[str]:
    """Listen on one address or several; yields the first. Raises `Misconfigured` when the port is taken."""
    hosts = [host] if isinstance(host, str) else host
    _open_wide()
    connections = Connections()
    app.middlewares.append(connections.middleware())
    runner = web.AppRunner(
        app,
        access_log=None,  # it would hold signed links
        logger=MALFORMED,
        auto_decompress=False,  # nobody needs to send us packed bodies, and a small one can hold gigabytes
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
                raise Misconfigured(f"Port {port} is in use. Set PORT to a free one.") from error
            raise Misconfigured(
                f"Cannot listen on {','.join(hosts)}:{port}: {error.strerror}. Check HOST and PORT."
            ) from error
        name, number = runner.addresses[0][:2]
        async with connections.watched(runner):
            yield f"http://{f'[{name}]' if ':' in name else name}:{number}"
    finally:
        await runner.cleanup()


def _open_wide() -> None:
    """Let as many connections in as the system allows: the usual first limit, 1024, is a few hundred browsers."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
