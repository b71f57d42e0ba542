"""What `photoplay check` says of how we are watched."""

import asyncio
from collections.abc import AsyncIterator

from adapters.web.proxies import is_loopback
from bot.config import Settings
from bot.connections import Finding
from bot.watch.outside import Outside


async def findings(settings: Settings) -> AsyncIterator[Finding]:
    """Whether somebody would notice trouble, and whether strangers could read the metrics."""
    watched = {name: it for name, it in (("PING_URL", settings.ping_url), ("ALERT_URL", settings.alert_url)) if it}
    if settings.metrics_port is not None:
        where = f"{settings.metrics_host}:{settings.metrics_port}"
        if settings.metrics_token or is_loopback(settings.metrics_host):
            yield Finding("good", f"Metrics: for Prometheus, on {where}.")
        else:
            yield Finding(
                "hint",
                f"Metrics: whoever reaches {where} can read them. Set METRICS_TOKEN, or keep the port to Prometheus.",
            )
    if watched:
        outside = Outside()
        try:  # a ping would say that all is well, and an alert would call somebody
            troubles = await asyncio.gather(*(outside.reach(url.get_secret_value()) for url in watched.values()))
        finally:
            await outside.close()
        for name, trouble in zip(watched, troubles, strict=True):
            if trouble:
                yield Finding("bad", f"{name}: its server cannot be reached ({trouble}). Check the address.")
        if good := [name for name, trouble in zip(watched, troubles, strict=True) if not trouble]:
            yield Finding("good", f"Watched from outside: {' and '.join(good)}. The server was reached, not called.")
    elif settings.telegram_token or settings.discord_token:
        yield Finding("hint", "PING_URL is not set: nobody is told when Photoplay stands still or is gone.")
