"""What encryption costs: processor time of the files of a clip's life, encrypted and plain, decoders included.

A life: a photo arrives and goes to the host inside the request; the clip arrives, is uploaded, and played on the page,
in full and in three parts. Both kinds take turns, on the same machine and the same disk.
"""

import asyncio
import io
import itertools
import statistics
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
from PIL import Image

from bench.core import cpu
from bot.conversation import Attachment
from bot.media.library import Media
from bot.media.vault import Vault
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from generator.material import Material
from generator.render import render
from generator.request import Request
from generator.scene import compose

LIVES, TURNS = 20, 7
UPLOAD, PART = 2**16, 2**18  # bytes read at once by an upload; bytes of a part that a player asks for


def a_photo() -> bytes:
    """Coloured noise at several scales: about as hard to encode as a detailed photo."""
    random = np.random.default_rng(7)
    picture = Image.new("RGB", (1920, 1080), (110, 120, 130))
    for cells in (4, 12, 40, 160):
        noise = Image.fromarray(random.integers(0, 256, (cells * 9 // 16 + 1, cells, 3), np.uint8))
        picture = Image.blend(picture, noise.resize(picture.size, Image.Resampling.BICUBIC), 0.35)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=92)
    return file.getvalue()


def a_clip(photo: bytes) -> bytes:
    """Five seconds of 1280 × 720."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        render(compose(Material(Request(image="", prompt="slow zoom in and pan left"), photo)), path)
        return path.read_bytes()


async def stream(data: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(data), UPLOAD):
        yield data[start : start + UPLOAD]


async def live(media: Media, person: str, photo: bytes, clip: bytes) -> None:
    """The files of one clip, from the photo to the page."""
    kept = await media.keep([Attachment(lambda: stream(photo))], person)
    await media.data_uri(kept.photo.name)
    made = await media.keep_clip(stream(clip), person)

    def read() -> None:
        for _ in range(2):  # uploaded, played
            with media.stored(made.name).open() as file:
                while file.read(UPLOAD):
                    pass
        for number in range(3):
            with media.stored(made.name).open() as file:
                file.seek(made.size * number // 3)
                file.read(PART)
        if poster := media.poster(made.name):
            poster.read()

    await asyncio.to_thread(read)


async def turn(seal: bool, photo: bytes, clip: bytes) -> float:
    """Processor time of a life, in seconds."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as name:
        folder, numbers = Path(name), itertools.count()
        vault = Vault(open_keys(folder, Masters(folder), make=True)) if seal else Vault()
        media = Media(folder, new_id=lambda: f"n{next(numbers)}", vault=vault)
        await live(media, "bench:0", photo, clip)  # starts the decoders
        began = cpu()
        for number in range(LIVES):
            await live(media, f"bench:{number % 5}", photo, clip)
        await media.close()  # their time counts once they have ended
        return (cpu() - began) / LIVES


async def main() -> None:
    photo = a_photo()
    clip = a_clip(photo)
    pairs = [(await turn(True, photo, clip), await turn(False, photo, clip)) for _ in range(TURNS)]
    print(f"media.clip_mb {len(clip) / 2**20:.1f} MB")
    print(f"media.seal_ms {statistics.median(sealed - plain for sealed, plain in pairs) * 1000:.1f} ms")
    print(f"media.seal_ratio {statistics.median(sealed / plain for sealed, plain in pairs):.3f}")


if __name__ == "__main__":
    asyncio.run(main())
