"""What the chat page is told by its stream of events."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from adapters.web import event_stream
from bot.model import Pending
from tests.adapters.web.web_chat import Events, Start
from tests.houses import picture
from tests.web_gallery import film


async def test_the_conversation_is_there_after_a_reload_and_in_a_second_tab(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    first = (await browser.say("one", photo=picture()))[1]["job"]
    site.house.clock.tick(10)
    second = (await browser.say("two", photo=picture()))[1]["job"]
    for _ in range(2):
        await browser.open("/")
        async with browser.events() as events, browser.events() as tab:
            await events.ready()
            await tab.ready()
        assert list(events.jobs) == list(tab.jobs) == [first, second]


async def test_an_open_page_hears_that_a_clip_continues_none_any_more(start: Start) -> None:
    """What it continued was deleted, so there is nothing to join."""
    site = await start()
    site.house.provider.clips = [film(480, 360)]
    browser = await site.browser()

    async def done(text: str, **photo: bytes) -> str:
        site.house.clock.tick(1)
        job = (await browser.say(text, **photo))[1]["job"]
        return (await site.house.finish(await site.house.job(job))).id

    first = await done("she smiles", photo=picture())
    then = await done(f"/continue {first} she waves")
    async with browser.events() as events:
        await events.ready()
        assert events.jobs[then]["joins"]
        site.house.clock.tick(100)
        await browser.say(f"/delete {first} yes")
        await events.until(lambda: not events.jobs[then]["joins"])


async def test_a_stream_goes_on_where_it_broke_off(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    old = (await browser.say("old", photo=picture()))[1]["job"]
    await site.house.finish(await site.house.job(old))
    async with browser.events() as events:
        await events.ready()
    site.house.clock.tick(100)
    new = (await browser.say("new", photo=picture()))[1]["job"]
    async with browser.events(since=events.last_id) as later:
        await later.ready()
        assert new in later.jobs
    site.house.clock.tick(100)
    await site.house.finish(await site.house.job(new))
    async with browser.events(since=later.last_id) as last:
        await last.ready()
    assert list(last.jobs) == [new]
    assert last.jobs[new]["state"] == "done"


@pytest.mark.parametrize("since", ["nonsense", "nan", "-1", "1e400", "9" * 400, "1900000000"])
async def test_an_odd_place_to_go_on_from_is_the_beginning(start: Start, since: str) -> None:
    site = await start()
    browser = await site.browser()
    job = (await browser.say("one", photo=picture()))[1]["job"]
    async with browser.events(since=since) as events:
        await events.ready()
    assert list(events.jobs) == [job]


async def test_a_tab_hears_that_its_person_is_forgotten(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    done = await site.house.finish(await site.house.job((await browser.say("x", photo=picture()))[1]["job"]))
    async with browser.events() as events:
        await events.ready()
        assert list(events.jobs) == [done.id]
        site.house.clock.tick(60)
        (_, word), _ = (await browser.say("/forgetme"))[1]["buttons"]
        assert (await browser.say(word))[1]["forgotten"]
        site.house.clock.tick(60)
        while (await events.next())[0] != "forgotten":
            pass
    async with browser.events() as events:
        await events.ready()
        assert events.jobs == {}


async def test_the_allowance_is_told_and_follows(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    assert "30 credits left" in browser.state["allowance"]
    async with browser.events() as events:
        assert await events.next() == ("allowance", {"text": browser.state["allowance"]})
        await browser.say("x", photo=picture())
        while "25 credits left" not in (await events.next())[1].get("text", ""):
            pass


async def test_what_somebody_does_is_told_without_a_pause(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await start()
    browser = await site.browser()
    monkeypatch.setattr(event_stream, "BUSY", 3600)
    monkeypatch.setattr(event_stream, "CALM", 3600)
    async with browser.events() as events:
        await events.ready()
        job = (await browser.say("she smiles", photo=picture()))[1]["job"]
        left = await heard(events, "allowance")
        assert "25 credits left" in left["text"]
        assert job in events.jobs
        await browser.say(f"/cancel {job}")
        assert "30 credits left" in (await heard(events, "allowance"))["text"]


async def heard(events: Events, kind: str) -> dict[str, Any]:
    while True:
        found, data = await events.next()
        if found == kind:
            return data


async def test_a_place_in_the_queue_changes_by_itself(start: Start) -> None:
    site = await start()
    site.house.provider.polls = [Pending()]
    crowd = [await site.browser() for _ in range(6)]
    for one in crowd:
        await one.say("x", photo=picture())
        site.house.clock.tick(1)
    async with crowd[5].events() as events:
        await events.ready()
        (job,) = events.jobs.values()
        assert "5 before you" in job["text"]
        await site.house.work()
        site.house.clock.tick(event_stream.TICK)
        await events.until(lambda: "Next in line" in next(iter(events.jobs.values()))["text"])


async def test_streams_held_open_by_thousands_leave_room(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "ALL", 20)
    site = await start()
    crowd = [await site.browser() for _ in range(5)]
    newcomer = await site.browser()
    async with AsyncExitStack() as stack:
        for browser in crowd:
            for _ in range(10):
                answer = await stack.enter_async_context(browser.http.get(f"{site.base}/events"))
                assert answer.status == 200
        async with newcomer.events() as events:
            await events.ready()
        assert (await newcomer.open("/"))[0] == 200
        assert (await newcomer.open("/healthz"))[0] == 200
