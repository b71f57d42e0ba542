"""A forgotten person's key is deleted: with the last of their data, and without what they did afterwards."""

import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from secrets import token_hex

import pytest

from bot.jobs.machine import Rendered, Sent, apply
from bot.media.library import Media
from bot.media.vault import Vault
from bot.model import Clip, Job
from bot.privacy import retention
from bot.privacy.retention import Retention
from bot.sealing.keys import KeyMissing, Keys, open_keys
from bot.sealing.masters import Masters
from bot.sealing.words import TextCipher, UnreadableText
from storage import Store, open_store
from tests import templates
from tests.clock import Clock
from tests.decoders import Shared
from tests.houses import House
from tests.traces import a_past

ANN, BOB = "telegram:1", "discord:2"


def keys(folder: Path) -> Keys:
    found = open_keys(folder, Masters(folder), make=True)
    assert found
    return found


@pytest.fixture
async def store(tmp_path: Path, database_url: str | None) -> AsyncIterator[Store]:
    if database_url is None:
        await templates.put(tmp_path)
    made = await open_store(tmp_path, database_url, cipher=TextCipher(keys(tmp_path)))
    yield made
    await made.close()


@pytest.fixture
async def media(tmp_path: Path) -> AsyncIterator[Media]:
    made = Media(tmp_path, new_id=partial(token_hex, 4), decoder=Shared, vault=Vault(keys(tmp_path)))
    yield made
    await made.close()


def rounds(store: Store, media: Media, clock: Clock) -> Retention:
    return Retention(store, media, clock=clock, photos=86_400.0, clips=864_000.0, platforms=("telegram", "discord"))


async def sealed(store: Store, media: Media, id: str, person: str, now: float, state: str = "done") -> Job:
    """A job of the past with encrypted files."""
    job = await a_past(store, media, id, person, now, state=state)
    for name in [job.order.photo.name, *([job.clip.name] if job.clip else [])]:
        assert await media.seal(name, person)
    return job


async def wording(store: Store, job_id: str) -> str:
    """An order's words as they stand in the database, and in any copy of it."""
    inner = store._db._db  # type: ignore[attr-defined]  # the database that opens nothing
    row = await inner.read(lambda tx: tx.one("SELECT wording FROM jobs WHERE id = $1", job_id))
    return str(row["wording"])


@pytest.mark.databases
async def test_the_key_goes_with_the_last_of_their_data(
    store: Store, media: Media, tmp_path: Path, clock: Clock
) -> None:
    for id, person in (("a", ANN), ("b", BOB)):
        await sealed(store, media, id, person, clock())
    kept = tmp_path / "elsewhere.mp4"  # what a disk or a copy of the folder may still have
    shutil.copy(media.path("ac.mp4"), kept)
    words = {person: await wording(store, id) for id, person in (("a", ANN), ("b", BOB))}
    clock.tick(9)
    assert media.vault.read(kept).startswith(b"clip of a")
    await retention.forget(store, media, ANN, clock())
    clock.tick(60)
    await rounds(store, media, clock).round()
    for vault in (media.vault, Vault(keys(tmp_path))):
        with pytest.raises(KeyMissing):
            vault.read(kept)
    cipher = TextCipher(keys(tmp_path))
    assert "words of b" in cipher.open(words[BOB], "jobs.wording", BOB)
    with pytest.raises(UnreadableText):
        cipher.open(words[ANN], "jobs.wording", ANN)
    assert media.stored("bc.mp4").read().startswith(b"clip of b")


async def test_an_order_under_way_keeps_the_former_key_until_it_ends(
    store: Store, media: Media, tmp_path: Path, clock: Clock
) -> None:
    job = await sealed(store, media, "a", ANN, clock(), "running")
    words = await wording(store, job.id)
    clock.tick(9)
    await retention.forget(store, media, ANN, clock())
    work = rounds(store, media, clock)
    await work.round()
    assert (await media.data_uri(job.order.photo.name)).startswith("data:image/jpeg")  # the host may ask for it
    found = await store.job(job.id)
    assert found
    assert found.order == job.order
    for event in (Rendered(Clip("late.mp4", 64, 48, 5.0, 9)), Sent("told")):
        job, entry = apply(job, event, clock())
        await store.save(job, entry)
    assert sum(keys(tmp_path).wrapped_by().values()) == 1
    clock.tick(60)
    await work.round()
    clock.tick(60)
    await work.round()
    assert not media.has(job.order.photo.name)
    assert sum(keys(tmp_path).wrapped_by().values()) == 1  # the bot's own, of messages to remove
    with pytest.raises(UnreadableText):
        TextCipher(keys(tmp_path)).open(words, "jobs.wording", ANN)


async def test_what_they_do_afterwards_stays_readable(store: Store, media: Media, tmp_path: Path, clock: Clock) -> None:
    await sealed(store, media, "a", ANN, clock())
    clock.tick(9)
    await retention.forget(store, media, ANN, clock())
    clock.tick(1)
    await sealed(store, media, "new", ANN, clock())
    clock.tick(60)
    work = rounds(store, media, clock)
    await work.round()
    await work.round()
    assert [one.order.prompt for one in await store.jobs(ANN)] == ["words of new"]
    again = Media(tmp_path, new_id=partial(token_hex, 4), decoder=Shared, vault=Vault(keys(tmp_path)))
    assert again.stored("newc.mp4").read().startswith(b"clip of new")
    assert keys(tmp_path).drop(ANN) == 0  # the former one is gone
    await again.close()


async def test_people_are_told_where_it_is_so(house: House, tmp_path: Path) -> None:
    plain = await house.say("/privacy")
    assert "encrypted" not in plain.text
    house.media.vault = Vault(keys(tmp_path))
    said = await house.say("/privacy")
    assert "Photos, clips and words are encrypted on the disk, with a key of your own" in said.text
    assert house.core.context.media is house.media
