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

FILES = int(os.environ.get("FILES", 100))
ROUNDS = int(os.environ.get("ROUNDS", 4))
WARM_UP = 3


async def cost(module: str, ask: Callable[[Decoder], Awaitable[object]]) -> float:
    """Milliseconds of processor time per file."""
    decoder = Decoder(module)
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
        source, target, poster = (Path(folder) / name for name in ("source", "target", "poster"))
        for name, picture in (("small_photo", small_photo()), ("photo", photo())):
            source.write_bytes(picture)
            took = await cost("bot.media.sandbox.photo_tasks", lambda decoder: decoder.photo(source, target))
            print(f"decoder.{name}_cpu_ms {took:.1f} ms", flush=True)
        for name, film in (("small_clip", small_clip()), ("clip", clip())):
            source.write_bytes(film)
            took = await cost(CLIP_TASKS, lambda decoder: decoder.clip(source, poster, target))
            print(f"decoder.{name}_cpu_ms {took:.1f} ms", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
