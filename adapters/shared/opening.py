"""Opening of files for an upload in a thread: a stored clip is read and decrypted meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import TypeVar

T = TypeVar("T")


@asynccontextmanager
async def opened(opens: Callable[[ExitStack], T]) -> AsyncIterator[T]:
    """What `opens` returns, in a thread; what it puts onto the stack is closed after the block. Raises its errors."""
    with ExitStack() as stack:
        opening = asyncio.ensure_future(asyncio.to_thread(opens, stack))
        try:
            yield await asyncio.shield(opening)
        finally:
            await asyncio.wait({opening})  # what is opened after a cancellation is closed, too
