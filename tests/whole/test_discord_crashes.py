"""`photoplay run` on Discord, killed at every step and started again: nothing promised is lost, no clip comes twice.

The process is the real one and so is the library in it; Discord and the paid host are loopback servers that stay up.
What happens while the bot is away is not told again, as with the real Discord.
"""

import asyncio
import random
import signal
from pathlib import Path

import pytest
from discord_killed import PHOTO, a_world
from killed import TOGETHER, end, stopped

from bot import texts

SHORT = 5.0
"""One that a test waits for."""
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
