"""The operator's page in a browser: a phone and a wide screen, light and dark, keys alone, no script."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot import texts
from bot.billing import Comparison
from bot.jobs import machine
from bot.model import Accepted, Address, Clip, Incident, Refused
from bot.quotas import pricing
from tests.browsing import POLLS, looks_right, new_context, press
from tests.operators import OWNER, Seat, link, says, seated
from tests.samples import a_job, an_order

pytestmark = pytest.mark.timeout(120)
DESK = texts.overview.LABELS
MODELS = ("kling-video/v1/standard/image-to-video", "kling-video/v1.6/pro/image-to-video", "google/veo-3.1-i2v")
SPENT = "INSERT INTO books (book, span, kind, at, used) VALUES ('operator', $1, 'cap', $2, $3)"
TAKEN = "INSERT INTO charges (reference, host, usd, at) VALUES ($1, 'aimlapi', $2, $3)"
SECTIONS = ["now", "jobs", "people", "money", "incidents", "log"]

PLACES = {
    "job": "/admin/jobs/life000009",
    "job-running": "/admin/jobs/life000004",
    "clips": "/admin/jobs?show=clip",
    "person": "/admin/people/discord:104",
    "community": "/admin/communities/telegram:-100200300",
}


async def lived(seat: Seat) -> None:
    """A day of many people's: clips, failures, two communities, a queue."""
    store, now = seat.app.store, seat.app.core.context.clock()
    names = ["Ann", "Ben K.", "شادي", "", "Александра Константиновна Вознесенская-Преображенская"]
    for n in range(60):
        at = now - 1400 * n - 60
        person = f"{'telegram' if n % 3 else 'discord'}:{n % 5 + 100}"
        scope = ("", "telegram:-100200300", "discord:900")[n % 3 if n % 3 != 1 else 1] if n % 4 else ""
        scope = scope if scope.partition(":")[0] in ("", person.partition(":")[0]) else ""
        address = Address(person.partition(":")[0], "chat")
        order = an_order(model=MODELS[n % 3], prompt="she puts on her glasses, and the light changes")
        job = a_job(
            f"life{n:06}",
            person=person,
            scope=scope,
            address=address,
            order=order,
            created_at=at,
            due_at=at + 9e9,
            price=5 + n % 3 * 5,
            label=names[n % 5],
            spent_from="day:2026-11-29",
        )
        submitted = await store.submit(job, machine.hold(job))
        assert submitted.job
        job = submitted.job
        if n < 4:
            continue
        events = [machine.Started(), Accepted(("aimlapi", "apilaplas", "local")[n % 3], f"r{n}")]
        if n >= 7:
            failed = Refused("moderation") if n % 9 == 0 else None
            made = machine.Rendered(Clip(f"c{n}.mp4", 640, 480, 5.0, 1000))
            events += [failed or made, machine.Sent("1")]
        for event in events:
            at += 20
            job, entry = machine.apply(job, event, at, at + 9e9)
            await store.save(job, entry)
    for n in range(30):
        day = pricing.window(now - n * 86_400, "day").key
        values = f"credits:{day}", now, 570 if n == 0 else 40 + n * 37 % 200
        await store._db.write(lambda tx, values=values: tx.all(SPENT, *values))
        values = f"r{n}", 1_000_000 + n * 370_000 % 900_000, now - n * 86_400
        await store._db.write(lambda tx, values=values: tx.all(TAKEN, *values))
    await store.bills.keep(Comparison("aimlapi", now, now - 7 * 86_400, {"delivered": 40}, {"delivered": 12_340_000}))
    for n, what in enumerate((texts.incidents.NO_ANSWER, texts.incidents.CLIP_BROKEN, texts.incidents.NO_POSTS)):
        await store.note(Incident(now - 5000 * n, what, "it said nothing" * (n + 1), "aimlapi", f"life{n:06}"))


@pytest_asyncio.fixture(loop_scope="session")
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    async with seated(tmp_path, ceiling_day=600, credit_price="0.05", money_month="40") as found:
        await lived(found)
        yield found


@asynccontextmanager
async def entered(chromium: Browser, seat: Seat, key: str = "b1", **options: object) -> AsyncIterator[Page]:
    context = await new_context(chromium, java_script_enabled=not options.pop("plain", False), **options)
    page = await context.new_page()
    await page.goto(seat.base + await link(seat.app, key))
    await page.get_by_role("button", name=DESK["enter"]).click()
    await expect(page.get_by_role("navigation")).to_be_visible()
    yield page
    await context.close()


@pytest.mark.parametrize(("look", "options"), POLLS, ids=[name for name, _ in POLLS])
async def test_every_section_looks_right(chromium: Browser, seat: Seat, look: str, options: dict[str, object]) -> None:
    async with entered(chromium, seat, **options) as page:
        for section in SECTIONS:
            await page.get_by_role("link", name=DESK[section], exact=True).click()
            await expect(page.locator("[aria-current=page]")).to_have_text(DESK[section])
            await looks_right(page, f"operator-{section}-{look}", whole=True)
        for name, path in PLACES.items():
            await page.goto(f"{seat.base}{path}")
            await looks_right(page, f"operator-{name}-{look}", whole=True)


@pytest.mark.parametrize(("look", "options"), POLLS, ids=[name for name, _ in POLLS])
async def test_the_door_looks_right(chromium: Browser, seat: Seat, look: str, options: dict[str, object]) -> None:
    context = await new_context(chromium, **options)
    page = await context.new_page()
    await page.goto(f"{seat.base}/admin")
    await expect(page.locator("h1")).to_have_text(DESK["shut"])
    await looks_right(page, f"operator-shut-{look}")
    await page.goto(seat.base + await link(seat.app, look))
    await looks_right(page, f"operator-enter-{look}")
    await context.close()


async def test_buying_is_paused_with_keys_alone_and_without_a_script(chromium: Browser, seat: Seat) -> None:
    async with entered(chromium, seat, plain=True) as page:
        await page.get_by_label(DESK["reason"]).first.focus()
        await page.keyboard.type("the bill is odd")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("Buying is paused")
        assert await seat.app.store.quotas.paused()
        await press(page.get_by_role("link", name=DESK["back"]))
        await expect(page.locator("#buying")).to_contain_text(DESK["buying_paused"])
        await press(page.get_by_role("button", name=DESK["resume"]))
        await press(page.get_by_role("button", name=DESK["undo"]))
        await expect(page.get_by_role("status")).to_have_text(str(texts.admin.UNDONE))
        assert await seat.app.store.quotas.paused()
        assert (await seat.app.store.figures.audit("*", 10))[0].actor == OWNER


async def test_now_stays_as_it_is_now_while_nobody_uses_it(chromium: Browser, seat: Seat) -> None:
    async with entered(chromium, seat) as page:
        await page.clock.install()
        await page.goto(f"{seat.base}/admin")
        reason = page.get_by_label(DESK["reason"]).first
        await seat.app.core.handle(says("/operator pause", "p1"))
        await reason.fill("something")
        await page.clock.run_for(31_000)
        await expect(page.locator("#buying")).to_contain_text(DESK["buying_on"])  # nothing is taken away from under it
        assert await reason.input_value() == "something"
        await reason.fill("")
        await reason.blur()
        await page.clock.run_for(16_000)
        await expect(page.locator("#buying")).to_contain_text(DESK["buying_paused"])
