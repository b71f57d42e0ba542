"""The page for everybody: at every width, by keyboard, in reduced motion, without scripts, behind a password."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, expect

from bot import texts
from tests.browsing import Visit, looks_right, new_page, no_violations, order, plays, site

T = texts.page.PAGE


async def test_accessible_and_inside_its_window_at_every_width(visit: Visit, photo: Path) -> None:
    page = await visit()

    async def fits() -> None:
        for width in (320, 360, 768, 1440):
            await page.set_viewport_size({"width": width, "height": 740})
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


async def test_reduced_motion_does_not_play_by_itself(visit: Visit, photo: Path) -> None:
    page = await visit(still=False, reduced_motion="reduce")
    await order(page, photo, "slow zoom in")
    await expect(page.locator("video")).to_be_visible()
    await asyncio.sleep(0.5)
    assert await page.evaluate("document.querySelector('video').paused")


async def test_without_scripts_there_is_no_composer(visit: Visit) -> None:
    page = await visit(java_script_enabled=False)
    await expect(page.locator("#composer")).to_be_hidden()


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
