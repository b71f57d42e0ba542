"""Encrypted files and words that are put back with their keys, or wait for them. On both databases."""

import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.backup import checking
from bot.backup.making import Progress
from bot.config import Settings
from bot.encryption import keys_of, vault_of
from bot.errors import Misconfigured
from bot.jobs.machine import hold
from bot.media.library import Media
from bot.privacy import retention
from bot.sealing.words import TextCipher
from storage import Store, open_store
from tests.bot.backup.restores import ANN, BOB, NOW, backed_up, opened, put_back
from tests.samples import a_job, an_order
from tests.traces import a_past

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]


async def test_encrypted_files_come_back_with_their_keys(settings: Settings) -> None:
    def unlocked() -> Media:
        return Media(settings.data_dir, new_id=partial(secrets.token_hex, 4), vault=vault_of(settings))

    async with opened(settings) as (store, _):
        media = unlocked()
        for name, who in (("ann", ANN), ("bob", BOB)):
            await a_past(store, media, name, who, NOW)
            for file in (f"{name}p.jpg", f"{name}c.mp4"):
                assert await media.seal(file, who)
        keys = media.vault.keys
        assert keys
        hers, his = keys.current(ANN), keys.current(BOB)
        folder = await backed_up(settings)
        assert not any(b"clip of" in path.read_bytes() for path in folder.glob("clips/*"))
        await retention.forget(store, media, ANN, NOW + 2)
        await media.close()
    shutil.rmtree(settings.data_dir)  # with the keys and the master key
    assert (await put_back(settings, folder)).removed.people == 1
    media = unlocked()
    assert not media.has("annc.mp4")
    assert media.stored("bobc.mp4").read().startswith(b"clip of bob")
    assert media.vault.keys
    assert media.vault.keys.current(BOB) == his
    assert media.vault.keys.current(ANN) != hers
    assert await media.drop_keys([ANN]) == 1
    await media.close()


@asynccontextmanager
async def encrypting(settings: Settings) -> AsyncIterator[Store]:
    """The installation's store, which encrypts words."""
    url = settings.database_url.get_secret_value() if settings.database_url else None
    cipher = TextCipher(keys_of(settings, make=True))
    store = await open_store(settings.data_dir, url, cipher=cipher)
    try:
        yield store
    finally:
        await store.close()


async def test_encrypted_words_come_back_with_their_keys(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings) as (noting, media), encrypting(settings) as store:
        for name, who in (("ann", ANN), ("bob", BOB)):
            job = a_job(name, person=who, order=an_order(prompt=f"{name} smiles"))
            await store.submit(job, hold(job))
        folder = await backed_up(settings)
        await retention.forget(noting, media, ANN, NOW + 2)
    assert (await checking.check(settings, folder, tmp_path, Progress())).opens
    shutil.rmtree(settings.data_dir)
    await put_back(settings, folder)
    async with encrypting(settings) as store:
        found = await store.job("bob")
        assert found
        assert found.order.prompt == "bob smiles"
        assert await store.jobs(ANN) == []


async def test_a_backup_without_a_key_of_its_words_is_no_good(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings), encrypting(settings) as store:
        job = a_job("bob", person=BOB)
        await store.submit(job, hold(job))
        for path in (settings.data_dir / "keys").glob("????????????????????????????????"):
            path.unlink()
        folder = await backed_up(settings)
    with pytest.raises(Misconfigured, match=r"words of the newest order .* cannot be decrypted"):
        await checking.check(settings, folder, tmp_path, Progress())


async def test_words_wait_for_the_master_key(settings: Settings, tmp_path: Path) -> None:
    secret = settings.model_copy(update={"master_key": SecretStr("a master key that is kept elsewhere, in a safe")})
    async with opened(secret), encrypting(secret) as store:
        job = a_job("bob", person=BOB)
        await store.submit(job, hold(job))
        folder = await backed_up(secret)
    assert not (await checking.check(settings, folder, tmp_path, Progress())).opens
    shutil.rmtree(secret.data_dir)
    await put_back(settings, folder)
    async with encrypting(secret) as store:
        found = await store.job("bob")
        assert found
        assert (found.order.prompt, found.halted) == ("she smiles", True)


async def test_a_backup_without_its_master_key_is_put_back_and_waits_for_it(settings: Settings) -> None:
    secret = settings.model_copy(update={"master_key": SecretStr("a master key that is kept elsewhere, in a safe")})
    async with opened(secret) as (store, _):
        media = Media(secret.data_dir, new_id=partial(secrets.token_hex, 4), vault=vault_of(secret))
        await a_past(store, media, "bob", BOB, NOW)
        await media.seal("bobc.mp4", BOB)
        folder = await backed_up(secret)
        await media.close()
    shutil.rmtree(secret.data_dir)
    await put_back(settings, folder)
    with pytest.raises(Misconfigured, match=r"master key .* is missing\. Nothing is lost"):
        vault_of(settings)
    assert vault_of(secret).read(settings.data_dir / "clips" / "bobc.mp4").startswith(b"clip of bob")
