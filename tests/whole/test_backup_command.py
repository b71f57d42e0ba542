"""`photoplay backup` and `photoplay restore`, as somebody with a shell uses them."""

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from shell import here, photoplay, said, start

from bot import texts
from bot.backup import finishing, making, manifest, moving
from bot.jobs import machine
from storage import open_store, tombstones
from storage.tombstones import Stone, append, line, lines_of
from tests import templates
from tests.samples import a_job


@pytest.fixture(autouse=True)
def data(tmp_path: Path) -> Path:
    """A folder with an empty database."""
    folder = tmp_path / "data"
    asyncio.run(templates.put(folder))
    return folder


def test_a_backup_is_made_where_it_is_asked_for(tmp_path: Path) -> None:
    code, out, err = here("backup", "elsewhere")
    [(folder, about)] = manifest.backups(tmp_path / "elsewhere")
    assert (code, out) == (0, f"elsewhere/{folder.name}: 0 orders, 2 files, {about.size / 1e6:.1f} MB.\n")
    assert "on the same disk" in err


def test_without_a_place_it_goes_to_backup_dir_and_older_ones_go(tmp_path: Path) -> None:
    for _ in range(3):
        code, out, _ = here("backup", BACKUP_DIR="kept", BACKUP_KEEP="2")
        assert code == 0
    assert "1 older backup was removed." in out
    assert len(manifest.backups(tmp_path / "kept")) == 2


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    code, _, err = here("backup")
    assert (code, "BACKUP_DIR" in err) == (2, True)
    code, _, err = here("backup", "elsewhere", DATA_DIR="nowhere")
    assert (code, "nothing to back up" in err) == (2, True)
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "file").touch()
    code, _, err = here("backup", "file")
    assert (code, err) == (2, "file cannot be used for backups: it is a file, not a folder.\n")
    with making.receiving(tmp_path / "busy"):
        code, _, err = here("backup", "busy")
    assert (code, "Another backup" in err) == (2, True)


async def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, data: Path) -> None:
    (data / "photos").mkdir()
    with (data / "photos" / "large.jpg").open("wb") as file:
        file.truncate(2**31)  # a hole: some seconds for the checksum, no room on the disk
    process = await start(tmp_path, "backup", "elsewhere")
    while not list(tmp_path.glob("elsewhere/.photoplay-*/photos")):
        await asyncio.sleep(0.01)
    process.send_signal(signal.SIGINT)
    code, _, err = await said(process)
    assert code == 1, err
    assert "nothing was left behind" in err
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [making.LOCK]


def test_a_backup_is_checked_and_put_back(tmp_path: Path, data: Path) -> None:
    code, _, err = here("backup", "kept")
    assert code == 0, err
    [(folder, _)] = manifest.backups(tmp_path / "kept")
    code, out, err = here("restore", "--check", str(folder))
    assert (code, out) == (0, "The backup is whole, and can be put back: 0 orders, 2 files.\n"), err
    before = {path.name for path in data.iterdir()}
    code, out, err = here("restore", str(folder))
    assert code == 0, err
    aside = next(data.glob(f"{moving.BEFORE}*"))
    lines = out.splitlines()
    assert lines[0].startswith("The backup of ")
    assert lines[1:] == [
        f"What was there is in data/{aside.name}. Delete it once all is well; until then, "
        f"photoplay restore data/{aside.name} brings it back.",
        "Nothing was in line.",
        "Buying is paused. What is in line waits; what is being made goes on. "
        "photoplay admin operator resume takes it up again.",
        "Next: photoplay run, and photoplay admin operator resume when all is well.",
    ]
    assert {path.name for path in data.iterdir()} - {aside.name} >= before - {"photoplay.db-wal", "photoplay.db-shm"}
    code, out, err = here("restore", str(aside))
    assert (code, out.partition("\n")[0]) == (0, "What a restore had moved aside is back."), err
    (folder / "secret").write_bytes(b"another")
    code, out, err = here("restore", "--check", str(folder))
    assert (code, "damaged: secret" in err) == (2, True)


def test_on_a_new_machine_nothing_was_there(tmp_path: Path, data: Path) -> None:
    here("backup", "kept")
    [(folder, _)] = manifest.backups(tmp_path / "kept")
    shutil.rmtree(data)
    code, out, err = here("restore", str(folder))
    assert (code, "What was there" in out) == (0, False), err
    assert not list(data.glob(f"{moving.BEFORE}*"))


