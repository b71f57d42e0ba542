"""What the page asks before an order: about its price, and about consent."""

from pathlib import Path

from playwright.async_api import Browser, expect

from bot import texts
from bot.conversation import Inbound
from bot.model import Address
from tests.browsing import Visit, buying, new_page, no_violations, order, plays, site

T = texts.page.PAGE


async def test_a_dear_clip_is_asked_about_first(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (app, address):
        await app.core.handle(Inbound(Address("console", "shell"), "0", "console:1", "/limits confirm 5"))
        page = await new_page(chromium)
        await page.goto(address)
        await order(page, photo, "slow zoom in --10s")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_contain_text("This costs 10 credits")
        await no_violations(page)
        await asked.get_by_role("button", name=T["drop_order"]).click()
        await expect(asked).to_have_text(texts.credits.DROPPED)
        await order(page, photo, "slow zoom in --10s")
        await asked.get_by_role("button", name="Yes, 10 credits").click()
        await plays(page)
        await expect(page.locator(".turn")).to_have_count(2)
        await page.get_by_role("button", name=T["again"], exact=True).click()
        await asked.get_by_role("button", name="Yes, 10 credits").click()
        await expect(page.locator("video")).to_have_count(2)
        await page.close()


async def test_those_in_the_photo_are_asked_about_once(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with buying(tmp_path) as (_, address):
        page = await new_page(chromium, viewport={"width": 390, "height": 844})
        await page.goto(address)
        await page.locator("#samples button").first.click()  # nobody is in it
        await plays(page)
        await page.get_by_role("button", name=T["again"], exact=True).click()
        await expect(page.locator("video")).to_have_count(2)
        await order(page, photo, "slow zoom in")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_contain_text(texts.consent.ASK)
        await expect(asked.locator(".button")).to_have_count(1)
        await expect(page.locator("#words")).to_have_value("")
        await no_violations(page)
        # It is there after a reload, and in another tab, with the photo and the words.
        await page.reload()
        await expect(asked).to_contain_text(texts.consent.ASK)
        turn = page.locator(".turn", has=asked)
        await expect(turn.locator(".message")).to_contain_text("slow zoom in")
        await expect(turn.locator(".message img")).to_have_js_property("naturalWidth", 640)
        await expect(turn).to_be_in_viewport()
        tab = await page.context.new_page()
        await tab.goto(address)
        await tab.locator("[data-is=asked]").get_by_role("button", name=texts.consent.AGREE).click()
        await expect(page.locator("[data-is=asked]")).to_have_count(0)
        await expect(page.locator("video")).to_have_count(3)
        await order(page, photo, "slow zoom out")
        await expect(page.locator(".turn")).to_have_count(4)
        await expect(asked).to_have_count(0)
        await page.context.close()


async def test_nobody_is_asked_where_nothing_leaves_the_machine(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path, ask_consent=True) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await order(page, photo, "slow zoom in")
        await plays(page)
        await page.close()


async def test_words_that_are_not_taken_are_said_on_the_page(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "a nude statue")
    await expect(page.locator("#notice")).to_have_text(texts.consent.NOT_THESE_WORDS)
    await expect(page.locator("#words")).to_have_value("a nude statue")
    await page.fill("#words", "a marble statue")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(1)


async def test_one_yes_starts_all_that_wait_for_it(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with buying(tmp_path) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        asked = page.locator("[data-is=asked]")
        await order(page, photo, "slow zoom in")
        await expect(asked).to_contain_text(texts.consent.ASK)
        await order(page, photo, "slow zoom out")
        await expect(asked.last).to_contain_text(texts.consent.ASK_TOO)
        await page.fill("#words", "yes")
        await page.press("#words", "Enter")
        await expect(page.locator("video")).to_have_count(2)
        await expect(asked).to_have_count(0)
        await expect(page.locator(".turn")).to_have_count(2)
        await page.context.close()
