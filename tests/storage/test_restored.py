"""A database that comes back from a copy: it is noticed, queued jobs wait for the operator, all else continues."""

import os
import shutil
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import Misconfigured
from bot.jobs import machine
from bot.model import Accepted, Job
from bot.quotas.records import Act
from bot.quotas.rules import HOUSE
from bot.texts import incidents as said
from storage import open_store
from storage.birth import birth
from storage.database import Transaction
from storage.jobs import Store
from storage.marks import Marks
from storage.restored import LEAP, _elsewhere
from tests.conftest import a_database
from tests.samples import a_job

ACT = Act("act1", 50.0, "console:0", HOUSE, "release")


async def start(store: Store, now: float = 1000.0, limit: int = 9) -> list[Job]:
    def begin(job: Job) -> machine.Step:
        return machine.apply(job, machine.Started(), now)

    return await store.start(now, 60.0, 5, limit, ("console",), ("local",), begin)


async def order(store: Store, *names: str) -> None:
    for name in names:
        await store.submit(job := a_job(name), machine.hold(job), None)


async def bought(store: Store, *names: str) -> None:
    """Orders that were started and taken."""
    await order(store, *names)
    for job in await start(store):
        await store.save(machine.apply(job, Accepted("local", job.id), 1000.0)[0])


async def halted(store: Store) -> list[str]:
    return sorted(job.id for job in await store.restored.halted())


async def halted_in(folder: Path, url: str | None = None, marks: Path | None = None) -> list[str]:
    store = await open_store(folder, url, marks)
    try:
        return await halted(store)
    finally:
        await store.close()


async def told(store: Store) -> list[str]:
    return [incident.detail for incident in await store.incidents() if incident.what == said.RESTORED]


def marks(folder: Path) -> Sequence[str]:
    return sorted(path.name.partition(".")[2] for path in (folder / "marks").iterdir())


# ── Where nothing happened ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_restart_is_no_restore(database_url: str | None, tmp_path: Path) -> None:
    for number in range(3):
        store = await open_store(tmp_path, database_url)
        assert [job.id for job in await start(store)] == ([f"job{number - 1}"] if number else [])
        await order(store, f"job{number}")
        assert await told(store) == []
        await store.close()
    assert len(marks(tmp_path)) == 1


async def test_two_processes_at_once_notice_nothing(database_url: str | None, tmp_path: Path) -> None:
    one, other = [await open_store(tmp_path, database_url) for _ in range(2)]
    for number in range(6):
        await order(one, f"job{number}")
        (job,) = await start((one, other)[number % 2])
        await one.save(machine.apply(job, Accepted("elsewhere", "r"), 1000.0)[0])
    for store in (one, other, await open_store(tmp_path, database_url)):
        assert await told(store) == []
        await store.close()


async def test_a_crash_between_the_start_and_its_mark_is_no_restore(database_url: str | None, tmp_path: Path) -> None:
    store = await open_store(tmp_path, database_url)
    await bought(store, "job1")
    await store.close()
    (mark,) = (tmp_path / "marks").iterdir()
    mark.rename(mark.with_suffix(".0"))
    await order(store := await open_store(tmp_path, database_url), "job2")
    assert [job.id for job in await start(store)] == ["job2"]
    await store.close()


async def test_lost_marks_are_no_restore(database_url: str | None, tmp_path: Path) -> None:
    store = await open_store(tmp_path, database_url)
    await bought(store, "job1")
    await order(store, "job2")
    await store.close()
    shutil.rmtree(tmp_path / "marks")
    store = await open_store(tmp_path, database_url)
    assert [job.id for job in await start(store)] == ["job2"]
    await store.close()


