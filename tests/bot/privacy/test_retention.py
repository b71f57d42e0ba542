"""What is deleted when its time is over, what stays, and that a crash in between harms nothing."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.errors import StoreDown
from bot.gallery.model import OutboxEntry
from bot.media.library import Media
from bot.model import Address, Incident
from bot.privacy.retention import BATCH, WAITS, Retention
from bot.quotas import pricing
from bot.quotas.records import Parked
from storage.jobs import Store
from tests.bookkeeping import check, rows
from tests.clock import Clock
from tests.houses import House
from tests.traces import TOWN, a_past, a_share

pytestmark = pytest.mark.databases

HOUR, DAY = 3600.0, 86_400.0


@pytest.fixture
async def media(tmp_path: Path, new_id: Callable[[], str]) -> AsyncIterator[Media]:
    media = Media(tmp_path / "media", new_id=new_id)
    yield media
    await media.close()


@pytest.fixture
def retention(store: Store, media: Media, clock: Clock) -> Retention:
    return Retention(store, media, clock=clock, photos=24 * HOUR, clips=30 * DAY, platforms=["telegram"])


def files(media: Media) -> set[str]:
    root = media.path("x.jpg").parent.parent
    return {path.name for path in root.rglob("*") if path.is_file()}


def made(id: str) -> set[str]:
    return {f"{id}c.mp4", f"{id}c.999.mp4", f"{id}c.mp4.jpg", f"{id}c.mp4.poster.jpg"}


async def test_photos_go_after_a_day_and_clips_after_a_month(
    store: Store, media: Media, retention: Retention, clock: Clock
) -> None:
    await a_past(store, media, "one", "telegram:1", clock())
    await a_past(store, media, "failed", "telegram:1", clock(), clip=False)
    await a_past(store, media, "under", "telegram:1", clock(), state="running")
    clock.tick(24 * HOUR - 1)
    assert await retention.round() == 0
    assert files(media) == {"onep.jpg", "failedp.jpg", "underp.jpg", *made("one")}
    clock.tick(1)
    assert await retention.round() == 2
    assert files(media) == {"underp.jpg", *made("one")}  # what is under way keeps what it is made of
    clock.tick(29 * DAY - 1)
    assert await retention.round() == 0
    clock.tick(1)
    assert await retention.round() == 1
    assert files(media) == {"underp.jpg"}
    swept = {row["id"]: row["swept"] for row in await rows(store, "SELECT id, swept FROM jobs")}
    assert swept == {"one": 2, "failed": 2, "under": 0}
    assert await retention.round() == 0
    await check(store)


@pytest.mark.parametrize("state", ["queued", "running", "delivering"])
async def test_what_waits_for_a_platform_that_nothing_runs_ends_after_a_week(
    store: Store, media: Media, clock: Clock, state: str
) -> None:
    retention = Retention(store, media, clock=clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])
    used = pricing.window(clock()).key
    await a_past(store, media, "far", "discord:1", clock(), state=state)
    await a_past(store, media, "near", "telegram:1", clock(), state=state)
    clock.tick(7 * DAY)
    await retention.round()
    assert await store.incidents() == []
    clock.tick(HOUR)
    await retention.round()
    far, near = await store.job("far"), await store.job("near")
    assert far
    assert near
    assert (far.state, near.state) == ("done", state)
    assert far.outcome == ("clip" if state == "delivering" else "failed")
    assert (await store.figures.used("discord:1", used)) == (5 if state == "delivering" else 0)
    assert [(one.job, one.detail) for one in await store.incidents()] == [("far", "discord")]
    clock.tick(DAY)
    await retention.round()
    assert {name for name in files(media) if name.endswith("p.jpg")} == {"nearp.jpg"}
    await check(store)


async def test_a_clock_that_leaps_takes_both_at_once_and_one_set_back_nothing(
    store: Store, media: Media, retention: Retention, clock: Clock
) -> None:
    await a_past(store, media, "one", "telegram:1", clock())
    clock.tick(-400 * DAY)
    assert await retention.round() == 0
    assert "onep.jpg" in files(media)
    clock.tick(800 * DAY)
    assert await retention.round() == 2
    assert files(media) == set()


@pytest.mark.parametrize("state", ["up", "waiting", "hidden"])
async def test_a_shared_clip_stays_until_it_is_unshared(
    store: Store, media: Media, retention: Retention, clock: Clock, state: str
) -> None:
    job = await a_past(store, media, "one", "telegram:1", clock(), scope=TOWN)
    await store.gallery.add(a_share(job, "share1", clock(), state=state))
    clock.tick(300 * DAY)
    await retention.round()
    assert files(media) == made("one")
    await store.gallery.remove(["share1"], clock())
    await retention.round()
    assert files(media) == set()


async def test_each_job_has_its_own_photo(store: Store, media: Media, retention: Retention, clock: Clock) -> None:
    first = await a_past(store, media, "one", "telegram:1", clock())
    copied = (await media.copy(first.order)).photo.name
    clock.tick(25 * HOUR)
    await retention.round()
    assert not media.path("onep.jpg").exists()
    assert media.path(copied).read_bytes() == b"photo of one" * 9


async def test_an_order_that_nobody_said_yes_to_loses_its_photo(
    store: Store, media: Media, retention: Retention, clock: Clock
) -> None:
    taken = await a_past(store, media, "taken", "telegram:1", clock(), state="running")
    waiting = replace(
        taken, id="wait", key="w", order=replace(taken.order, photo=replace(taken.order.photo, name="w.jpg"))
    )
    media.path("w.jpg").write_bytes(b"w")
    for job in (taken, waiting):
        names = tuple(photo.name for photo in job.order.photos)
        body = store.quotas.write(job)
        await store.quotas.park(Parked(job.id, job.person, "", body, names, clock() + HOUR))
    clock.tick(HOUR + WAITS)
    assert await retention.round() == 0
    assert await store.quotas.parked("wait")
    clock.tick(1)
    assert await retention.round() == 1
    assert files(media) == {"takenp.jpg"}  # that order became a job
    assert await rows(store, "SELECT id FROM parked") == []


async def test_a_crash_between_the_files_and_the_row_is_made_good(
    store: Store, media: Media, retention: Retention, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_past(store, media, "one", "telegram:1", clock())
    clock.tick(40 * DAY)

    async def down(*args: object, **kwargs: object) -> None:
        raise StoreDown("now")

    with monkeypatch.context() as patch:
        patch.setattr(store.retention, "swept", down)
        with pytest.raises(StoreDown):
            await retention.round()
    assert "onep.jpg" not in files(media)
    assert await retention.round() == 2
    assert files(media) == set()


async def test_a_file_that_cannot_be_deleted_holds_up_no_other(
    store: Store, media: Media, retention: Retention, clock: Clock
) -> None:
    for n in range(3):
        await a_past(store, media, f"job{n}", "telegram:1", clock() + n)
    stuck = media.path("job0p.jpg")
    stuck.unlink()
    stuck.mkdir()  # cannot be unlinked
    clock.tick(25 * HOUR)
    assert await retention.round() == 2
    assert not media.path("job2p.jpg").exists()
    stuck.rmdir()
    assert await retention.round() == 1


async def test_a_round_takes_more_than_a_batch(store: Store, media: Media, retention: Retention, clock: Clock) -> None:
    for n in range(BATCH + 3):
        await a_past(store, media, f"job{n}", f"telegram:{n}", clock())
    clock.tick(25 * HOUR)
    assert await retention.round() == BATCH + 3
    assert not any(name.endswith("p.jpg") for name in files(media))


async def test_what_is_gone_is_said_to_be_gone(house: House) -> None:
    retention = Retention(
        house.store, house.media, clock=house.clock, photos=DAY, clips=30 * DAY, platforms=["telegram"]
    )
    job = await house.finish(await house.order())
    house.clock.tick(DAY)
    await retention.round()
    assert (await house.say(f"/again {job.id}")).text == texts.chat.PHOTO_GONE
    assert (await house.say(f"/again {job.id} she waves")).text == texts.chat.PHOTO_GONE
    assert (await house.say(f"/clip {job.id}")).clip
    house.clock.tick(29 * DAY)
    await retention.round()
    assert await house.kept() == []
    for command in ("clip", "continue"):
        said = await house.say(f"/{command} {job.id} she waves")
        assert (said.text, said.clip, said.job) == (texts.chat.CLIP_GONE, None, None)
    assert job.id in (await house.say("/jobs")).text


async def test_old_rows_go_and_young_ones_stay(store: Store, media: Media, retention: Retention, clock: Clock) -> None:
    await a_past(store, media, "one", "telegram:1", clock())
    for n, what in enumerate(("old", "young")):
        await store.inbox.take(what, "telegram", "body", clock())
        await store.inbox.handled(what, clock())
        await store.note(Incident(clock(), what))
        await store.accounts.offer(f"telegram:{n}", what, clock() + 600)
        await store.accounts.join(f"discord:{n}", "wrong", clock(), 5)
        await store._db.write(
            lambda tx, n=n: tx.all("INSERT INTO turns (party, person, at) VALUES ($1, '', $2)", f"={n}", clock())
        )
        await store.outbox.put(OutboxEntry(what, "remove", Address("telegram", "-1", what), clock()))
        clock.tick(100 * DAY)
    clock.tick(60 - 100 * DAY)  # the young ones are of a minute ago
    await store.inbox.take("slow", "telegram", "body", clock() - 100 * DAY)
    await store.inbox.handled("slow", clock())  # it may come again, and must be known
    await store.outbox.put(OutboxEntry("at once", "remove", Address("telegram", "-1", "1"), 0.0))
    await retention.round()
    columns = {"intake": "key", "incidents": "what", "codes": "code", "turns": "party", "outbox": "id"}
    found = {
        table: [row["n"] for row in await rows(store, f"SELECT {column} AS n FROM {table} ORDER BY {column}")]
        for table, column in columns.items()
    }
    assert found == {
        **{"intake": ["slow", "young"], "incidents": ["young"], "codes": ["young"], "turns": ["=1"]},
        "outbox": ["at once", "young"],
    }
    assert await rows(store, "SELECT person FROM guesses") == [{"person": "discord:1"}]
    day = pricing.window(clock() - 100 * DAY).key
    assert await store.figures.used("telegram:1", day) == 5
    await check(store)
    clock.tick(299 * DAY)
    await retention.round()
    assert await store.figures.used("telegram:1", day) == 5
    clock.tick(2 * DAY)
    await retention.round()
    assert await store.figures.used("telegram:1", day) == 0
    assert await store.figures.used("operator", f"credits:{day}") == 0
