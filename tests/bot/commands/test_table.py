"""What people can ask for besides a clip, and who may: the same on every platform."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.commands import clips
from bot.conversation import Inbound, Reply
from bot.model import Address, Job, Pending, Refused
from bot.quotas import pricing
from tests.clock import Clock
from tests.fakes import RecordingChat
from tests.houses import House, attached, configure, wired

GROUP = Address("telegram", "-5")


@pytest.fixture
async def house(
    database_url: str | None, tmp_path: Path, clock: Clock, new_id: Callable[[], str], large_clip: bytes
) -> AsyncIterator[House]:
    """One whose clips are large enough to go on from."""
    async with wired(tmp_path, clock, new_id, large_clip, {"telegram": RecordingChat()}, database_url) as made:
        yield made


async def said(house: House, text: str, user: str, *, admin: bool = False, where: Address = GROUP) -> Reply:
    """Somebody says something in a group."""

    async def moderates() -> bool:
        return admin

    house.sent += 1
    place = replace(where, message=str(house.sent))
    return await house.core.handle(
        Inbound(place, user, f"telegram:{house.sent}", text, (), shared=True, moderates=moderates)
    )


async def ordered(house: House, text: str = "she smiles", user: str = "7", where: Address = GROUP) -> Job:
    house.sent += 1
    place = replace(where, message=str(house.sent))
    reply = await house.core.handle(Inbound(place, user, f"telegram:{house.sent}", text, (attached(),), shared=True))
    return await house.job(reply.job or reply.text)


async def a_chain(house: House, length: int, user: str = "7") -> list[Job]:
    """A clip, and clips that go on from it."""
    jobs = [await house.finish(await ordered(house, user=user))]
    while len(jobs) < length:
        reply = await said(house, f"/continue {jobs[-1].id} and then", user)
        jobs.append(await house.finish(await house.job(reply.job or reply.text)))
    return jobs


# ── Greetings ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hears_all", [False, True])
@pytest.mark.parametrize("command", ["/help", "/start"])
async def test_a_greeting_in_a_group_says_how_to_call_the_bot(house: House, command: str, hears_all: bool) -> None:
    """And, where it is shown only what is said to it, that this is so, and once to an admin how to change it."""

    async def heard() -> bool:
        return hears_all

    async def yes() -> bool:
        return True

    async def told(text: str, key: str, **changes: Any) -> str:
        asked = Inbound(GROUP, "7", key, text, how_to_call="Call me.", hears_all=heard, **{"shared": True, **changes})
        return (await house.core.handle(asked)).text

    first = await told(command, "1")
    assert "Call me." in first
    assert (texts.chat.PRIVACY_MODE in first) is not hears_all
    said = [texts.chat.PRIVACY_MODE_OFF in await told(command, key, moderates=yes) for key in ("2", "3")]
    assert said == [not hears_all, False]
    for other in (await told(command, "4", shared=False), await told(f"{command} admin", "5")):
        assert "Call me." not in other


# ── Films ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_chain_of_clips_is_joined_in_its_order(house: House) -> None:
    first, second, third = await a_chain(house, 3)
    assert (second.follows, third.follows) == (first.id, second.id)
    whole = await said(house, f"/join {third.id}", "7")
    assert whole.text == texts.chat.joined(3)
    assert whole.clip
    assert whole.clip.clip.seconds == pytest.approx(3.0, abs=0.2)
    part = await said(house, f"/join {second.id}", "7")
    assert part.clip
    assert part.clip.clip.seconds == pytest.approx(2.0, abs=0.2)
    assert await house.used() == 15


async def test_only_a_clip_that_goes_on_from_another_can_be_joined(house: House) -> None:
    first, _ = await a_chain(house, 2)
    assert (await said(house, f"/join {first.id}", "7")).text == texts.chat.NOTHING_TO_JOIN
    assert [len(reply.buttons) for _, reply in house.chat.sent] == [3, 4]


async def test_again_of_a_continuation_belongs_to_the_same_chain(house: House) -> None:
    first, second = await a_chain(house, 2)
    again = await house.finish(await house.job((await said(house, f"/again {second.id}", "7")).job or ""))
    assert again.follows == first.id
    assert (await said(house, f"/join {again.id}", "7")).text == texts.chat.joined(2)


async def test_a_film_lacks_no_clip_in_silence(house: House) -> None:
    first, second = await a_chain(house, 2)
    assert first.clip
    await house.media.discard([first.clip.name])
    assert (await said(house, f"/join {second.id}", "7")).text == texts.chat.CLIP_GONE


async def test_an_admins_continuation_can_be_joined_by_the_admin(house: House) -> None:
    (first,) = await a_chain(house, 1)
    reply = await said(house, f"/continue {first.id} and then", "8", admin=True)
    second = await house.finish(await house.job(reply.job or reply.text))
    assert second.person == "telegram:8"
    assert (await said(house, f"/join {second.id}", "8", admin=True)).text == texts.chat.joined(2)
    assert (await said(house, f"/join {second.id}", "8")).text == texts.chat.NOTHING_TO_JOIN
    assert (await said(house, f"/join {second.id}", "7")).text == texts.chat.NOT_YOURS


# ── One clip ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clip_is_had_again_for_nothing(house: House) -> None:
    (job,) = await a_chain(house, 1)
    reply = await said(house, f"/clip {job.id}", "7")
    assert reply.clip
    assert reply.clip.clip == job.clip
    assert reply.job is None
    assert [button.label for button in reply.buttons] == ["Again · 5 credits", "New words", "Continue"]
    assert (await house.used(), len(house.provider.orders)) == (5, 1)


@pytest.mark.parametrize("command", ["clip", "next", "continue"])
async def test_a_clip_that_is_not_there_is_not_promised(house: House, command: str) -> None:
    job = await ordered(house)
    assert (await said(house, f"/{command} {job.id}", "7")).text == texts.chat.NO_CLIP_YET
    house.provider.creates = [Refused("moderation")]
    job = await house.finish(job)
    assert (await said(house, f"/{command} {job.id}", "7")).text == texts.jobs.failed("moderation", 5)


async def test_a_clip_whose_file_is_gone_is_said_to_be(house: House) -> None:
    (job,) = await a_chain(house, 1)
    assert job.clip
    await house.media.discard([job.clip.name])
    assert (await said(house, f"/clip {job.id}", "7")).text == texts.chat.CLIP_GONE


async def test_words_and_next_ask_and_the_answer_is_said_behind_their_words(house: House) -> None:
    (job,) = await a_chain(house, 1)
    words = await said(house, f"/words {job.id}", "7")
    assert words.text == "What should happen instead of “she smiles”? Reply with the new words."
    assert words.ask == f"/again {job.id}"
    next_ = await said(house, f"/next {job.id}", "7")
    assert (next_.text, next_.ask) == (texts.chat.ASK_NEXT, f"/continue {job.id}")
    again = await house.job((await said(house, f"{words.ask} she waves", "7")).job or "")
    on = await house.job((await said(house, f"{next_.ask} she leaves", "7")).job or "")
    assert (again.order.prompt, again.follows) == ("she waves", None)
    assert (on.order.prompt, on.follows) == ("she leaves", job.id)


@pytest.mark.parametrize("command", ["again", "continue"])
async def test_options_alone_leave_the_words_as_they_are(house: House, command: str) -> None:
    (job,) = await a_chain(house, 1)
    changed = await house.job((await said(house, f"/{command} {job.id} --10s --no rain", "7")).job or "")
    assert (changed.order.prompt, changed.order.seconds, changed.order.negative) == ("she smiles", 10, "rain")


async def test_a_link_with_a_clips_name_is_the_clip(house: House) -> None:
    (job,) = await a_chain(house, 1)
    assert (await said(house, f"/start {job.id}", "7")).clip
    assert (await said(house, f"/start {job.id}", "8")).text == texts.chat.NOT_YOURS
    assert (await said(house, "/start", "8")).text == texts.chat.HELLO_HERE


# ── Taking back ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.databases
async def test_cancel_takes_back_the_only_one_that_waits(house: House) -> None:
    job = await ordered(house)
    assert (await said(house, "/cancel", "7")).text == texts.jobs.CANCELLED
    assert (await house.finish(job)).reason == "cancelled"
    assert (await said(house, "/cancel", "7")).text == texts.chat.NOTHING_TO_CANCEL
    assert await house.used() == 0


async def test_cancel_asks_which_where_several_wait(house: House) -> None:
    jobs = [await ordered(house, words) for words in ("she smiles", "she waves")]
    asked = await said(house, "/cancel", "7")
    assert asked.text == texts.chat.CANCEL_WHICH
    assert {button.label: button.command for button in asked.buttons} == {
        "Cancel “she smiles”": f"/cancel {jobs[0].id}",
        "Cancel “she waves”": f"/cancel {jobs[1].id}",
    }
    assert await house.used() == 10


async def test_cancel_in_a_group_is_about_that_group(house: House) -> None:
    await ordered(house, where=Address("telegram", "-6"))
    assert (await said(house, "/cancel", "7")).text == texts.chat.NOTHING_TO_CANCEL


async def test_cancel_says_that_it_is_too_late(house: House) -> None:
    house.provider.polls = [Pending()]
    await ordered(house)
    await house.work()
    assert (await said(house, "/cancel", "7")).text == texts.jobs.TOO_LATE


@pytest.mark.databases
async def test_a_purchase_and_a_cancel_at_once_settle_once(house: House) -> None:
    jobs = [await ordered(house) for _ in range(3)]
    _, *replies = await asyncio.gather(house.work(), *(said(house, f"/cancel {job.id}", "7") for job in jobs))
    cancelled = sum(reply.text == texts.jobs.CANCELLED for reply in replies)
    for job in jobs:
        await house.finish(job)
    assert len(house.provider.orders) == 3 - cancelled
    assert await house.used() == 5 * (3 - cancelled)


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_admin_of_the_chat_may_and_nobody_else(house: House) -> None:
    job = await ordered(house)
    elsewhere = Address("telegram", "-6")
    for reply in (
        await said(house, f"/cancel {job.id}", "8"),
        await said(house, f"/cancel {job.id}", "8", admin=True, where=elsewhere),
        await said(house, f"/cancel {job.id}", "8", admin=True, where=replace(GROUP, platform="discord")),
    ):
        assert (reply.text, reply.refused) == (texts.chat.NOT_YOURS, True)
    assert (await said(house, f"/cancel {job.id}", "8", admin=True)).text == texts.jobs.CANCELLED


async def test_what_an_admin_orders_of_anothers_photo_is_paid_by_the_admin(house: House) -> None:
    (job,) = await a_chain(house, 1)
    assert (await said(house, f"/again {job.id}", "8", admin=True)).job
    assert (await house.used("7"), await house.used("8")) == (5, 5)


async def test_jobs_in_a_group_are_those_of_the_group(house: House) -> None:
    await ordered(house, "a secret", where=Address("telegram", "7"))
    await ordered(house, "she smiles")
    assert "a secret" not in (await said(house, "/jobs", "7")).text
    assert len((await house.say("/jobs")).text.splitlines()) == 2


# ── A chat that is no more ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_closed_chat_gives_back_what_is_still_in_line_for_it(house: House) -> None:
    house.provider.polls = [Pending()]
    running = await ordered(house)
    await house.work()
    waiting, other = await ordered(house), await ordered(house, where=Address("telegram", "-6"))
    await house.core.closed(GROUP)
    assert (await house.job(running.id)).state == "running"
    assert (await house.job(waiting.id)).reason == "cancelled"
    assert (await house.job(other.id)).state == "queued"
    assert await house.used() == 10


async def test_what_is_endless_is_not_read(house: House) -> None:
    for text in ("/help " + "x " * 20_000, "/quota 1" + " " * 20_000 + "x", "x" * 40_000):
        reply = await house.core.handle(Inbound(Address("telegram", "7"), "7", f"telegram:{len(text)}", text))
        assert (reply.refused, "7,500 characters" in reply.text) == (True, True)


# ── The history ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_history_is_searched_by_words(house: House) -> None:
    configure(house.core, policy=pricing.Policy(1000))
    lake = await ordered(house, "The boat drifts over the  LAKE")
    for number in range(clips.LISTED):
        house.clock.tick(1)
        await ordered(house, f"she smiles {number}")
    assert lake.id not in (await said(house, "/jobs", "7")).text, "only the last ten"
    for words in ("lake", "the lake", "  Over   The lake ", "LAKE drifts"):
        found = await said(house, f"/jobs {words}", "7")
        assert found.repeats == (lake.id,)
    none = await said(house, "/jobs meadow", "7")
    assert (none.text, none.buttons) == (texts.chat.no_jobs_with("meadow"), ())
    assert (await said(house, "/jobs lake", "8")).text == texts.chat.no_jobs_with("lake"), "others' are others'"
    assert len((await said(house, "/jobs she", "7")).repeats) == clips.LISTED
