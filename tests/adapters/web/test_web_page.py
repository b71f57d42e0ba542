"""The chat page over a socket: forms, events, doors, and what attackers try."""

import asyncio
import contextlib
import io
import json
import re
import secrets
import tempfile
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jinja2 import UndefinedError
from markupsafe import escape
from PIL import Image

from adapters.web import chat_page as page_module
from adapters.web import clips_page, crowd, event_stream, homescreen, message, packing
from adapters.web.chat_page import ChatPage
from adapters.web.job_json import JobJson, file_name
from adapters.web.proxies import is_loopback
from adapters.web.server import make_app, serve
from adapters.web.session import Sessions
from adapters.web.templating import card, render, script_data
from adapters.web.tries import EACH
from bot import texts
from bot.commands.table import TABLE
from bot.conversation import Inbound
from bot.jobs.shelf import Shelf
from bot.media.sandbox import images
from bot.media.signed_links import Links
from bot.media.stored import StoredFile
from bot.model import Address, Pending
from bot.quotas.pricing import Policy
from bot.sentence import Sentence
from generator.words import read
from tests.clock import Clock
from tests.houses import House, configure, picture, wired
from tests.wave import WAVE
from tests.web_gallery import film

TEMPLATES = page_module.STATIC.with_name("templates")


class Browser:
    """Cookies, a form token, and nothing else."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.state: dict[str, Any] = {}

    async def open(self, path: str = "/", **headers: str) -> tuple[int, str]:
        async with self.http.get(self.base + path, headers=headers) as answer:
            text = await answer.text()
            if found := re.search(r'<script type="application/json" id="state">(.*?)</script>', text, re.DOTALL):
                self.state = json.loads(found[1])
            return answer.status, text

    async def say(
        self,
        text: str,
        *,
        photo: bytes | None = None,
        end: bytes | None = None,
        key: str = "",
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **options: str,
    ) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("key", key or secrets.token_hex(8))
        form.add_field("text", text)
        for name, value in options.items():
            form.add_field(name, value)
        for name, data in (("photo", photo), ("end", end)):
            if data is not None:
                form.add_field(name, io.BytesIO(data), filename="../../etc/passwd.jpg", content_type="image/jpeg")
        sent = {"X-Photoplay": self.state["csrf"] if token is None else token, **(headers or {})}
        async with self.http.post(f"{self.base}/say", data=form, headers=sent) as answer:
            return answer.status, await answer.json()

    @asynccontextmanager
    async def events(self, since: str = "") -> AsyncIterator["Events"]:
        headers = {"Last-Event-ID": since} if since else {}
        async with self.http.get(f"{self.base}/events", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            yield Events(answer)


@dataclass
class Events:
    answer: aiohttp.ClientResponse
    last_id: str = ""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def next(self) -> tuple[str, dict[str, Any]]:
        kind = ""
        async with asyncio.timeout(60):
            while line := (await self.answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.last_id = value
                elif name == "data":
                    data = json.loads(value)
                    if kind == "job":
                        self.jobs[data["id"]] = data
                    return kind, data
        raise EOFError

    async def until(self, test: Callable[[], bool]) -> None:
        while not test():
            await self.next()

    async def ready(self) -> None:
        while (await self.next())[0] != "ready":
            pass


@dataclass
class Site:
    base: str
    house: House
    browsers: AsyncExitStack

    async def browser(self, path: str = "/") -> Browser:
        made = Browser(self.base)
        self.browsers.push_async_callback(made.http.close)
        await made.open(path)
        return made


Start = Callable[..., Any]


@pytest.fixture
async def start(
    tmp_path: Path,
    clock: Clock,
    new_id: Callable[[], str],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Start]:
    """Start the page, on SQLite: `await start(password=..., private=...)`."""
    monkeypatch.setattr(event_stream, "BUSY", 0.02)
    monkeypatch.setattr(event_stream, "CALM", 0.02)
    async with AsyncExitStack() as stack:

        async def begin(*, private: bool = True, password: str | None = None) -> Site:
            house = await stack.enter_async_context(wired(tmp_path, clock, new_id, clip, {"web": Shelf()}))
            links = Links(b"k" * 32, clock)
            sessions = Sessions(links, clock, private=private, password=password, secure=False)

            async def health() -> tuple[bool, dict[str, Any]]:
                return True, {}

            job_json = JobJson(house.core, links)
            app = make_app(links, house.media.stored, health, ChatPage(house.core, sessions, job_json))
            base = await stack.enter_async_context(serve(app, "127.0.0.1", 0))
            return Site(base, house, await stack.enter_async_context(AsyncExitStack()))

        yield begin


# ── What a person does ───────────────────────────────────────────────────────────────────────────────────────────────


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
    async with browser.http.get(site.base + done["clip"]["download"]) as answer:
        name = f"she-smiles-{datetime.fromtimestamp(done['at'], UTC):%Y-%m-%d}.mp4"
        assert answer.headers["Content-Disposition"] == f"attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    for name in ("../x", "x" * 101, 'x"; filename="y', "x%0Ay"):
        async with browser.http.get(f"{site.base}{done['clip']['src']}?download={name}") as answer:
            assert answer.status == 404
    async with browser.http.get(f"{site.base}/frame/{done['id']}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/jpeg")


async def test_a_row_of_the_table_is_in_the_menu_and_in_the_help(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE, "wave", WAVE)
    browser = await (await start()).browser()
    _, page = await browser.open()
    menu = page.partition('id="menu"')[2].partition("</nav>")[0]
    said = re.findall(r'value="(/[a-z]+)">([^<]+)<', menu)
    labels = [texts.page.PAGE[name] for name in ("history", "credits", "model", "mydata", "privacy", "help")]
    own = list(zip(("/jobs", "/quota", "/model", "/mydata", "/privacy", "/help"), labels, strict=True))
    assert [one for one in said if one not in own] == [("/wave", "Wave")]
    assert [one for one in said if one in own] == own
    monkeypatch.setitem(TABLE, "nod", replace(WAVE, name="nod", help="nod to me", menu="none", label="", typed=True))
    told = (await browser.say("/help"))[1]["text"].splitlines()
    assert "Wave – wave to me" in told
    assert "/nod – nod to me" in told
    assert (await browser.say("/wave"))[1]["text"] == "👋"


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
    assert (await browser.say(f"/cancel {job}"))[1] == {"text": texts.jobs.CANCELLED, "job": None, "fine": True}
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
    _, (_, say) = (await browser.say("y --10s", photo=picture()))[1]["question"]["buttons"]
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
    _, say = (await browser.say("y", photo=picture()))[1]["question"]["buttons"][0]
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


async def test_commands_bring_what_they_promise(start: Start) -> None:
    site = await start()
    site.house.provider.clips = [film(480, 360)]
    browser = await site.browser()

    async def done(text: str, **photo: bytes) -> str:
        job = (await browser.say(text, **photo))[1]["job"]
        return (await site.house.finish(await site.house.job(job))).id

    first = await done("She smiles, “softly”", photo=picture())
    then = await done(f"/continue {first} und weiter…")
    listed = (await browser.say("/jobs"))[1]["jobs"]
    assert [(job["id"], job["joins"]) for job in listed] == [(then, True), (first, False)]
    for command, name in ((f"/clip {first}", "she-smiles-softly"), (f"/join {then}", "und-weiter")):
        film_ = (await browser.say(command))[1]["clip"]
        async with browser.http.get(site.base + film_["download"]) as answer:
            assert f'filename="{name}-' in answer.headers["Content-Disposition"]
            assert len(await answer.read()) > 1000
    (file,) = (await browser.say("/mydata"))[1]["files"]
    async with browser.http.get(site.base + file["href"]) as answer:
        assert (await answer.read()).startswith(b"PK")
        assert answer.headers["Cache-Control"] == "no-store"


IN_MENU = re.compile(r"(?<![\w/<.])/(jobs|quota|mydata|privacy|help|forgetme)\b")
ELSEWHERE = (
    *(texts.chat.BROKE, texts.chat.HELP_MORE, texts.privacy.MYDATA_ALONE, texts.privacy.BY_COMMAND),
    texts.sharing.SHARE_HOW,
)
"""What the page never says."""
NOT_ON_PAGE = frozenset({"commands", "shell"})
"""Modules of `texts` that are told elsewhere, or as lists of commands."""


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        *(("/fly", "help"), ("/start", "help"), ("/jobs zebra", "history")),
        *(("/again", "history"), ("/again nosuchclip", "history"), ("/forgetme yes aaaaaaaaaa", "privacy")),
    ],
)
async def test_answers_name_the_menu_instead_of_commands(start: Start, text: str, entry: str) -> None:
    said = (await (await (await start()).browser()).say(text))[1]["text"]
    assert f"“{texts.page.PAGE[entry]}” in the menu" in said
    assert not IN_MENU.search(said)


async def test_words_of_people_stay_as_they_are(start: Start) -> None:
    said = (await (await (await start()).browser()).say("/jobs say /mydata or /help"))[1]["text"]
    assert "“say /mydata or /help”" in said


def test_no_sentence_of_a_chat_leads_the_page_to_a_command_that_its_menu_has() -> None:
    said = [
        sentence
        for module in (getattr(texts, name) for name in texts.__all__ if name not in NOT_ON_PAGE)
        for sentence in vars(module).values()
        if isinstance(sentence, Sentence) and sentence not in ELSEWHERE
    ]
    shown = [sentence.worded(texts.on_page.WORDING) for sentence in said]
    assert [words for words in shown if IN_MENU.search(words.replace("/quota set", ""))] == []


async def test_help_and_privacy_name_nothing_that_is_only_elsewhere(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    assert "/link" in (await browser.say("/help"))[1]["text"]
    assert "in a group" in (await browser.say("/privacy"))[1]["text"]
    configure(site.house.core, platforms=frozenset({"web"}))
    assert "/" not in (await browser.say("/help"))[1]["text"]
    assert "in a group" not in (await browser.say("/privacy"))[1]["text"]
    assert (await browser.say("/link"))[1]["text"] == texts.credits.NO_OTHER_PLATFORM


async def test_an_operator_sees_the_chart_and_can_undo(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    job = await site.house.job((await browser.say("x", photo=picture()))[1]["job"])
    configure(site.house.core, owners=frozenset({job.person}))
    (chart,) = (await browser.say("/usage"))[1]["files"]
    assert chart["picture"]
    assert chart["href"].startswith("data:image/png;base64,iVBOR")
    ((_, undo),) = (await browser.say("/quota set default 7 a day"))[1]["buttons"]
    assert (await browser.say(undo))[1]["fine"]


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


# ── Doors ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_away_from_home_the_page_is_off_without_a_password(start: Start) -> None:
    site = await start(private=False)
    browser = Browser(site.base)
    site.browsers.push_async_callback(browser.http.close)
    status, text = await browser.open("/")
    assert (status, "PLAYGROUND_PASSWORD" in text) == (403, True)
    assert (await browser.open("/events"))[0] == 401
    assert (await browser.open("/healthz"))[0] == 200


async def test_a_password_opens_and_tries_are_limited(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    assert browser.state == {}

    async def try_(password: str) -> int:
        async with browser.http.post(
            f"{site.base}/login", data={"password": password}, allow_redirects=False
        ) as answer:
            return answer.status

    assert await try_("wrong") == 401
    assert (await browser.open("/events"))[0] == 401
    assert await try_("open sesame") == 303
    status, shown = await browser.open("/")
    assert (status, texts.page.preview(at_home=False) in shown) == (200, True)
    assert browser.state["csrf"]
    assert (await browser.say("x", photo=picture()))[1]["job"]
    stranger = await site.browser()
    browser = stranger
    assert [await try_(f"guess {n}") for n in range(EACH)] == [401] * (EACH - 1) + [429]
    assert await try_("open sesame") == 429
    site.house.clock.tick(61)
    assert await try_("open sesame") == 303


@pytest.mark.parametrize("private", [True, False])
async def test_whoever_needs_a_password_is_not_told_about_env(start: Start, private: bool) -> None:
    site = await start(private=private, password="open sesame")
    browser = await site.browser()
    async with browser.http.post(f"{site.base}/login", data={"password": "open sesame"}) as answer:
        text = await answer.text()
    assert texts.page.preview(at_home=False) in text
    assert ".env" not in text
    site = await start()
    assert ".env" in (await (await site.browser()).open("/"))[1]


async def test_options_of_an_earlier_clip_stay_unless_they_are_taken_out(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    options = {"duration": "10", "no": "rain", "cfg": "0.3"}
    _, said = await browser.say("she smiles", photo=picture(), **options)
    job = await site.house.finish(await site.house.job(said["job"]))
    for picked, kept in (({}, options), ({"no": "", "cfg": ""}, {"duration": "10"})):
        _, said = await browser.say(f"/again {job.id} she waves", **picked)
        assert said["view"]["picked"] == kept


async def test_another_name_for_this_machine_and_a_proxy_are_not_home(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    assert (await browser.open("/", Host="evil.example"))[0] == 403
    assert (await browser.open("/events", Host="evil.example:8080"))[0] == 401
    for header in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Host", "Forwarded", "Via", "CF-Connecting-IP"):
        assert (await browser.open("/", **{header: "203.0.113.7"}))[0] == 403


@pytest.mark.parametrize(
    ("host", "yes"),
    [
        *((name, True) for name in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost")),
        *((name, False) for name in ("0.0.0.0", "192.168.1.5", "example.com", "127.0.0.1.evil.example", "")),
    ],
)
def test_loopback(host: str, yes: bool) -> None:
    assert is_loopback(host) is yes


# ── Attacks ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_forged_form_is_refused(start: Start) -> None:
    site = await start()
    browser, other = await site.browser(), await site.browser()
    for token in ("", "x", other.state["csrf"]):
        assert (await browser.say("x", photo=picture(), token=token))[0] == 403
    for place in ("cross-site", "same-site", "none"):
        assert (await browser.say("x", photo=picture(), headers={"Sec-Fetch-Site": place}))[0] == 403
    for origin in ("https://photos.example.com", "null", site.base.replace("127.0.0.1", "localhost")):
        assert (await browser.say("x", photo=picture(), headers={"Origin": origin}))[0] == 403
    assert (await site.house.store.health(0)).states == {}
    assert (await browser.say("x", photo=picture(), headers={"Origin": site.base}))[0] == 200


async def test_a_made_up_cookie_is_nobody(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    name = Links(b"k" * 32, site.house.clock).mark("cookies")
    for value in ("abcdefghijklmnop", browser.state["csrf"], ""):
        cookie = f"photoplay_person_{name}={value}"
        async with aiohttp.ClientSession(headers={"Cookie": cookie}) as http, http.get(f"{site.base}/events") as answer:
            assert answer.status == 401


async def test_the_cookie_is_closed_to_scripts_and_other_sites(start: Start) -> None:
    site = await start()
    async with aiohttp.ClientSession() as http, http.get(site.base) as answer:
        (cookie,) = answer.headers.getall("Set-Cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


async def test_nobody_sees_or_touches_anothers_clips(start: Start) -> None:
    site = await start()
    owner, other = await site.browser(), await site.browser()
    job = (await owner.say("secret words", photo=picture()))[1]["job"]
    await site.house.finish(await site.house.job(job))
    async with other.events() as events:
        await events.ready()
    assert events.jobs == {}
    assert (await other.open(f"/frame/{job}"))[0] == 404
    for command in ("cancel", "again", "continue"):
        assert (await other.say(f"/{command} {job}"))[1] == {"text": texts.chat.NOT_YOURS, "job": None, "fine": False}
    assert "secret words" not in (await other.say("/jobs"))[1]["text"]


async def test_script_in_words_stays_words(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    evil = "</script><script>alert(1)</script> <img src=x onerror=alert(1)>"
    job = (await browser.say(evil, photo=picture()))[1]["job"]
    _, text = await browser.open("/")
    assert "alert(1)" not in text
    async with browser.events() as events:
        await events.ready()
    assert events.jobs[job]["prompt"] == evil


async def test_too_large_an_upload_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message, "HEAVIEST_PICTURE", 1 << 20)
    site = await start()
    browser = await site.browser()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(10_000):
            sent += 1 << 20
            yield b"x\r\n" * (1 << 18)

    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Photoplay": browser.state["csrf"]}
    for length in (None, str(10 << 30)):  # said nothing, or said the truth
        with contextlib.suppress(aiohttp.ClientConnectionError):  # cut off in mid-sentence is an answer, too
            told = headers | ({"Content-Length": length} if length else {})
            async with browser.http.post(f"{site.base}/say", data=endless(), headers=told) as answer:
                assert answer.status == 413
    assert sent < 300 << 20
    status, said = await browser.say("x", photo=b"x" * ((1 << 20) + 1))
    assert (status, "too large" in said["text"]) == (413, True)
    status, said = await browser.say("x" * 60_000, photo=picture())
    assert status == 413
    assert "2,500" in said["text"]


@pytest.mark.parametrize(
    "body", [b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", b"\xff" * 99]
)
async def test_a_broken_form_breaks_nothing(start: Start, body: bytes) -> None:
    site = await start()
    browser = await site.browser()
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-Photoplay": browser.state["csrf"]}
    async with browser.http.post(f"{site.base}/say", data=body, headers=headers) as answer:
        assert 400 <= answer.status < 500
    assert (await browser.open("/"))[0] == 200


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


async def test_behind_a_proxy_one_stranger_does_not_lock_out_the_rest(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()

    async def try_(password: str, address: str) -> int:
        headers, form = {"X-Forwarded-For": f"9.9.9.9, {address}"}, {"password": password}
        async with browser.http.post(f"{site.base}/login", data=form, headers=headers, allow_redirects=False) as answer:
            return answer.status

    assert [await try_("guess", "203.0.113.1") for _ in range(EACH + 1)][-1] == 429
    assert await try_("open sesame", "203.0.113.2") == 303


async def test_a_login_form_that_is_none_is_said(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=nope"}
    async with browser.http.post(f"{site.base}/login", data=b"password=x", headers=headers) as answer:
        assert (answer.status, await answer.json()) == (415, {"text": texts.page.UNREADABLE[415]})


async def test_two_on_one_machine_do_not_take_each_others_people(clock: Clock) -> None:
    first, second = Links(b"a" * 32, clock), Links(b"b" * 32, clock)
    assert first.mark("cookies") != second.mark("cookies")
    assert first.mark("cookies") == Links(b"a" * 32, clock).mark("cookies")


@pytest.mark.parametrize(
    "path", ["/static/../page.py", "/static/%2e%2e/page.py", "/static/..%2fpage.py", "/frame/..%2f..", "/static/"]
)
async def test_paths_lead_nowhere_else(start: Start, path: str) -> None:
    site = await start()
    browser = await site.browser()
    async with browser.http.get(aiohttp.client.URL(site.base + path, encoded=True)) as answer:
        assert answer.status in (403, 404)


def test_everything_that_a_browser_loads_is_small_and_ours() -> None:
    files = [
        path for folder in (page_module.STATIC, TEMPLATES) for path in folder.rglob("*.*") if path.suffix != ".png"
    ]
    operators = [path for path in files if "operator" in (path.parent.name, path.stem)]
    ours = [path for path in files if path.parent.name != "gallery" and path not in operators]
    assert sum(path.stat().st_size for path in ours) < 90 * 1024
    assert sum(path.stat().st_size for path in operators) < 24 * 1024
    for path in files:
        assert not re.search(r"https?://(?!www\.w3\.org|ogp\.me)", path.read_text("utf-8")), path.name


# ── Words to begin with ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("stand_in", [True, False])
async def test_examples_fit_what_will_be_shown(start: Start, stand_in: bool) -> None:
    site = await start()
    site.house.provider.stand_in = stand_in
    browser = await site.browser()
    _, text = await browser.open("/")
    offered = re.findall(r'<li><button class="button quiet" type="button">([^<]+)</button>', text)
    assert offered[-len(texts.page.MOVES) :] == list(texts.page.MOVES)
    prompts = re.findall(r"<span>([^<]+)</span></button>", text)
    (example,) = re.findall(r'<textarea [^>]*placeholder="[^“]+“([^"]+)"', text)
    assert len(prompts) == len(texts.page.SAMPLES)
    assert ("minutes later" in text.split('id="greeting"')[1]) is not stand_in
    if stand_in:
        for words in (*offered, *prompts, example):
            assert read(words, drift=False).axes(), f"{words} moves nothing in the stand-in"
        assert prompts == list(texts.page.STAND_IN_SAMPLES.values())
        promised = " ".join((*prompts, example))
        assert not re.search("glasses|drift|rain|wind|fall", promised), "nothing in a photo moves in the stand-in"
    else:
        assert offered[: len(texts.page.EXAMPLES)] == list(texts.page.EXAMPLES)


# ── On a home screen, and where a link is shown ──────────────────────────────────────────────────────────────────────


async def test_it_can_be_put_on_a_home_screen(start: Start) -> None:
    site = await start(private=False, password="sesame")
    browser = await site.browser()
    _, text = await browser.open("/")
    assert '<link rel="manifest" href="/manifest.webmanifest">' in text
    icon = re.search(r'<link rel="apple-touch-icon" href="([^"]+)">', text)
    assert icon
    async with browser.http.get(f"{site.base}/manifest.webmanifest") as answer:  # without the password, as browsers ask
        assert (answer.status, answer.content_type) == (200, "application/manifest+json")
        manifest = await answer.json()
    assert manifest["start_url"] == manifest["scope"] == "/"
    assert manifest["display"] == "standalone"
    for address in (icon[1], *(one["src"] for one in manifest["icons"])):
        async with browser.http.get(site.base + address) as answer:
            assert answer.status == 200
            data = await answer.read()
        if address.endswith(".png"):
            assert Image.open(io.BytesIO(data)).size == (192, 192)
    css = (page_module.STATIC / "app.css").read_text("utf-8")
    assert all(f"--paper: {colour};" in css for colour in (homescreen.LIGHT, homescreen.DARK))


@pytest.mark.parametrize("password", ["sesame", None])
async def test_a_link_to_it_has_a_picture(start: Start, password: str | None) -> None:
    """Whoever fetches a preview has no cookie: it stands on the card with the question for the password, too."""
    site = await start(private=password is None, password=password)
    browser = await site.browser()
    assert "og:image" not in (await browser.open("/"))[1], "no address that others could reach"
    configure(site.house.core, web="https://clips.example")
    _, text = await browser.open("/")
    found = dict(re.findall(r'<meta property="(og:[a-z:]+)" content="([^"]*)">', text))
    assert found["og:url"] == "https://clips.example/"
    assert found["og:title"] == texts.page.PAGE["title"]
    assert found["og:image"] == "https://clips.example/static/samples/lake.jpg"
    async with browser.http.get(f"{site.base}/static/samples/lake.jpg") as answer:
        assert answer.status == 200


# ── What is not there, or breaks ─────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_not_there_is_a_card_for_people_and_a_status_for_players(start: Start) -> None:
    site = await start()
    browser = await site.browser()
    for path in ("/nothing", "/media/nothing"):
        status, text = await browser.open(path, Accept="text/html,*/*")
        assert status == 404
        assert texts.page.PAGE["not_found"] in text
        assert '<a class="button" href="/">' in text
        async with browser.http.get(site.base + path) as answer:
            assert (answer.status, await answer.text()) == (404, "404: Not Found")


async def test_a_page_that_breaks_says_so_and_the_log_has_the_traceback(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = await start()
    browser = await site.browser()

    async def broken(*_: object) -> str:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(type(site.house.core), "allowance", broken)
    status, text = await browser.open("/?secret=1", Accept="text/html")
    assert (status, escape(texts.page.PAGE["broken"]) in text, "lights" in text) == (500, True, False)
    assert "the lights went out" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("She puts on her glasses!", "she-puts-on-her-glasses"),
        ("../../etc/passwd", "etc-passwd"),
        ("…", "photoplay"),
        ("Она улыбается", "она-улыбается"),
        ("x" * 200, "x" * 60),
    ],
)
def test_files_are_named_after_words_and_date(words: str, name: str) -> None:
    assert file_name(words, 86_400.0) == f"{name}-1970-01-02"


def test_what_the_page_looks_at_is_what_is_refused() -> None:
    assert (page_module.LEAST, page_module.LONGEST) == (images.LEAST, images.LONGEST_TO_SHORTEST)


def test_templates_escape_and_script_data_stays_in_its_block() -> None:
    page = card("<b>& “x”</b>", 200, title="</title><script>").text or ""
    assert "<b>" not in page
    assert "<script>" not in page
    assert "&lt;b&gt;&amp; “x”&lt;/b&gt;" in page
    assert script_data({"a": "</script><!--"}) == '{"a": "\\u003c/script>\\u003c!--"}'
    with pytest.raises(UndefinedError):
        render("card.html", title="x")


# ── All my clips ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def a_clip(site: Site, browser: Browser, words: str) -> str:
    site.house.clock.tick(1)
    job = (await browser.say(words, photo=picture()))[1]["job"]
    return str((await site.house.finish(await site.house.job(job))).id)


async def grid(browser: Browser, query: str = "") -> list[str]:
    status, text = await browser.open(f"/clips{query}")
    assert status == 200
    return re.findall(r'<li id="([\w-]+)">', text)


async def pack(browser: Browser, *ids: str, token: str | None = None, **headers: str) -> tuple[int, bytes]:
    form = [("token", browser.state["csrf"] if token is None else token), *(("clip", id) for id in ids)]
    async with browser.http.post(f"{browser.base}/clips/zip", data=form, headers=headers) as answer:
        return answer.status, await answer.read()


async def mark(browser: Browser, id: str, on: str = "1", token: str | None = None) -> int:
    headers = {"X-Photoplay": browser.state["csrf"] if token is None else token}
    async with browser.http.post(f"{browser.base}/clips/{id}/favourite", data={"on": on}, headers=headers) as answer:
        return answer.status


async def test_all_clips_come_page_by_page_and_by_words(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips_page, "PAGE", 2)
    site = await start()
    configure(site.house.core, policy=Policy(1000))
    browser = await site.browser()
    assert texts.page.no_clips("", False) in (await browser.open("/clips"))[1]
    ids = [await a_clip(site, browser, f"the <b>boat</b> {n}") for n in range(5)]
    await browser.say("still waiting", photo=picture())
    seen, query = [], ""
    while True:
        _, text = await browser.open(f"/clips{query}")
        seen += re.findall(r'<li id="([\w-]+)">', text)
        assert "<b>" not in text
        if not (on := re.search(r'id="more" href="/clips([^"]+)"', text)):
            break
        query = on[1].replace("&amp;", "&")
    assert seen == ids[::-1], "newest first, each once"
    assert await grid(browser, "?words=BOAT+3") == [ids[3]]
    assert escape(texts.page.no_clips("tree", False)) in (await browser.open("/clips?words=tree"))[1]
    for odd in (
        "?before=x",
        "?before=nan-a",
        "?before=1e999-a",
        "?before=1-../x",
        f"?words={'x' * 5000}",
        "?words=%00%ff",
    ):
        assert (await browser.open(f"/clips{odd}"))[0] == 200


async def test_favourites_are_marked_and_shown_alone(start: Start) -> None:
    site = await start()
    browser, stranger = await site.browser(), await site.browser()
    one, two = [await a_clip(site, browser, words) for words in ("one lake", "two")]
    assert [await mark(browser, one), await mark(browser, one)] == [200, 200]
    assert await grid(browser, "?favourites=on") == [one]
    assert (await grid(browser, "?favourites=on&words=two"), await grid(browser)) == ([], [two, one])
    assert [await mark(stranger, one), await mark(browser, "nope"), await mark(browser, "..%2fx")] == [404] * 3
    assert [await mark(browser, two, token=bad) for bad in ("", stranger.state["csrf"])] == [403, 403]
    assert (await mark(browser, one, "0"), await grid(browser, "?favourites=on")) == (200, [])


async def test_chosen_clips_are_one_file_named_by_words_and_date(start: Start, clip: bytes) -> None:
    site = await start()
    browser, stranger = await site.browser(), await site.browser()
    ids = [await a_clip(site, browser, words) for words in ("../she smiles", "she smiles!", "Nebel übers Meer")]
    theirs = await a_clip(site, stranger, "secret")
    status, data = await pack(browser, *ids, ids[0], theirs, "nope", "../../etc/passwd")
    made = zipfile.ZipFile(io.BytesIO(data))
    assert (status, made.testzip()) == (200, None)
    day = f"{datetime.fromtimestamp(site.house.clock(), UTC):%Y-%m-%d}"
    assert made.namelist() == [f"she-smiles-{day}.mp4", f"she-smiles-{day}-2.mp4", f"nebel-übers-meer-{day}.mp4"]
    assert all(made.read(name) == clip for name in made.namelist())
    assert [(await pack(browser, *some))[0] for some in ((), (theirs,), ("x",) * 990)] == [404, 404, 404]
    assert (await pack(browser, *(f"x{n}" for n in range(clips_page.MOST + 1))))[0] == 413
    assert (await pack(browser, *ids, token=""))[0] == 403
    assert (await pack(browser, *ids, token=stranger.state["csrf"]))[0] == 403
    assert (await pack(browser, *ids, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert (await pack(browser, *("x" * 30 for _ in range(3000))))[0] == 413, "no more of a form than that is read"
    site.house.media.path((await site.house.job(ids[0])).clip.name).unlink()
    assert len(zipfile.ZipFile(io.BytesIO((await pack(browser, *ids))[1])).namelist()) == 2


async def test_one_person_takes_so_many_files_at_once(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "AT_ONCE", 0)
    site = await start()
    browser = await site.browser()
    assert [(await pack(browser, "x"))[0], await mark(browser, "x")] == [429, 429]


async def test_all_clips_are_behind_the_door(start: Start) -> None:
    site = await start(private=False, password="open sesame")
    browser = await site.browser()
    async with browser.http.get(f"{site.base}/clips", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    browser.state["csrf"] = "x"
    assert [(await pack(browser, "x"))[0], await mark(browser, "x")] == [401, 401]


def test_a_zip_is_made_with_little_in_memory(tmp_path: Path) -> None:
    data = secrets.token_bytes(3 * packing.PIECE + 5)
    for name in "ab":
        (tmp_path / name).write_bytes(data)
    files = {"a.mp4": tmp_path / "a", "gone.mp4": tmp_path / "gone", "ü.mp4": tmp_path / "b"}
    pieces = list(packing.pieces([(name, StoredFile(path)) for name, path in files.items()]))
    assert max(map(len, pieces)) < packing.PIECE + 1000
    made = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert (made.testzip(), made.namelist()) == (None, ["a.mp4", "ü.mp4"])
    assert made.read("ü.mp4") == data
