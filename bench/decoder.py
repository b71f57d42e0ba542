"""Processor time of a decoder and its forks for a photo and a clip: small ones, which are all overhead, and usual ones.

The smallest of several rounds, as whatever else runs on the machine only adds to it.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from bench.core import small_clip, small_photo
from bench.loopback import clip, photo
from bench.telegram import spent_on_files
from bot.media.clips import CLIP_TASKS
from bot.media.sandbox.client import Decoder
from bot.sealing import files
from bot.sealing.model import HEADER, DataKey, Header

FILES = int(os.environ.get("FILES", 100))
ROUNDS = int(os.environ.get("ROUNDS", 4))
WARM_UP = 3
KEY = DataKey(bytes(16), bytes(8), bytes(32))
"""Files are encrypted, as they are by default."""


async def cost(module: str, ask: Callable[[Decoder], Awaitable[object]]) -> float:
    """Milliseconds of processor time per file."""
    decoder = Decoder(module, lock=lambda path: files.locked(path, Header.parse(path.read_bytes()[:HEADER]), KEY))
    try:
        for _ in range(WARM_UP):
            await ask(decoder)
        workers = psutil.Process().children()
        rounds = []
        for _ in range(ROUNDS):
            before = spent_on_files(workers)
            for _ in range(FILES):
                await ask(decoder)
            rounds.append((spent_on_files(workers) - before) / FILES * 1000)
        return min(rounds)
    finally:
        await decoder.close()


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("source", "target", "poster")]
        _, target, poster = [files.new(path, KEY) for path in paths]

        def put(data: bytes) -> None:
            with paths[0].open("wb") as file, files.writer(file, files.new(paths[0], KEY)) as sink:
                sink.write(data)

        for name, picture in (("small_photo", small_photo()), ("photo", photo())):
            put(picture)
            took = await cost("bot.media.sandbox.photo_tasks", lambda decoder: decoder.photo(paths[0], target))
            print(f"decoder.{name}_cpu_ms {took:.1f} ms", flush=True)
        for name, film in (("small_clip", small_clip()), ("clip", clip())):
            put(film)
            took = await cost(CLIP_TASKS, lambda decoder: decoder.clip(paths[0], poster, target))
            print(f"decoder.{name}_cpu_ms {took:.1f} ms", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
