"""A gallery as a visitor meets it: headless Chromium, a phone and a desktop, with and without a script."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot import texts
from bot.gallery.model import Share
from tests.browsing import Visit, becomes, keep_picture, looks_right, new_context, no_violations, press
from tests.clock import Clock
from tests.web_gallery import SLUG, Site, film, site

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
GALLERY = f"/g/{SLUG}"
SHAPES = [(640, 360), (360, 640), (480, 480), (480, 360), (640, 274), (1200, 200), (90, 640)]
WORDS = [
    "A slow zoom out over the harbour while the lights come on, one after the other, and the ferry leaves",
    "she smiles and turns her head",
    "",
    "the fox wakes up and trots away through the snow",
    "die Katze springt vom Regal",
]
NAMES = ["Ann", "", "شادي", "Ben K."]


@pytest.fixture(scope="module")
def films() -> list[bytes]:
    return [film(width, height, number / len(SHAPES), 12) for number, (width, height) in enumerate(SHAPES)]


@pytest_asyncio.fixture(loop_scope="session")
async def town(tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes) -> AsyncIterator[Site]:
    # On loopback a form's origin is checked, too.
    async with site(tmp_path, clock, new_id, clip, private=True, title="Harbour Clips & Friends", public=True) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def shares(town: Site, films: list[bytes]) -> list[Share]:
    """Thirty of them, of every shape; the newest is a remix, the one before it is covered."""
    clips = [await town.clip(data) for data in films]
    made: list[Share] = []
    for number in range(30):
        values = {"prompt": WORDS[number % 5], "name": NAMES[number % 4], "spoiler": number == 28}
        after = made[-2].id if number == 29 else None
        made.append(await town.share(clips[(number * 3 + 1) % 7], remix_of=after, **values))
        await town.like(made[-1], number % 3 * 4)
    return made


@pytest_asyncio.fixture(loop_scope="session")
async def visit(chromium: Browser, town: Site, shares: list[Share]) -> AsyncIterator[Visit]:
    """Open a page of the gallery as somebody new; what the browser complains about fails the test."""
    complaints: list[str] = []
    async with AsyncExitStack() as stack:

        async def open_(path: str = GALLERY, **options: Any) -> Page:
            context = await new_context(chromium, **(options or DESKTOP))
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            await page.goto(town.base + path)
            return page

        yield open_
    assert complaints == []


async def plays(page: Page, selector: str = ".stage video") -> None:
    """The film's time advances."""
    await page.wait_for_function(
        "s => { const v = document.querySelector(s); return v && v.readyState > 1 && v.currentTime > 0.1 }",
        arg=selector,
    )


async def columns(page: Page) -> int:
    lefts = await page.eval_on_selector_all(".card", "all => all.map(c => Math.round(c.getBoundingClientRect().left))")
    return len(set(lefts))


# ── The wall ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_fits_reads_and_looks_right_at_every_width(visit: Visit, shares: list[Share]) -> None:
    page = await visit()
    pages = {
        "wall": GALLERY,
        "clip": f"{GALLERY}/{shares[29].id}",
        "covered": f"{GALLERY}/{shares[28].id}",
        "tall": f"{GALLERY}/{shares[21].id}",
        "index": "/g/",
    }
    base = page.url.removesuffix(GALLERY)
    for name, path in pages.items():
        await page.goto(base + path)
        for width, height in ((320, 640), (390, 844), (768, 1024), (1280, 900), (1680, 1000)):
            await page.set_viewport_size({"width": width, "height": height})
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            if width in (390, 1280):
                await looks_right(page, f"gallery-{name}-{width}", whole=True)
            if name == "wall":
                await becomes(lambda: columns(page), {320: 2, 390: 2, 768: 3, 1280: 5, 1680: 5}[width])


