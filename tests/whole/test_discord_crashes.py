"""`photoplay run` on Discord, killed at every step and started again: nothing promised is lost, no clip comes twice.

The process is the real one and so is the library in it; Discord and the paid host are loopback servers that stay up.
What happens while nobody is there is not told again, as with the real Discord.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from forks import Forked, fork
from killed import TOGETHER, end, half_an_hour_passes, remember_quick_renders, stopped

from adapters.discord.render import plain
from adapters.discord.user_install import LATE_KEY
from bot import texts
from bot.config import Settings
from bot.encryption import cipher_of
from bot.model import Job
from storage import open_store
from storage.jobs import Store as SqlStore
from tests import templates
from tests.bookkeeping import folder_agrees, own_books_agree
from tests.houses import picture
from tests.loopback.discord.faults import FINE, hang
from tests.loopback.discord.guilds import Channel
from tests.loopback.discord.messages import Message
from tests.loopback.discord.server import DiscordApi
from tests.loopback.provider.paid import PaidHost

LEASE = 15.0
"""Long, so that a busy machine breaks nothing off; `killed` lets it pass."""
SHORT = 5.0
"""One that a test waits for."""
PATIENT = 30.0
"""Seconds for an acknowledgement: how quick it is, is measured where the machine has nothing else to do."""
PHOTO = ("me.jpg", picture())
CALLBACK = "POST /interactions/{interaction}/{token}/callback"
LINE = "PATCH /webhooks/{application}/{token}/messages/{message}"
LINE_GONE = "DELETE /webhooks/{application}/{token}/messages/{message}"
POST = "POST /channels/{channel}/messages"
GONE = "DELETE /channels/{channel}/messages/{message}"
Step = tuple[str, str, str, int]
"""Who asks, the call that gets stuck, where in it, and how many of its kind pass before."""
KILLS: tuple[Step, ...] = (
    ("slash", LINE_GONE, "before", 0),
    ("slash", LINE_GONE, "after", 0),
    ("slash", POST, "before", 0),
    ("slash", POST, "after", 0),
    ("slash", POST, "answered", 0),
    ("mention", POST, "after", 1),
    ("mention", GONE, "before", 0),
    ("private", POST, "before", 1),
    ("button", POST, "after", 1),
    ("guest", LINE, "after", 1),
    ("slash", "clip", "host", 0),
    ("slash", "poll", "host", 0),
    ("slash", "created", "host", 0),
    ("slash", "create", "host", 0),
    ("slash", LINE, "before", 0),
    ("slash", LINE, "after", 0),
    ("mention", POST, "before", 0),
    ("private", POST, "after", 0),
    ("guest", LINE, "before", 0),
    ("form", CALLBACK, "before", 1),
    ("form", CALLBACK, "after", 1),
    ("button", CALLBACK, "before", 0),
    ("button", CALLBACK, "after", 0),
    ("slash", "CDN", "before", 0),
    ("mention", "CDN", "before", 0),
    ("slash", CALLBACK, "before", 0),
    ("slash", CALLBACK, "after", 0),
)
"""Begun in this order, a little apart: those that wait longest come first."""
STOPS = tuple(step for step in KILLS if step[2] != "after")
APART = 0.2


class World:
    """A Discord, a paid host, one data folder, and the process that may be killed."""

    def __init__(self, folder: Path, api: DiscordApi, host: PaidHost) -> None:
        self.folder, self.api, self.host = folder, api, host
        self.settings = {
            "DATA_DIR": str(folder),
            "PORT": "0",
            "LEASE": str(LEASE),
            "DAILY_CREDITS": "1000",
            "DISCORD_TOKEN": api.token,
            "DISCORD_API_URL": api.base,
            "AIMLAPI_KEY": "sk-test",
            "AIMLAPI_URL": host.base,
        }
        self.processes: list[Forked] = []
        self.ann = api.user("ann", installed=True)
        self.home = api.channel(api.guild())
        self.far = api.channel(api.guild("far", bot=False))
        self.private = api.dm(self.ann)

    async def start(self) -> Forked:
        """A process that hears what happens from now on."""
        before = len(self.api.identifies)
        process = await fork(self.folder, "-m", "bot", "run", out=False, **{"ASK_CONSENT": "false", **self.settings})
        self.processes.append(process)
        try:
            await self.api.until(lambda: len(self.api.identifies) > before and self.api.connected)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{await end(process)}") from None
        return process

    async def killed(self) -> None:
        """End the process as a power cut would; what it had claimed is anybody's soon after."""
        await end(self.processes[-1])
        await self.api.until(lambda: not self.api.connected)
        async with self.store() as store:
            await store._db.write(lambda tx: tx.all("UPDATE jobs SET due_at = 0 WHERE state NOT IN ('queued', 'done')"))
        self.let_go()

    def let_go(self) -> None:
        """Nothing else gets stuck; what is stuck in Discord stays so until the end."""
        self.host.let_go()
        self.api._faults.clear()

    def hang(self, route: str, at: Any, passes: int) -> None:
        """A call of this kind gets stuck."""
        if at == "host":
            self.host.hang_at = route
        else:
            self.api.script(route, *[FINE] * passes, hang(at))

    async def stuck(self) -> None:
        """Wait until the process is where it shall be killed."""
        waiting = [asyncio.create_task(queue.get()) for queue in (self.api.reached, self.host.reached)]
        done, rest = await asyncio.wait(waiting, timeout=90, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        if not done:
            raise AssertionError(f"never got there:\n{await end(self.processes[-1])}")

    async def ask(self, way: str, prompt: str = "one") -> None:
        """Ann wants a clip."""
        api, ann, home = self.api, self.ann, self.home
        match way:
            case "slash":
                api.slash(ann, home, "animate", {"image": PHOTO, "prompt": prompt})
            case "guest":
                api.slash(ann, self.far, "animate", {"image": PHOTO, "prompt": prompt})
            case "mention":
                api.say(ann, home, prompt, [PHOTO], mention_bot=True)
            case "private":
                api.say(ann, self.private, prompt, [PHOTO])
            case "form":
                asked = api.slash(ann, home, "animate", {"image": PHOTO})
                api.submit(await api.until(lambda: asked.modal), {"words": prompt})
            case "button":  # of the clip that `prepare` has made
                api.press(ann, next(one for one in self.standing() if one.attachments), texts.chat.again(5))

    async def prepare(self, way: str) -> int:
        """What is there before; how many jobs there will be in the end."""
        if way != "button":
            return 1
        await self.ask("slash")
        await self.over(1)
        return 2

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlStore]:
        store = await open_store(self.folder, cipher=cipher_of(Settings(_env_file=None, data_dir=self.folder)))
        try:
            yield store
        finally:
            await store.close()

    async def over(self, count: int, within: float = 120) -> list[Job]:
        """All jobs, once there are so many, each is done and everything is worked off."""
        jobs: list[Job] = []
        async with self.store() as store:
            try:
                async with asyncio.timeout(within):
                    while len(jobs) != count or any(job.state != "done" for job in jobs) or await self.waiting(store):
                        await asyncio.sleep(0.1)
                        jobs = sorted(await store.jobs(f"discord:{self.ann.id}", 100), key=lambda job: job.created_at)
                        await half_an_hour_passes(store, jobs, self.host)
            except TimeoutError:
                log = await end(self.processes[-1])
                raise AssertionError(f"{count} jobs wanted, these are there: {jobs}\n{log}") from None
        return jobs

    async def waiting(self, store: SqlStore) -> list[str]:
        return [key for key, _ in await store.inbox.waiting("discord") if not key.startswith(LATE_KEY)]

    def standing(self) -> list[Message]:
        """What the bot said and what still stands."""
        where: Sequence[Channel] = (self.home, self.far, self.private)
        return [one for channel in where for one in channel.messages if one.author is self.api.me]

    def films(self, job: Job) -> list[Message]:
        return [one for one in self.standing() if one.attachments and f"“{job.order.prompt}”" in one.content]

    async def check_the_books(self, jobs: list[Job]) -> None:
        """Paid once at most; a clip is charged and there once, all else given back and said."""
        said = [one.content for one in self.standing()]
        for job in jobs:
            twins = [one for one in jobs if one.order.prompt == job.order.prompt]
            clips = sum(one.outcome == "clip" for one in twins)
            assert clips <= self.host.bought[job.order.prompt] <= len(twins)
            assert len(self.films(job)) == clips, f"{job} {said}"
            if job.outcome != "clip":
                assert any(plain(texts.jobs.failed(job.reason or "", job.price)) in words for words in said), (
                    f"{job} {said}"
                )
        async with self.store() as store:
            rows = await store._db.read(lambda tx: tx.all("SELECT * FROM ledger WHERE person <> 'test:old'"))
            await own_books_agree(store, jobs)
            await folder_agrees(store, self.folder)
        charged = sum(job.price for job in jobs if job.outcome == "clip")
        assert charged == sum(row["spent"] for row in rows)
        assert sum(row["held"] for row in rows) == 0
        assert len(rows) == 2 * len(jobs)

    async def stands_alone(self, jobs: list[Job]) -> None:
        """No status line is left behind."""
        await self.api.until(lambda: len(self.standing()) == len(jobs))


