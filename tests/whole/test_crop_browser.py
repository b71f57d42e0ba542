"""A picture that is too long, on the page: a frame is drawn in the browser, with a pointer or with keys."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot import texts
from tests.browsing import looked_at, new_page, panorama, site

T = texts.page.PAGE
pytestmark = pytest.mark.timeout(120)

KEPT = """async img => {
    await img.decode();
    const canvas = document.createElement('canvas');
    const { naturalWidth: width, naturalHeight: height } = img;
    Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d');
    context.drawImage(img, 0, 0);
    const red = share => context.getImageData((width - 1) * share, (height - 1) * share, 1, 1).data[0] > 127;
    return [width, height, red(0.02), red(0.98)];
}"""
"""The size of a picture, and whether its first corner and its last one are red."""


def slider(page: Page, key: str) -> Locator:
    return page.get_by_role("slider", name=T[key], exact=True)


async def opened(chromium: Browser, address: str, path: Path) -> Page:
    page = await new_page(chromium)
    await page.goto(address)
    await page.set_input_files("#pick", str(path))
    await expect(page.locator(".crop")).to_be_visible()
    return page


async def sent(page: Page) -> list[object]:
    """Send; what was kept of the picture."""
    await page.fill("#words", "slow pan right")
    await page.click("#send")
    found: list[object] = await page.locator(".message img").evaluate(KEPT)
    return found


async def test_the_frame_is_dragged_and_stretched(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await opened(chromium, address, panorama(tmp_path))
        frame = await slider(page, "crop_middle").bounding_box()
        whole = await page.locator(".crop img").bounding_box()
        assert frame
        assert whole
        x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + whole["width"], y, steps=5)  # it stops at the end
        await page.mouse.up()
        await expect(slider(page, "crop_start")).to_have_attribute("aria-valuenow", "50")
        await expect(slider(page, "crop_end")).to_have_attribute("aria-valuenow", "100")
        # An end that is pulled too far takes the other one along, and one that is pushed too far stops.
        x = frame["x"] + whole["width"] / 4
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(whole["x"] - 50, y, steps=5)
        await page.mouse.up()
        await expect(slider(page, "crop_start")).to_have_attribute("aria-valuenow", "0")
        await expect(slider(page, "crop_end")).to_have_attribute("aria-valuenow", "50")
        assert await sent(page) == [1000, 400, True, True]


async def test_the_frame_is_moved_with_keys(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await opened(chromium, address, panorama(tmp_path, upright=True))
        for _ in range(5):
            await slider(page, "crop_middle").press("Shift+ArrowDown")
        for _ in range(9):
            await slider(page, "crop_end").press("Shift+ArrowUp")
        await expect(slider(page, "crop_start")).to_have_attribute("aria-valuenow", "0")
        await expect(slider(page, "crop_end")).to_have_attribute("aria-valuenow", "15")  # 300 pixels are the least
        await slider(page, "crop_middle").press("ArrowRight")
        await expect(slider(page, "crop_start")).to_have_attribute("aria-valuenow", "1")
        assert await sent(page) == [400, 300, True, True]


async def test_where_the_browser_cannot_cut_the_server_asks(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address):
        page = await opened(chromium, address, panorama(tmp_path))
        await page.evaluate("() => { HTMLCanvasElement.prototype.toBlob = (done) => done(null) }")
        await page.fill("#words", "slow pan right")
        await page.click("#send")
        asked = page.locator("[data-is=asked]")
        await expect(asked).to_contain_text(texts.pictures.TOO_LONG)
        await page.reload()
        await asked.get_by_role("button", name=texts.pictures.CROP).click()
        await expect(page.locator("video")).to_be_visible()
        assert (await page.locator(".message img").evaluate(KEPT))[:2] == [1000, 400]


async def test_screens_of_the_frame(chromium: Browser, tmp_path: Path) -> None:
    for upright in (False, True):
        path = panorama(tmp_path, upright=upright)
        name = f"chat-crop-{'upright' if upright else 'wide'}"
        async with site(tmp_path / name) as (_, address), looked_at(chromium, name, address) as each:

            async def framed(page: Page, path: Path = path) -> None:
                await page.set_input_files("#pick", str(path))
                await expect(page.locator(".crop")).to_be_visible()
                await page.wait_for_function("() => getComputedStyle(document.querySelector('figure')).opacity === '1'")
                for piece in ("#words", "#send", ".crop"):
                    await expect(page.locator(piece)).to_be_in_viewport(ratio=1)

            await each(framed)
