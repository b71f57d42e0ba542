"""What a decoder and its forks cost for a photo and a clip: small ones, which are all overhead, and usual ones.

Processor time, the smallest of several rounds, as whatever else runs on the machine only adds to it; and page faults of
the forks (Linux), which depend on nothing else that runs.
"""

import asyncio
import os
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import psutil

from bench.core import small_clip, small_photo
from bench.loopback import clip, photo
from bench.telegram import spent_on_files
from bot.media.clips import CLIP_TASKS
from bot.media.sandbox.client import Decoder
from bot.media.uploads import PHOTO_TASKS
from bot.sealing import files
from bot.sealing.model import HEADER, DataKey, Header

FILES = int(os.environ.get("FILES", 100))
ROUNDS = int(os.environ.get("ROUNDS", 4))
WARM_UP = 3
KEY = DataKey(bytes(16), bytes(8), bytes(32))
"""Files are encrypted, as they are by default."""


def page_faults(workers: Sequence[psutil.Process]) -> int:
    """Those of forks that have ended."""
    stats = [Path(f"/proc/{worker.pid}/stat") for worker in workers]
    return sum(int(stat.read_text().rpartition(")")[2].split()[8]) for stat in stats if stat.exists())


async def cost(name: str, module: str, ask: Callable[[Decoder], Awaitable[object]]) -> None:
    """Print what a file costs."""
    decoder = Decoder(module, lock=lambda path: files.locked(path, Header.parse(path.read_bytes()[:HEADER]), KEY))
    try:
        for _ in range(WARM_UP):
            await ask(decoder)
        workers = psutil.Process().children()
        rounds, faults = [], page_faults(workers)
        for _ in range(ROUNDS):
            before = spent_on_files(workers)
            for _ in range(FILES):
                await ask(decoder)
            rounds.append((spent_on_files(workers) - before) / FILES * 1000)
        print(f"decoder.{name}_cpu_ms {min(rounds):.1f} ms")
        print(f"decoder.{name}_faults {(page_faults(workers) - faults) / FILES / ROUNDS:.0f}", flush=True)
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
            await cost(name, PHOTO_TASKS, lambda decoder: decoder.photo(paths[0], target))
        for name, film in (("small_clip", small_clip()), ("clip", clip())):
            put(film)
            await cost(name, CLIP_TASKS, lambda decoder: decoder.clip(paths[0], poster, target))


if __name__ == "__main__":
    asyncio.run(main())
