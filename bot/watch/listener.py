"""`/metrics`, on an address of its own: the web server's may be public."""

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from adapters.web.server import serve
from bot.app import App
from bot.watch import lag
from bot.watch.metrics import Metrics
from bot.watch.readings import Readings

log = logging.getLogger(__name__)

KIND = "text/plain; version=0.0.4; charset=utf-8"


@asynccontextmanager
async def metrics(app: App, process: str) -> AsyncIterator[str]:
    """Serve the metrics inside the block; yields their URL. Nothing without METRICS_PORT. Raises `Misconfigured`."""
    settings, meters = app.settings, app.meters
    if settings.metrics_port is None or not isinstance(meters, Metrics):
        yield ""
        return
    readings = Readings(app, process)
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None

    async def scraped(request: web.Request) -> web.Response:
        if token is not None and not _shows(request, token):
            return web.Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return web.Response(body=meters.text(await readings.read()), headers={"Content-Type": KIND})

    site = web.Application()
    site.add_routes([web.get("/metrics", scraped)])
    lagging = asyncio.create_task(lag.watch(meters.lagged), name="loop-lag")
    try:
        names = "METRICS_HOST", "METRICS_PORT"
        async with serve(site, settings.metrics_host, settings.metrics_port, names) as address:
            log.info("metrics are at %s/metrics", address)
            yield f"{address}/metrics"
    finally:
        lagging.cancel()
        await asyncio.wait({lagging})


def _shows(request: web.Request, token: str) -> bool:
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    given = said.strip().encode("utf-8", "surrogateescape")
    return kind.lower() == "bearer" and hmac.compare_digest(given, token.encode())
