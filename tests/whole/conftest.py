"""A browser for the tests of pages, where there is one."""

import asyncio
import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import forks
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, Page

from adapters.web import event_stream
from bot import app
from bot.jobs.history import History
from bot.media.library import Media
from generator import pool, studio
from tests import decoders, renderers, slots
from tests.browsing import CHROMIUM, Visit, lasting, launched, new_context, site

WORK = pool.work
SOON = 0.4
"""Seconds between two polls of a render, and of the store for a tab: what a page waits for, it waits for less."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser lives in one event loop; so does all that visits it."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Wait for a slot, which counts for no test's time limit."""
    with slots.one() if "chromium" in getattr(item, "fixturenames", ()) else nullcontext():
        return (yield)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine; install it to test the pages")
    async with launched() as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(one_chromium: Browser) -> AsyncIterator[Browser]:
    """The session's browser; what a test opened in it, and what it left running in the loop, ends with the test."""
    known = asyncio.all_tasks()
    yield one_chromium
    for context in {*one_chromium.contexts} - {*lasting.values()}:
        await context.close()
    left = asyncio.all_tasks() - known - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, tmp_path: Path) -> AsyncIterator[Visit]:
    """Open the page as somebody new; what the browser complains about fails the test."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:
        _, address = await stack.enter_async_context(site(tmp_path))

        async def open_(context: BrowserContext | None = None, **options: Any) -> Page:
            context = context or await new_context(chromium, **options)
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            await page.goto(address)
            return page

        yield open_
    assert complaints == []


@pytest.fixture(scope="session", autouse=True)
def processes_end() -> Iterator[None]:
    """What processes are forked from ends with the last test."""
    yield
    forks.end()


@pytest.fixture(autouse=True)
def handed_on(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An app in this process takes decoders and renderers over from the test before, and leaves them to the next."""
    monkeypatch.setattr(app, "Media", partial(Media, decoder=decoders.Shared))
    monkeypatch.setattr(studio, "Renderer", renderers.Shared)
    if "chromium" in request.fixturenames:
        next_poll = History.next_poll
        monkeypatch.setattr(History, "next_poll", lambda *args: min(SOON, next_poll(*args)))
        monkeypatch.setattr(event_stream, "CALM", SOON)
        monkeypatch.setattr(event_stream, "TICK", 2 * SOON)
        if not os.environ.get("SCREENS"):
            monkeypatch.setattr(pool, "work", renderers.light)


@pytest.fixture
def whole_clips(handed_on: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser gets clips as people do, not light ones."""
    monkeypatch.setattr(pool, "work", WORK)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = Image.new("RGB", (640, 480), "skyblue")
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 480), (320, 120), (640, 480)], fill="darkolivegreen")
    draw.ellipse((460, 60, 540, 140), fill="gold")
    path = tmp_path / "photo.jpg"
    image.save(path)
    return path