@asynccontextmanager
async def a_world(folder: Path, clip: bytes) -> AsyncIterator[World]:
    folder.mkdir(exist_ok=True)
    api, host = DiscordApi(), PaidHost(clip)
    api.first_answer_within = PATIENT
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


async def killed_at(step: Step, folder: Path, clip: bytes) -> None:
    way, route, at, passes = step
    async with a_world(folder, clip) as world:
        await world.start()
        count = await world.prepare(way)
        world.hang(route, at, passes)
        await world.ask(way)
        await world.stuck()
        await world.killed()
        await world.start()
        jobs = await world.over(count)
        await world.check_the_books(jobs)
        job = jobs[-1]
        if job.reason != "lost" or not _on_its_way(step):
            assert job.outcome == "clip", (step, job.reason)
        if route not in (GONE, LINE_GONE):  # then it is known that the clip is there, and the line stays
            await world.stands_alone(jobs)
        await end(world.processes[-1], signal.SIGTERM)


async def killed_for_longer_than_a_nonce(way: str, passes: int, folder: Path, clip: bytes) -> None:
    async with a_world(folder, clip) as world:
        world.settings["LEASE"] = str(SHORT)
        await world.start()
        world.hang(POST, "after", passes)  # the clip is there, and nobody hears of it
        await world.ask(way)
        await world.stuck()
        await end(world.processes[-1])
        world.let_go()
        await world.start()
        jobs = await world.over(1)
        await world.check_the_books(jobs)
        await world.stands_alone(jobs)
        await end(world.processes[-1], signal.SIGTERM)