async def test_an_order_that_was_in_line_is_listed(tmp_path: Path, data: Path) -> None:
    store = await open_store(data)
    await store.submit(job := a_job("k7m2p9q4xw", created_at=1_764_400_000.0), machine.hold(job), None)
    await store.close()
    await photoplay(tmp_path, "backup", "kept")
    [(folder, _)] = manifest.backups(tmp_path / "kept")
    code, out, _ = await photoplay(tmp_path, "restore", str(folder))
    assert code == 0
    assert "On hold: 1 order that may have been bought already" in out
    assert "k7m2p9q4xw of 29 Nov 07:06 UTC, console: 5 credits" in out
    process = await start(tmp_path, "run", PORT="0")
    assert process.stderr
    while b"ready" not in (line := await process.stderr.readline()):
        assert line
    code, _, err = await said(await start(tmp_path, "restore", str(folder)))
    assert (code, "Stop it first" in err) == (2, True)
    process.terminate()
    await process.communicate()


def test_a_backup_that_no_master_key_opens_is_told(tmp_path: Path, data: Path) -> None:
    """It is whole, and comes back; a lost master key is reported in time."""
    secret, other = "the master key of that time, kept in a safe", "another master key that is as long as that"
    here("check", MASTER_KEY=secret)
    here("rekey", MASTER_KEY=secret)
    assert here("backup", str(tmp_path / "backups"), MASTER_KEY=secret)[0] == 0
    (folder,) = (tmp_path / "backups").glob("photoplay-*")
    assert here("restore", "--check", str(folder), MASTER_KEY=secret)[::2] == (0, "")
    assert here("restore", "--check", str(folder), MASTER_KEY=other, MASTER_KEY_BEFORE=secret)[::2] == (0, "")
    for given in (dict[str, str](), {"MASTER_KEY": other}):
        code, out, err = here("restore", "--check", str(folder), **given)
        assert (code, out.startswith("The backup is whole"), err) == (1, True, f"{texts.backup.LOCKED}\n")
        code, out, err = here("restore", str(folder), **given)
        assert (code, err) == (0, f"{texts.backup.LOCKED}\n")
        assert out.endswith("Next: photoplay run, and photoplay admin operator resume when all is well.\n")
    assert here("check", MASTER_KEY=secret)[0] == 0


def test_check_tells_of_backups(tmp_path: Path, data: Path) -> None:
    def said(*about: str) -> None:
        _, out, err = here("check", PORT="0", BACKUP_DIR="kept" if len(about) < 3 else "")
        assert all(words in out for words in about), out + err

    said("Backups: none are made. Set BACKUP_DIR", "·", "")
    said("Backups: none in kept yet")
    assert not (tmp_path / "kept").exists()
    (tmp_path / "kept").touch()
    said("✗ Backups: none can be made in kept: ")
    (tmp_path / "kept").unlink()
    assert here("backup", "kept")[0] == 0
    [(folder, _)] = manifest.backups(tmp_path / "kept")
    code, _, err = here("restore", "kept")
    assert (code, err.endswith(f"it has no manifest.json. Inside of it is {folder.name}.\n")) == (2, True)
    os.utime(folder / manifest.NAME, (time.time() - 90_000,) * 2)
    said("Backups: the newest in kept is of ", "✓ Backups")
    os.utime(folder / manifest.NAME, (time.time() - 3 * 86_400,) * 2)
    said("✗ Backups: the newest in kept is of ", "3 days ago")
    assert here("restore", str(folder))[0] == 0
    said(f"data/{next(data.glob(f'{moving.BEFORE}*')).name} is what a restore has moved aside")


def test_what_was_removed_before_goes_along(tmp_path: Path, data: Path) -> None:
    append(data / tombstones.FILE, [line(Stone(1.0, "person", "ab"))])
    assert here("backup", "usb")[0] == 0
    assert lines_of(tmp_path / "usb" / tombstones.FILE) == [line(Stone(1.0, "person", "ab"))]


def test_nothing_is_backed_up_while_something_is_put_back(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finishing, "SHORT", 0.1)
    with finishing.alone(data):
        code, _, err = here("backup", "usb")
    assert (code, "is being put back" in err) == (2, True)
    assert not (tmp_path / "usb").exists()


async def test_a_start_that_waits_for_a_restore_ends_with_a_signal(tmp_path: Path, data: Path) -> None:
    """At once and in good order, also when it waits to bring one to its end."""
    (data / moving.FOLDER).mkdir()
    moving.write(data, moving.Journal("ready", "token", "before", [], 0.0, []))
    with finishing.alone(data):
        process = await start(tmp_path, "run", PORT="0")
        assert process.stderr
        assert b"waiting: Photoplay, or one of its commands, is running" in await process.stderr.readline()
        process.terminate()
        code, _, err = await said(process)
    assert (code, err) == (0, "Stopping …\n")


@pytest.mark.parametrize("place", ["data", "data/backups", "./data/../data/photos"])
def test_no_backup_goes_into_the_data(place: str, tmp_path: Path, data: Path) -> None:
    code, _, err = here("backup", place)
    assert (code, "lies in DATA_DIR. A backup belongs outside of it" in err) == (2, True)
    code, _, err = here("run", BACKUP_DIR=place)
    assert (code, "BACKUP_DIR: it must lie outside of DATA_DIR" in err) == (2, True)
    assert not list(data.rglob("manifest.json"))
