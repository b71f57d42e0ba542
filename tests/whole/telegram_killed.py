"""A process of ours on Telegram that may be killed, with its data folder, a Telegram and a paid host that stay up."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from chat_killed import ChatWorld, ended

from bot import texts
from bot.model import Job
from storage.jobs import Store as SqlStore
from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.faults import Hold
from tests.loopback.telegram.model import Chat, Post
from tests.loopback.telegram.server import BotApi


class World(ChatWorld):
    """A Telegram, a paid host, one data folder, and the process that may be killed."""

    def __init__(self, folder: Path, api: BotApi, host: PaidHost) -> None:
        super().__init__(folder, host, api.reached, {"TELEGRAM_TOKEN": api.token, "TELEGRAM_API_URL": api.base})
        self.api = api
        self.ann = api.user("Ann")
        self.private = api.private(self.ann)

    def hang(self, name: str, at: Any) -> None:
        """The next call of this name gets stuck."""
        if at == "host":
            self.host.hang_at = name
        else:
            self.api.trouble[name].append(Hold(at))

    async def over(self, count: int, within: float = 120) -> list[Job]:
        jobs = await super().over(count, within)
        await self.api.until(lambda: not self.api.trouble["deleteMessage"])
        return jobs

    async def waiting(self, store: SqlStore) -> list[str]:
        return [key for key, _ in await store.inbox.waiting("telegram")]

    async def jobs(self, store: SqlStore) -> list[Job]:
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
        await self.check_the_ledger(jobs)

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
        async with ended(world):
            yield world
