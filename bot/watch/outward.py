"""Reports to others while `photoplay run` works: PING_URL and ALERT_URL."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.app import App
from bot.watch.alerts import Alerts
from bot.watch.outside import Outside
from bot.watch.pings import Pings


@asynccontextmanager
async def telling(app: App) -> AsyncIterator[None]:
    """Ping and alert inside the block, in tasks of their own, so that nothing waits for them."""
    ping, alert, outside = app.settings.ping_url, app.settings.alert_url, Outside()

    async def well() -> bool:
        return (await app.health())[0]

    tasks = []
    if ping:
        tasks.append(asyncio.create_task(Pings(ping.get_secret_value(), outside, well).run(), name="pings"))
    if alert:
        alerts = Alerts(alert.get_secret_value(), outside, app.store, app.mark, time.time)
        tasks.append(asyncio.create_task(alerts.run(), name="alerts"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await outside.close()
