"""A start without the folder of people's keys, which may be on a volume that is not mounted."""

from pathlib import Path

import pytest

from bot.app import open_app
from bot.config import Settings
from bot.errors import Misconfigured
from bot.jobs.machine import hold
from bot.model import UNREADABLE, Job
from tests.samples import a_job, an_order


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path / "data")


async def ordered(settings: Settings) -> Job:
    job = a_job(order=an_order(prompt="she smiles"))
    async with open_app(settings, idle=True) as app:
        await app.store.submit(job, hold(job))
    return job


async def read(settings: Settings, job: Job) -> str:
    async with open_app(settings, idle=True) as app:
        found = await app.store.job(job.id)
        assert found
        return found.order.prompt


@pytest.mark.parametrize("encrypts", [True, False])
async def test_no_new_keys_are_made_in_place_of_those_that_are_away(settings: Settings, encrypts: bool) -> None:
    job = await ordered(settings)
    keys, away = settings.data_dir / "keys", settings.data_dir / "away"
    keys.rename(away)
    with pytest.raises(Misconfigured, match="make an empty folder"):
        await read(settings.model_copy(update={"encryption": encrypts}), job)
    assert not keys.exists()
    away.rename(keys)
    assert await read(settings, job) == "she smiles"


async def test_an_empty_folder_says_that_they_are_gone(settings: Settings) -> None:
    job = await ordered(settings)
    keys = settings.data_dir / "keys"
    keys.rename(settings.data_dir / "away")
    keys.mkdir()
    assert await read(settings, job) == UNREADABLE
    other = a_job("job2", key="console:2", order=an_order(prompt="he smiles"))
    async with open_app(settings, idle=True) as app:
        await app.store.submit(other, hold(other))
    assert await read(settings, other) == "he smiles"


async def test_who_never_encrypted_needs_no_folder(settings: Settings) -> None:
    plain = settings.model_copy(update={"encryption": False})
    job = await ordered(plain)
    assert not (settings.data_dir / "keys").exists()
    assert await read(plain, job) == "she smiles"
    assert await read(settings, job) == "she smiles"
