"""Edits under Telegram's limits: of each message the newest, and none once it is gone."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.shared.edit_queue import EditQueue, MessageKey
from bot.errors import Flood, Gone
from tests.adapters.telegram.limited_world import World, is_group, run


class Lines:
    """Status lines, and what was sent of them."""

    def __init__(self, world: World, **settings: int) -> None:
        self.world = world
        self.edits: EditQueue[Callable[[], Awaitable[None]]] = EditQueue(self.turn, self.send, **settings)
        self.done: list[str] = []

    async def turn(self, message: MessageKey) -> None:
        await self.world.limiter.turn(message[0], is_group(message[0]), "edit")

    async def send(self, _: MessageKey, edit: Callable[[], Awaitable[None]]) -> bool:
        try:
            await edit()
        except Flood:
            return False
        return True

    def put(self, text: str, message: str = "7", chat: str = "3", takes: float = 0.0) -> None:
        async def edit() -> None:
            if takes:
                await self.world.sleep(takes)
            if text == "refused":
                raise ValueError(text)
            self.done.append(text)

        self.edits.put((chat, message), edit)


def test_only_the_newest_edit_of_a_message_is_sent() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        world.limiter.hush("3", 5)
        for n in range(10):
            lines.put(f"a {n}", "7")
            lines.put(f"b {n}", "8")
        await world.passes(10)
        assert lines.done == ["a 9", "b 9"]
        lines.put("later")
        await world.passes(1)
        assert lines.done == ["a 9", "b 9", "later"]
        assert not lines.edits._tasks

    run(story)


def test_an_edit_that_comes_while_one_is_sent_takes_another_turn() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("one", takes=3)
        await world.passes(1)
        lines.put("two")
        lines.put("three")
        await world.passes(1)
        assert lines.done == []
        await world.passes(2)
        assert lines.done == ["one", "three"]

    run(story)


def test_whoever_must_know_waits_until_an_edit_is_through() -> None:
    async def story(world: World) -> None:
        lines, heard = Lines(world), list[str]()

        async def wait(text: str, error: Exception | None = None, message: str = "7") -> None:
            async def edit() -> None:
                if error:
                    raise errors.pop(0) if errors else error
                lines.done.append(text)

            errors = [Flood(2)] if isinstance(error, Gone) else []
            try:
                await lines.edits.done(("3", message), edit)
                heard.append(text)
            except Gone:
                heard.append(f"{text} is gone")

        world.limiter.hush("3", 5)
        tasks = [asyncio.create_task(wait("one")), asyncio.create_task(wait("two"))]
        tasks.append(asyncio.create_task(wait("three", Gone("x"), "8")))
        await world.passes(4)
        assert heard == []
        await world.passes(8)
        assert lines.done == ["two"], "the newest alone"
        assert heard == ["one", "two", "three is gone"], "a flood is sat out"
        world.limiter.hush("3", 5)
        tasks.append(asyncio.create_task(wait("four")))
        await world.calm()
        await lines.edits.drop(("3", "7"))
        await asyncio.gather(*tasks)
        assert (lines.done, heard[-1]) == (["two"], "four"), "its message goes"

    run(story)


def test_a_dropped_edit_is_not_sent_and_frees_its_turn() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        world.limiter.book("3", False, "clip")
        lines.put("old")
        await world.calm()
        await lines.edits.drop(("3", "7"))
        await lines.edits.drop(("3", "8"))
        world.say("3", "reply")
        await world.passes(1)
        assert world.times("reply") == [1]
        assert lines.done == []
        lines.put("not even started")
        await lines.edits.drop(("3", "7"))
        lines.put("a new life")
        await world.passes(1)
        assert lines.done == ["a new life"]

    run(story)


def test_a_removal_comes_after_the_edit_that_is_under_way() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("under way", takes=3)
        await world.calm()
        lines.put("waits behind it")
        drop = world.start(lines.edits.drop(("3", "7")))
        await world.passes(2)
        assert not drop.done()
        lines.put("too late")
        await world.passes(2)
        assert drop.done()
        await world.passes(10)
        assert lines.done == ["under way"]

    run(story)


def test_a_message_at_its_end_takes_no_edit_until_it_is_reopened() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("waits")
        await lines.edits.end(("3", "7"))
        lines.put("too late")
        await lines.edits.done(("3", "7"), AsyncMock(side_effect=AssertionError))
        await world.passes(5)
        assert lines.done == []
        lines.edits.reopen(("3", "7"))
        lines.put("again")
        await world.passes(1)
        assert lines.done == ["again"]

    run(story)


@given(st.lists(st.tuples(st.sampled_from(["put", "slow", "drop", "pass"]), st.sampled_from("ab")), max_size=30))
def test_nothing_is_sent_of_a_message_once_it_is_dropped(plot: list[tuple[str, str]]) -> None:
    async def story(world: World) -> None:
        lines, newest = Lines(world), dict[str, str]()
        for n, (entry, message) in enumerate(plot):
            if entry == "drop":
                drop = world.start(lines.edits.drop(("3", message)))
                while not drop.done():
                    await world.passes(1)
                newest.pop(message, None)
                done = len(lines.done)
                await world.passes(9)
                assert not [text for text in lines.done[done:] if text.startswith(message)]
            elif entry == "pass":
                await world.passes(0.7)
            else:
                newest[message] = f"{message} {n}"
                lines.put(newest[message], message, takes=2 if entry == "slow" else 0)
        await world.passes(60)
        for message, text in newest.items():
            assert [line for line in lines.done if line.startswith(message)][-1] == text
        assert not lines.edits._tasks

    run(story)


def test_an_edit_that_fails_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("refused")
        await world.passes(1)
        lines.put("fine")
        await world.passes(1)
        assert lines.done == ["fine"]

    run(story)
    assert [record.getMessage() for record in caplog.records] == ["an edit failed: ValueError"]


def test_edits_on_their_way_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def story(world: World) -> None:
        lines = Lines(world, most=2)
        for message in ("7", "8", "9", "7"):
            lines.put(f"of {message}", message)
        await world.passes(5)
        assert lines.done == ["of 7", "of 8"]

    run(story)
    assert "an edit was dropped: 2 wait already" in caplog.text


def test_after_close_nothing_is_sent() -> None:
    async def story(world: World) -> None:
        lines = Lines(world)
        lines.put("under way", takes=3)
        lines.put("waits", "8")
        await world.calm()
        await lines.edits.close()
        lines.put("late", "9")
        await world.passes(10)
        await lines.edits.close()
        assert lines.done == []
        assert len(asyncio.all_tasks()) == 1
        assert not world.limiter._waiting

    run(story)
