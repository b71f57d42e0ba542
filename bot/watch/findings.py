"""What `photoplay check` says of how we are watched."""

from collections.abc import Iterator

from adapters.web.proxies import is_loopback
from bot.config import Settings
from bot.connections import Finding


def findings(settings: Settings) -> Iterator[Finding]:
    """Whether somebody would notice trouble, and whether strangers could read the metrics."""
    watched = [name for name, it in (("PING_URL", settings.ping_url), ("ALERT_URL", settings.alert_url)) if it]
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
        yield Finding("good", f"Watched from outside: {' and '.join(watched)}.")
    elif settings.telegram_token or settings.discord_token:
        yield Finding("hint", "PING_URL is not set: nobody is told when Photoplay stands still or is gone.")
