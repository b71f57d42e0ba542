"""The stand-in's renderers, whose processes go from one test to the next, and who render nothing twice.

Starting a process takes half a CPU second, a clip of 1280 × 720 two, and a browser that plays it a fifth of a core.
The same photo and words give the same clip.
"""

import asyncio
from pathlib import Path
from unittest.mock import patch

from generator import pool
from generator.material import Material
from generator.pool import Renderer

BRIEFLY = 0.3
"""Seconds for which a clip that was rendered before counts as being rendered: a page has time to say so."""


def light(material: Material, out: Path) -> None:
    """In place of `pool.work`: few lines, but enough to go on with the last frame, and few frames a second."""
    from generator import clip, render, scene

    rate = 6
    with patch.object(scene, "SHORT_SIDE", 320), patch.object(clip, "RATE", rate), patch.object(render, "RATE", rate):
        pool.work(material, out)


def small(material: Material, out: Path) -> None:
    """In place of `pool.work`: every frame, with a fifth of the pixels."""
    from generator import scene

    with patch.object(scene, "SHORT_SIDE", 320):
        pool.work(material, out)


class Shared(Renderer):
    """One that takes a process when it has something to render, and leaves it to the next one unless it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self._mine: Renderer | None = None

    async def render(self, material: Material, out: Path) -> None:
        known = pool.work, material
        if known in _rendered:
            await asyncio.sleep(BRIEFLY)
        else:
            self._mine = _idle.pop() if _idle else Renderer()
            await self._mine.render(material, out)
            _idle.append(self._mine)
            self._mine = None
            _rendered[known] = out.read_bytes()
        out.write_bytes(_rendered[known])

    async def stop(self) -> None:
        if self._mine:
            await self._mine.stop()


_idle: list[Renderer] = []
_rendered: dict[tuple[object, Material], bytes] = {}


async def end() -> None:
    """Stop all that are idle."""
    while _idle:
        await _idle.pop().stop()
