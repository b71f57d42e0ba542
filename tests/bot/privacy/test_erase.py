"""When somebody counts as erased, and what is done for it each minute. On both databases."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.errors import StoreDown
from bot.jobs import machine
from bot.jobs.machine import apply
from bot.media.library import Media
from bot.model import Clip
from bot.privacy import retention
from bot.privacy.retention import COUNTED, Retention
from bot.quotas import pricing
from storage.jobs import Store
from tests.bookkeeping import check, rows
from tests.clock import Clock
from tests.traces import a_past, a_share

pytestmark = pytest.mark.databases

DAY = 86_400.0
ANN, BOB = "telegram:900100200", "telegram:700100200"


@pytest.fixture
async def media(tmp_path: Path, new_id: Callable[[], str]) -> AsyncIterator[Media]:
    media = Media(tmp_path / "media", new_id=new_id)
    yield media
    await media.close()


@pytest.fixture
def keeper(store: Store, media: Media, clock: Clock) -> Retention:
    return Retention(store, media, clock=clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])


@pytest.fixture
def scrubs(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether each scrubbing was complete."""
    done: list[bool] = []
    scrub = store.retention.scrub

    async def counted() -> bool:
        done.append(await scrub())
        return done[-1]

    monkeypatch.setattr(store.retention, "scrub", counted)
    return done


async def erased(store: Store) -> dict[str, bool]:
    found = await rows(store, "SELECT person, erased_at FROM forgetting")
    return {row["person"]: row["erased_at"] is not None for row in found}


async def nobody(*_: object) -> None:
    raise StoreDown("somebody was looked at of whom nothing can be removed")  # which ends a round


async def remove_messages(store: Store, clock: Clock) -> None:
    for entry in await store.outbox.claim(clock(), 60.0, 50, ["telegram"]):
        await store.outbox.done(entry)


async def test_who_is_erased_costs_nothing_more(
    store: Store, media: Media, keeper: Retention, clock: Clock, scrubs: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    await keeper.round()
    assert scrubs == [], "nobody was forgotten"
    await a_past(store, media, "one", ANN, clock())
    await retention.forget(store, media, ANN, clock())
    await keeper.round()
    assert await erased(store) == {ANN: False}, "its message still stands in the chat"
    await remove_messages(store, clock)
    clock.tick(60)
    await keeper.round()
    assert await erased(store) == {ANN: True}
    done = len(scrubs)
    monkeypatch.setattr(retention, "erase", nobody)
    for _ in range(3):
        clock.tick(60)
        await keeper.round()
    assert len(scrubs) == done
    day = pricing.window(clock()).key
    assert await store.figures.used(ANN, day) == 5, "what counts goes on counting"


async def test_whose_clip_is_under_way_is_erased_when_it_has_ended(
    store: Store, media: Media, keeper: Retention, clock: Clock, scrubs: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await a_past(store, media, "one", ANN, clock(), state="running")
    await retention.forget(store, media, ANN, clock())
    with monkeypatch.context() as patch:
        patch.setattr(retention, "erase", nobody)
        for _ in range(3):
            clock.tick(60)
            await keeper.round()
            assert await erased(store) == {ANN: False}
    assert len(scrubs) == 1, "nothing was removed meanwhile"
    for event in (machine.Rendered(Clip("onec.mp4", 64, 48, 5.0, 9)), machine.Sent("m")):
        job, entry = apply(job, event, clock())
        await store.save(job, entry)
    await keeper.round()
    assert await rows(store, f"SELECT 1 FROM jobs WHERE person = '{ANN}'") == []
    assert await rows(store, f"SELECT 1 FROM turns WHERE person = '{ANN}' OR party = '={ANN}'") == []
    await remove_messages(store, clock)
    await keeper.round()
    assert await erased(store) == {ANN: True}
    await check(store)


async def test_nobody_is_erased_while_the_files_still_hold_them(
    store: Store, media: Media, keeper: Retention, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [True, False, False]
    asked = 0

    async def scrub() -> bool:
        nonlocal asked
        asked += 1
        return answers.pop() if answers else True

    monkeypatch.setattr(store.retention, "scrub", scrub)
    await a_past(store, media, "one", ANN, clock())
    await retention.forget(store, media, ANN, clock())  # the first False
    await remove_messages(store, clock)
    await keeper.round()
    assert (asked, await erased(store)) == (2, {ANN: False})
    await keeper.round()
    assert (asked, await erased(store)) == (3, {ANN: True})
    await keeper.round()
    assert asked == 3


async def test_an_order_that_was_being_taken_at_that_moment_goes_too(
    store: Store, media: Media, keeper: Retention, clock: Clock
) -> None:
    asked_at = clock()
    await retention.forget(store, media, ANN, asked_at)
    await keeper.round()
    assert await erased(store) == {ANN: True}
    clock.tick(300)
    late = await a_past(store, media, "late", ANN, asked_at - 1, state="queued")
    later = await a_past(store, media, "later", ANN, asked_at + 1, state="queued")
    await keeper.round()
    assert [row["id"] for row in await rows(store, f"SELECT id FROM jobs WHERE person = '{ANN}'")] == [later.id]
    assert not media.path(late.order.photo.name).exists()
    await check(store)


async def test_who_comes_back_and_asks_again_is_erased_again(
    store: Store, media: Media, keeper: Retention, clock: Clock
) -> None:
    await retention.forget(store, media, ANN, clock())
    await keeper.round()
    clock.tick(10 * DAY)
    job = await a_past(store, media, "one", ANN, clock())
    await store.gallery.add(a_share(job, "s1", clock()))
    await keeper.round()
    assert await erased(store) == {ANN: True}, "an order of later is another matter"
    assert await store.gallery.share("s1")
    await retention.forget(store, media, ANN, clock())
    assert await erased(store) == {ANN: False}
    await remove_messages(store, clock)
    await keeper.round()
    assert await erased(store) == {ANN: True}
    assert await store.gallery.share("s1") is None


async def test_numbers_go_after_32_days_and_are_scrubbed(
    store: Store, media: Media, keeper: Retention, clock: Clock, scrubs: list[bool]
) -> None:
    await a_past(store, media, "one", ANN, clock())
    await a_past(store, media, "bobs", BOB, clock())
    await retention.forget(store, media, ANN, clock())
    await remove_messages(store, clock)
    await keeper.round()
    clock.tick(COUNTED - 60)
    before = len(scrubs)
    await keeper.round()
    assert await rows(store, f"SELECT 1 FROM ledger WHERE person = '{ANN}'")
    assert len(scrubs) == before
    clock.tick(120)
    await keeper.round()
    for table in ("books WHERE book", "ledger WHERE person", "forgetting WHERE person"):
        assert await rows(store, f"SELECT 1 FROM {table} = '{ANN}'") == []
    assert len(scrubs) == before + 1
    await check(store)
