"""A renderer that is handed on renders nothing twice, and is not handed on when it is stopped at work."""

import asyncio
from pathlib import Path

import av
import psutil
import pytest

from generator import pool
from generator.material import Material
from generator.request import Request
from tests import renderers
from tests.houses import picture
from tests.renderers import Shared


async def test_a_light_clip_has_all_that_a_page_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its length, its shape, and lines enough to go on with the last frame."""
    monkeypatch.setattr(renderers, "_rendered", {})
    monkeypatch.setattr(renderers, "_idle", [])
    monkeypatch.setattr(pool, "work", renderers.light)
    await Shared().render(Material(Request("data:", "slow zoom in"), picture(640, 480)), tmp_path / "clip.mp4")
    await renderers.end()
    with av.open(str(tmp_path / "clip.mp4")) as clip:
        stream = clip.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (426, 320, 6)
        assert clip.duration == 5_000_000  # microseconds


async def test_a_clip_is_rendered_once_and_a_stop_ends_a_render(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderers, "_rendered", {})
    monkeypatch.setattr(renderers, "_idle", [])
    monkeypatch.setattr(renderers, "BRIEFLY", 0.0)
    one, other = Shared(), Shared()
    zoom, pan = (Material(Request("data:", prompt), picture()) for prompt in ("slow zoom in", "pan left"))
    await one.render(zoom, tmp_path / "one.mp4")
    (idle,) = renderers._idle
    assert idle._executor
    (pid,) = idle._executor._processes
    used = sum(psutil.Process(pid).cpu_times()[:2])
    await other.render(zoom, tmp_path / "other.mp4")
    assert (tmp_path / "other.mp4").read_bytes() == (tmp_path / "one.mp4").read_bytes()
    assert sum(psutil.Process(pid).cpu_times()[:2]) - used < used / 2

    rendering = asyncio.create_task(other.render(pan, tmp_path / "pan.mp4"))
    while not (tmp_path / "pan.mp4").exists():
        await asyncio.sleep(0.01)
    assert renderers._idle == []
    rendering.cancel()
    await other.stop()
    assert not psutil.pid_exists(pid)
    assert (renderers._idle, [material for _, material in renderers._rendered]) == ([], [zoom])
