"""Files that no row names go, and no others."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.conversation import Inbound
from bot.errors import StoreDown
from bot.media import orphans
from bot.media.library import Media
from bot.model import Address, Job
from bot.privacy.retention import Retention
from storage.jobs import Store
from tests.bookkeeping import files_agree, rows
from tests.houses import House, attached, configure, picture
from tests.traces import a_past

DAY = 86_400.0


async def age(house: House, seconds: float = 7 * 3600.0) -> None:
    """Let time pass for all files, and for the database."""
    await arrived(house.store, 0.0)
    for path in house.media.path("x.jpg").parent.parent.rglob("*"):
        os.utime(path, (time.time() - seconds,) * 2)


async def arrived(store: Store, at: float) -> None:
    await store.restored._db.write(lambda tx: tx.all("UPDATE gate SET arrived_at = $1", at))  # type: ignore[attr-defined]


def retention(house: House) -> Retention:
    return Retention(house.store, house.media, clock=house.clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])


def put(house: House, *names: str) -> None:
    for name in names:
        house.media.path(name).write_bytes(b"stray")


def there(house: House) -> set[str]:
    root = house.media.path("x.jpg").parent.parent
    return {path.name for path in root.rglob("*") if path.is_file()}


@pytest.mark.databases
async def test_what_no_row_names_goes_once_it_is_old(house: House) -> None:
    masks = attached(picture(), "static_mask"), attached(picture(), "brush")
    await house.say("she smiles", attached(), *masks)
    await house.finish(await house.order())
    named = there(house)
    put(house, "stray.jpg", "stray.png", "stray.mp4")
    await retention(house).round()
    assert there(house) == {*named, "stray.jpg", "stray.png", "stray.mp4"}, "somebody may be about to save their names"
    await age(house)
    put(house, "new.jpg")
    await retention(house).round()
    assert there(house) == {*named, "new.jpg"}
    await files_agree(house.store, house.media)


async def test_an_order_that_waits_for_a_yes_keeps_its_photo(house: House) -> None:
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    question = await house.say("she smiles", attached())
    await age(house)
    await retention(house).round()
    assert len(await house.kept()) == 1
    assert (await house.say(question.buttons[0].command)).job


async def test_a_copy_of_an_old_photo_is_not_old(house: House) -> None:
    first = await house.finish(await house.order())
    await age(house)
    copied = await house.media.copy(first.order)  # and its row is still to come
    assert await orphans.sweep(house.store, house.media) == 0
    assert house.media.path(copied.photo.name).is_file()


async def test_more_jobs_than_a_page(
    store: Store, tmp_path: Path, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.retention.PAGE", 2)
    media = Media(tmp_path / "media", new_id=new_id)
    for n, state in enumerate(["done"] * 5 + ["queued", "running", "delivering"]):
        await a_past(store, media, f"j{n}", "telegram:1", 1000.0, state=state)  # all at the same time
    await store.retention.swept(["j0", "j1", "j2"], clips=False)
    media.path("stray.mp4").write_bytes(b"x")
    assert await orphans.sweep(store, media, time.time() + 1) == 1 + 3, "and the photos of three that say they are gone"
    await media.close()


async def test_the_wrong_database_costs_no_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orphans, "FEW", 3)
    put(house, "a.jpg", "b.jpg", "c.mp4", "d.mp4")
    assert await orphans.sweep(house.store, house.media, time.time() + 1) == 0
    assert there(house) == {"a.jpg", "b.jpg", "c.mp4", "d.mp4"}
    assert "is it the right one?" in (await house.store.incidents())[0].what


async def test_nothing_is_swept_while_nothing_can_be_saved(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: object) -> None:
        raise StoreDown("database is locked")

    put(house, "paid.mp4")  # its save waits for the database
    await age(house, DAY)
    monkeypatch.setattr(house.store.retention, "trim", down)
    with pytest.raises(StoreDown):
        await retention(house).round()
    assert there(house) == {"paid.mp4"}


@pytest.mark.parametrize("word", ["/no", "lapsed"])
async def test_an_order_set_aside_loses_its_files_before_its_row(
    house: House, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    question = await house.say("she smiles", attached())

    async def killed(_: str) -> bool:
        raise StoreDown("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(house.store.quotas, "unpark", killed)
        if word == "/no":
            await house.say(f"/no {question.parked}")
        else:
            house.clock.tick(2 * DAY)
            with pytest.raises(StoreDown):
                await retention(house).round()
    assert await house.kept() == []
    assert len(await rows(house.store, "SELECT * FROM parked")) == 1
    house.clock.tick(2 * DAY)
    await retention(house).round()
    assert await rows(house.store, "SELECT * FROM parked") == []


async def test_an_order_under_way_keeps_its_files(house: House) -> None:
    reply = await house.core.handle(
        Inbound(Address("telegram", "chat", "m"), "7", "telegram:m", "x", (attached(), attached()))
    )
    job = await house.job(reply.job or "")
    await age(house)
    await retention(house).round()
    assert {photo.name for photo in job.order.photos} == set(await house.kept())
    assert isinstance(job, Job)


async def test_a_database_that_came_back_takes_no_newer_files_along(house: House) -> None:
    """Nor does one that is new beside files of another: its clips are there when the right one is put back."""
    put(house, "newer.mp4", "newer.jpg")
    await age(house)
    await arrived(house.store, time.time() - orphans.DOUBT + 60)
    assert await orphans.sweep(house.store, house.media) == 2  # both came after it
    put(house, "newer.mp4", "newer.jpg")
    await age(house)
    await arrived(house.store, time.time())
    await retention(house).round()
    assert there(house) == {"newer.mp4", "newer.jpg"}
    await age(house, 2 * orphans.DOUBT)
    await arrived(house.store, time.time() - orphans.DOUBT - 60)
    assert await orphans.sweep(house.store, house.media) == 2, "but not for ever: a photo may be among them"
