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
from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Flood, Hold, Refuse
from tests.loopback.telegram.model import Chat, Post
from tests.loopback.telegram.server import BotApi

pytestmark = pytest.mark.usefixtures("quick_tries")

Rigs = Callable[..., AbstractAsyncContextManager[Rig]]


@pytest.fixture
def film(clip: bytes) -> bytes:
    return clip


def order(rig: Rig, chat: Chat | None = None, **how: object) -> Post:
    words = "she smiles" if chat is None else f"/animate@{rig.api.me.username} she smiles"
    return rig.api.photo(rig.ann, chat or rig.private, picture(), words, **how)


async def bought(rig: Rig) -> None:
    """Until a clip is being made."""
    async with asyncio.timeout(60):
        while not rig.house.provider.polled:
            await asyncio.sleep(0.01)


def finish(rig: Rig) -> None:
    """Let clips be ready."""
    rig.house.provider.polls[:] = rig.house.provider.polls[1:]


@pytest.fixture
async def rendering(rigs: Rigs) -> AsyncIterator[Rig]:
    """A rig whose clips are ready when `finish` says so."""
    async with rigs() as made:
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
async def test_a_chat_that_is_closed_ends_the_job(rig: Rig, error: Refuse) -> None:
    rig.api.trouble["sendVideo"] += [error] * 3
    order(rig)
    (job,) = await rig.done()
    assert job.clip
    assert rig.house.media.path(job.clip.name).is_file()
    assert len(rig.api.called("sendVideo")) == 1
    rig.api.trouble.clear()
    rig.api.say(rig.ann, rig.private, "/jobs")
    listing = await rig.told(rig.private, job.id)
    assert listing.labels


async def test_thrown_out_while_it_is_made(rendering: Rig) -> None:
    rig = rendering
    group = rig.api.supergroup(rig.ann)
    order(rig, group)
    await bought(rig)
    rig.api.set_member(rig.api.me, group, "kicked", by=rig.ann)
    finish(rig)
    (job,) = await rig.done()
    assert job.clip
    rig.api.press(rig.ann, await rig.told(rig.private, texts.chat.CLIP_ELSEWHERE), texts.chat.SEND_AGAIN)
    await rig.clip(rig.private)


async def test_thrown_out_while_it_waits(rig: Rig) -> None:
    rig.hold()
    group = rig.api.supergroup(rig.ann)
    order(rig, group)
    await rig.sent(group, 1)
    rig.api.set_member(rig.api.me, group, "kicked", by=rig.ann)
    (job,) = await rig.done()
    assert job.reason == "cancelled"
    assert not rig.house.provider.orders
    rig.api.say(rig.ann, rig.private, "/quota")
    assert "30" in (await rig.told(rig.private, "credits")).words


async def test_a_photo_that_was_deleted(rendering: Rig) -> None:
    photo = order(rendering)
    await bought(rendering)
    rendering.api.delete(photo)
    finish(rendering)
    assert (await rendering.clip(rendering.private)).reply_to is None


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_topic_that_closes(rendering: Rig, deleted: bool) -> None:
    rig = rendering
    group = rig.api.supergroup(rig.ann, is_forum=True)
    thread = rig.api.topic(rig.ann, group)
    order(rig, group, thread=thread)
    await bought(rig)
    if deleted:
        rig.api.delete_topic(group, thread)
    else:
        rig.api.close_topic(rig.ann, group, thread)
    finish(rig)
    assert (await rig.clip(group)).thread is None
    assert len(rig.videos(group)) == 1


@pytest.mark.parametrize("told", [False, True])
async def test_a_group_that_becomes_a_supergroup(rendering: Rig, told: bool) -> None:
    """By the service message, or only by the refusal to send to the old one."""
    rig = rendering
    group = rig.api.group(rig.ann)
    order(rig, group)
    await bought(rig)
    await rig.house.store.inbox.remember("telegram", str(group.id), "privacy", "told", 4e9)
    new = rig.api.migrate(group)
    if not told:
        rig.api.pending.clear()
    finish(rig)
    await rig.clip(new)
    (job,) = await rig.done()
    assert job.address.chat == str(new.id)
    assert await rig.house.store.inbox.recall("telegram", str(new.id), "privacy", 0.0) == "told"
    assert len(rig.videos(new)) == 1


