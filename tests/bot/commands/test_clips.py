"""Commands about a clip: cancel, again, continue; and what quota, jobs and help list."""

import pytest

from bot import texts
from bot.commands.table import TABLE
from bot.conversation import Inbound
from bot.model import Address
from tests.houses import House, attached, configure, picture

pytestmark = pytest.mark.databases


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
