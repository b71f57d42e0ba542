"""Commands on the page: written, or from its menu."""

import re
import zipfile
from pathlib import Path

from playwright.async_api import expect

from bot import texts
from tests.browsing import Visit, no_violations, order, plays, press

T = texts.page.PAGE


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
