"""Opens pictures and clips in processes that may crash, hang, eat memory or be taken over without harm to the bot.

A process serves one request at a time, so whoever kills it is known, and only that one is refused. What it answers is
checked as a stranger's words are.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot import texts
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media.sandbox import confine
from bot.media.sandbox.turns import Turns

log = logging.getLogger(__name__)

_DIED = object()

Size = tuple[int, int]
"""Width and height in pixels."""

_CODE = Path(__file__).resolve().parents[3]
# Not multiprocessing: it would run the bot's own start script again in every child, and all its imports with it.
_COMMAND = (sys.executable, "-m", "bot.media.sandbox.worker")
# What a picture might take over shall find no key there.
_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}
# Large pages, where glibc and the kernel have them: each file has fresh memory, and small ones take longer than a fork.
_ENVIRONMENT["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1"
_ENVIRONMENT["OPENBLAS_NUM_THREADS"] = "1"  # one for each core would take address space, and nothing here counts


class Decoder:
    """At most `processes` at work at once, each given up after `timeout` seconds. They start at the first request.

    `module` has the `TASKS`. People who wait are served in turn: `person` says for whom a file is opened.
    """

    def __init__(self, module: str, processes: int = 1, timeout: float = 30.0) -> None:
        self._module = module
        self._turns = Turns(processes)
        self._timeout = timeout
        self._all: set[Process] = set()
        self._idle: list[Process] = []

    async def photo(self, source: Path, target: Path, person: str = "") -> tuple[Size, Size]:
        """Write the fitted JPEG; returns its size and that of the upright original. Raises `Refusal`, `StoreDown`."""
        match await self._ask("photo", [source], [target], person=person):
            case [int(width), int(height), int(was_wide), int(was_high)]:
                return (width, height), (was_wide, was_high)
        raise Refusal(texts.chat.BROKEN_PICTURE)

    async def still(self, source: Path, target: Path, person: str = "") -> tuple[Size, Size]:
        """As `photo`, of the picture that a video ends on. Raises `Refusal`, `StoreDown`."""
        match await self._ask("still", [source], [target], person=person):
            case [int(width), int(height), int(was_wide), int(was_high)]:
                return (width, height), (was_wide, was_high)
        raise Refusal(texts.chat.NOT_A_VIDEO)

    async def mask(self, source: Path, target: Path, original: Size, size: Size, person: str = "") -> None:
        """Write a mask, drawn on a photo of `original` size, as a PNG of `size`. Raises `Refusal`, `StoreDown`."""
        if await self._ask("mask", [source], [target], original, size, person=person) is _DIED:
            raise Refusal(texts.chat.BROKEN_PICTURE)

    async def clip(
        self, source: Path, poster: Path | None = None, copy: Path | None = None
    ) -> tuple[int, int, float, bool]:
        """A clip's width, height, seconds and whether it has sound. Raises `BrokenClip`, `StoreDown`.

        Its first frame goes to `poster`: a JPEG of at most 320 pixels a side and 200 kB. With `copy`, the clip is
        copied there with the words that say how it was made, and that is looked at instead.
        """
        match await self._ask("clip", [source], [poster, copy]):
            case [int(width), int(height), int() | float() as seconds, bool(sound)]:
                return width, height, seconds, sound
        raise BrokenClip("it stops the decoder")

    async def fit(self, source: Path, target: Path, limit: int) -> bool:
        """Write a clip in at most `limit` bytes, unless it would not be watchable. Raises `BrokenClip`, `StoreDown`."""
        match await self._ask("fit", [source], [target], limit):
            case bool(fits):
                return fits
        raise BrokenClip("it stops the decoder")

    async def join(self, sources: Sequence[Path], target: Path, poster: Path) -> None:
        """Write clips one after the other as one, and its poster. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("join", sources, [target, poster]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def last_frame(self, source: Path, target: Path) -> None:
        """Write the picture that a clip ends on, as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("last", [source], [target]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def first_frame(self, source: Path, target: Path) -> None:
        """Write the picture that a clip begins with, as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("first", [source], [target]) is _DIED:
            raise BrokenClip("it stops the decoder")

    async def held(self) -> frozenset[confine.Held]:
        """What a process gives up before it opens a file, on this machine. Raises `StoreDown`."""
        names = await self._ask(confine.HELD, [], [])
        return frozenset(names if isinstance(names, list) else [])

    async def close(self) -> None:
        """End the processes; what they are at is refused."""
        for process in tuple(self._all):
            await self._end(process)

    async def _ask(
        self, name: str, sources: Sequence[Path], targets: Sequence[Path | None], *rest: object, person: str = ""
    ) -> object:
        """What a process answers; `_DIED` when it died or took too long. Raises as the public methods do."""
        files = [str(path) for path in sources], [path and str(path) for path in targets]
        line = json.dumps([name, *files, rest]).encode() + b"\n"
        async with self._turns.turn(person):
            process: Process | None = None
            answer: list[Any] | None = None
            try:
                async with asyncio.timeout(self._timeout):
                    process = await self._start()
                    answer = await _exchange(process, line)
            except TimeoutError:
                pass
            finally:  # also when we are cancelled: a process that may still be at it takes no other request
                if process is not None and answer is not None:
                    self._idle.append(process)
                elif process is not None:
                    await self._end(process)
        match answer:
            case ["done", result]:
                return result
            case ["refused", str(sentence)]:
                raise Refusal(sentence)
            case ["broken", str(detail)]:
                raise BrokenClip(detail)
            case ["disk", str(detail)]:
                raise StoreDown(f"the disk: {detail}")
            case ["failed", str(detail)]:
                log.warning("%s gave up: %s", name, detail)
        return _DIED

    async def _start(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            self._all.discard(process)  # it died while it had nothing to do, which is no picture's fault
        confine.hide()  # before there is somebody to hide from
        try:
            # In a session of its own: Ctrl-C at the terminal is meant for the bot, and would reach it too.
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
                os.killpg(process.pid, signal.SIGKILL)  # and what it has forked
        await process.wait()


async def _exchange(process: Process, line: bytes) -> list[Any] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        await process.stdin.drain()
        answer = json.loads(await process.stdout.readline())
    except (OSError, ValueError):  # it died, half way through its answer at the latest
        return None
    return answer if isinstance(answer, list) else []
