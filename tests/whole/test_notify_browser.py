"""People who tapped for it are told of a clip while the page is out of sight, and none is asked before."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot import texts
from tests.browsing import becomes, held, new_page, site

T = texts.page.PAGE
pytestmark = pytest.mark.timeout(120)

SCRIPT = """
window.told = []; window.asked = 0;
window.Notification = class {
    static permission = 'default';
    static async requestPermission() { window.asked += 1; return this.permission = 'granted'; }
    constructor(title, { body }) { window.told.push([title, body]); }
};
"""
HIDE = """() => {
    Object.defineProperty(document, 'hidden', { get: () => true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.mark.parametrize("down", [False, True], ids=["", "down"])
async def test_a_notification_after_a_tap(chromium: Browser, tmp_path: Path, down: bool) -> None:
    """Also if the line was down meanwhile."""
    async with site(tmp_path) as (app, address):
        with held():
            page = await new_page(chromium)
            await page.add_init_script(SCRIPT)
            await page.goto(address)
            await page.locator("#samples button").first.click()
            button = page.get_by_role("button", name=T["notify"])
            await expect(button).to_be_visible()
            assert await page.evaluate("window.asked") == 0
            await button.click()
            await expect(button).to_be_hidden()
            await page.evaluate(HIDE)
            if down:
                await page.evaluate("dispatchEvent(new Event('online'))")  # the stream is opened anew
        app.worker.poke()
        await expect(page.locator("[data-is=clip]")).to_have_count(1)
        ready = T["clip_ready"].format(words=texts.page.STAND_IN_SAMPLES["lake"])
        await becomes(lambda: page.evaluate("window.told"), [[T["title"], ready]])  # when it is done: after its card
        assert await page.evaluate("window.asked") == 1
        await page.context.close()
