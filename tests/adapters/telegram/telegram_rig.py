"""A house whose Telegram is the real library over sockets, with the other end on loopback."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.telegram.client import UPLOAD, TelegramClient
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.platform import Hook, Telegram
from adapters.telegram.rate_limit import RateLimiter
from bot.conversation import ShownClip
from bot.gallery.outbox import Runner
from bot.jobs.supervisor import Supervisor
from bot.model import Job
from tests.fakes import QuickProvider, briefly
from tests.houses import House, configure, wired
from tests.loopback.telegram.model import JSON, Chat, Post, User
from tests.loopback.telegram.server import BotApi


@dataclass
class Rig:
    """Ann in private with the bot, the bot's house, and the Telegram between them."""

    api: BotApi
    house: House
    client: TelegramClient
    chat: TelegramChat
    telegram: Telegram
    runner: Runner
    ann: User
    private: Chat
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    web: str = ""

    async def open(self) -> None:
        """Let platform and worker run."""
        await self.attend()
        self.tasks += [asyncio.create_task(run) for run in (self.house.worker.run(), self.runner.run())]
        await self.api.until(lambda: self.api.called("getUpdates", "getWebhookInfo"))

    async def attend(self) -> Supervisor:
        """Let only the platform run."""
        self.supervisor = Supervisor([self.telegram], clock=time.monotonic, sleep=briefly)
        self.tasks.append(asyncio.create_task(self.supervisor.run()))
        return self.supervisor

    async def close(self) -> None:
        self.house.worker.stop()
        self.runner.stop()
        for task in self.tasks[:1]:
            task.cancel()
        await asyncio.wait(self.tasks)

    async def taken(self) -> None:
        """The latest update was written down and confirmed, and then the bot died."""
        update = self.api.updates[-1]
        self.api.pending.clear()
        await self.house.store.inbox.take(
            f"telegram:update:{update['update_id']}", "telegram", json.dumps(update), time.time()
        )

    async def settled(self) -> None:
        """Until no update is under way."""
        await self.telegram._intake.idle()

    def videos(self, chat: Chat) -> list[Post]:
        """All that the bot sent to a chat with a video."""
        return [post for post in self.api.sent(chat) if "video" in post]

    async def done(self, count: int = 1, within: float = 60) -> list[Job]:
        """All jobs, once there are so many and all are done."""
        async with asyncio.timeout(within):
            while True:
                jobs = await self.house.store.jobs(f"telegram:{self.ann.id}", 100)
                if len(jobs) >= count and all(job.state == "done" for job in jobs):
                    return jobs
                await asyncio.sleep(0.01)

    async def sent(self, chat: Chat, count: int, within: float = 60) -> list[Post]:
        """What the bot has sent to a chat, once there are so many."""
        await self.api.until(lambda: len(self.api.sent(chat)) >= count, within)
        return self.api.sent(chat)

    async def told(self, chat: Chat, part: str, within: float = 60) -> Post:
        """The newest message of the bot in a chat with these words, once there is one."""

        def newest() -> Post | None:
            return next((post for post in reversed(self.api.sent(chat)) if part in post.words), None)

        await self.api.until(lambda: newest() is not None, within)
        post = newest()
        assert post
        return post

    async def answer(self, query: JSON) -> JSON:
        """What popped up after a tap."""
        await self.api.until(lambda: query["id"] in self.api.answers)
        return self.api.answers[query["id"]]

    async def clips(self, chat: Chat, count: int) -> list[Post]:
        """All clips in a chat, once there are so many."""

        def found() -> list[Post]:
            return [post for post in self.api.sent(chat) if "video" in post]

        await self.api.until(lambda: len(found()) >= count)
        return found()

    async def quiet(self, user: User, chat: Chat) -> int:
        """How many messages the bot has sent to a chat, once all that `user` has said there is worked off."""
        before = len(self.api.sent(chat))
        self.api.say(user, chat, f"/quota@{self.api.me.username}")
        await self.api.until(lambda: any("credits left today" in post.words for post in self.api.sent(chat)[before:]))
        return len(self.api.sent(chat)) - 1

    def hold(self) -> None:
        """Nothing leaves the queue."""
        self.house.worker.only = "nobody"

    def go_on(self) -> None:
        """Things leave the queue again."""
        self.house.worker.only = None
        self.house.worker.poke()

    async def clip(self, chat: Chat, within: float = 60) -> Post:
        """The newest clip in a chat, once there is one."""

        def newest() -> Post | None:
            return next((post for post in reversed(self.api.sent(chat)) if "video" in post), None)

        await self.api.until(lambda: newest() is not None, within)
        post = newest()
        assert post
        return post


@asynccontextmanager
async def a_rig(
    folder: Path,
    clip: bytes,
    new_id: Callable[[], str],
    *,
    api: BotApi | None = None,
    hook: Callable[[str], Hook] | None = None,
    limiter: RateLimiter | None = None,
    upload: int = UPLOAD,
    storage_chat: str | None = None,
    url: str | None = None,
    start: bool = True,
) -> AsyncIterator[Rig]:
    """A rig with everything running."""
    api = api or BotApi()
    async with api.serve() as base:
        client = TelegramClient(api.token, base)

        async def page(film: ShownClip, job: str) -> str:
            return f"https://t.me/{await client.own_name()}?start={job}"

        limiter = limiter or RateLimiter(time.monotonic, off=True)
        chat = TelegramChat(client, limiter, page=page, upload=upload, storage_chat=storage_chat)
        async with wired(folder, api.now, new_id, clip, {"telegram": chat}, url, QuickProvider(clip)) as house:
            runner = Runner(house.store, house.media, {"telegram": chat}, clock=api.now)
            configure(house.core, outbox=runner.poke)
            telegram = Telegram(
                house.core, client, chat, clock=time.monotonic, hook=hook(base) if hook else None, sleep=briefly
            )
            ann = api.user("Ann")
            rig = Rig(api, house, client, chat, telegram, runner, ann, api.private(ann))
            if start:
                await rig.open()
            try:
                yield rig
            finally:
                if rig.tasks:
                    await rig.close()
                await chat.close()
                await client.hang_up()
