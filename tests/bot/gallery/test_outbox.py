"""The outbox: each entry is done once where possible, and again after a crash; runners begin, wait and stop."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from bot.conversation import Posted, Reply
from bot.errors import ChatError, Flood, StoreDown
from bot.gallery import outbox, posts
from bot.gallery.model import OutboxEntry
from bot.gallery.outbox import Runner
from bot.model import Address
from tests.bot.gallery.gallery_house import OFFICE, Square, commands, later, tell

# ── Crashes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_entry_that_nobody_finished_is_done_after_its_lease(square: Square) -> None:
    share = await square.shared(posted=False)
    claimed = await square.house.store.outbox.claim(square.house.clock(), 300, 10, ["telegram"])
    assert [entry.kind for entry in claimed] == ["post"]  # and here whoever claimed it is killed
    assert await later(square, 299) == 0
    runner = square.another_runner()
    square.house.clock.tick(2)
    await square.work(runner)
    assert len(square.posts()) == 1
    assert (await square.share(share)).place.message
    await square.house.store.outbox.done(claimed[0])
    assert await later(square, 3600) == 0


async def test_killed_after_the_post_and_before_the_save_there_is_one_post_where_the_platform_knows_its_nonce(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = await square.shared(posted=False)

    async def killed(share_id: str, message: str, copy: str | None) -> bool:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(square.house.store.gallery, "posted", killed)
        await square.runner.round()
        await square.runner.idle()
    assert (await square.share(share)).place.message == ""
    square.house.clock.tick(400)
    await square.work(square.another_runner())
    assert len(square.posts()) == 1
    assert (await square.share(share)).place.message
    await square.say(f"/unshare {share.job}")
    await square.work()
    assert square.posts() == []


@pytest.mark.databases
async def test_two_runners_do_each_entry_once(square: Square) -> None:
    for number in range(12):
        await square.house.store.outbox.put(tell(square, f"tell{number}"))
    one, other = square.another_runner(), square.another_runner()
    await asyncio.gather(*(square.work(runner) for runner in (one, other)))
    assert len(square.wall.at(OFFICE)) == 12


async def test_what_stands_there_is_not_posted_by_another_who_comes_late(square: Square) -> None:
    share = await square.shared()
    late = OutboxEntry("late", "post", replace(share.place, message=""), square.house.clock(), share.id)
    await square.house.store.outbox.put(late)
    assert await square.work() == 1
    assert len([reply for _, reply in square.wall.sent if "Report" in commands(reply)]) == 1


async def test_unshared_while_the_post_is_on_its_way_it_is_taken_away_again(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = await square.shared(posted=False)
    send = square.wall.send

    async def slow(address: Address, reply: Reply, *, nonce: str) -> Posted:
        posted = await send(address, reply, nonce=nonce)
        await square.say(f"/unshare {share.job}")
        return posted

    monkeypatch.setattr(square.wall, "send", slow)
    await square.work()
    assert square.wall.removed == ["m2"]
    assert square.posts() == []


async def test_that_removal_outlives_a_chat_that_fails(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    share = await square.shared(posted=False)
    send = square.wall.send

    async def slow(address: Address, reply: Reply, *, nonce: str) -> Posted:
        posted = await send(address, reply, nonce=nonce)
        await square.say(f"/hide {share.id}", user="1")
        square.wall.trouble = [Flood(30), ChatError("not now")]
        return posted

    monkeypatch.setattr(square.wall, "send", slow)
    await square.work()
    assert len(square.posts()) == 1
    await later(square, 29)
    assert len(square.posts()) == 1
    await later(square, 2)
    await later(square, 60)
    assert square.posts() == []


async def test_unshared_while_a_notice_is_on_its_way_it_is_taken_away_again(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    await square.reviewed()
    share = await square.shared()
    await square.say(f"/report {share.id} spam", user="8")
    send = square.wall.send

    async def slow(address: Address, reply: Reply, *, nonce: str) -> Posted:
        posted = await send(address, reply, nonce=nonce)
        await square.say(f"/unshare {share.job}")
        return posted

    monkeypatch.setattr(square.wall, "send", slow)
    await square.work()
    assert (square.notices(), square.posts()) == ([], [])


@pytest.mark.databases
@pytest.mark.parametrize("verb", ["keep", "hide"])
async def test_decided_while_notices_are_on_their_way_none_stays(
    square: Square, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    await square.reviewed()
    share = await square.shared()
    await square.say(f"/report {share.id} spam", user="8")
    await square.say(f"/report {share.id} spam", user="9")
    send = square.wall.send

    async def slow(address: Address, reply: Reply, *, nonce: str) -> Posted:
        posted = await send(address, reply, nonce=nonce)
        await square.say(f"/{verb} {share.id}", user="1")
        return posted

    monkeypatch.setattr(square.wall, "send", slow)
    await square.work()
    assert square.notices() == []


async def test_where_a_post_stands_is_saved_once_the_database_is_back(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = await square.shared(posted=False)
    posted, fails = square.house.store.gallery.posted, [StoreDown("full")] * 2

    async def flaky(share_id: str, message: str, copy: str | None) -> bool:
        if fails:
            raise fails.pop()
        return await posted(share_id, message, copy)

    monkeypatch.setattr(square.house.store.gallery, "posted", flaky)
    monkeypatch.setattr(posts, "AGAIN", 0.0)
    await square.work()
    assert len(square.posts()) == 1
    assert (await square.share(share)).place.message


# ── Runners ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_only_entries_of_our_platforms_are_taken(square: Square) -> None:
    await square.house.store.outbox.put(tell(square, place=Address("discord", "5")))
    assert await square.work() == 0
    assert await square.house.store.outbox.next_due(["discord"]) is not None


async def test_a_runner_wakes_when_poked_and_stops_when_told(square: Square) -> None:
    running = asyncio.create_task(square.runner.run())
    try:
        async with asyncio.timeout(60):
            job = await square.clip()
            await square.say(f"/share {job.id} plain")
            while not square.posts():
                await asyncio.sleep(0.01)
        square.runner.stop()
        async with asyncio.timeout(60):
            await running
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def test_a_runner_outlives_a_database_that_is_down(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, fails = square.house.store.outbox.claim, [StoreDown("away"), KeyError("odd")]

    async def flaky(*args: object) -> list[OutboxEntry]:
        if fails:
            raise fails.pop(0)
        return await claim(*args)

    monkeypatch.setattr(square.house.store.outbox, "claim", flaky)
    await square.house.store.outbox.put(tell(square))
    running = asyncio.create_task(square.runner.run())
    async with asyncio.timeout(60):
        while not square.wall.at(OFFICE):
            square.runner.poke()
            await asyncio.sleep(0.01)
        square.runner.stop()
        await running


async def test_edits_that_wait_for_their_turn_hold_up_nothing_else(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = asyncio.Event()

    async def edit(*_: object) -> None:
        await turn.wait()

    monkeypatch.setattr(square.wall, "edit", edit)
    shares = [await square.shared() for _ in range(2)]
    runner = Runner(
        square.house.store, square.house.media, {"telegram": square.wall}, clock=square.house.clock, edits=1
    )
    for share in shares:
        await square.say(f"/heart {share.id}", user="8")
    assert await runner.round() == 1  # one edit at a time, as here there is room for one
    for number in range(8):
        await square.house.store.outbox.put(tell(square, f"hello {number}"))
    assert await runner.round() == 8
    assert await runner.round() == 0
    square.house.clock.tick(1)
    await asyncio.sleep(0)
    while len(runner._under_way) > 1:
        await asyncio.sleep(0.01)
    assert square.wall.texts().count("Hello") == 8
    waiting = await square.house.store.outbox.next_due(["telegram"])
    assert waiting is not None
    turn.set()
    await runner.idle()
    assert await square.work(runner) == 1
    assert await square.house.store.outbox.next_due(["telegram"]) is None


async def test_an_edit_that_a_stop_cuts_off_is_anybodys_at_once(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    share = await square.shared()
    await square.say(f"/heart {share.id}", user="8")
    monkeypatch.setattr(outbox, "GRACE", 0.01)
    with monkeypatch.context() as patch:
        patch.setattr(square.wall, "edit", lambda *_: asyncio.Event().wait())
        running = asyncio.create_task(square.runner.run())
        while not square.runner._under_way:
            await asyncio.sleep(0.01)
        square.runner.stop()
        await running
    assert await square.work(square.another_runner()) == 1
    assert "♥ 1" in commands(square.posts()[0])
