"""A backup that is put back: what is there then, what waits, and what an interruption leaves. On both databases."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.app import open_app
from bot.backup import checking, finishing, making, manifest, moving
from bot.backup.making import Progress
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from bot.gallery import sharing
from bot.privacy import retention
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE, Rule
from tests.bookkeeping import check as check_books
from tests.bookkeeping import rows
from tests.bot.backup.restores import ANN, ANN_TOO, BOB, NOW, backed_up, opened, put_back, tree
from tests.traces import TOWN, a_past, a_share, everywhere

pytestmark = [pytest.mark.databases, pytest.mark.usefixtures("programs")]


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
