"""A browser for the tests of pages, where there is one."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Browser

from tests.browsing import CHROMIUM, launched


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: .ci/run installs it")
        pytest.skip("no Chromium on this machine; install it to test the pages")
    async with launched() as browser:
        yield browser


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    image = Image.new("RGB", (640, 480), "skyblue")
    draw = ImageDraw.Draw(image)
    draw.polygon([(0, 480), (320, 120), (640, 480)], fill="darkolivegreen")
    draw.ellipse((460, 60, 540, 140), fill="gold")
    path = tmp_path / "photo.jpg"
    image.save(path)
    return path
