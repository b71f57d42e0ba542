"""Waiting for what a store or another program will say: with a bound that only ends what hangs."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(ask: Callable[[], Awaitable[T]], within: float = 60.0) -> T:
    """The first true answer. Raises `TimeoutError` after so many seconds."""
    async with asyncio.timeout(within):
        while not (found := await ask()):
            await asyncio.sleep(0.02)
        return found
