"""`photoplay run` on Telegram, killed at every step and started again: no photo lost, none paid twice, no clip missing.

The process is the real one and so is the library in it; Telegram and the paid host are loopback servers that stay up.
A call that hangs when the process dies stays without an answer: `unread` means that Telegram never carried it out.
"""

import asyncio
import json
import random
import signal
from pathlib import Path

from killed import TOGETHER, end, stopped
from telegram_killed import a_world

from bot import texts
from tests.houses import picture

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
