"""Pages, JSON and events in the language of the request, over a socket."""

import asyncio
import io
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web import chat_page, concurrency_limit, message, telling
from bot import texts
from bot.quotas.pricing import Policy
from tests.clock import Clock
from tests.houses import configure, picture
from tests.strange import english, strings
from tests.web_gallery import SLUG, Site, Visitor, film, site

GALLERY = f"/g/{SLUG}"
DATA = frozenset(
    {"id", "job", "src", "href", "download", "state", "outcome", "prompt", "picked", "ask", "preview", "answered"}
)
"""Names in JSON whose values are for the page's script."""


@pytest.fixture
async def town(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, strange: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Site]:
    monkeypatch.setattr(telling, "spoken_by", lambda request: strange)
    async with site(tmp_path, clock, new_id, clip, private=True, web="https://clips.example") as made:
        yield made


def read(page: str) -> str:
    """What people read on a page, in its title and its labels."""
    page = re.sub(r'<[^>]*name="token"[^>]*>', "", page)
    labels = re.findall(r'(?:alt|aria-label|title|placeholder|content)="([^"]*)"', page)
    shown = re.sub(r"<(script|style|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    return unescape("\n".join([re.sub(r"<[^>]*>", "\n", shown), *labels]))


async def opened(visitor: Visitor, path: str = "/", **headers: str) -> tuple[str, dict[str, Any]]:
    await visitor.post("/login", {"password": "not asked for here"})
    page = await visitor.get(path, **headers)
    found = re.search(r'<script type="application/json" id="state">(.*?)</script>', page.text, re.DOTALL)
    return page.text, json.loads(found[1]) if found else {}


async def say(visitor: Visitor, token: str, text: str, photo: bytes | None = None, key: str = "") -> dict[str, Any]:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("key", key or secrets.token_hex(8))
    form.add_field("text", text)
    if photo is not None:
        form.add_field("photo", io.BytesIO(photo), filename="x.jpg")
    async with visitor.http.post(f"{visitor.base}/say", data=form, headers={"X-Photoplay": token}) as answer:
        return dict(await answer.json())


def left(data: Any) -> list[str]:
    """English in JSON."""
    return english(re.sub(r"\{\w+\}", "", "\n".join(strings(data, but=DATA))))


WORDS_OF_THE_PAGE = re.compile(
    r"html|utf-8|width=device-width|#\w+|summary_large_image|noindex|video/mp4|image/\w+|strict-origin\S*"
    r"|viewport-fit=cover|initial-scale=1|interactive-widget=\S+|website|video\.other|light dark"
)


PROMPTS = [*(sample["prompt"] for sample in texts.page.SAMPLES.values()), *texts.page.STAND_IN_SAMPLES.values()]
PROMPTS += [*texts.page.EXAMPLES, *texts.page.MOVES]
"""Words for a model, which are English."""


async def test_the_chat_page_and_its_answers(town: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = await town.visitor()
    page, state = await opened(visitor)
    assert '<html lang="eo"' in page
    assert left({name: state[name] for name in ("texts", "allowance")}) == []
    token = state["csrf"]
    ordered = await say(visitor, token, "she smiles", picture())
    assert ordered["view"]["text"]
    assert left(ordered) == []
    again = await say(visitor, token, "she smiles", picture(), key="k" * 8)
    assert left(await say(visitor, token, "she smiles", picture(), key="k" * 8)) == left(again) == []
    for text in (
        "she smiles",
        "/nosuch",
        "/help",
        "/jobs",
        "/quota",
        "/privacy",
        "/forgetme",
        f"/words {again['job']}",
    ):
        answer = await say(visitor, token, text)
        assert answer["text"]
        assert left(answer) == [], text
    assert left(await say(visitor, token, "she smiles", b"garbage")) == []
    assert left(await say(visitor, token, chat_page.PREVIEW, b"garbage")) == []
    assert left(await say(visitor, "forged", "/help")) == []
    monkeypatch.setattr(message, "WORDS", 100)
    assert left(await say(visitor, token, "she smiles " * 20)) == []
    monkeypatch.setattr(concurrency_limit, "AT_ONCE", 0)
    assert left(await say(visitor, token, "/help")) == []


async def test_what_waits_and_what_is_made_is_told_by_events(town: Site) -> None:
    configure(town.house.core, ask_consent=True, policy=Policy(30))
    town.house.provider.stand_in = False
    visitor = await town.visitor()
    token = (await opened(visitor))[1]["csrf"]
    asked = await say(visitor, token, "she smiles", picture())
    assert asked["question"]["text"]
    assert left(asked) == []
    seen: dict[str, Any] = {}
    async with asyncio.timeout(20), visitor.http.get(f"{visitor.base}/events") as stream:
        while "ready" not in seen:
            kind = (await stream.content.readline()).decode().removeprefix("event: ").strip()
            data = (await stream.content.readline()).decode()
            if data.startswith("id: "):
                data = (await stream.content.readline()).decode()
            if data.startswith("data: "):
                seen[kind] = json.loads(data.removeprefix("data: "))
                await stream.content.readline()
    assert seen["waiting"]["orders"][0]["text"] == asked["text"]
    assert left(seen) == []


async def test_cards_and_the_list_of_clips(town: Site) -> None:
    visitor = await town.visitor()
    for path in ("/", "/clips", "/nosuch", "/clips?words=nosuch", "/clips?favourites=1"):
        page, _ = await opened(visitor, path, Accept="text/html")
        said = WORDS_OF_THE_PAGE.sub("", read(page))
        for words in PROMPTS:
            said = said.replace(words, "")
        assert [word for word in english(said) if word not in ("png", "jpg")] == [], path
    manifest = json.loads((await visitor.get("/manifest.webmanifest")).text)
    assert manifest["lang"] == "eo"
    assert english(manifest["description"]) == []


async def test_galleries(town: Site) -> None:
    made = await town.clip(film(160, 90))
    first = await town.share(made, name="Ann", prompt="she smiles")
    second = await town.share(made, name="Ann", prompt="", remix_of=first.id)
    visitor = await town.visitor()
    for path in (
        "/g/",
        GALLERY,
        f"{GALLERY}?order=best",
        f"{GALLERY}/{first.id}",
        f"{GALLERY}/{second.id}",
        "/g/nosuch",
    ):
        page = await visitor.get(path, Accept="text/html")
        said = WORDS_OF_THE_PAGE.sub("", read(page.text)).replace("Harbour", "").replace("Photoplay", "")
        assert english(re.sub(r"\bs\d+\b", "", said)) == [], path
    await visitor.get(f"{GALLERY}/{first.id}")
    for reason, words in (("spam", ""), ("other", ""), ("other", "she waves")):
        answer = await visitor.report(f"{GALLERY}/{first.id}", reason, words)
        assert english(WORDS_OF_THE_PAGE.sub("", read(answer.text))) == [], (reason, words)
    assert left(json.loads((await visitor.heart(f"{GALLERY}/{first.id}", token="forged")).text)) == []
