"""Orders on the chat page, in headless Chromium with all of Photoplay and the real stand-in behind it."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, Request, Route, expect

from bot import texts
from tests.browsing import Visit, at_rest, becomes, held, new_page, order, plays, site

T = texts.page.PAGE


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
    film = page.locator(".turn").nth(1).locator("[data-job]")
    await expect(film).to_contain_text("2 clips as one film")
    await plays(page, 2)
    assert await page.evaluate("document.querySelectorAll('video')[2].duration") > 9
    async with page.expect_download() as downloading:
        await film.get_by_role("link", name=T["download"]).click()
    assert (await downloading.value).suggested_filename.startswith("and-back-out-")


async def test_a_film_stays_until_one_of_its_clips_is_deleted(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (app, address):
        page = await new_page(chromium)
        await page.goto(address)
        await order(page, photo, "slow zoom in")
        await plays(page)
        await page.get_by_role("button", name=T["go_on"]).click()
        await page.fill("#words", "and back out")
        await page.click("#send")
        await plays(page, 1)
        await page.get_by_role("button", name=T["join"]).click()
        film = page.locator("[data-job]")
        await expect(film).to_contain_text("2 clips as one film")
        await page.reload()
        await plays(page, 2)
        await expect(page.locator(".turn").nth(1)).to_contain_text("2 clips as one film")
        await app.media.drop_joined()  # as after a day
        await page.reload()
        await plays(page, 2)
        assert await page.evaluate("document.querySelectorAll('video')[2].duration") > 9
        stranger = await new_page(chromium)
        await stranger.goto(address)
        path = await page.evaluate("document.querySelectorAll('video')[2].getAttribute('src')")
        assert [(await one.request.get(f"{address}{path}")).status for one in (page, stranger)] == [200, 404]
        first = page.locator(".turn").first
        await first.get_by_role("button", name=T["delete_clip"]).click()
        await first.get_by_role("button", name=T["delete"], exact=True).click()
        await expect(film).to_have_count(0)
        await page.reload()
        await expect(page.locator("video")).to_have_count(1)
        await expect(film).to_have_count(0)
        await expect(page.get_by_role("button", name=T["join"])).to_have_count(0)
        assert (await page.request.get(f"{address}{path}")).status == 404
        await stranger.context.close()
        await page.context.close()
