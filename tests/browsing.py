"""Headless Chromium, a complete site, and checks for all pages."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

from bot.app import App, open_app
from bot.config import Settings
from bot.jobs.worker import Worker
from generator.server import Generator
from tests import templates

expect.set_options(timeout=60_000)  # milliseconds; a guard against hangs

CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
"""The first has no windows, whose own pages take three times the processor time of ours."""
ARGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--renderer-process-limit=1",  # one for all pages of a context, and none in advance
    "--js-flags=--no-opt,--no-maglev",  # no page lives long enough to earn what its optimized code costs
]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WIDE = {"viewport": {"width": 1440, "height": 900}}
STILL = """{
    const known = matchMedia;
    window.matchMedia = (query) => known(query.includes('reduced-motion') ? 'not all' : query);
}"""
"""Scripts see no wish for reduced motion, so that clips play by themselves."""
CLEAR = """{
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { backdrop-filter: none !important }');
    document.adoptedStyleSheets = [sheet];
}"""
"""Nothing behind an element is blurred, which the processor would do for each frame."""
TORN = """() =>
    [...document.querySelectorAll('button, a.button, input:not(.unseen), select, label.button')]
        .filter(node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
        .map(node => [node, node.getBoundingClientRect()])
        .filter(([, box]) => box.width && (box.left < 0 || box.right > innerWidth + 1))
        .map(([node]) => node.outerHTML.slice(0, 120))
"""
"""Controls that are out of the window."""
POLLS: list[tuple[str, dict[str, Any]]] = [("390", PHONE), ("1440", WIDE)]
"""Viewports in which each state of a page is checked."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
"""Each state of a page is checked in both, in one page."""
COLOURS = ["color-contrast", "link-in-text-block"]
"""Axe's rules whose findings depend on the colour scheme, of those that are on by default."""


Visit = Callable[..., Awaitable[Page]]
"""Open a page as somebody new."""


@asynccontextmanager
async def launched() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        await browser.close()


async def new_context(chromium: Browser, *, still: bool = True, **options: Any) -> BrowserContext:
    """Somebody new. `still`: nothing moves but clips, as frames of an animation cost most of what a page does, and what
    is behind an element is not blurred, but in pictures."""
    moves: dict[str, Any] = {"reduced_motion": "reduce"} if still else {}
    context = await chromium.new_context(**moves, **options)
    if still:
        await context.add_init_script(STILL if os.environ.get("SCREENS") else STILL + CLEAR)
    return context


async def new_page(chromium: Browser, **options: Any) -> Page:
    """A page of somebody new; `options` are those of `new_context`."""
    return await (await new_context(chromium, **options)).new_page()


lasting: dict[str, BrowserContext] = {}
"""Contexts that outlive a test, by the size of their window."""


async def of_size(chromium: Browser, size: str, **options: Any) -> BrowserContext:
    """Somebody new in the lasting context of a size; the caller closes the page.

    A blank page keeps its renderer alive, which has compiled axe and the driver's scripts. Storage is of an origin, and
    each site has its port; cookies are of a host.
    """
    if size not in lasting:
        lasting[size] = await new_context(chromium, **options)
        await lasting[size].new_page()
    context = lasting[size]
    await context.clear_cookies()
    await context.set_offline(False)
    return context


@asynccontextmanager
async def site(folder: Path, port: int = 0, **settings: Any) -> AsyncIterator[tuple[App, str]]:
    """A complete installation in this process; yields the app and its URL."""
    made = Settings(data_dir=folder / "data", port=port, **settings)
    await templates.put(made.data_dir)
    async with open_app(made) as app, app.listening() as address:
        working = asyncio.create_task(app.worker.run())
        try:
            yield app, address
        finally:
            app.worker.stop()
            await working


@contextmanager
def held() -> Iterator[None]:
    """Jobs that are ordered meanwhile stay in line; poke the worker afterwards."""

    async def resting(self: Worker) -> int:
        self.last_round = 9e9
        return 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "round", resting)
        yield


