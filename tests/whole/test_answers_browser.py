"""Typed answers on the page: a yes or no is the tap, for the question that the person sees."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from adapters.web import event_stream
from bot import texts
from bot.app import App
from bot.conversation import Inbound
from bot.model import Address
from tests.browsing import Visit, buying, new_page, order, panorama, plays, site

T = texts.page.PAGE
NO_CUTTING = "() => { HTMLCanvasElement.prototype.toBlob = (done) => done(null) }"
pytestmark = pytest.mark.timeout(120)


async def dear(app: App) -> None:
    """More than 5 credits are asked about."""
    reply = await app.core.handle(Inbound(Address("console", "shell"), "0", "console:1", "/limits confirm 5"))
    assert not reply.refused


async def write(page: Page, words: str) -> None:
    await page.fill("#words", words)
    await page.press("#words", "Enter")


async def test_crop_consent_and_price_are_each_answered_by_a_typed_yes(
    chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "TICK", 60.0)  # a tab is told of the first question whenever it is told of one
    async with buying(tmp_path) as (app, address):
        await dear(app)
        page = await new_page(chromium)
        await page.goto(address)
        await page.evaluate(NO_CUTTING)
        await order(page, panorama(tmp_path), "slow pan right --10s")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_contain_text(texts.pictures.TOO_LONG)
        await write(page, "Yes!")
        await expect(asked).to_contain_text(texts.consent.ASK)
        await expect(page.locator("#words")).to_have_value("")
        await expect(page.locator(".turn")).to_have_count(1)
        await write(page, "ok")
        await expect(asked).to_contain_text("This costs 10 credits")
        await page.reload()  # what was answered is not asked again
        await expect(asked).to_contain_text("This costs 10 credits")
        await write(page, "yes please")
        await plays(page)
        await expect(asked).to_have_count(0)
        await expect(page.locator("#notice")).to_be_empty()
        await page.reload()
        await plays(page)
        await expect(page.locator(".turn")).to_have_count(1)
        await expect(page.locator("#allowance")).to_contain_text("20 credits left")
        await page.context.close()


async def test_of_two_questions_the_one_that_was_asked_last(
    chromium: Browser, tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with buying(tmp_path) as (app, address):
        await dear(app)
        page = await new_page(chromium)
        await page.goto(address)
        await order(page, photo, "zoom in --10s")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_have_count(1)
        await order(page, photo, "yes")  # which is no clip; the photo stays
        await expect(page.locator("#notice")).to_have_text(texts.chat.NO_WORDS)
        await page.fill("#words", "he waves")
        await page.click("#send")
        await expect(asked).to_have_count(2)
        # What is no answer stays a draft, and is told beside it.
        await write(page, "she runs")
        await expect(page.locator("#notice")).to_have_text(T["need_photo"])
        await expect(page.locator("#words")).to_have_value("she runs")
        await write(page, "no, thanks")
        await expect(asked.last).to_have_text(texts.credits.DROPPED)
        await write(page, "yes")
        await expect(asked.first).to_contain_text("This costs 10 credits")
        # A tab that was away still shows it; another one answers meanwhile.
        tab = await page.context.new_page()
        await tab.goto(address)
        await expect(tab.locator("[data-is=asked]")).to_contain_text("This costs 10 credits")
        await page.bring_to_front()
        monkeypatch.setattr(event_stream, "TICK", 60.0)
        await page.route("**/events", lambda route: route.abort())
        await write(tab, "no")
        await expect(tab.locator("[data-is=asked]")).to_have_text(texts.credits.DROPPED)
        await write(page, "yes")
        await expect(page.locator("[data-is=asked]").first).to_contain_text(texts.credits.PARKED_GONE)
        await expect(page.locator("#allowance")).to_contain_text("30 credits left")
        await page.context.close()


async def test_a_yes_that_got_lost_is_none_to_the_next_question(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with buying(tmp_path) as (app, address):
        await dear(app)
        page = await new_page(chromium)
        await page.goto(address)
        await order(page, photo, "zoom in --10s")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_contain_text(texts.consent.ASK)

        async def loses(route: Route) -> None:
            await route.fetch()
            await route.abort()

        await page.route("**/say", loses, times=1)
        await write(page, "yes")
        await expect(page.locator("#notice")).to_have_text(T["unreached"])
        await expect(asked).to_contain_text("This costs 10 credits")  # told by the events
        await page.press("#words", "Enter")
        await expect(page.locator("#words")).to_have_value("")
        await expect(asked).to_contain_text("This costs 10 credits")
        await expect(page.locator("#allowance")).to_contain_text("30 credits left")
        await write(page, "yes")
        await plays(page)
        await page.context.close()


async def test_what_is_sent_during_another_send_is_told(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        held = asyncio.Event()

        async def slow(route: Route) -> None:
            await held.wait()
            await route.continue_()

        await page.route("**/say", slow)
        await order(page, photo, "slow zoom in")
        await expect(page.locator("#composer")).to_have_attribute("aria-busy", "true")
        for act in ("#send", "#samples button"):
            await page.evaluate("what => document.querySelector(what).click()", act)
            await expect(page.locator("#notice")).to_have_text(T["one_by_one"])
            await page.evaluate("document.querySelector('#notice').textContent = ''")
        held.set()
        await plays(page)
        await expect(page.locator(".turn")).to_have_count(1)
        await expect(page.locator("#notice")).to_be_empty()
        await page.context.close()


async def test_a_removal_is_answered_in_writing_while_it_is_the_last_thing_asked(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    conversation, notice = page.locator("#conversation"), page.locator("#notice")
    await page.get_by_role("button", name=T["delete_clip"]).click()
    await write(page, "no")
    await expect(conversation).to_contain_text(texts.chat.KEPT)
    await expect(page.get_by_text(T["delete_what"])).to_be_hidden()
    await expect(page.locator("#words")).to_be_focused()
    await write(page, "/forgetme")
    await expect(conversation).to_contain_text(texts.privacy.FORGET)
    await write(page, "what goes?")
    await expect(notice).to_have_text(T["need_photo"])
    await write(page, "No, thanks")
    await expect(conversation).to_contain_text(texts.privacy.KEPT)
    await write(page, "/forgetme")
    await expect(page.get_by_role("button", name=texts.privacy.FORGET)).to_have_count(2)
    await write(page, "/quota")  # something else: a yes is no longer about that
    await expect(conversation).to_contain_text(texts.credits.LATEST)
    await write(page, "yes")
    await expect(notice).to_have_text(T["need_photo"])
    await page.get_by_role("button", name=T["delete_clip"]).click()
    await write(page, "yes")
    await expect(conversation).to_contain_text(texts.chat.DELETED)
    await expect(page.locator("video")).to_have_count(0)
    await order(page, photo, "slow zoom out")
    await plays(page)
    await write(page, "/forgetme")
    await expect(page.get_by_role("button", name=texts.privacy.FORGET)).to_have_count(3)
    await write(page, "Yes, please")
    await expect(conversation).to_contain_text("Removed: 1 clip")
    await expect(page.locator("video")).to_have_count(0)


async def test_a_list_is_answered_in_writing(visit: Visit, photo: Path) -> None:
    page = await visit()
    conversation, notice = page.locator("#conversation"), page.locator("#notice")
    await order(page, photo, "slow zoom in")
    await plays(page)
    await write(page, "/model")
    await expect(conversation).to_contain_text("2. Best (Kling 3.0 Pro)")
    await write(page, "9")
    await expect(conversation).to_contain_text(texts.chat.NO_SUCH_LINE)
    await write(page, "Best")
    await expect(conversation).to_contain_text("From now on your clips are made by Best (Kling 3.0 Pro)")
    await expect(page.locator("#words")).to_have_value("")
    await write(page, "2")  # it was answered
    await expect(notice).to_have_text(T["need_photo"])
    await write(page, "/delete")
    await expect(page.locator(".jobs li")).to_have_count(1)
    await write(page, "the first one")
    await expect(page.locator(".saying").last).to_contain_text(texts.chat.DELETE_ON_PAGE)
    await write(page, "yes")
    await expect(conversation).to_contain_text(texts.chat.DELETED)
    await expect(page.locator("video")).to_have_count(0)
