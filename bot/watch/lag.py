"""How late the event loop is: what blocks it delays every platform and the page."""

import asyncio
from collections.abc import Callable

EVERY = 1.0
"""Seconds between looks."""


async def watch(lagged: Callable[[float], None], every: float = EVERY) -> None:
    """Report the lateness of a sleep, again and again, until cancelled."""
    time = asyncio.get_running_loop().time
    while True:
        due = time() + every
        await asyncio.sleep(every)
        lagged(max(0.0, time() - due))
