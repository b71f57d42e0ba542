"""The stand-in opens photos outside the sandbox, so it gets what our encoder wrote."""

import asyncio
from pathlib import Path

import pytest

from bot.app import open_app
from bot.catalogue import DEFAULT
from bot.config import Settings
from bot.model import Order
from generator.errors import Failed
from generator.material import Material
from tests.houses import attached, picture
from tests.renderers import Shared


async def test_no_pixel_that_a_stranger_compressed_gets_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: asyncio.Future[Material] = asyncio.get_running_loop().create_future()

    async def render(self: Shared, material: Material, out: Path) -> None:
        rendered.set_result(material)
        raise Failed("internal_error", "seen enough")

    monkeypatch.setattr(Shared, "render", render)
    sent = picture()
    pixels = sent[sent.index(b"\xff\xda") :]
    async with open_app(Settings(_env_file=None, data_dir=tmp_path)) as app:
        kept = await app.media.keep([attached(sent), attached(sent, "end")])
        assert kept.end
        assert pixels in await app.media.read(kept.photo.name)
        await app.providers.create(Order(DEFAULT.id, kept.photo, "she smiles", end=kept.end), "job1.1")
        material = await rendered
    assert material.tail
    for image in (material.image, material.tail):
        assert image.startswith(b"\xff\xd8\xff")
        assert pixels not in image
