"""A backup that is put back: what is there then, what waits, and what an interruption leaves. On both databases."""

import asyncio
import json
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from bot.app import open_app
from bot.backup import checking, finishing, locks, making, manifest, moving, restoring
from bot.backup.finishing import usable
from bot.backup.making import Progress
from bot.backup.restoring import Restored, restore
from bot.backup.source import source_of, tombstones_of
from bot.config import Settings
from bot.encryption import keys_of, vault_of
from bot.errors import Misconfigured, StoreDown
from bot.gallery import sharing
from bot.jobs.machine import hold
from bot.media.library import Media
from bot.media.signed_links import secret_of
from bot.privacy import retention
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE, Rule
from bot.sealing.words import TextCipher
from storage import Store, open_store
from tests import templates
from tests.bookkeeping import check as check_books
from tests.bookkeeping import rows
from tests.samples import a_job, an_order
from tests.traces import TOWN, a_past, a_share, everywhere

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]

ANN, ANN_TOO, BOB = "telegram:900100200", "discord:900100300", "telegram:700100200"
NOW = 1_764_400_000.0
ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[tuple[Store, Media]]:
    """The installation, as the app has it."""
    if settings.database_url is None:
        await templates.put(settings.data_dir)
    settings.data_dir.mkdir(exist_ok=True)
    url = settings.database_url.get_secret_value() if settings.database_url else None
    stones = tombstones_of(settings, secret_of(settings.data_dir))
    names = (f"name{number}" for number in range(1000))
    media = Media(settings.data_dir, new_id=lambda: next(names))
    store = await open_store(settings.data_dir, url, tombstones=stones)
    try:
        yield store, media
    finally:
        await media.close()
        await store.close()


async def backed_up(settings: Settings, at: float = NOW) -> Path:
    assert settings.backup_dir
    with making.receiving(settings.backup_dir):
        return await making.make(source_of(settings), settings.backup_dir, at)


async def put_back(settings: Settings, folder: Path) -> Restored:
    return await restore(settings, folder, NOW + 5000, Progress())


