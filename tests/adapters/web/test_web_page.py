"""The chat page itself: its words, links and templates, and what it shows when something breaks."""

import io
import re

import pytest
from jinja2 import UndefinedError
from markupsafe import escape
from PIL import Image

from adapters.web import chat_page as page_module
from adapters.web import homescreen
from adapters.web.templating import card, render, script_data
from bot import texts
from bot.ordering.names import NAMES
from generator.words import read
from tests.adapters.web.web_chat import Start
from tests.houses import configure

TEMPLATES = page_module.STATIC.with_name("templates")


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


async def test_the_page_reads_the_options_that_the_server_names(start: Start) -> None:
    browser = await (await start()).browser()
    await browser.open("/")
    assert browser.state["options"] == list(NAMES)
    assert "state.options" in (page_module.STATIC / "options.js").read_text("utf-8")


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
    """Previews are fetched without a cookie: it is on the card that asks for the password, too."""
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


def test_templates_escape_and_script_data_stays_in_its_block() -> None:
    page = card("<b>& “x”</b>", 200, title="</title><script>").text or ""
    assert "<b>" not in page
    assert "<script>" not in page
    assert "&lt;b&gt;&amp; “x”&lt;/b&gt;" in page
    assert script_data({"a": "</script><!--"}) == '{"a": "\\u003c/script>\\u003c!--"}'
    with pytest.raises(UndefinedError):
        render("card.html", title="x")
