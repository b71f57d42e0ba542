"""`House`: a core and a worker on a store of their own, with a scripted provider and chat; and messages to them."""

import io
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from PIL import Image

from bot import catalogue
from bot.context import Context, Ids, Wake
from bot.conversation import Attachment, Inbound, Reply
from bot.core import Core
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import Worker
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.model import Address, Job, Role
from bot.offers import Offers, alone
from bot.ports import Chat
from bot.quotas import pricing
from storage import Store
from tests.clock import Clock
from tests.decoders import Shared
from tests.fakes import RecordingChat, ScriptedProvider
from tests.templates import new_store

LEASE = 120.0
"""Lease of these houses' workers, in seconds."""


def picture(width: int = 400, height: int = 300, kind: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def attached(data: bytes | None = None, role: Role = "photo") -> Attachment:
    async def fetch() -> AsyncIterator[bytes]:
        yield picture() if data is None else data

    return Attachment(fetch, role, ((1, 1), (9, 9)) if role == "brush" else ())


@dataclass
class House:
    """A core and a worker on a store of their own, with a scripted provider and chat."""

    core: Core
    worker: Worker
    store: Store
    media: Media
    provider: ScriptedProvider
    chat: RecordingChat
    clock: Clock
    sent: int = 0

    async def say(self, text: str = "she smiles", *attachments: Attachment, key: str = "", user: str = "7") -> Reply:
        self.sent += 1
        address = Address("telegram", "chat", f"message-{self.sent}")
        return await self.core.handle(Inbound(address, user, key or f"telegram:{self.sent}", text, attachments))

    async def order(self, text: str = "she smiles") -> Job:
        reply = await self.say(text, attached())
        assert reply.job, reply.text
        return await self.job(reply.job)

    async def job(self, job_id: str) -> Job:
        job = await self.store.job(job_id)
        assert job
        return job

    async def work(self, rounds: int = 1, each: float = 0.0) -> None:
        for _ in range(rounds):
            await self.worker.round()
            await self.worker.idle()
            self.clock.tick(each)

    async def finish(self, job: Job) -> Job:
        """Run rounds, advancing the clock, until the job is done."""
        for _ in range(2000):
            job = await self.job(job.id)
            if job.state == "done":
                return job
            self.clock.now = max(self.clock.now, job.due_at)
            await self.work()
        raise AssertionError(f"the job stays {job.state}")

    async def used(self, user: str = "7") -> int:
        return await self.store.used(f"telegram:{user}", pricing.window(self.clock()).key)

    async def kept(self) -> list[str]:
        return sorted(p.name for p in self.media.path("x.jpg").parent.iterdir())


def _given(offers: Offers) -> Offers:
    return offers


def configure(core: Core, **changes: Any) -> None:
    """Change settings and other parts of the context; `web`, `clip` and `outbox` are nested in it.

    `model`: the only one that can be ordered.
    """
    context = core.context
    for name, value in changes.items():
        if name in ("web", "clip"):
            context = replace(context, links=replace(context.links, **{name: value}))
        elif name == "model":
            context = replace(context, offers=partial(alone, value))
        elif name == "offers" and isinstance(value, Offers):
            context = replace(context, offers=partial(_given, value))
        elif name == "outbox":
            context = replace(context, wake=replace(context.wake, outbox=value))
        else:
            context = replace(context, **{name: value})
    core.context = replace(context, fit=Fitting(context.media, context.links.clip))


def another(house: House) -> Worker:
    """A worker of another process."""
    history = History(house.store, house.provider, house.clock)
    chats = {"telegram": house.chat}
    work = Steps(
        house.store, house.media, house.provider, chats, history, clock=house.clock, deadline=86_400, lease=LEASE
    )
    return Worker(house.store, work, ("telegram",), clock=house.clock, slots=5)


@asynccontextmanager
async def wired(
    folder: Path,
    clock: Callable[[], float],
    new_id: Callable[[], str],
    clip: bytes,
    chats: Mapping[str, Chat],
    url: str | None = None,
    provider: ScriptedProvider | None = None,
) -> AsyncIterator[House]:
    """A house with a store of its own; `chats`: by platform."""
    store = await new_store(folder, url)
    media = Media(folder / "media", new_id=new_id, decoder=Shared)
    provider = provider or ScriptedProvider(clip)
    history = History(store, provider, clock)
    work = Steps(
        store,
        media,
        provider,
        chats,
        history,
        clock=clock,
        deadline=86_400,
        lease=LEASE,
        others=lambda: core.context.offers().several,
    )
    worker = Worker(store, work, tuple(chats), clock=clock, slots=5)
    core = Core(
        Context(
            store=store,
            media=media,
            fit=Fitting(media),
            provider=provider,
            history=history,
            clock=clock,
            ids=Ids(new_id, secrets.token_bytes(32)),
            offers=partial(alone, catalogue.row("kling")),
            policy=pricing.Policy(30),
            wake=Wake(worker.poke),
        )
    )
    chat = next(iter(chats.values()))
    try:
        yield House(core, worker, store, media, provider, cast(RecordingChat, chat), cast(Clock, clock))
    finally:  # also after a failure: the threads of an open store would keep the test run alive
        await worker.idle()
        await media.close()
        await store.close()
