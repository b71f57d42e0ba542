"""Models that are handed in: their sound, fields and pace, over real sockets."""

import asyncio
import io
import time
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
from generator_drawings import body, create, data_uri, drawing, encoded, until
from PIL import Image

from generator.models import DEFAULT as MODEL
from generator.models import Model
from generator.server import PATH, PATHS, Generator


async def test_models_that_were_handed_in_are_served_on_both_paths(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Generator(tmp_path, delay=60, models={"m": Model((4, 6))}).serve() as base:
        for path in PATHS:
            async with session.post(base + path, json=body(model="m", duration=4, aspect_ratio="21:9")) as answer:
                assert answer.status == 201
                name = (await answer.json())["id"]
            async with session.get(base + path, params={"generation_id": name}) as answer:
                assert (answer.status, (await answer.json())["error"]) == (200, None)
        for wrong in ({"model": MODEL}, {"model": "m", "duration": 5}):
            async with session.post(base + PATH, json=body(**wrong)) as answer:
                assert answer.status == 400


LOUD = {"m": Model((3, 4), end="last_image_url", sound="generate_audio", usual=8.0)}


SQUARE = data_uri(encoded(drawing(300, 300), "JPEG"))


async def fetched(session: aiohttp.ClientSession, base: str, **fields: Any) -> bytes:
    state = await until(session, base, await create(session, base, model="m", duration=3, **fields), "completed")
    async with session.get(state["video"]["url"]) as answer:
        return await answer.read()


@pytest.mark.usefixtures("small_clips")
async def test_a_clip_has_a_sound_track_unless_it_is_declined(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    async with Generator(tmp_path, models=LOUD).serve() as base:
        for switch in (True, None):  # on where it is not sent, as with the real ones
            clip = await fetched(session, base, image_url=SQUARE, generate_audio=switch)
            assert clip.index(b"moov") < clip.index(b"mdat")
            with av.open(io.BytesIO(clip)) as container:
                video, audio = container.streams.video[0], container.streams.audio[0]
                assert (audio.codec_context.name, audio.rate) == ("aac", 48_000)
                assert video.frames == 90
                assert container.duration == pytest.approx(3_000_000, abs=30_000)
                heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio)])
            assert len(heard) == pytest.approx(3 * 48_000, abs=2048)
            assert 0.002 < np.abs(heard).mean() < 0.05, "it is heard, and quiet"
            assert np.abs(heard[:500]).max() < 0.01, "it begins softly"
        with av.open(io.BytesIO(await fetched(session, base, image_url=SQUARE, generate_audio=False))) as container:
            assert len(container.streams.video) == 1
            assert not container.streams.audio


@pytest.mark.usefixtures("small_clips")
async def test_the_end_picture_has_the_models_own_field(session: aiohttp.ClientSession, tmp_path: Path) -> None:
    white = data_uri(encoded(Image.new("RGB", (300, 300), "white")))
    async with Generator(tmp_path, models=LOUD).serve() as base:
        clip = await fetched(session, base, image_url=SQUARE, last_image_url=white, generate_audio=False)
        with av.open(io.BytesIO(clip)) as container:
            frames = [frame.to_ndarray(format="gray").mean() for frame in container.decode(video=0)]
        assert frames[0] < 200 < 240 < frames[-1]
        for wrong in ({"tail_image_url": white}, {"generate_audio": "yes"}):
            async with session.post(base + PATH, json=body(model="m", duration=3) | wrong) as answer:
                assert answer.status == 400
                assert next(iter(wrong)) in (await answer.json())["message"]


@pytest.mark.usefixtures("small_clips")
async def test_a_clip_comes_at_its_models_pace_and_waits_in_no_slot(
    session: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with Generator(tmp_path, models=LOUD, pace=1).serve() as base:
        start = time.monotonic()
        both = [await create(session, base, model="m", duration=3, image_url=SQUARE) for _ in range(2)]
        for generation in both:
            await until(session, base, generation, "completed")
        assert 8 <= time.monotonic() - start < 15.5  # one after the other takes 16
    async with Generator(tmp_path, models=LOUD, pace=100).serve() as base:
        waits = await create(session, base, model="m", duration=3, image_url=SQUARE)
        home = tmp_path / "generations" / waits.partition(":")[0]
        while not any(file.suffix == ".part" and file.stat().st_size > 10_000 for file in home.iterdir()):
            await asyncio.sleep(0.05)
    assert not list(tmp_path.rglob("*.part"))
    async with Generator(tmp_path, models=LOUD).serve() as base:
        await until(session, base, waits, "completed")