async def test_a_clip_is_not_posted_twice_when_its_nonce_is_over(
    tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.loopback.discord.posting.NONCE_LIVES", SHORT / 10)
    async with asyncio.TaskGroup() as group:
        for way, passes in (("slash", 0), ("mention", 1), ("private", 1)):
            group.create_task(killed_for_longer_than_a_nonce(way, passes, tmp_path / way, clip), name=way)
            await asyncio.sleep(APART)


def _on_its_way(step: Step) -> bool:
    """Whether an order may be not sent yet then, as the worker does not wait for the status line."""
    _, route, _, passes = step
    return route == LINE or (route == POST and not passes)


async def stopped_at(step: Step, ready: asyncio.Barrier, turn: asyncio.Semaphore, folder: Path, clip: bytes) -> None:
    way, route, at, passes = step
    async with a_world(folder, clip) as world:
        process = await world.start()
        count = await world.prepare(way)
        world.hang(route, at, passes)
        await world.ask(way)
        await world.stuck()
        await ready.wait()
        async with turn:
            await stopped(process)
        world.let_go()
        await world.start()
        await world.check_the_books(await world.over(count))
        await end(world.processes[-1], signal.SIGTERM)


async def test_killed_at_every_step(tmp_path: Path, clip: bytes) -> None:
    async with asyncio.TaskGroup() as group:
        for number, step in enumerate(KILLS):
            group.create_task(killed_at(step, tmp_path / str(number), clip), name=" ".join(map(str, step)))
            await asyncio.sleep(APART)


async def test_sigterm_at_every_step_stops_within_ten_seconds_and_goes_on(tmp_path: Path, clip: bytes) -> None:
    ready = asyncio.Barrier(len(STOPS))  # no start takes a stop's processor time, nor do many others
    turn = asyncio.Semaphore(TOGETHER)
    async with asyncio.TaskGroup() as group:
        for number, step in enumerate(STOPS):
            group.create_task(
                stopped_at(step, ready, turn, tmp_path / str(number), clip), name=" ".join(map(str, step))
            )
            await asyncio.sleep(APART)


async def test_a_form_and_a_button_outlive_a_kill(tmp_path: Path, clip: bytes) -> None:
    async with a_world(tmp_path / "w", clip) as world:
        api, ann, home = world.api, world.ann, world.home
        await world.start()
        asked = api.slash(ann, home, "animate", {"image": PHOTO})
        modal = await api.until(lambda: asked.modal)
        await world.ask("mention", "two")
        await world.over(1)
        await world.killed()
        await world.start()
        api.submit(modal, {"words": "one"})
        jobs = await world.over(2)
        await world.check_the_books(jobs)
        await world.killed()
        await world.start()
        api.press(ann, world.films(jobs[0])[0], texts.chat.again(jobs[0].price))
        await world.over(3)
        await api.until(lambda: len(world.films(jobs[0])) == 2)
        assert world.host.bought["two"] == 2
        await end(world.processes[-1], signal.SIGTERM)


async def test_killed_at_random_again_and_again(tmp_path: Path, clip: bytes) -> None:
    dice = random.Random(4)
    ways = ("slash", "mention", "private", "guest", "form")
    async with a_world(tmp_path / "w", clip) as world:
        asked = 0
        for n in range(6):
            await world.start()
            for way in dice.sample(ways, 2):
                asked += 1
                await world.ask(way, f"{way} {n}")
            await asyncio.sleep(dice.uniform(0.0, 1.5))
            await world.killed()
        await world.start()
        async with world.store() as store:
            while await world.waiting(store):
                await asyncio.sleep(0.1)
            count = len(await store.jobs(f"discord:{world.ann.id}", 100))
        promised = [one for one in world.api.interactions if one.callbacks and one.modal is None]
        assert count >= len(promised)
        await world.check_the_books(await world.over(count))
        await end(world.processes[-1], signal.SIGTERM)
