"""Every state of every page, on a phone and on a wide screen, light and dark: measured here, looked at by people.

`make screens` writes the pictures to `screens/`.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot import texts
from bot.core import Core
from bot.errors import StoreDown
from tests import galleries
from tests.browsing import looked_at, site
from tests.clock import Clock
from tests.web_gallery import SLUG
from tests.web_gallery import site as gallery_site

pytestmark = pytest.mark.timeout(120)

T = texts.page.PAGE


async def card_is_whole(page: Page) -> None:
    """A card in the middle of the window, as high as what it says, and nothing in it protrudes or touches."""
    await page.wait_for_load_state()  # with its style
    window = page.viewport_size
    card = await page.locator("main").bounding_box()
    assert window
    assert card
    assert card["height"] < 0.6 * window["height"]
    assert card["x"] >= 12
    assert card["x"] + card["width"] <= window["width"] - 12
    assert abs(2 * card["x"] + card["width"] - window["width"]) <= 2, "not in the middle"
    assert abs(2 * card["y"] + card["height"] - window["height"]) <= 2, "not in the middle"
    below = card["y"]
    for piece in await page.locator("main > :not(form), form > *").all():
        box = await piece.bounding_box()
        assert box
        assert box["y"] >= below, "on top of the one before"
        assert box["x"] >= card["x"] + 16, "over the frame"
        assert box["x"] + box["width"] <= card["x"] + card["width"] - 16, "over the frame"
        below = box["y"] + box["height"] + 4
    assert below + 12 <= card["y"] + card["height"]


async def field_is_ours(page: Page) -> None:
    """The field has the card's own colours, and is as wide as the button under it."""
    field, button = page.locator("input"), page.locator("button")
    colours = "node => [getComputedStyle(node).backgroundColor, getComputedStyle(node).borderRadius]"
    assert (await field.evaluate(colours))[0] == (await page.locator("main").evaluate(colours))[0]
    assert (await field.evaluate(colours))[1] != "0px"
    high, low = await field.bounding_box(), await button.bounding_box()
    assert high
    assert low
    assert high["width"] == low["width"]
    assert high["height"] >= 44
    assert low["height"] >= 44
    assert low["y"] - high["y"] - high["height"] >= 8, "the button is glued on"


async def test_the_question_for_the_password(chromium: Browser, tmp_path: Path) -> None:
    async with (
        site(tmp_path, public_url="http://127.0.0.1:1", playground_password="open sesame") as (_, address),
        looked_at(chromium, "password", address) as each,
    ):

        async def asks(page: Page) -> None:
            await card_is_whole(page)
            await field_is_ours(page)
            await expect(page.locator("input")).to_be_focused()

        await each(asks)


async def test_a_wrong_password(chromium: Browser, tmp_path: Path) -> None:
    async with (
        site(tmp_path, public_url="http://127.0.0.1:1", playground_password="open sesame") as (_, address),
        looked_at(chromium, "password-wrong", address) as each,
    ):

        async def refused(page: Page) -> None:
            await page.fill("input", "wrong")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("alert")).to_have_text(T["password_wrong"])
            await card_is_whole(page)
            await field_is_ours(page)

        await each(refused)


async def test_the_page_is_off(chromium: Browser, tmp_path: Path) -> None:
    async with (
        site(tmp_path, public_url="http://127.0.0.1:1") as (_, address),
        looked_at(chromium, "off", address) as each,
    ):
        await each(card_is_whole)


async def test_there_is_nothing_here(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address), looked_at(chromium, "404", f"{address}/nothing") as each:

        async def missing(page: Page) -> None:
            await card_is_whole(page)
            await expect(page.locator("h1")).to_have_text(T["not_found"])
            await expect(page.get_by_role("link", name=T["to_start"])).to_have_attribute("href", "/")

        await each(missing)


async def test_the_page_breaks(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> str:
        raise RuntimeError("the lights went out")

    monkeypatch.setattr(Core, "allowance", broken)
    async with site(tmp_path) as (_, address), looked_at(chromium, "error", address) as each:

        async def said(page: Page) -> None:
            await card_is_whole(page)
            await expect(page.locator("main")).to_contain_text(T["broken_lead"])

        await each(said)


async def test_the_database_is_away(chromium: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> str:
        raise StoreDown("no answer")

    monkeypatch.setattr(Core, "allowance", away)
    async with site(tmp_path) as (_, address), looked_at(chromium, "database-away", address) as each:

        async def said(page: Page) -> None:
            await card_is_whole(page)
            await expect(page.locator("h1")).to_have_text(T["resting"])

        await each(said)


async def test_a_gallery_with_nothing_in_it_and_one_that_is_closed(
    chromium: Browser, tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes
) -> None:
    async with AsyncExitStack() as stack:
        town = await stack.enter_async_context(
            gallery_site(tmp_path, clock, new_id, clip, private=True, title="Harbour Clips & Friends", public=True)
        )

        async def said(page: Page) -> None:
            box = await page.locator(".said").bounding_box()
            assert box
            assert box["height"] < 0.6 * (page.viewport_size or {})["height"]

        each = await stack.enter_async_context(looked_at(chromium, "gallery-empty", f"{town.base}/g/{SLUG}"))
        await each(said)
        each = await stack.enter_async_context(looked_at(chromium, "gallery-404", f"{town.base}/g/{SLUG}/nothing"))
        await each(card_is_whole)
        await galleries.rule(town.house.store, web="", gallery="")
        each = await stack.enter_async_context(looked_at(chromium, "gallery-closed", f"{town.base}/g/{SLUG}"))
        await each(card_is_whole)
        each = await stack.enter_async_context(looked_at(chromium, "gallery-none", f"{town.base}/g/"))

        await each(said)
