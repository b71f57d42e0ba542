"""Pictures drawn for these tests, and the small steps that several of them take."""

import asyncio
import base64
import io
import json
from collections.abc import Iterable
from typing import Any

import aiohttp
import cv2
import numpy as np
from PIL import Image, ImageDraw

from generator.arrays import Pixels, pixels
from generator.models import DEFAULT as MODEL
from generator.server import PATH


def drawing(width: int = 640, height: int = 360, seed: int = 1) -> Image.Image:
    """A picture with structure everywhere, so that any movement shows."""
    random = np.random.default_rng(seed)
    noise = Image.fromarray(random.integers(60, 200, (18, 32, 3), np.uint8))
    image = noise.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y, r = (int(random.integers(*ends)) for ends in ((0, width), (0, height), (6, 24)))
        draw.ellipse([x - r, y - r, x + r, y + r], fill=tuple(int(c) for c in random.integers(0, 256, 3)))
    return image


def pixels_of(image: Image.Image) -> Pixels:
    return np.asarray(image.convert("RGB"))


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def data_uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def body(**fields: Any) -> dict[str, Any]:
    """A request that is accepted, with `fields` changed; None takes a field out."""
    image = data_uri(encoded(drawing(), "JPEG"))
    whole = {"model": MODEL, "image_url": image, "prompt": "zoom in", "duration": 5} | fields
    return {name: value for name, value in whole.items() if value is not None}


def rgb(frames: Iterable[Pixels]) -> list[Pixels]:
    return [pixels(cv2.cvtColor(frame, cv2.COLOR_YUV2RGB_I420)) for frame in frames]


def difference(one: Pixels, other: Pixels) -> float:
    """Mean absolute difference, 0 to 255."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


async def create(session: aiohttp.ClientSession, base: str, **fields: Any) -> str:
    content = io.BytesIO(json.dumps(body(**fields)).encode())  # aiohttp wants large bodies as files
    async with session.post(base + PATH, data=content) as answer:
        assert answer.status == 201, await answer.text()
        created = await answer.json()
    assert created["status"] == "queued"
    return str(created["id"])


async def look(session: aiohttp.ClientSession, base: str, generation: str) -> dict[str, Any]:
    async with session.get(base + PATH, params={"generation_id": generation}) as answer:
        assert answer.status == 200, await answer.text()
        state: dict[str, Any] = await answer.json()
        return state


async def until(session: aiohttp.ClientSession, base: str, generation: str, *statuses: str) -> dict[str, Any]:
    """Ask until one of the statuses comes; the test's own timeout bounds the wait."""
    while True:
        state = await look(session, base, generation)
        if state["status"] in statuses:
            return state
        await asyncio.sleep(0.05)
