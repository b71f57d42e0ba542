"""Volumes that can do less than a disk: no hard links, no fsync of folders, a temporary folder that is read-only."""

import asyncio
import errno
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from bot.errors import Misconfigured, StoreDown
from bot.media.files import pour, settle, twin
from bot.media.library import Media
from bot.media.signed_links import secret_of
from bot.model import Order
from tests.bot.media.boxes import sent
from tests.houses import picture

CANNOT = [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.EACCES, errno.EMLINK, errno.EXDEV, errno.EIO]


def fails(number: int) -> Callable[..., None]:
    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


@pytest.fixture(params=CANNOT, ids=errno.errorcode.get)
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", fails(request.param))


@pytest.mark.usefixtures("no_links")
def test_a_secret_is_made_without_links(tmp_path: Path) -> None:
    secret = secret_of(tmp_path)
    assert secret == secret_of(tmp_path) == (tmp_path / "secret").read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600


def test_several_processes_make_one_secret_without_links(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from bot.media.signed_links import secret_of\n"
        "def link(*_): raise PermissionError(1, 'no links')\n"
        "os.link = link; print('ready', flush=True); sys.stdin.read(1); print(secret_of(Path(sys.argv[1])).hex())"
    )
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=0
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdout
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("x")
    assert {racer.communicate()[0].strip() for racer in racers} == {(tmp_path / "secret").read_bytes().hex()}


@pytest.mark.usefixtures("no_links")
async def test_photos_are_copied_without_links(tmp_path: Path) -> None:
    media = Media(tmp_path, new_id=iter("abcdefghijklm").__next__)
    try:
        kept = (await media.keep([sent(picture())])).photo
        copied = (await media.copy(Order("m", kept, "x", 5))).photo
        assert media.path(copied.name).read_bytes() == media.path(kept.name).read_bytes()
        await media.discard([kept.name])
        assert media.path(copied.name).is_file()
    finally:
        await media.close()


@pytest.mark.usefixtures("no_links")
def test_a_file_that_is_gone_or_there_is_said_all_the_same(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        twin(tmp_path / "gone", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EBADF])
async def test_a_folder_that_takes_no_fsync_keeps_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    real = os.fsync

    def fsync(file: int) -> None:
        if Path(f"/proc/self/fd/{file}").resolve().is_dir():
            fails(number)()
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "draft").write_bytes(b"x")
    await settle(tmp_path / "draft", tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"x"
    monkeypatch.setattr(os, "fsync", fails(number))  # of a file it is trouble
    (tmp_path / "draft").write_bytes(b"x")
    with pytest.raises(StoreDown):
        await settle(tmp_path / "draft", tmp_path / "kept")


async def test_who_is_cancelled_while_a_file_gets_its_name_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go, real = threading.Event(), threading.Event(), os.fsync

    def fsync(file: int) -> None:
        reached.set()
        go.wait(10)
        real(file)

    monkeypatch.setattr(os, "fsync", fsync)
    (tmp_path / "draft").write_bytes(b"x")
    settling = asyncio.create_task(settle(tmp_path / "draft", tmp_path / "kept"))
    await asyncio.to_thread(reached.wait, 10)
    settling.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await settling
    assert list(tmp_path.iterdir()) == []


async def test_who_is_cancelled_while_a_file_is_opened_leaves_it_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go, opened, real = threading.Event(), threading.Event(), list[BinaryIO](), Path.open

    def slow(path: Path, mode: str) -> BinaryIO:
        reached.set()
        go.wait(10)
        opened.append(cast(BinaryIO, real(path, mode)))
        return opened[0]

    async def film() -> AsyncIterator[bytes]:
        yield b"x"

    async def no_key() -> None: ...

    monkeypatch.setattr(Path, "open", slow)
    pouring = asyncio.create_task(pour(film(), tmp_path / "film", no_key(), 9))
    await asyncio.to_thread(reached.wait, 10)
    pouring.cancel()
    await asyncio.sleep(0)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await pouring
    assert opened[0].closed


def test_a_secret_of_another_length_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"")
    with pytest.raises(Misconfigured, match="damaged"):
        secret_of(tmp_path)


async def test_what_is_on_its_way_waits_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "read" / "only"))
    media = Media(tmp_path, new_id=iter("abc").__next__)
    with media.spool() as file:
        file.write(b"x")
    await media.close()
    assert not list((tmp_path / "incoming").iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", fails(errno.EROFS))
        with pytest.raises(StoreDown):
            media.spool()
