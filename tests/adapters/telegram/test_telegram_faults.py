"""Chats that close, move or want silence: the clip is not lost, and other chats do not wait."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from adapters.telegram.rate_limit import RateLimiter
from bot import texts
from bot.conversation import Reply
from bot.model import Address, Pending
from bot.quotas import pricing
from tests.adapters.telegram.telegram_room import Room
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Flood, Hold, Refuse
from tests.loopback.telegram.model import Chat, Post
from tests.loopback.telegram.server import BotApi

pytestmark = pytest.mark.usefixtures("quick_tries")

Rooms = Callable[..., AbstractAsyncContextManager[Room]]


@pytest.fixture
def film(clip: bytes) -> bytes:
    return clip


def order(room: Room, chat: Chat | None = None, **how: object) -> Post:
    words = "she smiles" if chat is None else f"/animate@{room.api.me.username} she smiles"
    return room.api.photo(room.ann, chat or room.private, picture(), words, **how)


async def bought(room: Room) -> None:
    """Until a clip is being made."""
    async with asyncio.timeout(60):
        while not room.house.provider.polled:
            await asyncio.sleep(0.01)


def finish(room: Room) -> None:
    """Let clips be ready."""
    room.house.provider.polls[:] = room.house.provider.polls[1:]


@pytest.fixture
async def rendering(rooms: Rooms) -> AsyncIterator[Room]:
    """A room whose clips are ready when `finish` says so."""
    async with rooms() as made:
        made.house.provider.polls.insert(0, Pending())
        polls = made.house.provider.polls
        made.house.provider.poll = lambda *_: asyncio.sleep(0, polls[0])
        made.house.provider.polls[:] = [Pending(), polls[-1]]
        polled = made.house.provider.poll

        async def poll(*args: object) -> object:
            made.house.provider.polled += 1
            return await polled(*args)

        made.house.provider.poll = poll
        yield made


@pytest.mark.parametrize(
    "error",
    [
        Refuse(403, "Forbidden: bot was blocked by the user"),
        Refuse(403, "Forbidden: user is deactivated"),
        Refuse(400, "Bad Request: chat not found"),
        Refuse(400, "Bad Request: not enough rights to send videos to the chat"),
        Refuse(400, "Bad Request: whatever Telegram thinks of next"),
    ],
)
async def test_a_chat_that_is_closed_ends_the_job(room: Room, error: Refuse) -> None:
    room.api.trouble["sendVideo"] += [error] * 3
    order(room)
    (job,) = await room.done()
    assert job.clip
    assert room.house.media.path(job.clip.name).is_file()
    assert len(room.api.called("sendVideo")) == 1
    room.api.trouble.clear()
    room.api.say(room.ann, room.private, "/jobs")
    listing = await room.told(room.private, job.id)
    assert listing.labels


async def test_thrown_out_while_it_is_made(rendering: Room) -> None:
    room = rendering
    group = room.api.supergroup(room.ann)
    order(room, group)
    await bought(room)
    room.api.set_member(room.api.me, group, "kicked", by=room.ann)
    finish(room)
    (job,) = await room.done()
    assert job.clip
    room.api.press(room.ann, await room.told(room.private, texts.chat.CLIP_ELSEWHERE), texts.chat.SEND_AGAIN)
    await room.clip(room.private)


async def test_thrown_out_while_it_waits(room: Room) -> None:
    room.hold()
    group = room.api.supergroup(room.ann)
    order(room, group)
    await room.sent(group, 1)
    room.api.set_member(room.api.me, group, "kicked", by=room.ann)
    (job,) = await room.done()
    assert job.reason == "cancelled"
    assert not room.house.provider.orders
    room.api.say(room.ann, room.private, "/quota")
    assert "30" in (await room.told(room.private, "credits")).words


async def test_a_photo_that_was_deleted(rendering: Room) -> None:
    photo = order(rendering)
    await bought(rendering)
    rendering.api.delete(photo)
    finish(rendering)
    assert (await rendering.clip(rendering.private)).reply_to is None


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_topic_that_closes(rendering: Room, deleted: bool) -> None:
    room = rendering
    group = room.api.supergroup(room.ann, is_forum=True)
    thread = room.api.topic(room.ann, group)
    order(room, group, thread=thread)
    await bought(room)
    if deleted:
        room.api.delete_topic(group, thread)
    else:
        room.api.close_topic(room.ann, group, thread)
    finish(room)
    assert (await room.clip(group)).thread is None
    assert len(room.videos(group)) == 1


@pytest.mark.parametrize("told", [False, True])
async def test_a_group_that_becomes_a_supergroup(rendering: Room, told: bool) -> None:
    """By the service message, or only by the refusal to send to the old one."""
    room = rendering
    group = room.api.group(room.ann)
    order(room, group)
    await bought(room)
    await room.house.store.inbox.remember("telegram", str(group.id), "privacy", "told", 4e9)
    new = room.api.migrate(group)
    if not told:
        room.api.pending.clear()
    finish(room)
    await room.clip(new)
    (job,) = await room.done()
    assert job.address.chat == str(new.id)
    assert await room.house.store.inbox.recall("telegram", str(new.id), "privacy", 0.0) == "told"
    assert len(room.videos(new)) == 1


async def test_refusals_one_after_the_other_end(room: Room) -> None:
    """The topic is gone, then the group has moved, then it is closed: no loop, whatever the order."""
    group = room.api.supergroup(room.ann, is_forum=True)
    thread = room.api.topic(room.ann, group)
    room.api.trouble["sendVideo"] += [Refuse(400, "Bad Request: message thread not found")] * 5
    order(room, group, thread=thread)
    (job,) = await room.done()
    assert job.clip
    assert len(room.api.called("sendVideo")) == 2


async def test_a_flood_in_one_chat_is_not_the_others(rooms: Rooms) -> None:
    async with rooms(limiter=RateLimiter(time.monotonic)) as room:
        bob = room.api.user("Bob")
        theirs = room.api.private(bob)
        room.api.trouble["sendMessage"] += [Flood(3)]
        room.api.say(room.ann, room.private, "/help")
        await room.api.until(lambda: room.api.called("sendMessage"))
        began = time.monotonic()
        room.api.say(bob, theirs, "/help")
        (first,) = await room.sent(theirs, 1)
        (second,) = await room.sent(room.private, 1)
        assert first["date"] < second["date"]
        assert time.monotonic() - began > 2


def line(text: str) -> Reply:
    """A status line, whose edits are not awaited."""
    return Reply(text, job="job")


async def test_edits_that_were_overtaken_are_not_sent(room: Room) -> None:
    posted = await room.chat.answer(Address("telegram", str(room.private.id)), Reply("one"))
    where = Address("telegram", str(room.private.id))
    room.api.trouble["editMessageText"] += [Hold("unread")]
    await room.chat.edit(where, posted.message, line("two"))
    assert await room.api.reached.get() == "editMessageText"
    for text in ("three", "four", "five"):
        await room.chat.edit(where, posted.message, line(text))
    room.api.let_go()
    await room.api.until(lambda: room.api.sent(room.private)[0].words == "five")
    assert len(room.api.called("editMessageText")) == 2


async def test_an_edit_that_was_too_fast_is_sent_later_unless_the_message_goes(rooms: Rooms) -> None:
    async with rooms(limiter=RateLimiter(time.monotonic, off=True)) as room:
        where = Address("telegram", str(room.private.id))
        posted = await room.chat.answer(where, Reply("one"))
        room.api.trouble["editMessageText"] += [Flood(1)]
        await room.chat.edit(where, posted.message, line("two"))
        await room.api.until(lambda: room.api.sent(room.private)[0].words == "two")
        room.api.trouble["editMessageText"] += [Flood(1)]
        await room.chat.edit(where, posted.message, line("three"))
        await room.api.until(lambda: len(room.api.called("editMessageText")) == 3)
        await room.chat.remove(where, posted.message)
        assert room.api.sent(room.private)[0].deleted
        await asyncio.sleep(0.1)
        assert len(room.api.called("editMessageText")) == 3


async def test_a_burst_keeps_to_the_limits(rooms: Rooms) -> None:
    """Telegram, which counts, has nothing to complain of; every clip arrives."""
    api = BotApi()
    api.limits = True
    async with rooms(api=api, limiter=RateLimiter(time.monotonic)) as room:
        configure(room.house.core, policy=pricing.Policy(1000))
        people = [room.ann, *(api.user(f"P{number}") for number in range(9))]
        group = api.supergroup(*people)
        for person in people:
            api.photo(person, api.private(person), picture(), "she smiles")
        for person in people[:2]:
            api.photo(person, group, picture(), f"/animate@{api.me.username} she smiles")
        await api.until(
            lambda: all(room.videos(api.private(person)) for person in people) and len(room.videos(group)) == 2,
            20,
        )
        assert not api.violations
        assert not [call for call in api.calls if call.code == 429]