async def at_rest(page: Page) -> None:
    """Wait for animations: a fading element has a lower contrast."""
    await page.evaluate(
        "Promise.allSettled(document.getAnimations().map(a => a.effect.getTiming().iterations > 9 || a.finished))"
    )


async def no_violations(page: Page, **options: Any) -> None:
    """Check for findings of axe; `options` are those of `axe.run`."""
    await at_rest(page)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate(
        "options => axe.run(options).then(({ violations }) => ({ violations }))",
        {"resultTypes": ["violations"], **options},
    )
    results = AxeResults(found)
    assert results.violations_count == 0, results.generate_report()


async def keep_picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Save a screenshot, for `make screens`."""
    if folder := os.environ.get("SCREENS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=f"{folder}/{name}.png", full_page=whole)


async def looks_right(page: Page, name: str = "", *, whole: bool = False) -> None:
    """Check for overflow, overlaps and findings of axe in both colour schemes; with a name, saves screenshots.

    In the second scheme axe looks for what colours can break.
    """
    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme)
        await at_rest(page)
        look = f"{name} {scheme} {page.viewport_size}"
        if name:
            await keep_picture(page, f"{name}-{scheme}", whole=whole)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
            f"{look}: wider than its window"
        )
        torn = await page.evaluate(TORN)
        assert torn == [], f"{look}: out of the window"
        await no_violations(page, **({} if scheme == SCHEMES[0] else {"runOnly": COLOURS}))


async def becomes(read: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Wait until `read` returns `wanted`, for a minute at most."""
    ends = asyncio.get_running_loop().time() + 60
    while (found := await read()) != wanted and asyncio.get_running_loop().time() < ends:
        await asyncio.sleep(0.02)
    assert found == wanted


async def press(found: Locator, key: str = "Enter") -> None:
    """Press a key on an element once it is shown: a hidden one takes no focus, and the key is lost."""
    await expect(found).to_be_visible()
    await found.press(key)


async def order(page: Page, photo: Path, words: str) -> None:
    await expect(page.locator("#composer")).not_to_have_attribute("aria-busy", "true")  # events may be ahead of answers
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", words)
    await page.click("#send")


async def plays(page: Page, nth: int = 0) -> None:
    """Check that the clip's playback time advances."""
    video = page.locator("video").nth(nth)
    await expect(video).to_be_visible()
    await video.scroll_into_view_if_needed()  # it pauses outside the viewport
    await page.wait_for_function(
        "n => { const v = document.querySelectorAll('video')[n]; return v.readyState > 1 && v.currentTime > 0.2 }",
        arg=nth,
        polling=50,
    )


@asynccontextmanager
async def buying(tmp_path: Path) -> AsyncIterator[tuple[App, str]]:
    """A site with a paid host instead of the stand-in, which asks for consent."""
    async with (
        Generator(tmp_path / "host", key="k").serve() as host,
        site(tmp_path, ask_consent=True, aimlapi_key="k", aimlapi_url=host) as found,
    ):
        yield found


Prepare = Callable[[Page], Awaitable[None]]


@asynccontextmanager
async def looked_at(
    chromium: Browser, name: str, address: str, known: Page | None = None
) -> AsyncIterator[Callable[[Prepare], Awaitable[None]]]:
    """Open `address` in each size, as a new person or the one of `known`, run the given steps, and check."""

    async def each(prepare: Prepare) -> None:
        for size, options in POLLS:
            context = await of_size(chromium, size, **options)
            if known:
                cookies: Any = await known.context.cookies()
                await context.add_cookies(cookies)
            async with await context.new_page() as page:
                await page.goto(address)
                await prepare(page)
                await looks_right(page, f"{name}-{size}")

    yield each


def panorama(folder: Path, *, upright: bool = False) -> Path:
    """Red first, then blue: 5:1, or 1:5 if `upright`."""
    image = Image.new("RGB", (2000, 400), "red")
    image.paste("blue", (1000, 0, 2000, 400))
    path = folder / "panorama.png"
    (image.transpose(Image.Transpose.ROTATE_270) if upright else image).save(path)
    return path
