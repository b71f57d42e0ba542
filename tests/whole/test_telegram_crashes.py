"""`photoplay run` on Telegram, killed at every step and started again: no photo lost, none paid twice, no clip missing.

The process is the real one and so is the library in it; Telegram and the paid host are loopback servers that stay up.
A call that hangs when the process dies stays without an answer: `unread` means that Telegram never carried it out.
"""

import asyncio
import json
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from forks import Forked, fork
from test_crashes import TOGETHER, end, half_an_hour_passes, remember_quick_renders, stopped

from bot import texts
from bot.config import Settings
from bot.encryption import cipher_of
from bot.model import Job
from storage import Store, open_store
from storage.jobs import Store as SqlStore
from tests import templates
from tests.bookkeeping import folder_agrees, own_books_agree
from tests.houses import picture
from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.faults import Hold
from tests.loopback.telegram.model import Chat, Post
from tests.loopback.telegram.server import BotApi

LEASE = 15.0
"""Long, so that a busy machine breaks nothing off; `killed` lets it pass."""
TELEGRAM = (
    ("sendVideo", "unread"),
    ("sendVideo", "unanswered"),
    ("sendVideo", "answered"),
    ("deleteMessage", "unread"),
    ("deleteMessage", "answered"),
    ("getUpdates", "unanswered"),
    ("getUpdates", "answered"),
    ("getFile", "unread"),
    ("file", "unread"),
    ("sendMessage", "unread"),
    ("sendMessage", "unanswered"),
    ("sendMessage", "answered"),
)
HOST = ("create", "created", "poll", "clip")
APART = 0.3
STEPS = (*((f"{method} {at}", method, at) for method, at in TELEGRAM), *((step, step, "host") for step in HOST))
"""Begun in this order, a little apart: those that wait longest afterwards come first."""
UNKNOWN = ("sendVideo unanswered", "sendVideo answered")
"""Telegram has the clip, and the bot may not know: a second one is allowed here and nowhere else."""


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
        settings = Settings(_env_file=None, data_dir=self.folder)
        store = await open_store(self.folder, None, cipher=cipher_of(settings))
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
                    while len(jobs) != count or not _all_done(jobs) or await store.inbox.waiting("telegram"):
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


def _all_done(jobs: Sequence[Job]) -> bool:
    return all(job.state == "done" for job in jobs)


async def killed_at(step: str, name: str, at: str, folder: Path, clip: bytes) -> None:
    async with a_world(folder, clip) as world:
        world.api.photo(world.ann, world.private, picture(), "one")
        world.hang(name, at)
        await world.start()
        await world.stuck()
        await world.killed()
        world.host.let_go()
        await world.start()
        (job,) = await world.over(1)
        await end(world.processes[-1], signal.SIGTERM)
        await world.check_the_books([job])
        if job.reason != "lost" or name != "sendMessage":  # there, an order may not have been sent yet
            assert job.outcome == "clip", (step, job.reason)
            assert len(world.films(job)) in ((1, 2) if step in UNKNOWN else (1,)), (step, len(world.films(job)))


async def stopped_at(
    name: str, at: str, ready: asyncio.Barrier, turn: asyncio.Semaphore, folder: Path, clip: bytes
) -> None:
    async with a_world(folder, clip) as world:
        world.api.photo(world.ann, world.private, picture(), "one")
        world.hang(name, at)
        process = await world.start()
        await world.stuck()
        await ready.wait()
        async with turn:
            await stopped(process)
        world.host.let_go()
        await world.start()
        jobs = await world.asked_again(await world.over(1))
        await end(world.processes[-1], signal.SIGTERM)
        await world.check_the_books(jobs)


async def stopped_with_both_hands_full(
    ready: asyncio.Barrier, turn: asyncio.Semaphore, folder: Path, clip: bytes
) -> None:
    async with a_world(folder, clip) as world:
        world.api.photo(world.ann, world.private, picture(), "one")
        world.hang("sendVideo", "unread")
        process = await world.start()
        await world.stuck()
        world.hang("file", "unread")
        world.api.photo(world.ann, world.private, picture(), "two")
        await world.stuck()
        await ready.wait()
        async with turn:
            await stopped(process)
        await world.start()
        jobs = await world.asked_again(await world.over(2))
        await world.check_the_books(jobs)