async def test_vacuum_is_no_restore(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await order(store, "job1")
    await store.close()
    with closing(sqlite3.connect(tmp_path / "photoplay.db")) as connection:
        connection.execute("VACUUM")
    assert await halted_in(tmp_path) == []


async def test_a_move_with_nothing_in_line_is_only_recorded(tmp_path: Path) -> None:
    store = await open_store(_made(tmp_path / "one"))
    await bought(store, "job1")
    await store.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    for _ in range(2):
        store = await open_store(tmp_path / "two")
        assert await told(store) == ["it lies elsewhere than before; no orders in line"]
        assert await halted(store) == []
        await store.close()


async def test_when_a_database_arrived(tmp_path: Path) -> None:
    """First opened, opened again, copied elsewhere."""
    before = time.time()
    store = await open_store(_made(tmp_path / "one"))
    first = await store.restored.arrived()
    assert before <= first <= time.time()
    await store.close()
    store = await open_store(tmp_path / "one")
    assert await store.restored.arrived() == first
    await store.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    store = await open_store(tmp_path / "two")
    assert await store.restored.arrived() > first
    await store.close()


async def test_a_folder_for_marks_that_is_not_ours_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may do anything
    with pytest.raises(Misconfigured, match=r"MARK_DIR .* cannot be used: Permission denied\."):
        await open_store(tmp_path, None, tmp_path / "theirs")


# ── Copies ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def copied_in_line(tmp_path: Path) -> tuple[Path, Path]:
    """A folder, and a copy of it from when `queued` was in line and `sent` on its way; both were bought since."""
    folder, copy = _made(tmp_path / "data"), tmp_path / "backup"
    store = await open_store(folder)
    await order(store, "sent")
    (sent,) = await start(store)
    await order(store, "queued")
    await store.close()
    shutil.copytree(folder, copy)
    store = await open_store(folder)
    await store.save(machine.apply(sent, Accepted("local", "r1"), 1000.0)[0])
    (queued,) = await start(store)
    await store.save(machine.apply(queued, Accepted("local", "r2"), 1000.0)[0])
    await store.close()
    return folder, copy


async def check_is_noticed(folder: Path) -> None:
    """What was in line waits, also at the next start; new orders are bought."""
    for _ in range(2):
        store = await open_store(folder)
        assert await halted(store) == ["queued", "sent"]
        assert len(await told(store)) == 1
        await store.close()
    store = await open_store(folder)
    await order(store, "new")
    assert [job.id for job in await start(store)] == ["new"]
    due = await store.claim(9e9, 1.0, 9, ("console",), lambda *_: 1.0, {"new": 1})
    assert (due.jobs, due.polls) == ([], [])
    assert await store.next_due(("console",)) == 1060.0  # of the new one
    await store.close()


async def test_a_copy_elsewhere(tmp_path: Path) -> None:
    _, copy = await copied_in_line(tmp_path)
    await check_is_noticed(copy)


async def test_a_copy_that_takes_the_originals_room(tmp_path: Path) -> None:
    """Many file systems give a new file the inode of one that has just been removed."""
    folder, copy = await copied_in_line(tmp_path)
    shutil.rmtree(folder)
    shutil.copytree(copy, folder)
    await check_is_noticed(folder)


async def test_a_copy_written_over_the_original(tmp_path: Path) -> None:
    """As `cp -a backup/. data/` does it: the same file with other bytes; old marks beside the new one."""
    folder, copy = await copied_in_line(tmp_path)
    before = (folder / "photoplay.db").stat().st_ino
    shutil.copytree(copy, folder, dirs_exist_ok=True)
    assert (folder / "photoplay.db").stat().st_ino == before
    await check_is_noticed(folder)


async def test_an_order_that_was_still_in_the_inbox(database_url: str | None, tmp_path: Path) -> None:
    """It becomes one after the restore only, of a message that the original has worked off since."""
    store = await open_store(tmp_path, database_url)
    await bought(store, "before")
    await store.inbox.take("message", "console", "{}", time.time() - 5)
    await put_back(store, 0)
    await store.close()
    store = await open_store(tmp_path, database_url)
    await order(store, "job1")
    assert await start(store) == []
    assert await halted(store) == ["job1"]
    await store.inbox.handled("message", time.time())
    await store.inbox.take("later", "console", "{}", time.time() + 5)
    await order(store, "job2")
    assert [job.id for job in await start(store)] == ["job2"]
    await store.close()


async def test_an_update_to_this_version_is_no_restore(database_url: str | None, tmp_path: Path) -> None:
    store = await open_store(tmp_path, database_url)
    await bought(store, "before")
    await store._db.write(lambda tx: tx.all("UPDATE gate SET name = '', place = '', arrived_at = 0"))
    await store.inbox.take("message", "console", "{}", time.time() - 5)
    await store.close()
    for path in (tmp_path / "marks").iterdir():
        path.unlink()
    store = await open_store(tmp_path, database_url)
    await order(store, "job1")
    assert [job.id for job in await start(store)] == ["job1"]
    assert await store.restored.arrived() == 0
    await store.close()


async def test_the_database_alone_put_back(tmp_path: Path) -> None:
    folder, copy = await copied_in_line(tmp_path)
    shutil.copyfile(copy / "photoplay.db", folder / "photoplay.db")
    await check_is_noticed(folder)


async def test_a_rolled_back_disk_is_told_by_a_mark_on_another(tmp_path: Path) -> None:
    marks = tmp_path / "elsewhere" / "marks"
    store = await open_store(tmp_path, None, marks)
    await bought(store, "job1")
    await order(store, "queued")
    await store._db.write(lambda tx: tx.all("UPDATE gate SET starts = 0"))  # as it was
    await store.close()
    assert not (tmp_path / "marks").exists()
    assert await halted_in(tmp_path, None, marks) == ["queued"]


async def test_a_copy_from_before_there_were_marks(tmp_path: Path) -> None:
    store = await open_store(tmp_path)
    await bought(store, "job1")
    await order(store, "queued")
    await store._db.write(lambda tx: tx.all("UPDATE gate SET name = '', place = ''"))
    await store.close()
    assert await halted_in(tmp_path) == ["queued"]


async def test_a_postgresql_that_was_put_back(postgres: str, tmp_path: Path) -> None:
    async with a_database(postgres) as url:
        store, other = [await open_store(tmp_path, url) for _ in range(2)]
        await bought(store, "job1")
        await order(store, "queued")
        await put_back(store, 0)
        assert await start(store) == []  # noticed by a process that ran through it
        assert await halted(store) == ["queued"]
        await order(other, "new")
        assert [job.id for job in await start(other)] == ["new"]  # the other one is not frightened once more
        assert len(await told(other)) == 1
        await put_back(store, 0)
        for each in (store, other):
            await each.close()
        store = await open_store(tmp_path, url)
        assert await halted(store) == ["new", "queued"]
        await store.close()


async def put_back(store: Store, starts: int) -> None:
    """As a point-in-time recovery leaves it."""

    async def work(tx: Transaction) -> None:
        await tx.all("UPDATE gate SET starts = $1", starts)
        await tx.all("UPDATE jobs SET halted = 0")
        await tx.all("DELETE FROM incidents")

    await store._db.write(work)


async def test_a_dump_restored_beside(postgres: str, tmp_path: Path) -> None:
    async with a_database(postgres) as url:
        store = await open_store(tmp_path, url)
        await order(store, "queued")
        name, place = await gate(store)
        assert "" not in place.split("/")
        await store.close()
        async with a_database(postgres) as other:
            store = await open_store(tmp_path / "marks", other)
            await order(store, "queued")
            await store._db.write(lambda tx: tx.all("UPDATE gate SET name = $1, place = $2", name, place))
            await store.close()
            assert await halted_in(tmp_path, other) == ["queued"]


async def gate(store: Store) -> tuple[str, str]:
    row = await store._db.read(lambda tx: tx.one("SELECT name, place FROM gate"))
    assert row
    return row["name"], row["place"]


# ── The word ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_released_orders_go_on_and_what_had_left_is_given_up(tmp_path: Path) -> None:
    _, copy = await copied_in_line(tmp_path)
    store = await open_store(copy)
    assert await store.restored.release(ACT) == (1, 1)
    assert await store.restored.release(replace(ACT, id="act2")) == (0, 0)
    assert [job.id for job in await start(store)] == ["queued"]
    (lost,) = (await store.claim(1000.0, 1.0, 9, ("console",), lambda *_: 1.0, {"queued": 1})).jobs
    assert (lost.id, lost.state) == ("sent", "submitting")
    (entry,) = await store.figures.audit(HOUSE, 9)
    assert entry.verb == "release"
    await store.close()


async def test_a_halted_order_is_its_owners_to_cancel(tmp_path: Path) -> None:
    _, copy = await copied_in_line(tmp_path)
    store = await open_store(copy)
    used = await store.used("console:0", "day:2026-11-20")
    job = await store.change("queued", lambda job: machine.apply(job, machine.Cancelled(), 1.0))
    assert job
    assert not job.halted
    assert await store.used("console:0", "day:2026-11-20") == used - job.price
    assert await halted(store) == ["sent"]
    await store.close()


# ── The parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_marks(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "a" / "b")
    assert marks.highest() == {}
    for name, number in (("one", 9), ("one", 10), ("two", 3), ("one", 8)):
        marks.put(name, number)
    (tmp_path / "a" / "b" / "notes.txt").touch()
    assert marks.highest() == {"one": 10, "two": 3}
    marks.put("one", LEAP)
    assert sorted(os.listdir(tmp_path / "a" / "b")) == ["notes.txt", f"one.{LEAP}", "two.3"]
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="MARK_DIR"):
        Marks(tmp_path / "file")


