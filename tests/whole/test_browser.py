"""The chat page as a person meets it: headless Chromium, the whole of Photoplay behind it, the real stand-in."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pillow_heif
import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page, Request, Route, expect

from bot import texts
from bot.conversation import Inbound
from bot.model import Address
from tests.browsing import (
    at_rest,
    becomes,
    buying,
    held,
    looks_right,
    new_context,
    new_page,
    no_violations,
    order,
    plays,
    press,
    site,
)

T = texts.page.PAGE


Visit = Callable[..., Awaitable[Page]]


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


@pytest.mark.usefixtures("whole_clips")
async def test_a_photo_becomes_a_clip_that_plays_and_stays(visit: Visit, photo: Path, chromium: Browser) -> None:
    page = await visit(still=False)
    await expect(page.get_by_text(texts.page.preview(at_home=True))).to_be_visible()
    await order(page, photo, "slow zoom in --cfg 0.6")
    answer = page.locator(".answer").first
    await expect(answer).to_contain_text("words followed at 0.6")
    await expect(answer).to_contain_text("5 credits, 595 left today")
    await plays(page)
    await expect(answer).to_contain_text("5 credits")
    await expect(answer).not_to_contain_text("left today")  # it would say so for ever
    assert await page.evaluate("document.querySelector('video').muted && document.querySelector('video').loop")
    await expect(page.locator("video")).to_have_js_property("videoHeight", 720)
    await page.reload()
    await plays(page)
    await expect(page.locator(".message").first).to_contain_text("slow zoom in")
    # A second tab shows the same, another person nothing of it.
    tab = await visit(page.context)
    await expect(tab.locator("video")).to_have_count(1)
    stranger = await visit()
    await expect(stranger.locator("#welcome")).to_be_visible()
    await expect(stranger.locator(".turn")).to_have_count(0)


async def test_a_dropped_photo_and_a_second_one_as_the_end(visit: Visit, photo: Path) -> None:
    page = await visit()
    data = await page.evaluate_handle(
        """async () => {
            const blob = await (await fetch('/static/samples/lake.jpg')).blob();
            const transfer = new DataTransfer();
            for (const name of ['start.jpg', 'end.jpg'])
                transfer.items.add(new File([blob], name, { type: blob.type }));
            return transfer;
        }"""
    )
    for kind in ("dragenter", "dragover", "drop"):
        await page.dispatch_event("body", kind, {"dataTransfer": data})
    await expect(page.locator("#photos img")).to_have_count(2)
    await page.click("#fold")
    # What excludes what is visible before sending.
    await expect(page.locator("#duration option[value='10']")).to_be_disabled()
    await expect(page.locator("#duration-hint")).not_to_be_empty()
    await page.fill("#no", "rain")
    await page.fill("#words", "day turns to night")
    await page.keyboard.press("Enter")
    answer = page.locator(".answer").first
    await expect(answer).to_contain_text("with an end picture")
    await expect(answer).to_contain_text("without rain")
    await plays(page)


async def test_a_sample_is_one_tap(visit: Visit) -> None:
    page = await visit()
    await page.locator("#samples button").first.click()
    await expect(page.locator(".message")).to_contain_text(texts.page.STAND_IN_SAMPLES["lake"])
    await plays(page)


async def test_again_new_words_and_continue(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    await page.get_by_role("button", name=T["go_on"]).click()
    await page.fill("#words", "and back out")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(2)
    await plays(page, 1)
    await page.get_by_role("button", name=T["new_words"]).first.click()
    await page.fill("#words", "pan left")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(3)
    await page.get_by_role("button", name=T["again"], exact=True).first.click()
    await expect(page.locator(".turn")).to_have_count(4)
    await plays(page, 3)


@pytest.mark.parametrize("late", [False, True])
async def test_cancel_gives_the_credits_back(visit: Visit, photo: Path, late: bool) -> None:
    """Also when the event of the change overtakes the reply to the tap."""
    page = await visit()

    async def overtaken(route: Route) -> None:
        reply = await route.fetch()
        if b"/cancel" in (route.request.post_data_buffer or b""):
            await expect(page.locator(".answer").first).to_contain_text("Cancelled.")
        await route.fulfill(response=reply)

    async def requests() -> int:
        return len(taken)

    taken: list[Request] = []
    page.on("requestfinished", lambda request: taken.append(request) if request.url.endswith("/say") else None)
    if late:
        await page.route("**/say", overtaken)
    with held():
        await order(page, photo, "slow zoom in")
        await page.get_by_role("button", name=T["cancel"]).click()
        await becomes(requests, 2)
        await page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        await expect(page.locator(".answer").first).to_contain_text("Cancelled.")
    await expect(page.locator(".answer").first).to_contain_text("your 5 credits are back")
    await expect(page.locator("#allowance")).to_contain_text("600 credits left")


async def test_a_wrong_file_and_a_large_one_keep_the_draft(visit: Visit, tmp_path: Path) -> None:
    page = await visit()
    await page.fill("#words", "slow zoom in")
    words = tmp_path / "words.jpg"
    words.write_text("this is no picture")
    await page.set_input_files("#pick", str(words))
    await expect(page.locator("#notice")).to_contain_text("isn't a picture")
    assert await page.input_value("#words") == "slow zoom in"
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(33 * 2**20)
    await page.set_input_files("#pick", str(large))
    await expect(page.locator("#notice")).to_contain_text("32 MB")
    await expect(page.locator(".turn")).to_have_count(0)


async def test_options_typed_into_the_words_are_shown(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "she smiles --10s --no rain")
    await page.click("#fold")
    await expect(page.locator("#duration")).to_have_value("10")
    await page.click("#send")
    await expect(page.locator(".answer").first).to_contain_text("10 s · without rain")


async def test_by_keyboard_alone(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    reached = set()
    for _ in range(40):
        await page.keyboard.press("Tab")
        reached.add(await page.evaluate("document.activeElement.id || document.activeElement.className"))
        outline = await page.evaluate(
            "getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
        )
        assert outline
    assert {"words", "fold", "send", "pick"} <= reached
    await page.focus("#words")
    await page.keyboard.type("slow zoom in")
    await page.keyboard.press("Enter")
    await plays(page)
    for _ in range(60):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.closest('.actions') !== null"):
            break
    else:
        raise AssertionError("the buttons under a clip cannot be reached")


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


async def test_reduced_motion_does_not_play_by_itself(visit: Visit, photo: Path) -> None:
    page = await visit(still=False, reduced_motion="reduce")
    await order(page, photo, "slow zoom in")
    await expect(page.locator("video")).to_be_visible()
    await asyncio.sleep(0.5)
    assert await page.evaluate("document.querySelector('video').paused")


async def test_a_password_is_asked_for_away_from_home(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path, public_url="http://127.0.0.1:1", playground_password="open sesame") as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await no_violations(page)
        await page.fill("input[type=password]", "wrong")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text(T["password_wrong"])
        await page.fill("input[type=password]", "open sesame")
        await page.keyboard.press("Enter")
        await expect(page.locator("#composer")).to_be_visible()
        await page.close()


async def test_accessible_and_inside_its_window_at_every_width(visit: Visit, photo: Path) -> None:
    page = await visit()

    async def fits() -> None:
        for width in (320, 360, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 740})
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
            await looks_right(page)

    await fits()
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    await fits()
    await page.click("#fold")
    await page.locator("#words").fill("slow zoom in on the mountain, with a long description " * 3)
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(1)
    await looks_right(page)
    await plays(page)
    await fits()
    assert await page.locator("video").get_attribute("aria-label") or await page.locator("video").get_attribute("title")


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


async def test_new_words_give_the_draft_back(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "a draft")
    await page.get_by_role("button", name=T["new_words"]).click()
    await expect(page.locator("#words")).to_have_value("slow zoom in")
    await page.get_by_role("button", name=T["dismiss"]).click()
    await expect(page.locator("#words")).to_have_value("a draft")
    await page.get_by_role("button", name=T["go_on"]).click()
    await page.fill("#words", "and back out")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(2)
    await expect(page.locator("#words")).to_have_value("a draft")
    # Even its photo goes, though the file is no longer what was picked.
    photo.write_bytes(b"something else")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(3)


async def test_the_answer_to_a_command_is_in_the_conversation(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "/help")
    await page.click("#send")
    saying = page.locator(".saying").last
    await expect(saying.locator(".message")).to_have_text("/help")
    for named in (
        "options",
        "cancel",
        "again",
        "new_words",
        "go_on",
        "join",
        "history",
        "credits",
        "mydata",
        "privacy",
    ):
        await expect(saying.locator(".answer")).to_contain_text(T[named])
    for command in ("/animate", "/quota", "/privacy", "/mydata"):
        await expect(saying.locator(".answer")).not_to_contain_text(command)
    await expect(saying).to_be_in_viewport()
    await expect(page.locator("#notice")).to_be_empty()
    assert await saying.locator(".answer").evaluate("node => /--\\u2060duration/.test(node.textContent)")
    await expect(page.locator("#photos img")).to_have_count(1)  # the draft stays
    await page.fill("#words", "/clip nothing")
    await page.click("#send")
    await expect(page.locator(".saying").last).to_contain_text(texts.chat.UNKNOWN_JOB.worded(texts.on_page.WORDING))
    await press(page.locator("#photos button"))
    await expect(page.locator("#pick")).to_be_focused()
    await page.fill("#words", "no photo")
    await page.click("#send")
    await expect(page.locator("#notice")).to_have_attribute("role", "alert")


async def test_whoever_opens_the_menu_stays_where_they_were(visit: Visit) -> None:
    page = await visit(viewport={"width": 390, "height": 844})
    await page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
    for command in ("/help", "/privacy"):
        await page.fill("#words", command)
        await page.click("#send")
        await expect(page.locator(".saying").last.locator(".message")).to_have_text(command)
    await expect(page.locator(".saying").last.locator(".message")).to_be_in_viewport(ratio=1)
    await page.wait_for_function("() => scrollY > 300")
    before = await page.evaluate("scrollY")
    await page.get_by_role("button", name=T["menu"]).focus()
    assert await page.evaluate("scrollY") == before


async def test_the_menu_has_what_commands_have(visit: Visit) -> None:
    page = await visit(viewport={"width": 390, "height": 844})
    await page.locator("#samples button").first.click()
    await plays(page)
    asked = {
        "history": texts.page.STAND_IN_SAMPLES["lake"],
        "credits": "You have 595 credits left",
        "privacy": "What is kept",
        "help": f"{T['clips']} –",
        "mydata": texts.privacy.MYDATA_PAPER,
    }
    for name, found in asked.items():
        await page.get_by_role("button", name=T["menu"]).click()
        entry = page.locator("#menu").get_by_role("button", name=T[name])
        await expect(entry).to_be_in_viewport()
        await entry.click()
        await expect(page.locator("#menu")).to_be_hidden()
        await expect(page.locator(".saying").last).to_contain_text(found)
        await expect(page.locator(".saying").last.locator(".message")).to_be_in_viewport(ratio=1)  # read from its top
        await no_violations(page)
    dated = await page.locator(".jobs .facts").evaluate("node => node.textContent.split(' · ').at(-1)")
    assert " " not in dated, "a date stays on one line"
    async with page.expect_download() as downloading:
        await page.locator(".saying").last.get_by_role("link", name=T["download"]).click()
    download = await downloading.value
    assert re.fullmatch(r"photoplay-\d{4}-\d\d-\d\d\.zip", download.suggested_filename)
    assert zipfile.is_zipfile(await download.path())
    await page.get_by_role("button", name=texts.privacy.FORGET_FIRST).click()
    await expect(page.locator(".saying").last).to_contain_text("It can't be undone. Is that what you want?")
    # The history shows what it was, and brings it again.
    row = page.locator(".jobs li")
    await expect(row).to_have_count(1)
    assert await row.locator("img").evaluate("async i => { await i.decode(); return i.naturalWidth }") > 300
    await row.get_by_role("button", name=T["send_again"]).click()
    await expect(page.locator("video")).to_have_count(2)
    await plays(page, 1)


async def test_a_question_is_answered_by_just_writing(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    await page.get_by_role("button", name=T["menu"]).click()
    await page.locator("#menu").get_by_role("button", name=T["history"]).click()
    known = await page.locator(".jobs li").get_attribute("data-job")
    for said, asked in ((f"/words {known}", "Reply with the new words"), (f"/next {known}", texts.chat.ASK_NEXT)):
        await page.fill("#words", said)
        await page.click("#send")
        await expect(page.locator(".saying").last).to_contain_text(asked)
        await page.fill("#words", "pan left")
        await page.click("#send")
        await expect(page.locator("#rework")).to_be_hidden()
    await expect(page.locator("video")).to_have_count(3)


async def test_join_shows_the_film_and_downloads_have_names(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "Slow zoom in: “the hill”!")
    await plays(page)
    await expect(page.get_by_role("button", name=T["join"])).to_have_count(0)
    await page.get_by_role("button", name=T["go_on"]).click()
    await page.fill("#words", "and back out")
    await page.click("#send")
    await plays(page, 1)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name=T["download"]).first.click()
    assert re.fullmatch(r"slow-zoom-in-the-hill-\d{4}-\d\d-\d\d\.mp4", (await downloading.value).suggested_filename)
    await page.get_by_role("button", name=T["join"]).click()
    film = page.locator(".saying")
    await expect(film).to_contain_text("2 clips as one film")
    await plays(page, 2)
    assert await page.evaluate("document.querySelectorAll('video')[2].duration") > 9
    async with page.expect_download() as downloading:
        await film.get_by_role("link", name=T["download"]).click()
    assert (await downloading.value).suggested_filename.startswith("and-back-out-")


async def test_a_tap_twice_is_one_and_a_late_one_another(visit: Visit, photo: Path) -> None:
    page = await visit(viewport={"width": 390, "height": 700})
    await page.evaluate("window.time = 0; performance.now = () => window.time")
    for number, words in enumerate(("slow zoom in", "slow zoom out"), 1):
        await order(page, photo, words)
        await expect(page.locator("video")).to_have_count(number)
    again = page.get_by_role("button", name=T["again"], exact=True).first
    await again.scroll_into_view_if_needed()
    await again.evaluate("button => { button.click(); button.click() }")
    await expect(page.locator(".turn")).to_have_count(3)
    await expect(page.locator(".turn").last.locator(".answer")).to_be_in_viewport()  # the sign that it was heard
    await expect(again).not_to_have_attribute("aria-disabled", "true")
    async with page.expect_response("**/say"):
        await again.evaluate("button => button.click()")
    await expect(again).not_to_have_attribute("aria-disabled", "true")
    await expect(page.locator(".turn")).to_have_count(3)
    await page.evaluate("window.time = 2001")  # two seconds are the promise
    await again.click()
    await expect(page.locator(".turn")).to_have_count(4)


async def test_whoever_is_forgotten_sees_nothing_of_it_any_more(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.add_init_script(
        """const Known = EventSource;
        window.EventSource = class extends Known {
            constructor(to) {
                super(to);
                this.addEventListener('ready', () => { window.streams = 1 + (window.streams ?? 0) });
            }
        }"""
    )
    await page.reload()
    await order(page, photo, "slow zoom in")
    await plays(page)
    tab = await visit(page.context)
    await expect(tab.locator("video")).to_have_count(1)
    await page.fill("#words", "/forgetme")
    await page.click("#send")
    await page.get_by_role("button", name=texts.privacy.FORGET).click()
    await expect(page.locator(".saying").last).to_contain_text("Removed: 1 clip, 1 photo")
    await expect(page.locator("video")).to_have_count(0)
    await expect(page.locator(".turn")).to_have_count(1)
    await expect(tab.locator(".turn")).to_have_count(0)
    await expect(tab.locator("#welcome")).to_be_visible()
    await page.wait_for_function("() => window.streams >= 2")  # the new one does not take the sentence away again
    await expect(page.locator(".saying .answer")).to_contain_text("Removed: 1 clip, 1 photo")
    await expect(page.locator(".saying .answer")).to_be_focused()
    await expect(page.locator("#samples")).to_be_visible()


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


async def test_a_clip_takes_the_place_of_its_photo_and_is_as_wide(visit: Visit) -> None:
    page = await visit(viewport={"width": 1440, "height": 900})
    with held():
        await page.locator("#samples button").first.click()
        await expect(page.locator("[data-is=busy] .stage")).to_be_visible()
        await at_rest(page)
        busy = await page.locator(".answer").bounding_box()
    await plays(page)
    await at_rest(page)
    clip = await page.locator(".answer").bounding_box()
    assert busy
    assert clip
    assert abs(busy["width"] - clip["width"]) < 4, (busy, clip)


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


async def test_a_picture_that_the_browser_cannot_show_is_shown_and_what_is_none_is_refused_at_once(
    visit: Visit, photo: Path, tmp_path: Path
) -> None:
    page = await visit()
    heic = tmp_path / "phone.heic"
    pillow_heif.from_pillow(Image.open(photo)).save(heic)
    await page.set_input_files("#pick", str(heic))
    shown = page.locator("#photos img")
    await expect(shown).to_have_attribute("src", re.compile("^data:image/jpeg"))
    await expect(shown).to_have_js_property("naturalWidth", 640)
    for name, data, said in (
        ("words.jpg", b"this is no picture", texts.pictures.NOT_A_PICTURE),
        ("small.png", encoded((200, 400)), texts.pictures.too_small(200, 400, 300)),
    ):
        (tmp_path / name).write_bytes(data)
        await page.set_input_files("#pick", str(tmp_path / name))
        await expect(page.locator("#notice")).to_have_text(said)
        await expect(page.locator("#photos")).to_be_hidden()


def encoded(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


async def test_an_end_and_ten_seconds_are_told_apart_before_they_are_sent(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    await page.select_option("#duration", "10")
    await page.set_input_files("#pick-end", str(photo))
    await expect(page.locator("#duration")).to_have_value("5")  # what was picked gives way
    await expect(page.locator("#duration-hint")).to_have_text(T["ten_excluded"])
    await page.fill("#words", "day turns to night --10s")  # what was written does not
    await expect(page.locator("#notice")).to_have_text(T["end_or_ten"])
    await expect(page.locator("#duration-hint")).to_have_text(T["written"])  # nothing that says otherwise
    await expect(page.locator("#end-hint")).to_be_empty()
    await page.click("#send")
    await expect(page.locator("#notice")).to_have_text(T["end_or_ten"])
    await expect(page.locator(".turn")).to_have_count(0)
    await page.fill("#words", "day turns to night")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(1)


async def test_the_lengths_are_those_of_the_model(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    """Without five seconds among them, and an end picture for any of them."""
    async with site(tmp_path, model="Hailuo 2.3", model_price=1) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await page.set_input_files("#pick", str(photo))
        await page.click("#fold")
        lengths = page.locator("#duration option")
        assert await lengths.all_inner_texts() == ["6 seconds · 6 credits", "10 seconds · 10 credits"]
        await expect(page.locator("#duration")).to_have_value("6")
        await page.fill("#words", "slow zoom in")
        await page.click("#send")
        await expect(page.locator(".answer").first).to_contain_text("6 s")
        await page.close()
    async with site(tmp_path / "other", model="Seedance 2.0", model_price=1) as (_, address):
        page = await new_page(chromium)
        await page.goto(address)
        await page.set_input_files("#pick", str(photo))
        await page.click("#fold")
        await page.set_input_files("#pick-end", str(photo))
        await expect(page.locator("#duration")).to_have_value("5")
        await page.select_option("#duration", "15")
        await expect(page.locator("#duration-hint")).to_be_empty()
        await expect(page.locator("#end-hint")).to_be_empty()
        await page.fill("#words", "day turns to night")
        await page.click("#send")
        await expect(page.locator(".answer").first).to_contain_text("15 s · Seedance 2.0 · with an end picture")
        await page.close()


async def test_with_sound_is_picked_with_its_price_and_made(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    models = await page.locator("#model option").all_inner_texts()
    assert models[0].startswith("Quick (Kling 1 Standard) · 5 credits for 5 s")
    await page.select_option("#model", label=next(one for one in models if one.startswith("Veo 3.1 ·")))
    lengths = ["4 seconds · 4 credits", "6 seconds · 6 credits", "8 seconds · 8 credits"]
    assert await page.locator("#duration option").all_inner_texts() == lengths
    await page.select_option("#model", label=next(one for one in models if one.startswith("With sound")))
    await page.select_option("#duration", "10")
    await expect(page.locator("#chips")).to_contain_text("With sound (Kling 2.6 Pro)")
    await page.fill("#words", "she sings")
    await page.click("#send")
    answer = page.locator(".answer").first
    await expect(answer).to_contain_text("10 s · Kling 2.6 Pro · with sound · 10 credits")
    await plays(page)
    await expect(
        answer.get_by_role("button", name=T["mute"]).or_(answer.get_by_role("button", name=T["unmute"]))
    ).to_be_visible()
    await answer.get_by_role("button", name=T["model"]).click()
    other = page.locator(".saying").last
    await other.get_by_role("button", name="Best").click()
    await expect(page.locator(".answer", has_text="Kling 3.0 Pro").last).to_contain_text("10 s")


async def test_a_model_in_the_words_is_shown_and_ordered(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "slow zoom in --model with sound")
    await page.click("#fold")
    await expect(page.locator("#model")).to_be_disabled()
    await expect(page.locator("#model")).to_have_value("sound@1")
    await page.fill("#words", "slow zoom in --model Hailuo 2.3")
    await expect(page.locator("#model")).to_have_value("hailuo-2.3@1")
    assert (await page.locator("#duration option").all_inner_texts())[0] == "6 seconds · 6 credits"
    await page.click("#send")
    await expect(page.locator(".answer").first).to_contain_text("6 s · Hailuo 2.3")
    # An id is not known to the page, and the length that it shows is not sent.
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "slow zoom in --model minimax/hailuo-2.3")
    await page.click("#send")
    await expect(page.locator(".answer")).to_have_count(2)
    await expect(page.locator(".answer").last).to_contain_text("6 s · Hailuo 2.3")


async def test_the_composer_fits_a_low_window(visit: Visit, photo: Path) -> None:
    page = await visit(viewport={"width": 640, "height": 360})
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    await page.wait_for_function("() => document.querySelector('.dock').getBoundingClientRect().top >= 0")
    await page.set_viewport_size({"width": 390, "height": 430})  # a phone with its keyboard
    for piece in ("#words", "#send", "#photos", "#options"):
        await expect(page.locator(piece)).to_be_in_viewport(ratio=0.9)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.locator("#offline")).to_be_empty()


async def test_without_scripts_there_is_no_composer(visit: Visit) -> None:
    page = await visit(java_script_enabled=False)
    await expect(page.locator("#composer")).to_be_hidden()


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
