"""The stand-in's renderers, whose processes go from one test to the next, and who render nothing twice.

Starting a process takes half a CPU second, a clip of 1280 × 720 two. The same photo and words give the same clip.
"""

import asyncio
from pathlib import Path

from generator.material import Material
from generator.pool import Renderer

BRIEFLY = 0.3
"""Seconds for which a clip that was rendered before counts as being rendered: a page has time to say so."""


class Shared(Renderer):
    """One that takes a process when it has something to render, and leaves it to the next one unless it is stopped."""

    def __init__(self) -> None:
        super().__init__()
        self._mine: Renderer | None = None

    async def render(self, material: Material, out: Path) -> None:
        if material in _rendered:
            await asyncio.sleep(BRIEFLY)
        else:
            self._mine = _idle.pop() if _idle else Renderer()
            await self._mine.render(material, out)
            _idle.append(self._mine)
            self._mine = None
            _rendered[material] = out.read_bytes()
        out.write_bytes(_rendered[material])

    async def stop(self) -> None:
        if self._mine:
            await self._mine.stop()


_idle: list[Renderer] = []
_rendered: dict[Material, bytes] = {}


async def end() -> None:
    """Stop all that are idle."""
    while _idle:
        await _idle.pop().stop()