async def test_a_mark_that_cannot_be_kept_keeps_nobody_waiting(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Marks, "put", full)
    await order(store, "job1")
    assert [job.id for job in await start(store)] == ["job1"]
    assert "the high-water mark cannot be kept (MARK_DIR): No space left on device" in caplog.text


@pytest.mark.parametrize(
    ("before", "now", "differs"),
    [
        ("7/1.5", "7/1.5", False),
        ("7/1.5", "8/1.5", True),
        ("7/1.5", "7/2.5", True),  # the inode of the file whose place the copy has taken
        ("7/", "7/2.5", False),  # the system was updated, and tells more than before
        ("", "7/2.5", False),
        ("7/1.5", "7/", False),
    ],
)
def test_places_differ_in_what_is_known_of_both(before: str, now: str, differs: bool) -> None:
    assert _elsewhere(before, now) == differs


def test_no_copy_has_the_birth_of_its_original(tmp_path: Path) -> None:
    (tmp_path / "one").touch()
    time.sleep(0.05)  # the system's clock for files has ticked
    shutil.copy2(tmp_path / "one", tmp_path / "two")
    if not birth(tmp_path / "one"):
        pytest.skip("this file system does not know")
    assert birth(tmp_path / "one") != birth(tmp_path / "two")
    before = birth(tmp_path / "one")
    (tmp_path / "one").write_text("x")
    (tmp_path / "one").chmod(0o600)
    assert birth(tmp_path / "one") == before


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
