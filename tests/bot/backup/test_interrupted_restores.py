"""A restore that is interrupted leaves the old or the new, whole; the next start finishes it. On both databases."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bot.backup import finishing, locks, making, moving, restoring
from bot.backup.finishing import usable
from bot.config import Settings
from bot.errors import Misconfigured
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from tests.bookkeeping import rows
from tests.bot.backup.restores import ANN, BOB, NOW, backed_up, opened, put_back
from tests.traces import a_past

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]

ROOT = Path(__file__).parents[3]


STEPS = [
    (making, "take"),
    (making, "copy"),
    (moving, "write"),
    (moving, "commit"),
    (os, "rename"),
    (finishing, "_settle"),
    (moving, "end"),
]


class Died(BaseException):
    """The process was killed here."""


async def interrupted(settings: Settings, folder: Path, target: object, name: str, after: int) -> bool:
    """Put back, and die at the n-th call of this step; False if there are fewer. Nothing of ours runs after it."""
    calls, real = 0, getattr(target, name)
    dead = False

    def step(*args: object, **named: object) -> object:
        nonlocal calls, dead
        calls += 1
        if dead or calls > after:
            dead = True
            raise Died
        return real(*args, **named)

    async def nothing(*_: object) -> None:
        raise Died

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(target, name, step)
        real_finish = finishing.finish

        async def finish(found: Settings) -> object:
            return await (nothing() if dead else real_finish(found))

        patch.setattr(restoring, "finish", finish)
        try:
            await put_back(settings, folder)
        except Died:
            return True
    return False


@pytest.mark.parametrize(("target", "name"), STEPS, ids=[name for _, name in STEPS])
async def test_an_interruption_at_any_step_leaves_the_old_or_the_new_whole(
    settings: Settings, tmp_path: Path, target: object, name: str
) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "old", ANN, NOW)
        folder = await backed_up(settings)
        await a_past(store, media, "new", BOB, NOW)
    deaths = 0
    for after in range(12):
        if not await interrupted(settings, folder, target, name, after):
            break
        deaths += 1
        async with usable(settings):
            pass  # what the next start does
        assert moving.read(settings.data_dir) is None
        async with opened(settings) as (store, media):
            found = {job["id"] for job in await rows(store, "SELECT id FROM jobs")}
            assert found in ({"old"}, {"old", "new"})
            assert media.has("oldc.mp4")
            assert media.has("newc.mp4") == ("new" in found)
            assert await store.quotas.paused() == (found == {"old"})
            if found == {"old"}:  # begin anew
                await store.quotas.amend(Act(f"r{after}", NOW, BOB, HOUSE, "resume"), lambda r: replace(r, paused=None))
                await a_past(store, media, "new", BOB, NOW)
    assert deaths or (name in ("copy", "commit")), "the step is there"


async def test_two_that_start_after_an_interruption_finish_it_once(settings: Settings) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "old", ANN, NOW)
        folder = await backed_up(settings)
        await a_past(store, media, "new", BOB, NOW)
    assert await interrupted(settings, folder, os, "rename", 3)

    async def start() -> list[str]:
        async with usable(settings), opened(settings) as (store, _):
            return [row["id"] for row in await rows(store, "SELECT id FROM jobs")]

    assert await asyncio.gather(start(), asyncio.sleep(0)) is not None
    assert await start() == ["old"]


async def test_psql_that_outlives_the_restore_keeps_others_out(settings: Settings, tmp_path: Path) -> None:
    if settings.database_url is None:
        return  # there is no other program
    async with opened(settings) as (store, media):
        await a_past(store, media, "old", ANN, NOW)
        folder = await backed_up(settings)
        await a_past(store, media, "new", BOB, NOW)
    url = settings.database_url.get_secret_value()
    holder = await asyncpg.connect(url)
    holding = holder.transaction()
    await holding.start()
    await holder.execute("LOCK TABLE gate")  # psql waits for it
    names = {"DATA_DIR": str(settings.data_dir), "DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = (sys.executable, "-m", "bot", "restore", str(folder))
    process = await asyncio.create_subprocess_exec(*command, cwd=tmp_path, env={**names, "PATH": os.environ["PATH"]})
    looking = await asyncpg.connect(url)  # a transaction would see the same for ever
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'psql' AND wait_event_type = 'Lock'"
    async with asyncio.timeout(60):
        while not await looking.fetchval(waiting):
            assert process.returncode is None
            await asyncio.sleep(0.05)
    process.kill()
    await process.wait()
    with pytest.raises(Misconfigured, match="is running on"), finishing.alone(settings.data_dir):
        pass
    await holding.rollback()
    await holder.close()
    await looking.close()
    async with locks.awaited(lambda: finishing.alone(settings.data_dir), 60):
        pass  # psql has ended
    async with usable(settings), opened(settings) as (store, media):
        assert [row["id"] for row in await rows(store, "SELECT id FROM jobs")] == ["old"]
        assert await store.quotas.paused()
        assert not media.has("newc.mp4")
