"""Client of the sandbox: opens pictures and clips in processes whose crash, hang or compromise does not harm the bot.

A process serves one request at a time, so a crash is attributed to one file, and only that one is refused. Answers are
validated like any untrusted input.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot import texts
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media.sandbox import confine
from bot.media.sandbox.turns import Turns
from bot.sealing.files import File
from bot.sealing.model import Locked
from bot.sentence import unpacked

log = logging.getLogger(__name__)

_DIED = object()
_LOOKS = 3
"""Times that a file is looked at whose encryption changes meanwhile, which happens once in its life."""

Size = tuple[int, int]
"""Width and height in pixels."""
Target = File | None
"""A file to be written."""

_CODE = Path(__file__).resolve().parents[3]
# Not multiprocessing, which would rerun the bot's start script and imports in every child.
_COMMAND = (sys.executable, "-m", "bot.media.sandbox.worker")
# A compromised decoder must find no keys in its environment.
_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}
# Large pages, where glibc and the kernel have them: page faults of a file's fresh memory cost more than the fork.
_ENVIRONMENT["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
_ENVIRONMENT["OPENBLAS_NUM_THREADS"] = "1"  # one thread per core would use up address space, and nothing here needs it


class Decoder:
    """At most `processes` workers at once, each request limited to `timeout` seconds. Started at the first request.

    `module` has the `TASKS`. Waiting requests are served in turn by `person`. `lock` says how a file is opened, at the
    moment when it is; it blocks, and raises `OSError`.
    """

    def __init__(
        self,
        module: str,
        processes: int = 1,
        timeout: float = 30.0,
        lock: Callable[[Path], File] | None = None,
    ) -> None:
        self._module = module
        self._lock = lock
        self._turns = Turns(processes)
        self._timeout = timeout
        self._all: set[Process] = set()
        self._idle: list[Process] = []

    async def photo(self, source: File, target: File, person: str = "") -> tuple[Size, Size]:
        """Write the fitted JPEG; returns its size and the upright original's. Raises `Refusal`, `StoreDown`."""
        match await self._ask("photo", [source], [target], person=person):
            case [int(width), int(height), int(was_wide), int(was_high)]:
                return (width, height), (was_wide, was_high)
        raise Refusal(texts.pictures.BROKEN_PICTURE)

    async def redrawn(self, source: File, target: File) -> None:
        """Write a fitted JPEG anew, so that none of its compressed pixels is a stranger's.

        Raises `Refusal`, `StoreDown`.
        """
        if await self._ask("redrawn", [source], [target]) is _DIED:
            raise Refusal(texts.pictures.BROKEN_PICTURE)

    async def still(self, source: File, target: File, person: str = "") -> tuple[Size, Size]:
        """As `photo`, of a video's last frame. Raises `Refusal`, `StoreDown`."""
        match await self._ask("still", [source], [target], person=person):
            case [int(width), int(height), int(was_wide), int(was_high)]:
                return (width, height), (was_wide, was_high)
        raise Refusal(texts.pictures.NOT_A_VIDEO)

    async def mask(self, source: File, target: File, original: Size, size: Size, person: str = "") -> None:
        """Write a mask, drawn on a photo of `original` size, as a PNG of `size`. Raises `Refusal`, `StoreDown`."""
        if await self._ask("mask", [source], [target], original, size, person=person) is _DIED:
            raise Refusal(texts.pictures.BROKEN_PICTURE)

    async def clip(self, source: File, poster: Target = None, copy: Target = None) -> tuple[int, int, float, bool]:
        """A clip's width, height, seconds and whether it has sound. Raises `BrokenClip`, `StoreDown`.

        Its first frame is written to `poster`: a JPEG of at most 320 pixels a side and 200 kB. With `copy`, the clip is
        copied there with the label of its origin, and the copy is probed instead.
        """
        match await self._ask("clip", [source], [poster, copy]):
            case [int(width), int(height), int() | float() as seconds, bool(sound)]:
                return width, height, seconds, sound
        raise BrokenClip("it stops the decoder")

    async def fit(self, source: File, target: File, limit: int) -> bool:
        """Write a clip in at most `limit` bytes; False if it would be unwatchable. Raises `BrokenClip`, `StoreDown`."""
        match await self._ask("fit", [source], [target], limit):
            case bool(fits):
                return fits
        raise BrokenClip("it stops the decoder")

    async def join(self, sources: Sequence[File], target: Target, poster: Target) -> None:
        """Concatenate clips, and write the poster. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("join", sources, [target, poster]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def last_frame(self, source: File, target: File) -> None:
        """Write a clip's last frame as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("last", [source], [target]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def first_frame(self, source: File, target: File) -> None:
        """Write a clip's first frame as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("first", [source], [target]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def held(self) -> frozenset[confine.Held]:
        """The restrictions of a worker on this machine. Raises `StoreDown`."""
        names = await self._ask(confine.HELD, [], [])
        return frozenset(names if isinstance(names, list) else [])

    async def close(self) -> None:
        """End the processes; running requests are refused."""
        for process in tuple(self._all):
            await self._end(process)

    async def _ask(
        self, name: str, sources: Sequence[File], targets: Sequence[Target], *rest: object, person: str = ""
    ) -> object:
        """A worker's answer; `_DIED` after a crash or timeout. Raises as the public methods do."""
        async with self._turns.turn(person):
            for _ in range(_LOOKS):
                specs = [_spec(path) for path in await self._locked(sources)]
                line = json.dumps([name, specs, [_spec(path) for path in targets], rest]).encode() + b"\n"
                answer = await self._answer(line)
                if answer != ["moved"]:
                    break
        match answer:
            case ["done", result]:
                return result
            case ["refused", str(sentence)]:
                raise Refusal(unpacked(sentence))
            case ["broken", str(detail)]:
                raise BrokenClip(detail)
            case ["disk", str(detail)]:
                raise StoreDown(f"the disk: {detail}")
            case ["failed", str(detail)]:
                log.warning("%s gave up: %s", name, detail)
        return _DIED

    async def _locked(self, sources: Sequence[File]) -> Sequence[File]:
        lock = self._lock
        if lock is None or all(isinstance(file, Locked) for file in sources):
            return sources
        try:
            return await asyncio.to_thread(
                lambda: [file if isinstance(file, Locked) else lock(file) for file in sources]
            )
        except FileNotFoundError:  # as the worker will find
            return sources
        except OSError as error:
            raise StoreDown(f"the disk: {error.strerror}") from None

    async def _answer(self, line: bytes) -> list[Any] | None:
        process: Process | None = None
        answer: list[Any] | None = None
        try:
            async with asyncio.timeout(self._timeout):
                process = await self._start()
                answer = await _exchange(process, line)
        except TimeoutError:
            pass
        finally:  # also when cancelled: a process that may still be busy takes no other request
            if process is not None and answer is not None:
                self._idle.append(process)
            elif process is not None:
                await self._end(process)
        return answer

    async def _start(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            self._all.discard(process)  # it died idle, which is no picture's fault
        confine.hide()  # before the first worker starts
        try:
            # In a session of its own: Ctrl-C at the terminal is meant for the bot alone.
            process = await asyncio.create_subprocess_exec(
                *_COMMAND, self._module, stdin=PIPE, stdout=PIPE, cwd=_CODE, env=_ENVIRONMENT, start_new_session=True
            )
        except OSError as error:
            raise StoreDown(f"no process for pictures: {error.strerror}") from None
        self._all.add(process)
        return process

    async def _end(self, process: Process) -> None:
        self._all.discard(process)
        if process in self._idle:
            self._idle.remove(process)
        with suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)  # with its forks
        await process.wait()


def _spec(path: Target) -> str | list[str] | None:
    """A file as `opening.FileSpec`."""
    if isinstance(path, Locked):
        return [path.path, path.header.hex(), path.file_key.hex()]
    return None if path is None else str(path)


async def _exchange(process: Process, line: bytes) -> list[Any] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        await process.stdin.drain()
        answer = json.loads(await process.stdout.readline())
    except (OSError, ValueError, RecursionError):  # it died, at the latest within its answer, or is no worker of ours
        return None
    return answer if isinstance(answer, list) else []
