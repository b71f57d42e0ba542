"""What the status line says of a job that waits: why, and what happens next."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.errors import NotSent, Unreachable
from bot.jobs import status_lines, steps
from bot.model import Accepted, Finished, Job, Pending
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from tests.clock import Clock
from tests.fakes import RecordingChat, ScriptedProvider
from tests.houses import House, wired

CLIP = Finished("secret://clip")


@pytest.fixture
async def house(
    tmp_path: Path, new_id: Callable[[], str], clip: bytes, database_url: str | None
) -> AsyncIterator[House]:
    provider = ScriptedProvider(clip, stand_in=False)
    async with wired(tmp_path, Clock(), new_id, clip, {"telegram": RecordingChat()}, database_url, provider) as made:
        yield made


async def shown(house: House, job: Job) -> str:
    """What the last line of the status line says; the platform and the store agree on it."""
    said = house.chat.edits[-1][1]
    assert (await house.job(job.id)).shown == await house.store.digest(said.packed)
    return said.splitlines()[-1]


async def tracked(house: House) -> Job:
    job = await house.order()
    assert await house.core.track(job.id, "line", (await house.core.status(job)).text)
    return job


async def test_a_line_that_became_known_during_the_purchase_says_rendering_at_once(house: House) -> None:
    create = house.provider.create
    job = await house.order()

    async def slow(order: object, request_id: str) -> object:
        await house.core.track(job.id, "line", "Next in line")
        return await create(order, request_id)

    house.provider.create = slow
    await house.work()
    assert await shown(house, job) == "Rendering, about 5 min left"


async def test_a_line_that_becomes_known_later_does_not_wait_for_the_first_look(house: House) -> None:
    job = await house.order()
    await house.work()
    await house.core.track(job.id, "line", "Next in line")
    await house.store.release(await house.job(job.id), house.clock() + 240)  # when a known host is first looked at
    house.clock.tick(status_lines.YOUNG + 0.1)
    await house.worker._steps.refresh()
    assert await shown(house, job) == "Rendering, about 5 min left"


async def test_time_goes_by_on_a_line_between_two_looks(house: House) -> None:
    job = await tracked(house)
    await house.work()
    row = await house.job(job.id)
    await house.store.release(row, house.clock() + 240)
    house.clock.tick(130)
    await house.worker._steps.refresh()
    assert await shown(house, job) == "Rendering, about 3 min left"


async def test_a_render_costs_few_edits_and_its_last_minutes_are_watched(house: House) -> None:
    house.provider.polls = [Pending()]
    job = await tracked(house)
    began = house.clock()
    while house.clock() - began < 700:
        house.clock.tick(5)
        await house.work()
        await house.worker._steps.refresh()
    said = [text.splitlines()[-1] for _, text in house.chat.edits]
    left = ["about 5 min", "about 3 min", "about 2 min", "about 1 min", "about 30 s"]
    assert said[: len(left)] == [f"Rendering, {span} left" for span in left]
    assert len(said) <= 10
    assert said[-1] == str(texts.jobs.LONGER)
    house.chat.edits.clear()
    await house.core.track(job.id, "line", "told anew")
    house.clock.now = (await house.job(job.id)).due_at
    await house.work()
    assert len(house.chat.edits) == 1


@pytest.mark.parametrize("waits", ["room", "account", "silence", "disk"])
async def test_an_order_that_nobody_takes_says_why_and_when_there_is_another_try(house: House, waits: str) -> None:
    house.provider.creates = [NotSent("no", 300.0, waits), Accepted("local", "remote")]
    job = await tracked(house)
    await house.work()
    again = "Your place is kept, and I try again in"
    assert await shown(house, job) == f"{texts.jobs.WAITS[waits]} {again} about 5 min."
    assert (await house.core.status(await house.job(job.id))).text == house.chat.edits[-1][1]
    house.clock.tick(270)
    await house.worker._steps.refresh()
    assert await shown(house, job) == f"{texts.jobs.WAITS[waits]} {again} about 30 s."
    house.clock.tick(31)
    await house.work()
    assert await shown(house, job) == "Rendering, about 5 min left"
    assert (await house.job(job.id)).waits is None


async def test_a_purchase_that_hangs_is_said_to_be_asking(house: House) -> None:
    job = await tracked(house)
    await house.store.start(house.clock(), 120, 5, 5, ("telegram",), ("local",), house.worker._steps.start)
    house.clock.tick(status_lines.YOUNG + 0.1)
    await house.worker._steps.refresh()
    assert await shown(house, job) == texts.jobs.SENDING


async def looked(house: House, job: Job, times: int) -> None:
    for _ in range(times):
        house.clock.now = max(house.clock.now, (await house.job(job.id)).due_at)
        await house.work()


async def test_a_host_that_does_not_answer_is_named_from_the_second_look_on(house: House) -> None:
    house.provider.polls = [Pending("HTTP 502", failed=True)]
    job = await tracked(house)
    await looked(house, job, 2)
    assert await shown(house, job) == "Rendering, about 5 min left"
    await looked(house, job, 1)
    assert await shown(house, job) == f"{texts.jobs.WAITS['silence']} I keep trying; nothing is lost."
    house.provider.polls = [Pending()]
    await looked(house, job, 1)
    assert (await shown(house, job)).startswith("Rendering")


async def test_a_clip_that_cannot_be_fetched_is_named(house: House) -> None:
    house.provider.polls = [CLIP]
    house.provider.clips = [Unreachable("HTTP 503")]
    job = await tracked(house)
    await looked(house, job, 3)
    assert await shown(house, job) == f"{texts.jobs.WAITS['clip']} I keep trying; nothing is lost."


async def test_an_address_that_says_503_for_twenty_minutes_costs_no_clip(house: House, clip: bytes) -> None:
    house.provider.polls = [CLIP]
    house.provider.clips = [Unreachable("HTTP 503")]
    job = await tracked(house)
    until = house.clock() + 20 * 60
    while house.clock() < until:
        await looked(house, job, 1)
    house.provider.clips = [clip]
    assert (await house.finish(job)).outcome == "clip"


async def test_done_without_a_link_is_an_incident_within_minutes_and_ends_within_the_hour(house: House) -> None:
    house.provider.polls = [Pending("done, but without a link", failed=True, waits="link")]
    job = await tracked(house)
    began = house.clock()
    await looked(house, job, steps.LINKLESS[0] + 1)
    assert house.clock() - began < 180
    assert await shown(house, job) == f"{texts.jobs.WAITS['link']} I keep trying; nothing is lost."
    assert ["no link" in incident.what for incident in await house.store.incidents()] == [True]
    job = await house.finish(job)
    assert (job.reason, await house.used()) == ("broken_clip", 0)
    assert 1800 < house.clock() - began < 4000


async def test_a_link_that_comes_late_is_fetched(house: House) -> None:
    house.provider.polls = [Pending("done, but without a link", failed=True, waits="link")] * 9 + [CLIP]
    assert (await house.finish(await tracked(house))).outcome == "clip"


async def test_no_line_is_touched_once_the_job_moved_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    job = await tracked(house)
    await house.work()
    stale = await house.job(job.id)
    house.provider.polls = [CLIP]
    await house.finish(job)
    edits = len(house.chat.edits)

    async def under_way(*_: object) -> list[Job]:
        return [stale]

    monkeypatch.setattr(house.store, "under_way", under_way)
    house.clock.tick(200)
    await house.worker._steps.refresh()
    assert len(house.chat.edits) == edits


async def test_a_line_says_that_the_operator_has_paused_buying(house: House) -> None:
    job = await tracked(house)

    async def switch(paused: bool | None) -> None:
        act = Act(f"act{paused}", house.clock(), "console:0", HOUSE, "pause")
        await house.store.quotas.amend(act, lambda rule: replace(rule, paused=paused))
        await house.work()
        await house.worker._steps.refresh()

    await switch(True)
    assert await shown(house, job) == texts.jobs.PAUSED == await house.core.state(await house.job(job.id))
    told = await house.core.status(job)
    assert (told.ready_at, told.text.splitlines()[-1]) == (None, texts.jobs.PAUSED)
    await switch(None)
    assert await shown(house, job) == "Rendering, about 5 min left"
