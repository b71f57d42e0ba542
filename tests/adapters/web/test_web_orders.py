"""Orders by the chat page's form: from a photo to its clip, with the questions on the way."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.web import chat_page as page_module
from adapters.web import event_stream
from bot import texts
from bot.conversation import Inbound
from bot.media.sandbox import images
from bot.model import Address
from tests.adapters.web.web_chat import Start
from tests.houses import configure, picture


async def test_a_photo_arrives_where_the_temporary_folder_is_read_only(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await (await start()).browser()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "read" / "only"))
    status, answer = await browser.say("she smiles", photo=picture())
    assert status == 200
    assert answer["job"]


async def test_a_photo_sent_here_becomes_a_clip_in_the_conversation(start: Start, clip: bytes) -> None:
    site = await start()
    browser = await site.browser()
    async with browser.events() as events:
        await events.ready()
        status, said = await browser.say("she smiles", photo=picture(), duration="10", no="rain", cfg="0.3")
        assert status == 200
        await events.until(lambda: said["job"] in events.jobs)
        job = events.jobs[said["job"]]
        assert (job["state"], job["prompt"], job["cancel"]) == ("queued", "she smiles", True)
        assert job["options"] == ["10 s", "without rain", "words followed at 0.3"]
        assert job["picked"] == {"duration": "10", "no": "rain", "cfg": "0.3"}
        assert job["price"] == "10 credits, 20 left today"
        assert (job["photo"]["width"], job["photo"]["height"]) == (400, 300)
        await site.house.work()
        await events.until(lambda: events.jobs[said["job"]]["state"] == "running")
        assert "Rendering" in events.jobs[said["job"]]["text"]
        await site.house.finish(await site.house.job(said["job"]))
        await events.until(lambda: events.jobs[said["job"]]["state"] == "done")
    done = events.jobs[said["job"]]
    async with browser.http.get(site.base + done["clip"]["src"]) as answer:
        assert await answer.read() == clip
    name = f"she-smiles-{datetime.fromtimestamp(done['at'], UTC):%Y-%m-%d}.mp4"
    assert done["clip"]["save"] == {"href": done["clip"]["src"], "download": name}  # no words in what a proxy logs
    async with browser.http.get(f"{site.base}/frame/{done['id']}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")


async def test_the_same_form_again_is_the_same_job(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    answers = await asyncio.gather(*(browser.say("x", photo=picture(), key="same-key-1") for _ in range(3)))
    assert len({said["job"] for _, said in answers}) == 1
    other = await site.browser()
    assert (await other.say("x", photo=picture(), key="same-key-1"))[1]["job"] not in {
        said["job"] for _, said in answers
    }


async def test_buttons_are_commands(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    job = (await browser.say("x", photo=picture(), end=picture()))[1]["job"]
    cancelled = (await browser.say(f"/cancel {job}"))[1]
    assert (cancelled["text"], cancelled["view"]["outcome"]) == (texts.jobs.CANCELLED, "failed")
    again = (await browser.say(f"/again {job}"))[1]["job"]
    assert (await site.house.job(again)).order.end
    words = (await browser.say(f"/again {again} she waves", cfg="0.5"))[1]["job"]
    assert (await site.house.job(words)).order.cfg == 0.5
    assert (await browser.say(f"/continue {words} on"))[1]["text"] == texts.chat.NO_CLIP_YET


async def test_a_dear_clip_is_asked_about_with_buttons(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    shell = Inbound(Address("console", "shell"), "0", "console:1", "/limits confirm 5")
    assert "above 5 credits" in (await site.house.core.handle(shell)).text
    asked = (await browser.say("x --10s", photo=picture()))[1]
    assert (asked["job"], asked["fine"]) == (None, True)
    (yes, say), (no, _) = asked["question"]["buttons"]
    assert (yes, no) == ("Yes, 10 credits", "No")
    other = await site.browser()
    assert (await other.say(say))[1]["text"] == texts.chat.NOT_YOURS
    job = (await browser.say(say))[1]["job"]
    assert (await site.house.job(job)).order.seconds == 10
    _, (_, say) = (await browser.say("he waves --10s", photo=picture()))[1]["question"]["buttons"]
    assert (await browser.say(say))[1]["text"] == texts.credits.DROPPED


async def test_those_in_the_photo_are_asked_about_with_a_button(start: Start) -> None:
    site = await start()
    configure(site.house.core, ask_consent=True)
    site.house.provider.stand_in = False
    browser = await site.browser()
    asked = (await browser.say("x", photo=picture()))[1]
    assert (asked["text"], asked["job"], asked["fine"]) == (texts.consent.ASK, None, True)
    ((yes, say),) = asked["question"]["buttons"]
    assert yes == texts.consent.AGREE
    other = await site.browser()
    assert (await other.say(say))[1]["text"] == texts.chat.NOT_YOURS
    assert (await browser.say(say.replace("/agree", "/no")))[1]["text"] == texts.credits.DROPPED
    _, say = (await browser.say("he waves", photo=picture()))[1]["question"]["buttons"][0]
    assert (await browser.say(say))[1]["job"]
    assert (await browser.say("z", photo=picture()))[1]["job"]
    assert (await other.say("z", photo=picture()))[1]["text"] == texts.consent.ASK


async def test_what_waits_for_an_answer_is_there_after_a_reload_and_in_every_tab(start: Start) -> None:
    site = await start()
    configure(site.house.core, ask_consent=True)
    site.house.provider.stand_in = False
    browser, stranger = await site.browser(), await site.browser()
    asked = (await browser.say("she smiles", photo=picture()))[1]["question"]
    async with browser.events() as events, stranger.events() as others:
        await others.ready()
        while (told := await events.next())[0] != "waiting":
            pass
        (order,) = told[1]["orders"]
        assert {**order, "photo": None} == {**asked, "photo": None}
        async with browser.http.get(site.base + order["photo"]["src"]) as answer:
            assert (answer.status, answer.content_type) == (200, "image/jpeg")
        job = (await browser.say(order["buttons"][0][1]))[1]["job"]
        assert job == order["id"], "it takes the place of the question"
        site.house.clock.tick(event_stream.TICK)
        while (told := await events.next())[0] != "waiting":
            pass
        assert told[1] == {"orders": []}
        assert job in events.jobs


async def test_a_sample_comes_from_here_and_nobody_is_asked_about_it(start: Start) -> None:
    site = await start()
    configure(site.house.core, ask_consent=True)
    site.house.provider.stand_in = False
    browser = await site.browser()
    job = await site.house.job((await browser.say("x", sample="lake"))[1]["job"])
    assert job.order.sample
    assert (job.order.photo.width, job.order.photo.height) != (400, 300)
    async with browser.http.post(f"{site.base}/say") as answer:
        assert answer.status == 403
    assert (await browser.say("x", sample="../lake"))[0] == 400


async def test_a_photo_that_is_gone_leaves_the_first_frame_in_the_list(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    job = await site.house.finish(await site.house.job((await browser.say("x", photo=picture()))[1]["job"]))
    await site.house.media.discard([job.order.photo.name])
    src = (await browser.say("/jobs"))[1]["jobs"][0]["photo"]["src"]
    async with browser.http.get(site.base + src) as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")
    stranger = await site.browser()
    assert (await stranger.open(src))[0] == 404


async def test_a_picture_is_looked_at_and_not_kept(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    seen = (await browser.say("/preview", photo=picture(kind="BMP")))[1]
    assert seen["preview"].startswith("data:image/jpeg;base64,/9j/")
    assert (await browser.say("/preview", photo=b"nothing"))[1] == {"text": texts.pictures.NOT_A_PICTURE, "fine": False}
    assert "/preview" in (await browser.say("/preview"))[1]["text"]
    assert await site.house.kept() == []


async def test_what_cannot_be_done_is_said(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    for text, photo, part in (
        ("x", None, texts.page.PAGE["need_photo"]),
        ("", picture(), "What should happen"),
        ("x --7s", picture(), "--duration"),
        ("x", b"<html>", "isn't a picture"),
        ("x", picture(100, 100), "100 × 100"),
    ):
        status, said = await browser.say(text, photo=photo)
        assert (status, said["job"]) == (200, None)
        assert part in said["text"]


async def test_options_of_an_earlier_clip_stay_unless_they_are_taken_out(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    options = {"duration": "10", "no": "rain", "cfg": "0.3"}
    _, said = await browser.say("she smiles", photo=picture(), **options)
    job = await site.house.finish(await site.house.job(said["job"]))
    for picked, kept in (({}, options), ({"no": "", "cfg": ""}, {"duration": "10"})):
        _, said = await browser.say(f"/again {job.id} she waves", **picked)
        assert said["view"]["picked"] == kept


async def test_a_last_frame_is_made_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    site = await start()
    browser = await site.browser()
    job = (await browser.say("x", photo=picture()))[1]["job"]
    done = await site.house.finish(await site.house.job(job))
    decoder, made = site.house.media._clips._projector, 0
    last_frame = decoder.last_frame

    async def counted(*paths: Path) -> None:
        nonlocal made
        made += 1
        await last_frame(*paths)

    monkeypatch.setattr(decoder, "last_frame", counted)
    answers = await asyncio.gather(*(browser.open(f"/frame/{job}") for _ in range(9)), return_exceptions=True)
    assert len(answers) == 9
    assert made == 1
    assert done.clip
    await site.house.media.discard([done.clip.name])
    assert not list(site.house.media.path(done.clip.name).parent.iterdir())
    assert (await browser.open(f"/frame/{job}"))[0] == 404


def test_what_the_page_looks_at_is_what_is_refused() -> None:
    assert (page_module.LEAST, page_module.LONGEST) == (images.LEAST, images.LONGEST_TO_SHORTEST)
