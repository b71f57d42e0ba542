"""The daily backup: when it is made, that one process makes it, and what is told when it fails."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_app
from bot.backup import making, manifest
from bot.backup.schedule import AGAIN, DAY, Scheduled
from bot.backup.source import Source
from bot.config import Settings
from bot.jobs import periodic
from bot.jobs.periodic import Periodic
from bot.texts import incidents
from storage import Store
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock(1_764_400_000.0)


def scheduled(source: Source, to: Path, store: Store, clock: Clock) -> Scheduled:
    return Scheduled(source, to, 2, store, clock)


def dated(folder: Path | None, at: float) -> Path:
    """A backup with the age of one of that time."""
    assert folder
    os.utime(folder / manifest.NAME, (at, at))
    return folder


async def told(store: Store) -> list[str]:
    return [incident.detail for incident in await store.incidents(99) if incident.what == incidents.NO_BACKUP]


async def test_one_is_made_a_day_and_the_oldest_goes(
    source: Source, store: Store, tmp_path: Path, clock: Clock
) -> None:
    daily, made = scheduled(source, tmp_path / "backups", store, clock), []
    for _ in range(3):
        made.append(dated(await daily.round(), clock()))
        clock.tick(DAY - 1)
        assert await daily.round() is None
        clock.tick(1)
    assert [path for path, _ in manifest.backups(tmp_path / "backups")] == made[:0:-1]
    assert await told(store) == []


async def test_another_installations_backup_is_not_ours(
    source: Source, store: Store, tmp_path: Path, clock: Clock
) -> None:
    to = tmp_path / "backups"
    theirs = dated(await scheduled(replace(source, installation="another1"), to, store, clock).round(), clock())
    ours = await scheduled(source, to, store, clock).round()
    assert ours
    assert {path for path, _ in manifest.backups(to)} == {theirs, ours}


async def test_of_several_processes_one_makes_it(source: Source, store: Store, tmp_path: Path, clock: Clock) -> None:
    made = await asyncio.gather(*(scheduled(source, tmp_path / "backups", store, clock).round() for _ in range(4)))
    assert len([folder for folder in made if folder]) == 1
    assert len(manifest.backups(tmp_path / "backups")) == 1
    assert await told(store) == []


async def test_a_failure_is_an_incident_an_hour_whoever_tries(
    source: Source, store: Store, tmp_path: Path, clock: Clock
) -> None:
    to = tmp_path / "backups"
    to.write_text("not a folder")
    processes = [scheduled(source, to, store, clock) for _ in range(3)]
    for process in processes:
        assert await process.round() is None
        clock.tick(1)
    assert len(await told(store)) == 1
    assert str(to) in (await told(store))[0]
    clock.tick(AGAIN)
    await processes[0].round()
    assert len(await told(store)) == 2
    to.unlink()
    assert await processes[0].round() is None, "the next try is in an hour"
    clock.tick(AGAIN)
    assert await processes[0].round()


async def test_the_app_makes_it_among_its_chores(settings: Settings) -> None:
    assert settings.backup_dir
    async with open_app(settings, idle=True) as app:
        await app.periodic.round()
    [(folder, about)] = manifest.backups(settings.backup_dir)
    assert about.installation == app.mark
    assert (folder / "secret").read_bytes() == (settings.data_dir / "secret").read_bytes()


async def test_a_chore_that_takes_long_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periodic, "EVERY", 0.001)
    ran = asyncio.Queue[int]()

    async def quick() -> None:
        ran.put_nowait(1)

    async def broken() -> None:
        raise ValueError("a chore of the test")

    running = asyncio.create_task(Periodic([asyncio.Event().wait, broken, quick]).run())
    for _ in range(3):
        assert await ran.get()
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()


async def test_a_stop_ends_it_and_leaves_nothing(
    source: Source, store: Store, tmp_path: Path, clock: Clock, stuck: asyncio.Event
) -> None:
    running = asyncio.create_task(Periodic([scheduled(source, tmp_path / "backups", store, clock).round]).run())
    await stuck.wait()
    running.cancel()
    await asyncio.wait({running})
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [making.LOCK]


@pytest.fixture
async def stuck(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once the copy of the database is under way, which continues until it is stopped."""
    reached, loop = asyncio.Event(), asyncio.get_running_loop()

    def copy(source: Path, target: Path, stopped: object) -> None:
        assert callable(stopped)
        loop.call_soon_threadsafe(reached.set)
        while not stopped():
            pass
        raise making.Stopped

    monkeypatch.setattr(making.snapshot, "copy", copy)
    return reached
