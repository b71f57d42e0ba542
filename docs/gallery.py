"""Draws the picture of a gallery in README from clips of the samples, made by the stand-in: `make pictures`."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from PIL import Image
from playwright.async_api import expect

from bot.app import App
from bot.conversation import Attachment, Inbound
from bot.gallery.model import Share
from bot.model import Address
from tests import galleries
from tests.adapters.driving import until
from tests.browsing import at_rest, launched, site

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "adapters" / "web" / "samples"
VIEW = {"width": 1280, "height": 760}
SLUG = "lakeside"
CLIPS = [
    ("street", (0.0, 0.2, 1.0, 1.0), "slow pan right past the lanterns", 1),
    ("lake", (0.0, 0.1, 1.0, 0.9), "gentle orbit around the boat", 3),
    ("portrait", (0.1, 0.0, 0.9, 0.8), "slow zoom in", 5),
    ("street", (0.2, 0.0, 0.8, 1.0), "tilt up to the lanterns", 3),
    ("lake", (0.2, 0.0, 0.9, 1.0), "pan left along the shore", 6),
    ("portrait", (0.0, 0.0, 1.0, 1.0), "gentle orbit around her, moving closer", 9),
    ("lake", (0.0, 0.0, 1.0, 1.0), "slow push in, over the water towards the boat", 7),
    ("street", (0.0, 0.0, 1.0, 1.0), "zoom out from the cat", 2),
    ("portrait", (0.0, 0.05, 1.0, 0.75), "pull back slowly", 4),
]
"""Sample, its part in use (left, top, right, bottom), words, hearts; the oldest first."""

NAMES = ["Ann", "Ben", "", "Cleo"]


async def share(app: App, number: int) -> None:
    """Make a clip, and put it into the gallery."""
    sample, part, words, hearts = CLIPS[number]
    photo = Image.open(SAMPLES / f"{sample}.jpg")
    data = io.BytesIO()
    photo.crop(tuple(round(edge * side) for edge, side in zip(part, photo.size * 2, strict=True))).save(data, "png")

    async def fetch() -> AsyncIterator[bytes]:
        yield data.getvalue()

    store = app.core.context.store
    where = Address("web", "ann", f"photo-{number}")
    reply = await app.core.handle(Inbound(where, "ann", f"web:{number}", words, (Attachment(fetch),)))
    assert reply.job, reply.text
    name = reply.job

    async def done() -> bool:
        found = await store.job(name)
        return found is not None and found.state == "done"

    await until(done)
    job = await store.job(name)
    assert job
    assert job.clip
    values = {"person": job.person, "name": NAMES[number % len(NAMES)], "prompt": words, "remixes": True}
    made = Share(
        f"s{number}", job.id, galleries.TOWN, clip=job.clip, at=job.created_at, place=galleries.CHANNEL, **values
    )
    await store.gallery.add(made)
    for other in range(hearts):
        await store.gallery.heart(made.id, f"telegram:9{other}", True, "tap", job.created_at)


async def draw(path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder)) as (app, address), launched() as browser:
            store = app.core.context.store
            slug = await store.gallery.open_gallery(galleries.TOWN, SLUG)
            await galleries.rule(store, web=slug, title="Lakeside Stills in Motion", gallery="-100/4", public=True)
            for number in range(len(CLIPS)):
                await share(app, number)
            page = await browser.new_page(viewport=VIEW, color_scheme="light", reduced_motion="reduce")
            await page.goto(f"{address}/g/{slug}")
            await expect(page.locator(".card")).to_have_count(len(CLIPS))
            await page.wait_for_load_state("networkidle")
            await at_rest(page)
            shot = Image.open(io.BytesIO(await page.screenshot()))
    shot.convert("RGB").save(path, quality=85)


if __name__ == "__main__":
    asyncio.run(draw(HERE / "gallery.jpg"))
