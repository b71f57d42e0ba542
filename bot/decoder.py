"""Opens pictures and clips in processes that may crash, hang or eat memory without harm to the bot.

A process serves one request at a time, so whoever kills it is known, and only that one is refused.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bot import texts
from bot.errors import BrokenClip, Refusal, StoreDown

Size = tuple[int, int]
"""Width and height in pixels."""

_CODE = Path(__file__).resolve().parents[1]
# Not multiprocessing: it would run the bot's own start script again in every child, and all its imports with it.
_COMMAND = (sys.executable, "-m", "bot.darkroom")
# What a picture might take over shall find no key there.
_ENVIRONMENT = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "TMPDIR") if name in os.environ}


class Decoder:
    """At most `processes` at work at once, each given up after `timeout` seconds. They start at the first request."""

    def __init__(self, processes: int = 1, timeout: float = 30.0) -> None:
        self._room = asyncio.Semaphore(processes)
        self._timeout = timeout
        self._all: set[Process] = set()
        self._idle: list[Process] = []

    async def photo(self, source: Path, target: Path) -> tuple[Size, Size]:
        """Write the fitted JPEG; returns its size and that of the upright original. Raises `Refusal`, `StoreDown`."""
        answer = await self._ask("photo", str(source), str(target))
        if answer is None:
            raise Refusal(texts.BROKEN_PICTURE)
        width, height, was_wide, was_high = answer[0]
        return (width, height), (was_wide, was_high)

    async def still(self, source: Path, target: Path) -> tuple[Size, Size]:
        """As `photo`, of the picture that a video ends on. Raises `Refusal`, `StoreDown`."""
        answer = await self._ask("still", str(source), str(target))
        if answer is None:
            raise Refusal(texts.NOT_A_VIDEO)
        width, height, was_wide, was_high = answer[0]
        return (width, height), (was_wide, was_high)

    async def mask(self, source: Path, target: Path, original: Size, size: Size) -> None:
        """Write a mask, drawn on a photo of `original` size, as a PNG of `size`. Raises `Refusal`, `StoreDown`."""
        if await self._ask("mask", str(source), str(target), original, size) is None:
            raise Refusal(texts.BROKEN_PICTURE)

    async def clip(
        self, source: Path, poster: Path | None = None, copy: Path | None = None
    ) -> tuple[int, int, float, bool]:
        """A clip's width, height, seconds and whether it has sound. Raises `BrokenClip`, `StoreDown`.

        Its first frame goes to `poster`: a JPEG of at most 320 pixels a side and 200 kB. With `copy`, the clip is
        copied there with the words that say how it was made, and that is looked at instead.
        """
        answer = await self._ask("clip", str(source), poster and str(poster), copy and str(copy))
        if answer is None:
            raise BrokenClip("it stops the decoder")
        width, height, seconds, sound = answer[0]
        return width, height, seconds, sound

    async def fit(self, source: Path, target: Path, limit: int) -> bool:
        """Write a clip in at most `limit` bytes, unless it would not be watchable. Raises `BrokenClip`, `StoreDown`."""
        answer = await self._ask("fit", str(source), str(target), limit)
        if answer is None:
            raise BrokenClip("it stops the decoder")
        return bool(answer[0])

    async def join(self, sources: Sequence[Path], target: Path, poster: Path) -> None:
        """Write clips one after the other as one, and its poster. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("join", [str(source) for source in sources], str(target), str(poster)) is None:
            raise BrokenClip("it stops the decoder")

    async def last_frame(self, source: Path, target: Path) -> None:
        """Write the picture that a clip ends on, as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("frame", str(source), str(target)) is None:
            raise BrokenClip("it stops the decoder")

    async def first_frame(self, source: Path, target: Path) -> None:
        """Write the picture that a clip begins with, as a JPEG. Raises `BrokenClip`, `StoreDown`."""
        if await self._ask("first", str(source), str(target)) is None:
            raise BrokenClip("it stops the decoder")

    async def close(self) -> None:
        """End the processes; what they are at is refused."""
        for process in tuple(self._all):
            await self._end(process)

    async def _ask(self, *request: object) -> tuple[Any] | None:
        """What a process answers, in a tuple of one; None when it died or took too long."""
        async with self._room:
            process: Process | None = None
            answer: list[Any] | None = None
            try:
                async with asyncio.timeout(self._timeout):
                    process = await self._start()
                    answer = await _exchange(process, json.dumps(request).encode() + b"\n")
            except TimeoutError:
                pass
            finally:  # also when we are cancelled: a process that may still be at it takes no other request
                if process is not None and answer is not None:
                    self._idle.append(process)
                elif process is not None:
                    await self._end(process)
        match answer:
            case ["done", result]:
                return (result,)
            case ["refused", sentence]:
                raise Refusal(sentence)
            case ["broken", detail]:
                raise BrokenClip(detail)
            case ["disk", detail]:
                raise StoreDown(f"the disk: {detail}")
            case _:
                return None

    async def _start(self) -> Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            self._all.discard(process)  # it died while it had nothing to do, which is no picture's fault
        try:
            # In a session of its own: Ctrl-C at the terminal is meant for the bot, and would reach it too.
            process = await asyncio.create_subprocess_exec(
                *_COMMAND, stdin=PIPE, stdout=PIPE, cwd=_CODE, env=_ENVIRONMENT, start_new_session=True
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
            process.kill()
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
    return answer if isinstance(answer, list) else None
