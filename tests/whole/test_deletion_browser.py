"""Deleting one clip on the page: asked in its place, gone from every tab and from the history."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot import texts
from tests.browsing import becomes, looked_at, new_context, new_page, plays, press, site

T = texts.page.PAGE
pytestmark = pytest.mark.timeout(120)


def bin_of(page: Page | Locator) -> Locator:
    return page.locator(".bin")


async def a_sample(page: Page, nth: int = 0) -> None:
    await page.locator("#samples button").nth(nth).click()
    await plays(page)


async def test_it_asks_in_its_place_and_goes_from_every_tab(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (app, address):
        context = await new_context(chromium)
        page = await context.new_page()
        await page.goto(address)
        await a_sample(page)
        other = await context.new_page()
        await other.goto(address)
        await expect(other.locator(".turn")).to_have_count(1)
        await press(bin_of(page))
        await expect(page.get_by_text(T["delete_what"])).to_be_visible()
        await expect(page.get_by_role("button", name=T["keep"])).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_text(T["delete_what"])).to_be_hidden()
        await expect(bin_of(page)).to_be_focused()
        await page.keyboard.press("Enter")
        await page.locator(".sure").get_by_role("button", name=T["delete"]).click()
        for tab in (page, other):
            await expect(tab.locator(".turn")).to_have_count(0)
            await expect(tab.locator("#welcome")).to_be_visible()
        await page.reload()
        await expect(page.locator("#welcome")).to_be_visible()

        async def files() -> list[Path]:
            return list(app.media.path("x.mp4").parent.glob("*.mp4"))

        await becomes(files, [])


async def test_by_keyboard_the_focus_stays_in_the_conversation(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await press(page.locator("#samples button").first)
        first = page.locator(".turn .answer").first
        await expect(first).to_be_focused()
        await plays(page)
        await page.locator(".turn").first.get_by_role("button", name=T["again"], exact=True).click()
        await plays(page, 1)
        await press(bin_of(page).last)
        await press(page.locator(".sure").last.get_by_role("button", name=T["delete"]))
        await expect(page.locator(".turn")).to_have_count(1)
        await expect(first).to_be_focused()


async def test_a_line_of_the_history_has_it_too(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await a_sample(page)
        await page.fill("#words", "/jobs")
        await page.click("#send")
        await page.locator(".jobs").get_by_role("button", name=T["delete_clip"]).click()
        await expect(page.locator(".saying .status").last).to_have_text(texts.chat.DELETE_ON_PAGE)
        await page.locator(".saying").last.get_by_role("button", name=texts.chat.DELETE).click()
        await expect(page.locator(".saying .status").last).to_have_text(texts.chat.DELETED)
        await expect(page.locator(".jobs li")).to_have_count(0)
        await expect(page.locator(".turn:not(.saying)")).to_have_count(0)


async def test_screens_of_the_question(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        first = await new_page(chromium)
        await first.goto(address)
        await a_sample(first, 1)
        async with looked_at(chromium, "chat-delete", address, first) as each:

            async def asked(page: Page) -> None:
                await plays(page)
                await bin_of(page).click()
                await expect(page.locator(".sure .button").last).to_be_in_viewport(ratio=1)

            await each(asked)
        await first.context.close()
