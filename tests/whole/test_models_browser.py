"""Models on the page: in its options, in the words, under a clip; their lengths and prices."""

from pathlib import Path

from playwright.async_api import Browser, expect

from bot import texts
from tests.browsing import Visit, new_page, order, plays, site

T = texts.page.PAGE


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
        await expect(page.locator("#pick-end-hint")).to_be_empty()
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
    await expect(page.locator("#model-hint")).to_have_text(T["written"])
    await expect(page.locator("#model")).to_have_value("sound@1")
    await page.fill("#words", "slow zoom in --model veo3.1")
    await expect(page.locator("#model")).to_have_value("veo-3.1@1")
    for said, value in (("--sound", "sound@1"), ("--sound off", "quick@1"), ("--sound on", "sound@1")):
        await page.fill("#words", f"slow zoom in {said}")
        await expect(page.locator("#model")).to_have_value(value)
    await expect(page.locator("#model-hint")).to_be_empty()
    await page.select_option("#model", "best@1")
    await expect(page.locator("#model")).to_have_value("best@1")
    await page.select_option("#model", "quick@1")
    await page.fill("#words", "slow zoom in --model Hailuo 2.3")
    await expect(page.locator("#model")).to_have_value("hailuo-2.3@1")
    assert (await page.locator("#duration option").all_inner_texts())[0] == "6 seconds · 6 credits"
    await page.click("#send")
    await expect(page.locator(".answer").first).to_contain_text("6 s · Hailuo 2.3")
    # An id is not known to the page, and the length that it shows is not sent.
    await order(page, photo, "slow zoom in --model minimax/hailuo-2.3")
    await expect(page.locator(".answer")).to_have_count(2)
    await expect(page.locator(".answer").last).to_contain_text("6 s · Hailuo 2.3")


async def test_sound_in_the_words_is_ordered_where_no_model_was_picked(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "she sings --sound on")
    await page.click("#send")
    await expect(page.locator(".answer").first).to_contain_text("Kling 2.6 Pro · with sound")
