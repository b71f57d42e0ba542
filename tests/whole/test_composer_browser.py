"""The composer: a draft, its photos and its options, before it is sent."""

import io
import re
from pathlib import Path

import pillow_heif
from PIL import Image
from playwright.async_api import expect

from bot import texts
from tests.browsing import Visit, order, plays

T = texts.page.PAGE


async def test_a_wrong_file_and_a_large_one_keep_the_draft(visit: Visit, tmp_path: Path) -> None:
    page = await visit()
    await page.fill("#words", "slow zoom in")
    words = tmp_path / "words.jpg"
    words.write_text("this is no picture")
    await page.set_input_files("#pick", str(words))
    await expect(page.locator("#notice")).to_contain_text("isn't a picture")
    assert await page.input_value("#words") == "slow zoom in"
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(33 * 2**20)
    await page.set_input_files("#pick", str(large))
    await expect(page.locator("#notice")).to_contain_text("32 MB")
    await expect(page.locator(".turn")).to_have_count(0)


async def test_a_picture_that_the_browser_cannot_show_is_shown_and_what_is_none_is_refused_at_once(
    visit: Visit, photo: Path, tmp_path: Path
) -> None:
    page = await visit()
    heic = tmp_path / "phone.heic"
    pillow_heif.from_pillow(Image.open(photo)).save(heic)
    await page.set_input_files("#pick", str(heic))
    shown = page.locator("#photos img")
    await expect(shown).to_have_attribute("src", re.compile("^data:image/jpeg"))
    await expect(shown).to_have_js_property("naturalWidth", 640)
    for name, data, said in (
        ("words.jpg", b"this is no picture", texts.pictures.NOT_A_PICTURE),
        ("small.png", encoded((200, 400)), texts.pictures.too_small(200, 400, 300)),
    ):
        (tmp_path / name).write_bytes(data)
        await page.set_input_files("#pick", str(tmp_path / name))
        await expect(page.locator("#notice")).to_have_text(said)
        await expect(page.locator("#photos")).to_be_hidden()


def encoded(size: tuple[int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


async def test_options_typed_into_the_words_are_shown(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "she smiles --10s --no rain")
    await page.click("#fold")
    await expect(page.locator("#duration")).to_have_value("10")
    await page.click("#send")
    await expect(page.locator(".answer").first).to_contain_text("10 s · without rain")


async def test_an_end_and_ten_seconds_are_told_apart_before_they_are_sent(visit: Visit, photo: Path) -> None:
    page = await visit()
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    await page.select_option("#duration", "10")
    await page.set_input_files("#pick-end", str(photo))
    await expect(page.locator("#duration")).to_have_value("5")  # what was picked gives way
    await expect(page.locator("#duration-hint")).to_have_text(T["ten_excluded"])
    await page.fill("#words", "day turns to night --10s")  # what was written does not
    await expect(page.locator("#notice")).to_have_text(T["end_or_ten"])
    await expect(page.locator("#duration-hint")).to_have_text(T["written"])  # nothing that says otherwise
    await expect(page.locator("#pick-end-hint")).to_be_empty()
    await page.click("#send")
    await expect(page.locator("#notice")).to_have_text(T["end_or_ten"])
    await expect(page.locator(".turn")).to_have_count(0)
    await page.fill("#words", "day turns to night")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(1)


async def test_new_words_give_the_draft_back(visit: Visit, photo: Path) -> None:
    page = await visit()
    await order(page, photo, "slow zoom in")
    await plays(page)
    await page.set_input_files("#pick", str(photo))
    await page.fill("#words", "a draft")
    await page.get_by_role("button", name=T["new_words"]).click()
    await expect(page.locator("#words")).to_have_value("slow zoom in")
    await page.get_by_role("button", name=T["dismiss"]).click()
    await expect(page.locator("#words")).to_have_value("a draft")
    await page.get_by_role("button", name=T["go_on"]).click()
    await page.fill("#words", "and back out")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(2)
    await expect(page.locator("#words")).to_have_value("a draft")
    # Even its photo goes, though the file is no longer what was picked.
    photo.write_bytes(b"something else")
    await page.click("#send")
    await expect(page.locator(".turn")).to_have_count(3)


async def test_the_composer_fits_a_low_window(visit: Visit, photo: Path) -> None:
    page = await visit(viewport={"width": 640, "height": 360})
    await page.set_input_files("#pick", str(photo))
    await page.click("#fold")
    await page.wait_for_function("() => document.querySelector('.dock').getBoundingClientRect().top >= 0")
    await page.set_viewport_size({"width": 390, "height": 430})  # a phone with its keyboard
    for piece in ("#words", "#send", "#photos", "#options"):
        await expect(page.locator(piece)).to_be_in_viewport(ratio=0.9)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.locator("#offline")).to_be_empty()
    # With all that it may hold, Send is under nothing.
    await page.set_input_files("#pick-end", str(photo))
    await page.fill("#words", "day turns to night, and all the lanterns go on --10s")
    await expect(page.locator("#notice")).not_to_be_empty()
    for height in (400, 380):
        await page.set_viewport_size({"width": 360, "height": height})
        for _ in range(2):
            await page.locator("#send").click(trial=True)
            await expect(page.locator("#send")).to_be_in_viewport(ratio=0.9)
            await page.click("#fold")
