"""A decoder that is taken over gives access to nothing: hostile Python runs in its place, through the real client."""

import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot import texts
from bot.errors import Refusal, StoreDown
from bot.media.sandbox.client import Decoder
from tests import hostile_decoder, hostile_files

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the rest of the world has less to offer")


@pytest.fixture
async def taken() -> AsyncIterator[Decoder]:
    decoder = Decoder(hostile_decoder.__name__, timeout=5.0)
    yield decoder
    await decoder.close()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Of a server on loopback; another one has a socket in the folder."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "socket"))
        other.listen()
        yield one.getsockname()[1]


async def attack(decoder: Decoder, folder: Path, name: str) -> Path:
    source, target = folder / "source", folder / "target"
    source.write_text(name)
    await decoder.photo(source, target)
    return target


async def test_everything_else_is_refused(
    taken: Decoder, tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_KEY", "sk-secret")
    secret, target = tmp_path / "secret", tmp_path / "target"
    secret.write_text("key")
    await taken.mask(secret, target, str(tmp_path), port)  # type: ignore[arg-type] # values that pass as they are
    outcome = json.loads(target.read_bytes())
    assert not {"AIMLAPI_KEY", "HOME", "DATA_DIR"} & set(outcome.pop("environment").split(","))
    held = await held_here()
    expected = {name for name in outcome if name not in _open(held)}
    assert {name for name in expected if outcome[name] == "done"} == set(), outcome
    assert outcome["the bot's environment"] in ("EACCES", "EPERM")
    assert outcome["much memory"] == "MemoryError"
    assert secret.read_text() == "key"


async def held_here() -> frozenset[str]:
    decoder = Decoder("bot.media.sandbox.photo_tasks")
    try:
        return await decoder.held()
    finally:
        await decoder.close()


def _open(held: frozenset[str]) -> set[str]:
    """What stays possible where a protection is missing."""
    doors = set()
    if not held & {"files", "user"}:
        doors |= {"a file of the bot", "the names of files", "writing a file", "changing a file", "removing a file"}
    if "files" not in held:
        doors |= {"a file of the machine", "writing to /tmp"}
    if "calls" not in held:
        doors |= {"a datagram", "a socket of the machine", "a pair of sockets", "a session of its own"}
        doors |= {"another process", "a process of the old kind"}
        doors |= {"limits of the bot", "the front of the line", "a ring to the kernel"}
    return doors


async def test_all_that_this_machine_has_is_used() -> None:
    from bot.media.sandbox import landlock

    held = await held_here()
    assert held >= {"limits", "memory", "privileges"}
    assert ("user" in held) is (os.geteuid() == 0)
    assert ("files" in held) is (landlock.version() > 0)
    if os.uname().machine in ("x86_64", "aarch64"):
        assert "calls" in held


async def test_a_file_cannot_grow_for_ever(taken: Decoder, tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match="large"):
        await attack(taken, tmp_path, "fill")
    assert (tmp_path / "target").stat().st_size <= 2 * 1024**2


@pytest.mark.parametrize("name", ["chatter", "nest", "lie"])
async def test_what_it_answers_is_not_believed(
    taken: Decoder, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Refusal) as caught:
        await attack(taken, tmp_path, name)
    assert str(caught.value) == texts.pictures.BROKEN_PICTURE
    assert "done" not in "".join(capfd.readouterr())  # nor does it write into the bot's log


async def test_processor_time_ends(taken: Decoder, tmp_path: Path) -> None:
    (tmp_path / "source").write_text("")
    with pytest.raises(Refusal):
        await taken.still(tmp_path / "source", tmp_path / "target")


async def test_nothing_is_left_of_one_task_for_the_next(taken: Decoder, tmp_path: Path) -> None:
    """Who sleeps in a decoder is ended with its task: the next file is opened by another process."""
    taken._timeout = 1.0
    started = time.monotonic()
    with pytest.raises(Refusal):
        await attack(taken, tmp_path, "sleep")
    assert time.monotonic() - started < 5


async def test_a_kernel_that_has_less_costs_nobody_a_photo(tmp_path: Path) -> None:
    decoder, source = Decoder("tests.bare_decoder"), tmp_path / "source"
    source.write_bytes(hostile_files.jpeg())
    assert await decoder.held() >= {"limits", "memory", "privileges"}
    assert not await decoder.held() & {"files", "calls"}
    assert await decoder.photo(source, tmp_path / "target") == ((400, 320), (400, 320))
    await decoder.close()
