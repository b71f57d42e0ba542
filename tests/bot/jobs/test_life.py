"""A photo's whole life through the core and the worker: the order, the credits, faults on the way, the delivery."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot import texts
from bot.conversation import Attachment
from bot.errors import Ambiguous, BrokenClip, ChatError, Flood, Gone, NotSent, StoreDown
from bot.jobs import delivery, machine, steps
from bot.model import Accepted, Address, Finished, Pending, Refused
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from tests.houses import House, attached, picture

pytestmark = pytest.mark.databases

# ── The way of a photo ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_photo_and_a_sentence_become_a_clip(house: House, clip: bytes) -> None:
    reply = await house.say("she puts on her glasses --cfg 0.7 --no rain", attached())
    assert reply.job
    assert "“she puts on her glasses” · 5 s · without rain · words followed at 0.7" in reply.text
    assert "5 credits, 25 left today" in reply.text
    assert "Next in line · ready in about 5 min" in reply.text
    assert texts.jobs.STAND_IN in reply.text
    assert [(b.label, b.command) for b in reply.buttons] == [("Cancel", f"/cancel {reply.job}")]
    assert await house.core.track(reply.job, "status-1", reply.text)

    await house.work()
    assert (await house.job(reply.job)).state == "running"
    ((message, text),) = house.chat.edits
    assert message == "status-1"
    assert "Rendering, about 5 min left" in text

    job = await house.finish(await house.job(reply.job))
    assert (job.outcome, await house.used()) == ("clip", 5)
    ((address, result),) = house.chat.sent
    assert address == Address("telegram", "chat", "message-1")
    assert house.chat.clips == [clip]
    assert result.clip
    assert (result.clip.clip.width, result.clip.clip.height, result.clip.clip.seconds) == (64, 48, 1.0)
    assert house.chat.removed == ["status-1"]
    (order,) = house.provider.orders
    assert (order.prompt, order.negative, order.cfg, order.seconds, order.model) == (
        "she puts on her glasses",
        "rain",
        0.7,
        5,
        "kling",
    )


async def test_the_real_model_is_labelled_too(house: House) -> None:
    house.provider.stand_in = False
    job = await house.order()
    await house.finish(job)
    assert texts.jobs.STAND_IN not in house.chat.texts()[0]
    assert texts.jobs.MADE_BY_AI in house.chat.texts()[0]


async def test_the_same_message_twice_is_one_job(house: House) -> None:
    first = await house.say("x", attached(), key="one")
    again = await house.say("x", attached(), key="one")
    assert first.job == again.job
    assert await house.used() == 5
    assert len(await house.kept()) == 1
    await house.finish(await house.job(first.job or ""))
    late = await house.say("x", attached(), key="one")
    assert texts.jobs.DONE in late.text
    assert len(house.provider.orders) == 1


async def test_two_taps_at_once_are_one_job(house: House) -> None:
    replies = await asyncio.gather(*(house.say("x", attached(), key="one") for _ in range(5)))
    assert len({reply.job for reply in replies}) == 1
    assert await house.used() == 5
    assert len(await house.kept()) == 1


# ── What cannot be done is said, and nothing is spent ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "attachments", "part"),
    [
        ("she smiles", [], "Send a photo"),
        ("", [], "Send a photo"),
        ("", [attached()], "What should happen"),
        ("she smiles --duration 7", [attached()], "--duration can be 5 or 10"),
        ("she smiles --cfg 2", [attached()], "--cfg takes a number from 0"),
        ("she smiles --happily", [attached()], "“--happily” looks like an option"),
        ("x" * 5000, [attached()], "5,000"),
        ("she smiles --10s", [attached(), attached()], "5-second"),
        ("she smiles", [attached(b"<html>")], "isn't a picture"),
        ("she smiles", [attached(b"")], "empty"),
        ("she smiles", [attached(picture()[:600])], "damaged"),
        ("she smiles", [attached(picture(1, 1))], "1 × 1"),
        ("she smiles", [attached(), attached(picture(100, 100, "PNG"), "static_mask")], "exactly the photo's size"),
        ("/fly", [], "I don't know /fly"),
        ("/cancel", [], "nothing to cancel"),
        ("/again", [], "Which clip?"),
        ("/cancel nobody", [], "don't know that clip"),
    ],
)
async def test_bad_input(house: House, text: str, attachments: list[Attachment], part: str) -> None:
    reply = await house.say(text, *attachments)
    assert part in reply.text
    assert (reply.job, await house.used()) == (None, 0)
    assert len(await house.kept()) == bool(reply.parked)  # with what was likely meant instead


async def test_masks_that_cannot_reach_the_provider_are_refused_first(house: House) -> None:
    house.provider.masks = False
    assert "PUBLIC_URL" in (await house.say("x", attached(), attached(picture(), "static_mask"))).text
    assert "PUBLIC_URL" in (await house.say("x", attached(), attached(picture(), "brush"))).text
    assert await house.used() == 0


async def test_a_used_up_allowance_says_when_it_refills_before_anything_is_downloaded(house: House) -> None:
    for _ in range(3):
        await house.order("x --10s")

    async def untouched() -> AsyncIterator[bytes]:
        raise AssertionError("downloaded")
        yield b""

    reply = await house.say("x", Attachment(untouched))
    assert "none left today" in reply.text
    assert "midnight UTC" in reply.text
    house.clock.tick(86_400)
    assert (await house.say("x", attached())).job


async def test_a_race_for_the_last_credits(house: House) -> None:
    replies = await asyncio.gather(*(house.say("x --10s", attached()) for _ in range(8)))
    assert sum(reply.job is not None for reply in replies) == 3
    assert await house.used() == 30
    assert len(await house.kept()) == 3


async def test_a_database_that_takes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise StoreDown("database is locked")

    monkeypatch.setattr(house.store, "submit", down)
    assert (await house.say("x", attached())).text == texts.chat.TRY_LATER
    assert await house.kept() == []


# ── What a provider may do ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("trouble", [Ambiguous("cut"), TimeoutError(), RuntimeError("bug")])
async def test_an_order_whose_answer_never_came_is_not_sent_twice(house: House, trouble: Exception) -> None:
    house.provider.creates = [trouble, Accepted("local", "second")]
    job = await house.finish(await house.order())
    assert (job.reason, len(house.provider.orders), await house.used()) == ("lost", 1, 0)
    assert "your 5 credits are back" in house.chat.texts()[0]
    assert (await house.store.incidents())[0].job == job.id


async def test_an_order_that_was_not_taken_waits_and_is_sent_again(house: House) -> None:
    house.provider.creates = [NotSent("429", 30.0), NotSent("503", 60.0), Accepted("local", "r")]
    job = await house.order()
    await house.core.track(job.id, "status", "")
    await house.work()
    assert (await house.job(job.id)).due_at == house.clock() + 30
    assert "Your place is kept" in house.chat.edits[-1][1]
    job = await house.finish(job)
    assert (job.outcome, len(house.provider.orders), await house.used()) == ("clip", 3, 5)


async def test_a_provider_without_room_is_given_up_in_the_end(house: House) -> None:
    house.provider.creates = [NotSent("429", 30.0)]
    job = await house.finish(await house.order())
    assert (job.reason, len(house.provider.orders)) == ("busy", machine.PUT_BACK_LIMIT)
    assert await house.used() == 0


@pytest.mark.parametrize("reason", texts.jobs.FAILED)
async def test_a_refusal_is_told_in_plain_words(house: House, reason: str) -> None:
    house.provider.creates = [Refused(reason, "raw words of the provider")]
    job = await house.finish(await house.order())
    (said,) = house.chat.texts()
    assert texts.jobs.FAILED[reason] in said
    assert "raw words" not in said
    assert "your 5 credits are back" in said
    assert (job.outcome, await house.used()) == ("failed", 0)
    assert (await house.store.incidents())[0].detail == "raw words of the provider"


async def test_a_generation_that_fails_is_given_back(house: House) -> None:
    house.provider.polls = [Pending(), Refused("moderation", "Failure to pass the risk control system")]
    job = await house.finish(await house.order())
    assert (job.reason, await house.used()) == ("moderation", 0)


async def test_a_slow_job_is_no_failed_one(house: House) -> None:
    house.provider.polls = [Pending()]
    job = await house.order()
    await house.core.track(job.id, "status", "")
    while house.clock() - job.created_at < 23 * 3600:
        job = await house.job(job.id)
        house.clock.now = max(house.clock.now + 600, job.due_at)
        await house.work()
    assert (await house.job(job.id)).state == "running"
    assert texts.jobs.LONGER in house.chat.edits[-1][1]
    assert len(house.chat.edits) < 12
    house.clock.tick(2 * 3600)
    job = await house.finish(job)
    assert (job.reason, await house.used()) == ("expired", 0)


async def test_a_job_that_never_left_the_queue_expires(house: House) -> None:
    job = await house.order()
    house.clock.tick(90_000)
    job = await house.finish(job)
    assert (job.reason, house.provider.orders) == ("expired", [])


async def test_a_clip_that_was_bought_late_has_its_whole_time(house: House) -> None:
    """The line may stand for long, as the operator can pause it; what is paid for then is not given up at once."""
    job = await house.order()
    house.clock.tick(86_000)
    house.provider.polls = [Pending(), Pending(), Finished("secret://clip")]
    await house.work()
    house.clock.tick(600)  # more than a day since it was asked for
    assert (await house.finish(job)).outcome == "clip"


async def test_what_the_operator_lets_go_on_after_days_is_bought(house: House) -> None:
    job = await house.order()
    await house.store._db.write(lambda tx: tx.all("UPDATE jobs SET halted = 1"))  # type: ignore[attr-defined]
    house.clock.tick(3 * 86_400)
    await house.store.restored.release(Act("act1", house.clock(), "console:0", HOUSE, "release"))
    assert (await house.finish(job)).outcome == "clip"


async def test_looks_that_go_wrong_are_made_again_more_and_more_rarely(house: House) -> None:
    house.provider.polls = [*[Pending("HTTP 500", failed=True)] * 40, Finished("secret://clip")]
    job = await house.order()
    await house.work()
    gaps = []
    for _ in range(30):
        job = await house.job(job.id)
        house.clock.now = job.due_at
        await house.work()
        gaps.append((await house.job(job.id)).due_at - house.clock.now)
    assert gaps[0] <= 10
    assert max(gaps) == gaps[-1] == steps.LONGEST_PAUSE
    assert (await house.finish(job)).outcome == "clip"


@pytest.mark.parametrize("broken", [b"<html>not found</html>", b"mp4", BrokenClip("HTTP 404")])
async def test_a_broken_clip_is_fetched_again(house: House, clip: bytes, broken: bytes | Exception) -> None:
    house.provider.clips = [broken, broken, clip]
    job = await house.finish(await house.order())
    assert (job.outcome, house.chat.clips) == ("clip", [clip])


async def test_a_clip_that_stays_broken_is_given_back(house: House) -> None:
    house.provider.polls = [*[Pending("HTTP 503", failed=True)] * 50, Finished("secret://clip")]
    house.provider.clips = [BrokenClip("HTTP 404")]
    job = await house.finish(await house.order())
    assert (job.reason, await house.used()) == ("broken_clip", 0)
    assert house.provider.polled >= 50 + steps.FETCHES - steps.ODD_POLLS
    assert [one.what for one in await house.store.incidents(50)].count(
        "a clip is broken"
    ) <= 2  # the first, and the end


async def test_a_full_disk_waits_for_room(house: House, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    keep, full = house.media.keep_clip, 20

    async def keep_clip(stream: AsyncIterator[bytes], person: str) -> object:
        nonlocal full
        full -= 1
        if full >= 0:
            raise StoreDown("No space left on device")
        return await keep(stream, person)

    monkeypatch.setattr(house.media, "keep_clip", keep_clip)
    assert (await house.finish(await house.order())).outcome == "clip"


async def test_no_more_than_the_slots_are_bought_at_once(house: House) -> None:
    house.provider.polls = [Pending()]
    for user in "abcdefgh":
        await house.say("x", attached(), user=user)
    await house.work(5)
    assert len(house.provider.orders) == 5
    assert (await house.store.health(house.clock())).states == {"queued": 3, "running": 5}


# ── What a chat may do ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_flooded_chat_is_waited_for(house: House, clip: bytes) -> None:
    house.provider.polls = [Finished("secret://clip")]
    job = await house.order()
    house.chat.trouble = [Flood(33.0), ChatError("502"), ChatError("timed out")]
    await house.work()
    house.clock.tick(300)
    await house.work(2)
    assert (await house.job(job.id)).due_at == house.clock() + 33
    await house.finish(job)
    assert house.chat.clips == [clip]


async def test_a_chat_that_is_gone_ends_the_job_and_keeps_the_clip(house: House) -> None:
    job = await house.order()
    house.chat.trouble = [Gone("kicked")]
    job = await house.finish(job)
    assert job.clip
    assert house.media.path(job.clip.name).is_file()
    assert await house.used() == 5


async def test_a_chat_that_fails_for_a_day_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SEND_FOR", 3600.0)
    job = await house.order()
    house.chat.trouble = [ChatError("500") for _ in range(500)]
    assert (await house.finish(job)).outcome == "clip"
    assert house.chat.sent == []


async def test_a_status_line_that_cannot_be_edited_stops_nothing(house: House) -> None:
    job = await house.order()
    await house.core.track(job.id, "status", "")
    house.chat.trouble = [ChatError("edit")]
    await house.work()
    assert (await house.finish(job)).outcome == "clip"
    assert house.chat.removed == ["status"]
