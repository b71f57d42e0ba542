"""A page and its server that do not reach each other for a while."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from bot import texts
from tests.browsing import Visit, becomes, new_context, new_page, order, plays, site

T = texts.page.PAGE


async def test_offline_says_so_and_catches_up(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    context = await new_context(chromium)
    page = await context.new_page()
    async with site(tmp_path) as (app, address):
        await page.goto(address)
        await order(page, photo, "slow zoom in")
        await plays(page)
    # The line is fine; it is the server that is away.
    await expect(page.locator("#offline")).to_have_text(T["server_away"])
    # The server comes back, with the conversation.
    async with site(tmp_path, int(address.rpartition(":")[2])) as (app, address):
        await expect(page.locator("#offline")).to_be_empty()
        await order(page, photo, "pan left")
        await expect(page.locator(".turn")).to_have_count(2)
        await plays(page, 1)

        async def unfinished() -> object:
            return (await app.store.health(0)).states

        await becomes(unfinished, {})
    await context.close()


async def test_a_lost_session_keeps_the_draft_and_then_loads_anew(
    chromium: Browser, tmp_path: Path, photo: Path
) -> None:
    page = await new_page(chromium)
    async with site(tmp_path) as (_, address):
        await page.goto(address)
        await expect(page.locator("#welcome")).to_be_visible()
        await page.context.clear_cookies()
        await order(page, photo, "slow zoom in")
        await expect(page.locator("#notice")).to_have_text(T["reload"])
        await expect(page.locator("#photos img")).to_have_count(1)
    async with site(tmp_path, int(address.rpartition(":")[2])):
        # A photo would not outlive it.
        await expect(page.locator("#offline")).to_have_text(T["reload"])
        async with page.expect_navigation():
            await page.locator("#photos button").click()
        await expect(page.locator("#welcome")).to_be_visible()
        await expect(page.locator("#words")).to_have_value("slow zoom in")
        await page.close()


async def test_what_did_not_get_through_is_told_for_a_while(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    page = await new_page(chromium)
    async with site(tmp_path) as (_, address):
        await page.goto(address)
        await order(page, photo, "slow zoom in")
        await plays(page)
        await page.context.set_offline(True)
        await page.get_by_role("button", name=T["again"], exact=True).click()
        status = page.locator("[data-is=clip] .status")
        await expect(status).to_have_text(T["unreached"])
        await page.context.set_offline(False)
        await page.evaluate("dispatchEvent(new Event('online'))")
        await expect(status).to_be_empty()
        await page.close()


async def test_what_went_while_a_tab_was_away_is_gone_there_too(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    page = await new_page(chromium)
    async with site(tmp_path) as (_, address):
        await page.goto(address)
        await order(page, photo, "slow zoom in")
        await plays(page)
        away = await new_context(chromium, storage_state=await page.context.storage_state())
        tab = await away.new_page()
        await tab.goto(address)
        await expect(tab.locator("video")).to_have_count(1)
        await away.set_offline(True)
        await tab.evaluate("dispatchEvent(new Event('online'))")  # the stream is opened anew, and fails
        await expect(tab.locator("#offline")).not_to_be_empty()
        await page.fill("#words", "/forgetme")
        await page.click("#send")
        await page.get_by_role("button", name=texts.privacy.FORGET).click()
        await expect(page.locator("video")).to_have_count(0)
        await expect(tab.locator("video")).to_have_count(1)
        await away.set_offline(False)
        await expect(tab.locator("video")).to_have_count(0)
        await away.close()
        await page.close()


async def test_unseen_pages_hold_no_line(visit: Visit) -> None:
    page = await visit()
    await page.context.add_init_script("Object.defineProperty(document, 'hidden', { get: () => !window.seen })")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/events") else None)
    await page.reload()
    await asyncio.sleep(0.5)
    assert asked == []
    await page.evaluate("window.seen = true; document.dispatchEvent(new Event('visibilitychange'))")
    await expect(page.locator("#welcome")).to_be_visible()
    assert len(asked) == 1
