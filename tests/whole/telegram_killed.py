"""A process of ours on Telegram that may be killed, with its data folder, a Telegram and a paid host that stay up."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from forks import Forked, fork
from killed import end, half_an_hour_passes, remember_quick_renders

from bot import texts
from bot.config import Settings
from bot.encryption import cipher_of
from bot.model import Job
from storage import Store, open_store
from storage.jobs import Store as SqlStore
from tests import templates
from tests.bookkeeping import folder_agrees, own_books_agree
from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.faults import Hold
from tests.loopback.telegram.model import Chat, Post
from tests.loopback.telegram.server import BotApi

LEASE = 15.0
"""Long, so that a busy machine breaks nothing off; `killed` lets it pass."""


class World:
    """A Telegram, a paid host, one data folder, and the process that may be killed."""

    def __init__(self, folder: Path, api: BotApi, host: PaidHost) -> None:
        self.folder, self.api, self.host = folder, api, host
        self.settings = {
            "DATA_DIR": str(folder),
            "PORT": "0",
            "LEASE": str(LEASE),
            "DAILY_CREDITS": "1000",
            "TELEGRAM_TOKEN": api.token,
            "TELEGRAM_API_URL": api.base,
            "AIMLAPI_KEY": "sk-test",
            "AIMLAPI_URL": host.base,
        }
        self.processes: list[Forked] = []
        self.ann = api.user("Ann")
        self.private = api.private(self.ann)

    async def start(self) -> Forked:
        process = await fork(self.folder, "-m", "bot", "run", out=False, **{"ASK_CONSENT": "false", **self.settings})
        self.processes.append(process)
        return process

    async def killed(self) -> None:
        """End the process as a power cut would; what it had claimed is anybody's soon after."""
        await end(self.processes[-1])
        async with self.store() as store:
            await store._db.write(lambda tx: tx.all("UPDATE jobs SET due_at = 0 WHERE state NOT IN ('queued', 'done')"))

    def hang(self, name: str, at: Any) -> None:
        """The next call of this name gets stuck."""
        if at == "host":
            self.host.hang_at = name
        else:
            self.api.trouble[name].append(Hold(at))

    async def stuck(self) -> None:
        """Wait until the process is where it shall be killed."""
        waiting = [asyncio.create_task(queue.get()) for queue in (self.api.reached, self.host.reached)]
        done, rest = await asyncio.wait(waiting, timeout=90, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        if not done:
            raise AssertionError(f"never got there:\n{await end(self.processes[-1])}")

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlStore]:
        store = await open_store(self.folder, cipher=cipher_of(Settings(_env_file=None, data_dir=self.folder)))
        try:
            yield store
        finally:
            await store.close()

    async def over(self, count: int, within: float = 120) -> list[Job]:
        """All jobs, once there are so many, each is done and every update is worked off."""
        jobs: list[Job] = []
        async with self.store() as store:
            try:
                async with asyncio.timeout(within):
                    while len(jobs) != count or not all_done(jobs) or await store.inbox.waiting("telegram"):
                        await asyncio.sleep(0.1)
                        jobs = await self.jobs(store)
                        await half_an_hour_passes(store, jobs, self.host)
                    await self.api.until(lambda: not self.api.trouble["deleteMessage"])
            except TimeoutError:
                log = await end(self.processes[-1])
                raise AssertionError(f"{count} jobs wanted, these are there: {jobs}\n{log}") from None
        return jobs

    async def jobs(self, store: Store) -> list[Job]:
        people = [user for user in self.api.users.values() if not user.is_bot]
        found = [await store.jobs(f"telegram:{user.id}", 100) for user in people]
        return sorted((job for jobs in found for job in jobs), key=lambda job: job.created_at)

    def films(self, job: Job) -> list[Post]:
        """The clips that stand in the chat as answers to a job's photo."""
        chat = self.api.chats[int(job.address.chat)]
        return [post for post in self.api.sent(chat) if "video" in post and str(post.reply_to) == job.address.message]

    async def check_the_books(self, jobs: list[Job]) -> None:
        """Paid once at most; a clip is charged and there, all else given back and said; no clip beyond the doubt."""
        assert not {prompt: n for prompt, n in self.host.bought.items() if n > 1}
        for job in jobs:
            films = self.films(job)
            if job.outcome == "clip":
                assert self.host.bought[job.order.prompt] == 1
                assert 1 <= len(films) <= max(1, job.sends), (job, films)
            else:
                said = [post.words for post in self.api.sent(self.api.chats[int(job.address.chat)])]
                assert not films
                assert any(texts.jobs.failed(job.reason or "", job.price) in words for words in said), said
        async with self.store() as store:
            rows = await store._db.read(lambda tx: tx.all("SELECT * FROM ledger WHERE person <> 'test:old'"))
            await own_books_agree(store, jobs)
            await folder_agrees(store, self.folder)
        assert sum(row["spent"] for row in rows) == sum(job.price for job in jobs if job.outcome == "clip")
        assert sum(row["held"] for row in rows) == 0
        assert len(rows) == 2 * len(jobs)

    async def asked_again(self, jobs: list[Job]) -> list[Job]:
        """Have those clips sent of which the bot says that it does not know whether they arrived."""
        for job in jobs:
            chat = self.api.chats[int(job.address.chat)]
            for post in self.api.sent(chat):
                if texts.chat.SEND_AGAIN in post.labels and f"/clip {job.id}" in json.dumps(post.buttons):
                    before = len(self.videos(chat))
                    asker = self.api.users[int(job.person.removeprefix("telegram:"))]
                    self.api.press(asker, post, texts.chat.SEND_AGAIN)
                    await self.api.until(lambda chat=chat, before=before: len(self.videos(chat)) > before)
        return jobs

    def videos(self, chat: Chat) -> list[Post]:
        return [post for post in self.api.sent(chat) if "video" in post]

    def left(self) -> list[str]:
        """Status lines that still stand in the private chat."""
        return [post.words for post in self.api.sent(self.private) if not post.deleted and "video" not in post]


@asynccontextmanager
async def a_world(folder: Path, clip: bytes) -> AsyncIterator[World]:
    folder.mkdir(exist_ok=True)
    api, host = BotApi(), PaidHost(clip)
    host.renders_after = 0
    async with api.serve(), host.serve():
        world = World(folder, api, host)
        await templates.put(folder, remember_quick_renders)
        try:
            yield world
        finally:
            for process in world.processes:
                if process.returncode is None:
                    await end(process)


def all_done(jobs: Sequence[Job]) -> bool:
    return all(job.state == "done" for job in jobs)