async def test_refusals_one_after_the_other_end(rig: Rig) -> None:
    """The topic is gone, then the group has moved, then it is closed: no loop, whatever the order."""
    group = rig.api.supergroup(rig.ann, is_forum=True)
    thread = rig.api.topic(rig.ann, group)
    rig.api.trouble["sendVideo"] += [Refuse(400, "Bad Request: message thread not found")] * 5
    order(rig, group, thread=thread)
    (job,) = await rig.done()
    assert job.clip
    assert len(rig.api.called("sendVideo")) == 2


async def test_a_flood_in_one_chat_is_not_the_others(rigs: Rigs) -> None:
    async with rigs(limiter=RateLimiter(time.monotonic)) as rig:
        bob = rig.api.user("Bob")
        theirs = rig.api.private(bob)
        rig.api.trouble["sendMessage"] += [Flood(3)]
        rig.api.say(rig.ann, rig.private, "/help")
        await rig.api.until(lambda: rig.api.called("sendMessage"))
        began = time.monotonic()
        rig.api.say(bob, theirs, "/help")
        (first,) = await rig.sent(theirs, 1)
        (second,) = await rig.sent(rig.private, 1)
        assert first["date"] < second["date"]
        assert time.monotonic() - began > 2


def line(text: str) -> Reply:
    """A status line, whose edits are not awaited."""
    return Reply(text, job="job")


async def test_edits_that_were_overtaken_are_not_sent(rig: Rig) -> None:
    posted = await rig.chat.answer(Address("telegram", str(rig.private.id)), Reply("one"))
    where = Address("telegram", str(rig.private.id))
    rig.api.trouble["editMessageText"] += [Hold("unread")]
    await rig.chat.edit(where, posted.message, line("two"))
    assert await rig.api.reached.get() == "editMessageText"
    for text in ("three", "four", "five"):
        await rig.chat.edit(where, posted.message, line(text))
    rig.api.let_go()
    await rig.api.until(lambda: rig.api.sent(rig.private)[0].words == "five")
    assert len(rig.api.called("editMessageText")) == 2


async def test_an_edit_that_was_too_fast_is_sent_later_unless_the_message_goes(rigs: Rigs) -> None:
    async with rigs(limiter=RateLimiter(time.monotonic, off=True)) as rig:
        where = Address("telegram", str(rig.private.id))
        posted = await rig.chat.answer(where, Reply("one"))
        rig.api.trouble["editMessageText"] += [Flood(1)]
        await rig.chat.edit(where, posted.message, line("two"))
        await rig.api.until(lambda: rig.api.sent(rig.private)[0].words == "two")
        rig.api.trouble["editMessageText"] += [Flood(1)]
        await rig.chat.edit(where, posted.message, line("three"))
        await rig.api.until(lambda: len(rig.api.called("editMessageText")) == 3)
        await rig.chat.remove(where, posted.message)
        assert rig.api.sent(rig.private)[0].deleted
        await asyncio.sleep(0.1)
        assert len(rig.api.called("editMessageText")) == 3


async def test_a_burst_keeps_to_the_limits(rigs: Rigs) -> None:
    """Telegram, which counts, has nothing to complain of; every clip arrives."""
    api = BotApi()
    api.limits = True
    async with rigs(api=api, limiter=RateLimiter(time.monotonic)) as rig:
        configure(rig.house.core, policy=pricing.Policy(1000))
        people = [rig.ann, *(api.user(f"P{number}") for number in range(9))]
        group = api.supergroup(*people)
        for person in people:
            api.photo(person, api.private(person), picture(), "she smiles")
        for person in people[:2]:
            api.photo(person, group, picture(), f"/animate@{api.me.username} she smiles")
        await api.until(
            lambda: all(rig.videos(api.private(person)) for person in people) and len(rig.videos(group)) == 2,
            20,
        )
        assert not api.violations
        assert not [call for call in api.calls if call.code == 429]
