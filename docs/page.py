"""Draws the picture of the chat page in README from the page itself, with the stand-in: `make pictures`."""

import asyncio
import io
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, expect

from bot import texts
from tests.browsing import at_rest, launched, plays, site

HERE = Path(__file__).parent
NEXT = HERE.parent / "adapters" / "web" / "samples" / "street.jpg"
T = texts.page.PAGE
VIEW = {"width": 1440, "height": 1120}
SHRUNK = (1200, 933)


async def converse(page: Page) -> None:
    """A sample and what follows, and the next photo with the words that are offered for it."""
    await page.locator("#samples button").first.click()
    await plays(page)
    await page.locator(".turn").first.get_by_role("button", name=T["go_on"]).click()
    await page.fill("#words", "gentle orbit around the boat")
    await page.click("#send")
    await plays(page, 1)
    await page.set_input_files("#pick", str(NEXT))
    await page.get_by_role("button", name=texts.page.MOVES[3]).click()
    await expect(page.locator("#photos img")).to_be_visible()
    await page.evaluate("scrollTo({ top: document.documentElement.scrollHeight, behavior: 'instant' })")
    await page.locator(".message p").last.hover()
    await expect(page.locator(".bin").last).to_be_visible()
    await at_rest(page)


async def draw(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder)) as (_, address), launched() as browser:
            page = await browser.new_page(viewport=VIEW, color_scheme="light")
            await page.goto(address)
            await converse(page)
            shot = Image.open(io.BytesIO(await page.screenshot()))
    shot.convert("RGB").resize(SHRUNK).save(path, quality=85)


if __name__ == "__main__":
    asyncio.run(draw(HERE / "page.jpg"))