def tree(folder: Path) -> dict[str, bytes]:
    """All files of the data, as far as their content is ours."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("photoplay.db", "lock"))
    }


async def test_what_was_there_is_back_paused_and_what_was_in_line_waits(settings: Settings) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "done", ANN, NOW)
        await a_past(store, media, "under", ANN, NOW, state="running")
        await a_past(store, media, "line", ANN, NOW, state="queued")
        folder = await backed_up(settings)
        clip = media.path("donec.mp4").read_bytes()
        await a_past(store, media, "later", BOB, NOW)
    done = await put_back(settings, folder)
    async with opened(settings) as (store, media):
        assert [job.id for job in await store.restored.halted()] == ["line"]
        assert await store.job("later") is None
        assert [(job.state, job.halted) for job in [await store.job("under")] if job] == [("running", False)]
        assert media.path("donec.mp4").read_bytes() == clip
        assert not media.has("laterc.mp4")
        rule = (await store.quotas.rules(HOUSE)).get("", Rule())
        assert rule.paused
        assert await store.quotas.paused()
        await check_books(store)
    assert (done.before / "clips" / "laterc.mp4").is_file(), "what was there is moved aside"
    assert (done.before / "photoplay.db").exists() == (settings.database_url is None)
    async with open_app(settings, idle=True) as app:
        assert (await app.health())[1]["buying"] == "paused"
    if done.aside:
        async with opened(settings) as (store, _):
            found = await rows(store, f"SELECT id FROM {done.aside}.jobs ORDER BY id")
            assert [row["id"] for row in found] == ["done", "later", "line", "under"]


async def test_it_comes_back_on_a_machine_that_has_nothing(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "done", ANN, NOW)
        folder = await backed_up(settings)
        if settings.database_url:
            await store._db.write(lambda tx: tx.all("DROP TABLE jobs CASCADE"))
    secret = (settings.data_dir / "secret").read_bytes()
    shutil.rmtree(settings.data_dir)
    shutil.copytree(folder, tmp_path / "usb" / folder.name)
    shutil.rmtree(folder)
    await put_back(settings, tmp_path / "usb" / folder.name)
    async with opened(settings) as (store, media):
        assert media.has("donec.mp4")
        assert (await store.job("done")) is not None
        assert (settings.data_dir / "secret").read_bytes() == secret, "links and sessions stay valid"


async def test_what_people_removed_since_is_removed_again(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings) as (store, media):
        for name, who in (("ann", ANN), ("bob", BOB), ("gone", BOB), ("hid", BOB), ("own", BOB), ("way", BOB)):
            job = await a_past(store, media, name, who, NOW, state="running" if name == "way" else "done")
            if name in ("hid", "own", "bob", "ann"):
                await store.gallery.add(a_share(job, f"s-{name}", NOW))
        await store.quotas.amend(Act("a1", NOW, BOB, TOWN, "gallery"), lambda rule: replace(rule, web="slug"))
        await store.accounts.offer(ANN, "code", NOW + 9)
        await store.accounts.join(ANN_TOO, "code", NOW, 5)
        await a_past(store, media, "too", ANN_TOO, NOW)
        folder = await backed_up(settings)
        await store.accounts.leave(ANN, (), NOW + 1)
        await retention.forget(store, media, ANN, NOW + 2)
        gone = await store.job("gone")
        assert gone
        await retention.delete(store, media, gone, [BOB], NOW + 3)
        await sharing.take_back(store, await store.gallery.of_job("own"), NOW + 3)
        await store.gallery.judge("s-hid", "hidden", NOW + 3)
        await store.gallery.judge("s-bob", "hidden", NOW + 3)
        await store.gallery.judge("s-bob", "up", NOW + 4)
        await store.quotas.amend(Act("a2", NOW + 3, BOB, TOWN, "gallery"), lambda rule: replace(rule, web=None))
        await store.tombstones.lay("clip", ["way"], NOW + 3)  # it was done, and deleted
    shutil.rmtree(settings.data_dir)  # the disk is lost; the tombstones beside the backups are not
    done = await put_back(settings, folder)
    again = done.removed
    assert (again.people, again.clips, again.shares, again.galleries) == (1, 2, 3, 1)
    async with opened(settings) as (store, media):
        assert [person for person, _ in await store.retention.forgetting()] == [ANN]
        assert not await everywhere(store, settings.data_dir, [b"words of ann", b"words of gone", b"words of way"])
        assert {share.id: share.state for share in await store.gallery.all()} == {"s-bob": "up", "s-hid": "hidden"}
        assert (await store.quotas.rules(TOWN))[""].web is None
        assert [media.has(f"{name}c.mp4") for name in ("ann", "gone", "own", "bob", "too")] == [
            False,
            False,
            *[True] * 3,
        ]
        assert await store.job("too"), "who was linked then, and never asked, stays"
        await check_books(store)


async def test_who_was_forgotten_before_the_backup_and_came_back_stays(settings: Settings) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "one", ANN, NOW - 20)
        await retention.forget(store, media, ANN, NOW - 10)
        await a_past(store, media, "two", ANN, NOW - 5)
        await store.gallery.prefer(ANN, remixes=False)
        folder = await backed_up(settings)
    done = await put_back(settings, folder)
    assert done.removed.people == 0
    async with opened(settings) as (store, media):
        job = await store.job("two")
        assert job
        assert job.person == ANN
        assert not (await store.gallery.preferences(ANN)).remixes


async def test_a_running_one_is_refused(settings: Settings) -> None:
    async with opened(settings):
        folder = await backed_up(settings)
    async with open_app(settings, idle=True):
        with pytest.raises(Misconfigured, match=r"is running on|connections to this database"):
            await put_back(settings, folder)
    if settings.database_url:
        async with opened(settings):  # another machine, which shares the database alone
            with pytest.raises(Misconfigured, match="connections to this database"):
                await put_back(settings, folder)
    before = tree(settings.data_dir)
    with finishing.alone(settings.data_dir), pytest.MonkeyPatch.context() as patch:
        patch.setattr(finishing, "SHORT", 0.1)
        with pytest.raises(Misconfigured, match="is being put back"):
            async with open_app(settings, idle=True):
                pass
    assert tree(settings.data_dir) == before


async def test_what_is_damaged_foreign_or_newer_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "done", ANN, NOW)
        folder = await backed_up(settings)
    before = tree(settings.data_dir)

    def edited(**changes: object) -> Callable[[Path], object]:
        def edit(copy: Path) -> None:
            found = json.loads((copy / manifest.NAME).read_text())
            (copy / manifest.NAME).write_text(json.dumps({**found, **changes}))

        return edit

    def linked(path: str) -> Callable[[Path], object]:
        """The same file or folder, elsewhere."""

        def link(copy: Path) -> None:
            (copy / path).rename(copy.with_name(f"{copy.name}-elsewhere"))
            (copy / path).symlink_to(copy.with_name(f"{copy.name}-elsewhere"))

        return link

    cases: list[tuple[Callable[[Path], object], str]] = [
        (lambda copy: (copy / "photos/donep.jpg").unlink(), r"damaged: photos/donep.jpg\."),
        (lambda copy: (copy / "clips/donec.mp4").write_bytes(b"another"), r"damaged: clips/donec.mp4\."),
        (edited(schema=9999, version="9.9"), r"made by a newer Photoplay \(9.9, schema 9999"),
        (edited(database="sqlite" if settings.database_url else "postgresql"), "to put it back"),
        (lambda copy: (copy / manifest.NAME).unlink(), "no backup"),
        (lambda copy: (copy / manifest.NAME).write_bytes(b"[" * 100_000), "damaged, or of another program"),
        (linked("photos/donep.jpg"), r"damaged: photos/donep.jpg\."),
        (linked("photos"), r"damaged: photos/donep.jpg\."),
        *((edited(**{name: wrong}), "damaged, or of another program") for name, wrong in (
            ("at", "yesterday"), ("at", float("nan")), ("schema", []), ("counts", 3), ("files", {"secret": 1}),
        )),
        *((edited(files={path: (0, "")}), "damaged, or of another program") for path in (
            "/etc/passwd", "../secret", "photos/../../secret", "photos/.", "photos//x", "", "photos", "tombstones",
            "lock", ".restore", "before-upgrade/x", "photos/a/b", "photos/\0",
        )),
    ]  # fmt: skip
    if settings.database_url:
        cases.append((edited(place="elsewhere"), "of the schema elsewhere"))
    for number, (spoil, said) in enumerate(cases):
        copy = tmp_path / f"copy{number}"
        shutil.copytree(folder, copy)
        spoil(copy)
        with pytest.raises(Misconfigured, match=said):
            await put_back(settings, copy)
    assert tree(settings.data_dir) == before
    async with opened(settings) as (store, _):
        assert not await store.quotas.paused()


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


async def test_a_full_disk_changes_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "old", ANN, NOW)
        folder = await backed_up(settings)
    before = tree(settings.data_dir)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "take", full)
    with pytest.raises(StoreDown, match="No space left"):
        await put_back(settings, folder)
    assert tree(settings.data_dir) == before
    assert not (settings.data_dir / moving.FOLDER).exists()


async def test_a_check_tries_all_of_it_and_touches_nothing(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "done", ANN, NOW)
        await a_past(store, media, "line", ANN, NOW, state="queued")
        media.path("donep.jpg").unlink()
        folder = await backed_up(settings)
    before = tree(settings.data_dir)
    checked = await checking.check(settings, folder, tmp_path, Progress())
    assert (checked.about.counts["jobs"], checked.missing) == (2, 1)
    assert tree(settings.data_dir) == before
    assert not list(tmp_path.glob(".photoplay-check-*"))
    if settings.database_url:
        async with opened(settings) as (store, _):
            assert not await rows(store, "SELECT 1 FROM pg_database WHERE strpos(datname, 'photoplay_check') = 1")
    about = manifest.read(folder)
    os.unlink(folder / manifest.NAME)
    replace(about, counts={**about.counts, "jobs": 3}).write(folder)
    with pytest.raises(Misconfigured, match="2 jobs instead of 3"):
        await checking.check(settings, folder, tmp_path, Progress())


async def test_a_database_that_is_damaged_inside_is_found(settings: Settings, tmp_path: Path) -> None:
    async with opened(settings):
        folder = await backed_up(settings)
    about = manifest.read(folder)
    path = next(path for path in about.files if path.startswith("photoplay."))
    data = (folder / path).read_bytes()
    (folder / path).write_bytes(data[: len(data) // 2])
    os.unlink(folder / manifest.NAME)
    sums = {**about.files, path: (len(data) // 2, manifest.digest(folder / path))}
    replace(about, files=sums).write(folder)
    with pytest.raises((Misconfigured, StoreDown), match=r"damaged|psql|not whole"):
        await checking.check(settings, folder, tmp_path, Progress())
    assert not list(tmp_path.glob(".photoplay-check-*"))


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


async def test_a_restore_can_be_undone_and_that_too(settings: Settings) -> None:
    async with opened(settings) as (store, media):
        await a_past(store, media, "old", ANN, NOW)
        folder = await backed_up(settings)
        await a_past(store, media, "new", BOB, NOW)
        await a_past(store, media, "gone", ANN, NOW)
    first = await put_back(settings, folder)
    async with opened(settings) as (store, media):
        await store.quotas.amend(Act("r1", NOW, BOB, HOUSE, "resume"), lambda rule: replace(rule, paused=None))
        await a_past(store, media, "since", BOB, NOW)
        await retention.forget(store, media, ANN, NOW + 6000)
    undone = await put_back(settings, first.before)
    assert undone.removed.people == 1, "who was forgotten since is forgotten there, too"
    async with opened(settings) as (store, media):
        found = {row["id"]: row["person"] for row in await rows(store, "SELECT id, person FROM jobs")}
        assert set(found) == {"old", "new", "gone"}
        assert [id for id, person in found.items() if person == BOB] == ["new"]
        assert [media.has(f"{name}c.mp4") for name in ("old", "new", "since")] == [False, True, False]
        assert await store.quotas.paused()
        await check_books(store)
    assert first.before.is_dir(), "until somebody deletes it"
    again = await put_back(settings, undone.before)
    async with opened(settings) as (store, media):
        assert {row["id"] for row in await rows(store, "SELECT id FROM jobs")} == {"old", "since"}
        assert media.has("sincec.mp4")
    assert again.removed.people == 0


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
