"""A photo's whole way through the core and the worker: the door, the money, the trouble on the way, the delivery."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot import texts
from bot.commands.table import TABLE
from bot.conversation import Attachment, Inbound
from bot.errors import Ambiguous, BrokenClip, ChatError, Flood, Gone, NotSent, StoreDown
from bot.jobs import claims, delivery, machine, steps, worker
from bot.jobs.history import History
from bot.jobs.steps import Steps
from bot.jobs.worker import Worker
from bot.model import Accepted, Address, Finished, Job, Pending, Refused
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from tests.houses import House, attached, configure, picture

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
    assert (reply.job, await house.used(), await house.kept()) == (None, 0, [])


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


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_queued_job_can_be_taken_back(house: House) -> None:
    job = await house.order()
    assert (await house.say(f"/cancel {job.id}")).text == texts.jobs.CANCELLED
    assert await house.used() == 0
    assert (await house.say(f"/cancel {job.id}")).text == texts.jobs.OVER
    job = await house.finish(job)
    assert (job.reason, house.provider.orders) == ("cancelled", [])


async def test_a_running_job_says_honestly_that_it_cannot(house: House) -> None:
    job = await house.order()
    await house.work()
    assert (await house.say(f"/cancel {job.id}")).text == texts.jobs.TOO_LATE
    assert (await house.finish(job)).outcome == "clip"
    assert (await house.say(f"/cancel {job.id}")).text == texts.jobs.OVER


async def test_nobody_cancels_for_another(house: House) -> None:
    job = await house.order()
    assert (await house.say(f"/cancel {job.id}", user="8")).text == texts.chat.NOT_YOURS
    assert (await house.job(job.id)).state == "queued"


async def test_again_is_the_same_order_with_files_of_its_own(house: House, clip: bytes) -> None:
    reply = await house.say("she smiles --cfg 0.3", attached(), attached(picture(400, 300, "PNG"), "brush"))
    first = await house.finish(await house.job(reply.job or ""))
    again = await house.job((await house.say(f"/again {first.id}")).job or "")
    assert (again.order.prompt, again.order.cfg, again.price) == ("she smiles", 0.3, 5)
    assert again.order.brushes[0].path == first.order.brushes[0].path
    assert not {p.name for p in first.order.photos} & {p.name for p in again.order.photos}
    await house.media.discard(p.name for p in first.order.photos)
    assert (await house.finish(again)).outcome == "clip"
    assert len(house.provider.orders) == 2


async def test_again_with_new_words(house: House) -> None:
    first = await house.finish(await house.order("she smiles --cfg 0.3"))
    again = await house.job((await house.say(f"/again {first.id} she waves --10s")).job or "")
    assert (again.order.prompt, again.order.seconds, again.order.cfg) == ("she waves", 10, 0.3)


@pytest.mark.parametrize("command", ["again", "continue"])
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("she waves", ("she waves", 10, "fog, rain", 0.7)),
        ("she waves --5s", ("she waves", 5, "fog, rain", 0.7)),
        ("she waves --no snow", ("she waves", 10, "snow", 0.7)),
        ("she waves --no nothing --cfg 0", ("she waves", 10, "", 0.0)),
        ("--cfg 1", ("she smiles", 10, "fog, rain", 1.0)),
    ],
)
async def test_options_stay_unless_others_are_said(
    house: House, large_clip: bytes, command: str, words: str, kept: tuple[object, ...]
) -> None:
    house.provider.clips = [large_clip]
    first = await house.finish(await house.order("she smiles --10s --no fog, rain --cfg 0.7"))
    reply = await house.say(f"/{command} {first.id} {words}")
    order = (await house.job(reply.job or "")).order
    assert (order.prompt, order.seconds, order.negative, order.cfg) == kept


async def test_what_stays_is_said(house: House) -> None:
    plain = await house.finish(await house.order())
    assert (await house.say(f"/next {plain.id}")).text == texts.chat.ASK_NEXT
    first = await house.finish(await house.order("she smiles --10s --no fog"))
    as_before = "\nAs before: 10 s · without fog. To change that, add --duration 5 or --no nothing."
    assert (await house.say(f"/next {first.id}")).text == texts.chat.ASK_NEXT + as_before
    assert (await house.say(f"/words {first.id}")).text.endswith(f"Reply with the new words.{as_before}")
    ends = await house.say("she smiles", attached(), attached(role="end"))
    ended = await house.finish(await house.job(ends.job or ""))
    assert (await house.say(f"/words {ended.id}")).text.endswith("\nAs before: 5 s · with an end picture.")


async def test_that_the_stand_in_made_it_stands_under_the_first_clip_alone(house: House) -> None:
    for _ in range(3):
        await house.finish(await house.order())
    assert [texts.jobs.STAND_IN in text for text in house.chat.texts()] == [True, False, False]


async def test_continue_begins_where_a_clip_ends(house: House) -> None:
    first = await house.order()
    small = (await house.say(f"/continue {first.id} on")).text
    assert small == texts.chat.NO_CLIP_YET
    first = await house.finish(first)
    assert "64 × 48" in (await house.say(f"/continue {first.id} on")).text  # the test's clip is a tiny one
    assert await house.used() == 5


@pytest.mark.parametrize("command", ["again", "continue", "cancel"])
async def test_what_is_gone_or_anothers_is_said(house: House, command: str) -> None:
    job = await house.finish(await house.order())
    assert (await house.say(f"/{command} {job.id}", user="8")).text == texts.chat.NOT_YOURS
    assert (await house.say(f"/{command} nobody")).text == texts.chat.UNKNOWN_JOB
    nameless = texts.chat.NOTHING_TO_CANCEL if command == "cancel" else f"/{command} k7m2p9q4xw"
    assert nameless in (await house.say(f"/{command}")).text
    assert job.clip
    await house.media.discard([job.order.photo.name, job.clip.name])
    kept = await house.kept()
    said = (await house.say(f"/{command} {job.id}")).text
    assert (
        said == {"again": texts.chat.PHOTO_GONE, "continue": texts.chat.CLIP_GONE, "cancel": texts.jobs.OVER}[command]
    )
    assert (await house.kept(), await house.used()) == (kept, 5)


async def test_quota_jobs_and_help(house: House) -> None:
    assert (await house.say("/jobs")).text == texts.chat.NO_JOBS
    done = await house.finish(await house.order("the first one"))
    queued = await house.order("the second one")
    listed = (await house.say("/jobs")).text.splitlines()
    assert listed[0] == f"1. in line · “the second one” · 5 s · 5 credits · a few seconds ago · {queued.id}"
    assert listed[1].startswith("2. ready · “the first one” · 5 s · 5 credits · ")
    assert listed[1].endswith(f" ago · {done.id}")
    assert "20 credits left today" in (await house.say("/quota")).text
    told = (await house.say("/help@photoplay_bot")).text
    for row in TABLE.values():
        assert (f"/{row.name} – {row.help}" in told) == (row.common and row.name != "start")
    said = Inbound(Address("telegram", "-1", "m"), "7", "telegram:group", "/help", shared=True)
    short = (await house.core.handle(said)).text
    assert "/gallery – " in short
    assert "/unlink" not in short
    assert short.endswith(texts.chat.HELP_MORE)
    configure(house.core, platforms=frozenset({"telegram"}))
    assert "/link – " not in (await house.say("/help")).text
    assert (await house.say("/link")).text == texts.credits.NO_OTHER_PLATFORM


# ── Crashes and rivals ───────────────────────────────────────────────────────────────────────────────────────────────


def rival(house: House) -> Worker:
    """Another worker's process on the same store."""
    history = History(house.store, house.provider, house.clock)
    chats = {"telegram": house.chat}
    work = Steps(
        house.store, house.media, house.provider, chats, history, clock=house.clock, deadline=86_400, lease=120
    )
    return Worker(house.store, work, ("telegram",), clock=house.clock, slots=5)


