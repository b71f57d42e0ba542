"""Chips that write words, in front of the options."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot import texts
from tests.browsing import looked_at, press, site

T = texts.page.PAGE
pytestmark = pytest.mark.timeout(120)


async def test_screens_of_chips_that_write_words(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (_, address), looked_at(chromium, "chat-chips", address) as each:

        async def tapped(page: Page) -> None:
            words, moves = page.locator("#words"), page.get_by_role("list", name=T["moves"])
            await expect(moves).to_be_hidden()
            await page.set_input_files("#pick", str(photo))
            await moves.get_by_role("button", name="slow push in").click()
            await expect(words).to_have_value("slow push in")
            await expect(words).to_be_focused()
            await page.fill("#words", "slow push in --no rain, fog --cfg 0.7")
            await moves.get_by_role("button", name="pan left").click()
            await moves.get_by_role("button", name="pan left").click()
            await expect(words).to_have_value("slow push in, pan left --no rain, fog --cfg 0.7")
            await page.fill("#words", "she smiles,")
            await press(moves.get_by_role("button", name="tilt up"))
            await expect(words).to_have_value("she smiles, tilt up")
            for piece in ("#words", "#send", "#moves"):
                await expect(page.locator(piece)).to_be_in_viewport(ratio=1)

        await each(tapped)