async def test_clips_keep_their_shape_and_nothing_moves_while_they_load(visit: Visit, town: Site) -> None:
    page = await visit("/g/", **PHONE, still=False)
    # Held back, pictures must take the room that they need in the end.
    await page.route("**/*.jpg*", lambda route: route.fulfill(body=b"", content_type="image/jpeg"))
    await page.goto(town.base + GALLERY)
    boxes = "all => all.map(c => { const b = c.getBoundingClientRect(); return [b.x, b.y, b.width, b.height] })"
    before = await page.eval_on_selector_all(".card", boxes)
    await page.unroute("**/*.jpg*")
    await page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.shift += e.value }).observe({ type: 'layout-shift', buffered: true })"
    )
    await page.goto(town.base + GALLERY, wait_until="networkidle")
    assert await page.eval_on_selector_all(".card", boxes) == before
    assert await page.evaluate("window.shift") < 0.01
    # As wide for its height as the clip, but for the two that would tear the wall apart; none on another.
    shapes = await page.eval_on_selector_all(
        ".frame:not(.odd) img",
        "all => all.map(i => [i.width / i.height, i.getAttribute('width') / i.getAttribute('height')])",
    )
    assert len(shapes) > 15
    for shown, true in shapes:
        assert shown == pytest.approx(true, rel=0.02)
    for one in before:
        for other in before:
            apart = (
                one[0] + one[2] <= other[0] + 0.5
                or other[0] + other[2] <= one[0] + 0.5
                or one[1] + one[3] <= other[1] + 0.5
                or other[1] + other[3] <= one[1] + 0.5
            )
            assert one == other or apart
    await expect(page.locator(".odd").first).to_be_attached()


async def test_hover_and_focus_play_one_clip_and_a_click_opens_it(visit: Visit, shares: list[Share]) -> None:
    page = await visit()
    stages = page.locator(".stage:not(.covered)")
    await stages.nth(1).hover()
    await plays(page)
    assert await page.evaluate("document.querySelector('.stage video').muted")
    await stages.nth(2).hover()
    await plays(page)
    await expect(page.locator(".stage video")).to_have_count(1)
    await page.mouse.move(1, 1)
    await expect(page.locator(".stage video")).to_have_count(0)
    for _ in range(8):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.matches('.stage')"):
            break
    await plays(page)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{page.url.split('/g/')[0]}{GALLERY}/{shares[29].id}")


async def test_a_tap_plays_in_place_and_a_second_opens(visit: Visit, shares: list[Share]) -> None:
    page = await visit(**PHONE)
    stage = page.locator(f"a[href$='{shares[27].id}']")
    await stage.tap()
    await plays(page)
    assert page.url.endswith(GALLERY)
    await stage.tap()
    await expect(page.locator("h1")).to_contain_text("A clip")
    assert page.url.endswith(shares[27].id)
    await plays(page, ".show video")