async def test_a_purchase_that_a_dead_worker_began_is_lost_not_repeated(house: House) -> None:
    hang = asyncio.Event()
    bought = house.provider.create

    async def create(order: object, request_id: str) -> object:
        await bought(order, request_id)
        await hang.wait()
        raise AssertionError("this worker is dead")

    house.provider.create = create
    job = await house.order()
    await house.worker.round()
    await asyncio.sleep(0)
    other = rival(house)
    await other.round()
    assert (await house.job(job.id)).state == "submitting"
    house.clock.tick(121)
    for _ in range(3):
        await other.round()
        await other.idle()
    job = await house.job(job.id)
    assert (job.state, job.reason, len(house.provider.orders)) == ("done", "lost", 1)
    house.worker.stop()
    for task in house.worker._under_way:
        task.cancel()
    await house.worker.idle()
    assert await house.used() == 0


async def test_a_worker_that_was_overtaken_touches_nothing(house: House, clip: bytes) -> None:
    job = await house.order()
    await house.work()
    slow, gate = house.provider.poll, asyncio.Event()

    async def poll(host: str, remote_id: str, age: float, order: object) -> object:
        await gate.wait()
        return Refused("failed", "told too late")

    house.provider.poll = poll
    house.clock.now = (await house.job(job.id)).due_at
    await house.worker.round()
    await asyncio.sleep(0)
    house.provider.poll = slow
    house.provider.polls = [Finished("secret://clip")]
    other = rival(house)
    house.clock.tick(241)
    for _ in range(3):
        await other.round()
        await other.idle()
    gate.set()
    await house.worker.idle()
    job = await house.job(job.id)
    assert (job.state, job.outcome, house.chat.clips) == ("done", "clip", [clip])
    assert await house.used() == 5


async def test_an_accepted_order_is_saved_however_long_the_database_sulks(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await house.order()
    save, sulks = house.store.save, 4

    async def sulky(job: Job, entry: object = None) -> None:
        nonlocal sulks
        sulks -= 1
        if sulks >= 0:
            raise StoreDown("database is locked")
        await save(job, entry)

    monkeypatch.setattr(claims, "AGAIN", 0.0)
    monkeypatch.setattr(house.store, "save", sulky)
    await house.work()
    job = await house.job(job.id)
    assert (job.state, job.remote_id, len(house.provider.orders)) == ("running", "remote", 1)


async def test_stopping_lets_go_of_looks_and_settles_purchases(house: House) -> None:
    running = await house.order()
    await house.work()
    buying = await house.order()

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    house.provider.poll = never
    house.provider.create = never
    house.clock.now = (await house.job(running.id)).due_at
    working = asyncio.create_task(house.worker.run())
    while len(house.worker._under_way) < 2:
        await asyncio.sleep(0.01)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "GRACE", 0.05)
        house.worker.stop()
        await working
    assert (await house.job(running.id)).state == "running"
    assert (await house.job(running.id)).due_at <= house.clock()
    assert (await house.job(buying.id)).reason == "lost"


async def test_the_worker_sleeps_until_it_is_poked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "NAP", 3600.0)
    working = asyncio.create_task(house.worker.run())
    await asyncio.sleep(0.05)
    job = await house.order()
    async with asyncio.timeout(60):
        while (await house.job(job.id)).state != "running":
            await asyncio.sleep(0.01)
    house.worker.stop()
    await working
