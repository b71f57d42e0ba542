"""A decoder's process that is handed on is as good as a new one, and any other is not handed on."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from bot.errors import Refusal
from tests import decoders
from tests.decoders import Shared
from tests.houses import picture

PHOTOS = "bot.media.sandbox.photo_tasks"


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """These processes are not shared."""
    monkeypatch.setattr(decoders, "_kept", type(decoders._kept)(list))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo"
    path.write_bytes(picture())
    return path


async def used(photo: Path) -> int:
    """Have a photo opened by a decoder of one's own; which process that was."""
    one = Shared(PHOTOS)
    assert await one.photo(photo, photo.with_name("target")) == ((400, 300), (400, 300))
    (process,) = one._all
    await one.close()
    return process.pid


def open_files(pid: int) -> dict[str, str]:
    """Where each of its file descriptors leads."""
    found = {}
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found[fd.name] = os.readlink(fd)
    return found


async def state(pid: int, photo: Path) -> tuple[list[str], str, str]:
    """What a process has open, where it is, and its environment; the pipes by number. It closes files once it has
    answered."""
    while any(path.startswith(str(photo.parent)) for path in open_files(pid).values()):
        await asyncio.sleep(0.01)
    folder = Path(f"/proc/{pid}")
    return sorted(open_files(pid)), os.readlink(folder / "cwd"), str(os.listdir(folder / "task"))


async def test_the_next_one_finds_a_process_as_it_was_when_new(photo: Path) -> None:
    pid = await used(photo)
    fresh = await state(pid, photo)
    broken = photo.with_name("broken")
    broken.write_bytes(b"no picture")
    second = Shared(PHOTOS)
    with pytest.raises(Refusal):
        await second.photo(broken, photo.with_name("target"))
    await second.close()
    assert await used(photo) == pid
    assert await state(pid, photo) == fresh
    decoders.end()


async def test_the_loop_of_another_test_takes_it_over(photo: Path) -> None:
    pid = await used(photo)
    assert await asyncio.to_thread(lambda: asyncio.run(used(photo))) == pid
    decoders.end()


async def test_who_died_is_not_handed_on(photo: Path) -> None:
    pid = await used(photo)
    os.killpg(pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert await used(photo) != pid
    decoders.end()


async def test_who_is_at_something_is_ended_and_not_handed_on(photo: Path) -> None:
    pipe = photo.with_name("pipe")
    os.mkfifo(pipe)  # whoever opens it waits for the other end
    one = Shared(PHOTOS)
    asked = asyncio.create_task(one.photo(pipe, photo.with_name("target")))
    while not one._all:
        await asyncio.sleep(0)
    (process,) = one._all
    await one.close()
    with pytest.raises(Refusal):
        await asked
    assert process.returncode == -signal.SIGKILL
    assert await used(photo) != process.pid
    decoders.end()
