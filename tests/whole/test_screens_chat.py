"""Every state of the chat page, on a phone and on a wide screen, light and dark; `make screens` keeps the pictures."""

from pathlib import Path

from playwright.async_api import Browser, Locator, Page, expect

from bot import texts
from tests.browsing import at_rest, buying, held, looked_at, looks_right, new_page, order, plays, site

T = texts.page.PAGE


async def box(found: Locator) -> dict[str, float]:
    await at_rest(found.page)
    known = await found.bounding_box()
    assert known
    return {**known, "right": known["x"] + known["width"], "bottom": known["y"] + known["height"]}


def name_of(page: Page) -> str:
    return str((page.viewport_size or {})["width"])


async def one_height(page: Page, selector: str) -> None:
    """Elements of a kind are of one size."""
    rounded = "({ width, height }) => `${Math.round(width)} ${Math.round(height)}`"
    sizes = await page.eval_on_selector_all(selector, f"all => all.map(n => n.getBoundingClientRect()).map({rounded})")
    assert len(set(sizes)) == 1, (selector, sizes)


async def test_somebody_new(chromium: Browser, tmp_path: Path) -> None:
    async with site(tmp_path) as (_, address), looked_at(chromium, "chat-new", address) as each:

        async def welcomed(page: Page) -> None:
            await expect(page.locator("#samples button")).to_have_count(3)
            await page.wait_for_function("() => [...document.images].every(image => image.complete)")
            await one_height(page, "#samples img")
            assert (await box(page.locator("#samples")))["bottom"] <= (await box(page.locator("#composer")))["y"]

        await each(welcomed)


async def test_a_conversation_its_menu_and_its_options(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (_, address):
        first = await new_page(chromium)
        await first.goto(address)
        await first.locator("#samples button").first.click()
        await plays(first)
        await first.get_by_role("button", name=T["go_on"]).click()
        await first.fill("#words", "and a bird flies by, low over the water, while the sun comes up")
        await first.click("#send")
        await plays(first, 1)

        async def shown(page: Page) -> None:
            width = int(name_of(page))
            await plays(page, 1)
            actions = page.locator(".turn").last.locator(".actions .button:visible")
            await expect(actions).to_have_count(6)
            rows = {(await box(one))["y"] for one in await actions.all()}
            assert len(rows) == 1, "the buttons of a clip stand in one row"
            await one_height(page, ".message img")
            clip = await box(page.locator("video").last)
            if width > 1000:
                other = await box(page.locator("video").first)
                assert clip["x"] > other["right"], "side by side"
                assert clip["width"] > 0.35 * width
            else:
                assert clip["width"] > 0.9 * width
            dock = await box(page.locator(".dock"))
            assert dock["x"] <= 0, "clips show beside the composer"
            assert dock["right"] >= await page.evaluate("document.documentElement.clientWidth")
            await looks_right(page, f"chat-clips-{width}")
            await page.get_by_role("button", name=T["menu"]).click()
            menu = await box(page.locator("#menu"))
            assert menu["right"] <= width
            assert menu["height"] < 360
            await looks_right(page, f"chat-menu-{width}")
            await page.locator("#menu").get_by_role("button", name=T["history"]).click()
            await expect(page.locator(".jobs li")).to_have_count(2)
            await page.wait_for_function(
                "() => [...document.querySelectorAll('.jobs img')].every(image => image.complete)"
            )
            await one_height(page, ".jobs img")
            await looks_right(page, f"chat-history-{width}")
            await page.set_input_files("#pick", str(photo))
            await page.click("#fold")
            await page.set_input_files("#pick-end", str(photo))
            await page.fill("#words", "day turns to night --10s")
            await expect(page.locator("#notice")).to_have_text(T["end_or_ten"])
            for piece in ("#words", "#send", "#notice"):
                await expect(page.locator(piece)).to_be_in_viewport(ratio=1)

        async with looked_at(chromium, "chat-options", address, first) as each:
            await each(shown)
        await first.context.close()


async def test_the_question_about_consent(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with buying(tmp_path) as (_, address):
        first = await new_page(chromium)
        await first.goto(address)
        await order(first, photo, "she puts on her glasses")
        await expect(first.locator("[data-is=asked]")).to_be_visible()

        async def asked(page: Page) -> None:
            line, button = page.locator("[data-is=asked] .status"), page.locator("[data-is=asked] .button")
            await expect(button).to_have_count(1)
            await expect(button).to_be_in_viewport(ratio=1)
            answer, said, under = await box(page.locator("[data-is=asked]")), await box(line), await box(button)
            assert under["y"] - said["bottom"] >= 4, "glued on"
            assert under["bottom"] <= answer["bottom"] - 6
            assert answer["height"] < 260

        async with looked_at(chromium, "chat-question", address, first) as each:
            await each(asked)
        await first.context.close()


async def test_in_line_taken_back_and_away(chromium: Browser, tmp_path: Path, photo: Path) -> None:
    async with site(tmp_path) as (app, address):
        first = await new_page(chromium)

        async def waiting(page: Page) -> None:
            await expect(page.get_by_role("button", name=T["cancel"])).to_be_in_viewport(ratio=1)
            await expect(page.locator(".status").first).to_contain_text(texts.jobs.NEXT)

        with held():
            await first.goto(address)
            await order(first, photo, "slow zoom in")
            await expect(first.locator(".turn")).to_have_count(1)
            async with looked_at(chromium, "chat-in-line", address, first) as each:
                await each(waiting)
            await first.get_by_role("button", name=T["cancel"]).click()
            await expect(first.locator(".answer")).to_contain_text("Cancelled.")
        app.worker.poke()
        await expect(first.locator(".answer")).to_contain_text("your 5 credits are back")

        async def taken_back(page: Page) -> None:
            await expect(page.locator("[data-is=failed]")).to_be_visible()
            await page.context.set_offline(True)
            await page.evaluate("dispatchEvent(new Event('online'))")  # the stream is opened anew, and fails
            await expect(page.locator("#offline")).to_have_text(T["offline_now"])

        async with looked_at(chromium, "chat-failed-offline", address, first) as each:
            await each(taken_back)
        await first.context.close()
