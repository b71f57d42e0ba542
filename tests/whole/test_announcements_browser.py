"""What the chat page says to screen readers: each thing once."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from bot import texts
from tests.browsing import Visit, held, order, plays

T = texts.page.PAGE
LISTEN = """() => {
    window.said = [];
    for (const node of document.querySelectorAll('[role=status], [role=alert]')) {
        const hear = () => node.textContent && said.push(node.textContent);
        new MutationObserver(hear).observe(node, { childList: true, characterData: true, subtree: true });
    }
}"""


async def heard(page: Page) -> list[str]:
    found: list[str] = await page.evaluate("said.splice(0)")
    return found


async def test_each_step_of_an_order_is_said_once(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.evaluate(LISTEN)
    with held():
        await order(page, photo, "slow zoom in")
        await expect(page.locator(".answer")).to_contain_text("Next in line")
    await plays(page)
    said = await heard(page)
    assert said[0].startswith("Next in line")
    assert said[-1] == "Your clip “slow zoom in” is ready."
    assert len(said) == len(set(said))


@pytest.mark.parametrize("command", [False, True])
async def test_a_cancelled_order_is_said_once(visit: Visit, photo: Path, command: bool) -> None:
    page = await visit()
    with held():
        await order(page, photo, "slow zoom in")
        await expect(page.locator(".answer")).to_contain_text("Next in line")
        if command:
            await page.fill("#words", "/cancel")
        await page.evaluate(LISTEN)
        if command:
            await page.press("#words", "Enter")
        else:
            await page.get_by_role("button", name=T["cancel"]).click()
        await expect(page.locator(".answer").first).to_contain_text("Cancelled.")
    await expect(page.locator("[data-is=failed]")).to_be_visible()
    if command:
        await expect(page.locator("[data-is=said]")).to_contain_text(texts.jobs.CANCELLED)
    assert await heard(page) == ["Cancelled. You were not charged: your 5 credits are back."]


async def test_the_sentence_of_a_clip_is_no_name_of_its_picture(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    await page.evaluate(LISTEN)
    await page.fill("#words", "/jobs")
    await page.press("#words", "Enter")
    await page.get_by_role("button", name=T["send_again"]).click()
    await plays(page, 1)
    shown = page.locator(".saying").last
    await expect(shown.get_by_text(texts.jobs.MADE_BY_AI)).to_have_count(1)
    await expect(shown.locator("article")).to_have_attribute("aria-label", "Answer to “slow zoom in”")
    await expect(shown.locator("video")).to_have_attribute("aria-label", "slow zoom in")
    listed, sent = await heard(page)
    assert listed == T["history"], "the list itself is read in the page"
    assert sent.startswith("“slow zoom in”")