@pytest.mark.parametrize("device", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_a_covered_clip_shows_after_a_tap(visit: Visit, shares: list[Share], device: dict[str, Any]) -> None:
    page = await visit(**device)
    stage = page.locator(f"a[href$='{shares[28].id}']")
    await expect(stage).to_contain_text(texts.gallery.COVERED)
    if device is DESKTOP:
        await stage.hover()
        await page.wait_for_timeout(400)
        await expect(page.locator(".stage video")).to_have_count(0)
        await stage.click()
    else:
        await stage.tap()
    await plays(page)
    await expect(page.locator(".covered")).to_have_count(0)
    await page.goto(f"{page.url}/{shares[28].id}")
    await expect(page.locator(".show video")).not_to_be_visible()
    await page.get_by_text(texts.gallery.UNCOVER).click()
    await plays(page, ".show video")


async def test_reduced_motion_plays_when_asked_only(visit: Visit, shares: list[Share]) -> None:
    page = await visit(**PHONE, still=False, reduced_motion="reduce")
    await page.locator(".stage").nth(2).hover()
    await page.locator(".stage").nth(2).focus()
    await page.wait_for_timeout(400)
    await expect(page.locator(".stage video")).to_have_count(0)
    await page.locator(".stage").nth(2).tap()
    await plays(page)
    await page.goto(f"{page.url}/{shares[27].id}")
    await page.wait_for_timeout(400)
    assert await page.evaluate("document.querySelector('.show video').paused")


# ── Hearts and reports ───────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_heart_is_one_tap_and_stays(visit: Visit, town: Site, shares: list[Share]) -> None:
    page = await visit(f"{GALLERY}/{shares[27].id}", **PHONE)
    heart = page.locator(".about").get_by_role("button", name=texts.gallery.HEART)
    await expect(heart).to_have_attribute("aria-pressed", "false")
    await heart.tap()
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await expect(heart).to_contain_text("1")
    await page.goto(town.base + GALLERY)
    card = page.locator(".card", has=page.locator(f"a[href$='{shares[27].id}']"))
    heart = card.get_by_role("button")
    await expect(heart).to_have_attribute("aria-pressed", "true")
    await press(heart, "Space")
    await expect(heart).to_have_attribute("aria-pressed", "false")
    assert page.url.endswith(GALLERY)


async def test_without_a_script_all_but_hearts_works(visit: Visit, town: Site, shares: list[Share]) -> None:
    page = await visit(**DESKTOP, java_script_enabled=False)
    await expect(page.locator("button.likes").first).not_to_be_visible()
    await expect(page.locator("span.likes").first).to_contain_text("8")
    await page.get_by_role("link", name=texts.gallery.NEXT).click()
    await page.get_by_role("link", name=texts.gallery.PREVIOUS).click()
    await page.get_by_role("link", name=texts.gallery.ORDERS["best"]).click()
    await page.locator(f"a[href$='{shares[29].id}']").click()
    await expect(page.locator("video")).to_have_attribute("controls", "")
    await page.get_by_text(texts.gallery.REPORT).click()
    await page.get_by_label(texts.sharing.REASONS["spam"]).check()
    await page.get_by_role("button", name=texts.gallery.SEND).click()
    await expect(page.get_by_text(texts.sharing.REPORTED)).to_be_visible()
    assert [one.reason for one in await town.house.store.gallery.reports(shares[29].id)] == ["Spam"]
    await page.get_by_role("link", name=texts.gallery.BACK_TO_ALL).click()
    await page.goto(f"{town.base}{GALLERY}/{shares[28].id}")
    await expect(page.locator("video")).not_to_be_visible()
    await page.get_by_text(texts.gallery.UNCOVER).click()
    await expect(page.locator("video")).to_be_visible()


async def test_the_report_form_and_its_answer_are_accessible(visit: Visit, shares: list[Share]) -> None:
    page = await visit(f"{GALLERY}/{shares[27].id}", **PHONE)
    await page.get_by_text(texts.gallery.REPORT).tap()
    await no_violations(page)
    await keep_picture(page, "gallery-report-390-light", whole=True)
    await page.get_by_label(texts.sharing.OTHER).check()
    await page.get_by_label(texts.gallery.REPORT_WORDS).fill("it shows my door")
    await page.get_by_role("button", name=texts.gallery.SEND).tap()
    await expect(page.get_by_text(texts.sharing.REPORTED)).to_be_visible()
    await no_violations(page)


async def test_another_site_can_neither_play_nor_like(chromium: Browser, town: Site, shares: list[Share]) -> None:
    path = f"{town.base}{GALLERY}/{shares[27].id}"
    context = await new_context(chromium)
    page = await context.new_page()
    await page.goto(path)  # the visitor has a cookie of ours
    stranger = await context.new_page()
    other = town.base.replace("127.0.0.1", "localhost")
    body = f'<video id="v" muted src="{path}.mp4"></video>'
    await stranger.route(f"{other}/evil", lambda route: route.fulfill(body=body, content_type="text/html", headers={}))
    await stranger.goto(f"{other}/evil")
    error = await stranger.evaluate(
        "() => new Promise(done => { const v = document.querySelector('video');"
        " v.addEventListener('error', () => done(true)); v.addEventListener('loadeddata', () => done(false));"
        " v.load() })"
    )
    assert error
    for mode in ("cors", "no-cors"):
        sent = {"method": "PUT", "mode": mode, "credentials": "include"}
        assert not await stranger.evaluate(
            "([path, sent]) => fetch(path, sent).then(() => true, () => false)", [f"{path}/heart", sent]
        )
    assert (await town.house.store.gallery.share(shares[27].id)).hearts == 0
    # And what was taken back meanwhile is told, where a screen reader hears it.
    await town.house.store.gallery.remove([shares[27].id], 0.0)
    await page.locator(".about").get_by_role("button", name=texts.gallery.HEART).click()
    await expect(page.get_by_role("status")).to_have_text(texts.gallery.GONE_LEAD)
    await context.close()
