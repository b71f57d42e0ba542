"""“All my clips”, in a browser: found, marked, looked at, taken along, deleted."""

import zipfile
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from adapters.web import clips_page
from bot import texts
from tests.browsing import looked_at, new_page, no_violations, plays, press, site

T = texts.page.PAGE
pytestmark = pytest.mark.timeout(240)


async def three_clips(page: Page, address: str) -> None:
    await page.goto(address)
    for nth in range(3):
        await expect(page.locator("#composer")).not_to_have_attribute("aria-busy", "true")
        await page.locator("#samples button").nth(nth).evaluate("node => node.click()")
        await expect(page.locator("[data-is=clip]")).to_have_count(nth + 1)


def marking(page: Page) -> AbstractAsyncContextManager[object]:
    """Wait until the server has marked a clip: the star is ahead of it, and a page that is left may not send it."""
    return page.expect_response("**/favourite")


async def test_clips_are_found_marked_taken_along_and_deleted(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_page, "PAGE", 2)
    async with site(tmp_path) as (_, address):
        page = await new_page(chromium)
        await three_clips(page, address)
        await page.get_by_role("button", name=T["menu"]).click()
        await page.get_by_role("link", name=T["clips"]).click()
        found = page.locator("#clips > li")
        await expect(found).to_have_count(2)
        await page.wait_for_function("() => document.getElementById('only').onchange")  # before, it leads to a page
        await press(page.get_by_role("link", name=T["more"]))
        await expect(found).to_have_count(3)
        await expect(found.nth(2).locator(".poster")).to_be_focused()
        await expect(page.locator("#more")).to_have_count(0)

        star = found.nth(1).locator(".star")
        words = await found.nth(1).locator("p").first.inner_text()
        async with marking(page):
            await press(star)
        await expect(star).to_have_attribute("aria-pressed", "true")
        await page.get_by_label(T["favourites"]).check()
        await expect(found).to_have_count(1)
        await expect(found.locator("p").first).to_have_text(words)
        async with marking(page):
            await found.locator(".star").click()
        await expect(found.locator(".star")).to_have_attribute("aria-pressed", "false")
        await page.reload()
        await expect(page.locator("#told")).to_have_text(texts.page.no_clips("", True))

        await page.goto(f"{address}/clips")
        await page.get_by_role("searchbox").fill("LANTERNS pan")
        await page.keyboard.press("Enter")
        await expect(found).to_have_count(1)
        await page.get_by_role("searchbox").fill("<b>nowhere")
        await page.get_by_role("button", name=T["search"]).click()
        await expect(page.locator("#told")).to_have_text(texts.page.no_clips("<b>nowhere", False))

        await page.goto(f"{address}/clips")
        await expect(page.locator("#take")).to_be_hidden()
        await found.nth(0).get_by_role("checkbox").check()
        await press(found.nth(1).get_by_role("checkbox"), "Space")
        async with page.expect_download() as coming:
            await page.locator("#take").get_by_role("button", name=T["download"]).click()
        download = await coming.value
        assert download.suggested_filename.startswith("photoplay-")
        with zipfile.ZipFile(await download.path()) as made:
            assert made.testzip() is None
            assert len(made.namelist()) == 2
            assert all(name.endswith(".mp4") and "-20" in name for name in made.namelist())
        await page.get_by_role("button", name=T["choose_none"]).click()
        await expect(page.locator("#take")).to_be_hidden()

        await press(found.nth(0).locator(".poster"))
        await plays(page)
        await no_violations(page)
        await page.keyboard.press("Escape")
        await expect(page.locator("video").first).to_be_hidden()
        await expect(page.locator("video").first).to_have_js_property("paused", True)
        await expect(found.nth(0).locator(".poster")).to_be_focused()
        gone = await found.nth(0).get_attribute("id")
        await found.nth(0).locator(".poster").click()
        await page.locator(".show:popover-open .bin").click()
        await page.locator(".sure").get_by_role("button", name=T["delete"]).click()
        await expect(page.locator(f"[id='{gone}']")).to_have_count(0)
        await expect(page.locator("#told")).to_have_text(texts.chat.DELETED)
        await page.get_by_role("link", name=T["back"]).click()
        await expect(page.locator("[data-is=clip]")).to_have_count(2)


async def test_a_star_that_does_not_get_through_is_taken_back(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await new_page(chromium)
        await three_clips(page, address)
        await page.goto(f"{address}/clips")
        star = page.locator(".star").first
        await page.context.set_offline(True)
        await star.click()
        await expect(page.locator("#told")).to_have_text(T["not_marked"])
        await expect(star).to_have_attribute("aria-pressed", "false")


async def test_screens_of_all_clips(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        first = await new_page(chromium)
        await first.goto(address)

        async def empty(page: Page) -> None:
            await expect(page.locator("#told")).to_have_text(texts.page.no_clips("", False))

        async with looked_at(chromium, "clips-none", f"{address}/clips", first) as each:
            await each(empty)
        await three_clips(first, address)
        await first.goto(f"{address}/clips")
        async with marking(first):
            await first.locator(".star").nth(1).click()
        await expect(first.locator(".star").nth(1)).to_have_attribute("aria-pressed", "true")

        async def shown(page: Page) -> None:
            await page.wait_for_function("() => [...document.images].every(image => image.complete)")
            heights = await page.eval_on_selector_all(
                "#clips > li", "all => all.map(node => Math.round(node.getBoundingClientRect().height))"
            )
            assert len(set(heights)) == 1, heights
            before = await page.locator("#clips").bounding_box()
            await page.locator("#clips input").first.check()
            await expect(page.locator("#take")).to_be_in_viewport(ratio=1)
            assert await page.locator("#clips").bounding_box() == before, "nothing jumps"

        async with looked_at(chromium, "clips", f"{address}/clips", first) as each:
            await each(shown)

        async def opened(page: Page) -> None:
            await page.locator(".poster").first.click()
            await plays(page)
            await expect(page.locator(".show:popover-open a")).to_be_in_viewport(ratio=1)
            await page.locator(".show:popover-open .bin").click()

        async with looked_at(chromium, "clips-open", f"{address}/clips", first) as each:
            await each(opened)
        await first.context.close()
