"""Renders the folder's tickets, `slots` at a time."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp

from generator.download import download
from generator.errors import Failed
from generator.folder import Folder, Ticket
from generator.material import Material
from generator.models import Models
from generator.pool import Renderer
from generator.request import Request, parse

LOOK_AGAIN = 2.0  # seconds between scans for tickets of other processes
NO_DISK = 10.0  # seconds to wait when the disk is full
PATIENCE = 60.0  # seconds after which a generation fails that finds no room
KEEP = 24 * 3600.0  # seconds
FORGET_EVERY = 3600.0  # seconds
log = logging.getLogger(__name__)


class Studio:
    """Works inside `running()`. `poke` signals a new ticket. `pace`: share of a model's usual time before which no clip
    of it is complete; one that waits for that takes no slot."""

    def __init__(self, folder: Folder, models: Models, *, slots: int, delay: float, pace: float) -> None:
        self._folder = folder
        self._slots = slots
        self._models = models
        self._delay = delay
        self._pace = pace
        self._waiting: set[asyncio.Task[None]] = set()
        self._news = asyncio.Event()

    def poke(self) -> None:
        self._news.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Running renders are killed at the end; the next start renders them again."""
        async with aiohttp.ClientSession() as session:
            renderers = [Renderer() for _ in range(self._slots)]
            tasks = [asyncio.create_task(self._slot(renderer, session)) for renderer in renderers]
            tasks.append(asyncio.create_task(self._housekeeping()))
            try:
                yield
            finally:
                for task in (*tasks, *self._waiting):
                    task.cancel()
                await asyncio.gather(*tasks, *self._waiting, return_exceptions=True)
                await asyncio.gather(*(renderer.stop() for renderer in renderers))

    async def _slot(self, renderer: Renderer, session: aiohttp.ClientSession) -> None:
        while True:
            try:
                if await self._next(renderer, session):
                    continue
            except OSError as error:  # a full disk: keep serving, and keep accepted generations
                log.error("the stand-in cannot work now, and tries again: %s", error.strerror or error)
                await asyncio.sleep(NO_DISK)
                continue
            except Exception:
                log.exception("a slot of the generator failed")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_AGAIN)
            self._news.clear()

    async def _next(self, renderer: Renderer, session: aiohttp.ClientSession) -> bool:
        """Finish one generation; False if none is waiting."""
        # Not in a thread: a claim that returns after a cancellation would never be released.
        ticket = self._folder.claim()
        if ticket is None:
            return False
        waits = None
        try:
            waits = await self._finish(ticket, renderer, session)
        finally:
            if waits is None:
                ticket.release()
        if waits:
            self._waiting.add(waits)
            waits.add_done_callback(self._waiting.discard)
        return True

    async def _finish(
        self, ticket: Ticket, renderer: Renderer, session: aiohttp.ClientSession
    ) -> asyncio.Task[None] | None:
        """Render; returns a task that completes the clip and releases the ticket if it is too early for it."""
        name = ticket.name
        await asyncio.sleep(self._delay)
        draft = self._folder.draft(name)
        early = 0.0
        try:
            request = parse(await asyncio.to_thread(self._folder.body, name), self._models, accepted=True)
            await renderer.render(await _gather(request, session), draft)
            if self._pace and request.model in self._models:
                early = self._pace * self._models[request.model].usual - self._folder.age(name)
        except Failed as error:
            await asyncio.to_thread(self._folder.fail, name, error)
        except OSError:
            if self._folder.age(name) < PATIENCE:
                raise
            await asyncio.to_thread(self._folder.fail, name, Failed("internal_error", "The clip could not be stored"))
        except Exception:
            log.exception("generation %s failed", name)
            await asyncio.to_thread(self._folder.fail, name, Failed("internal_error", "The clip could not be made"))
        else:
            if early > 0:
                return asyncio.create_task(self._complete(ticket, draft, early))
            self._folder.complete(name, draft)
        finally:
            if early <= 0:
                self._folder.drop(draft)
        return None

    async def _complete(self, ticket: Ticket, draft: Path, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            self._folder.complete(ticket.name, draft)
        except OSError as error:  # it is rendered again
            log.error("a clip could not be kept: %s", error.strerror or error)
        finally:
            self._folder.drop(draft)
            ticket.release()

    async def _housekeeping(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._folder.forget, time.time() - KEEP)
            except OSError as error:
                log.error("old generations could not be removed: %s", error)
            await asyncio.sleep(FORGET_EVERY)


async def _gather(request: Request, session: aiohttp.ClientSession) -> Material:
    """Download all images of a request, the photo first, so that its fault is the one reported."""

    async def optional(address: str | None) -> bytes | None:
        return None if address is None else await download(session, address)

    return Material(
        request=request,
        image=await download(session, request.image),
        tail=await optional(request.tail),
        static_mask=await optional(request.static_mask),
        brushes=tuple([await download(session, brush.mask) for brush in request.brushes]),
    )