async def test_killed_at_every_step(tmp_path: Path, clip: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        for number, step in enumerate(STEPS):
            group.create_task(killed_at(*step, tmp_path / str(number), clip), name=step[0])
            await asyncio.sleep(APART)


async def test_sigterm_at_every_step_stops_within_ten_seconds_and_goes_on(tmp_path: Path, clip: bytes) -> None:
    ready = asyncio.Barrier(len(STEPS) + 1)  # no stop while others start: that would be a test of the machine
    turn = asyncio.Semaphore(TOGETHER)
    async with asyncio.TaskGroup() as group:
        group.create_task(stopped_with_both_hands_full(ready, turn, tmp_path / "both", clip), name="both")
        for number, (step, name, at) in enumerate(STEPS):
            group.create_task(stopped_at(name, at, ready, turn, tmp_path / str(number), clip), name=step)
            await asyncio.sleep(APART)


async def test_killed_at_random_again_and_again(tmp_path: Path, clip: bytes) -> None:
    dice = random.Random(4)
    async with a_world(tmp_path / "w", clip) as world:
        bob = world.api.user("Bob")
        group = world.api.group(world.ann, bob)
        for n in range(2):
            world.api.photo(world.ann, world.private, picture(), f"private {n}")
            world.api.photo(world.ann, group, picture(), f"/animate@{world.api.me.username} Ann's {n}")
            world.api.photo(bob, group, picture(), f"/animate@{world.api.me.username} Bob's {n}")
        for _ in range(8):
            await world.start()
            await asyncio.sleep(dice.uniform(0.05, 1.5))
            await world.killed()
        await world.start()
        jobs = await world.asked_again(await world.over(6))
        await end(world.processes[-1], signal.SIGTERM)
        await world.check_the_books(jobs)


async def an_album_across_a_kill(folder: Path, clip: bytes) -> None:
    async with a_world(folder, clip) as world:
        world.api.album(world.ann, world.private, [picture(), picture(320, 300)], "one")
        world.api.pending, late = world.api.pending[:1], world.api.pending[1:]
        await world.start()
        await world.api.until(lambda: [call for call in world.api.called("getUpdates") if "offset" in call.params])
        await world.killed()  # the first picture is kept, and its album was waited for; the second comes after the kill
        world.api.pending += late
        world.hang("sendMessage", "unread")
        await world.start()
        await world.stuck()
        await world.killed()
        await world.start()
        (job,) = await world.over(1)
        await end(world.processes[-1], signal.SIGTERM)
        await world.check_the_books([job])
        assert job.order.end
        said = world.left()
        async with world.store() as store:  # as a kill between the two leaves it: one picture ticked off, one not
            update = late[0].update
            await store._db.write(
                lambda tx: tx.all(
                    "UPDATE intake SET body = $1, done_at = NULL WHERE key = $2",
                    json.dumps(update),
                    f"telegram:update:{update['update_id']}",
                )
            )
        await world.start()
        assert len(await world.over(1)) == 1
        assert world.left() == said  # not asked what should happen in it


async def new_words_across_a_kill(at: str, folder: Path, clip: bytes) -> None:
    async with a_world(folder, clip) as world:
        api, ann, private = world.api, world.ann, world.private
        api.photo(ann, private, picture(), "one")
        await world.start()
        await world.over(1)
        (film,) = world.videos(private)
        world.hang(at, "unread")
        api.press(ann, film, texts.chat.NEW_WORDS)
        await world.stuck()
        await world.killed()  # the tap is known, and its question was not asked
        await world.start()
        await api.until(lambda: api.sent(private)[-1].force_reply)
        question = api.sent(private)[-1]
        world.hang("getUpdates", "unanswered")
        await world.killed()  # the question is asked, and its answer comes while nobody is there
        api.say(ann, private, "two", reply_to=question)
        await world.start()
        await world.stuck()
        await world.killed()
        world.hang("sendMessage", "unread")
        await world.start()
        await world.stuck()
        await world.killed()  # the answer is an order, and nobody has been told
        await world.start()
        jobs = await world.over(2)
        assert [job.order.prompt for job in jobs] == ["one", "two"]
        await end(world.processes[-1], signal.SIGTERM)
        await world.check_the_books(jobs)


async def test_albums_and_answers_across_a_kill(tmp_path: Path, clip: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(an_album_across_a_kill(tmp_path / "album", clip))
        for at in ("answerCallbackQuery", "sendMessage"):
            group.create_task(new_words_across_a_kill(at, tmp_path / at, clip), name=at)
