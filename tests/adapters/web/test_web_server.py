"""`/media` and `/healthz`, over a socket."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from adapters.web.job_json import MEDIA
from adapters.web.server import make_app, serve
from bot.errors import Misconfigured
from bot.media.signed_links import Links
from bot.media.stored import StoredFile
from tests.clock import Clock

BYTES = bytes(range(256)) * 40


class Site:
    """The server, and someone who asks it."""

    def __init__(self, base: str, http: aiohttp.ClientSession, links: Links, clock: Clock) -> None:
        self.base, self.http, self.links, self.clock = base, http, links, clock
        self.well = True

    async def get(self, path: str, **headers: str) -> tuple[int, bytes, Mapping[str, str]]:
        async with self.http.get(self.base + path, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.read(), answer.headers

    def link(self, name: str, namespace: str = MEDIA, lifetime: float = 60) -> str:
        return f"/media/{self.links.sign(namespace, name, lifetime)}"


@pytest.fixture
async def site(tmp_path: Path, clock: Clock) -> AsyncIterator[Site]:
    (tmp_path / "clip.mp4").write_bytes(BYTES)
    (tmp_path / "photo.jpg").write_bytes(b"jpeg")
    (tmp_path / "all.zip").write_bytes(b"PK")
    links = Links(b"k" * 32, clock)

    def stored(name: str) -> StoredFile:
        if "/" in name:
            raise ValueError(name)
        return StoredFile(tmp_path / name)

    async def health() -> tuple[bool, dict[str, Any]]:
        return made.well, {"jobs": {"running": 3}}

    async with aiohttp.ClientSession() as http, serve(make_app(links, stored, health), "127.0.0.1", 0) as base:
        made = Site(base, http, links, clock)
        yield made


async def test_a_signed_link_gives_the_file(site: Site) -> None:
    status, body, headers = await site.get(site.link("clip.mp4"))
    assert (status, body, headers["Content-Type"]) == (200, BYTES, "video/mp4")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert (await site.get(site.link("photo.jpg")))[2]["Content-Type"] == "image/jpeg"


async def test_what_is_kept_of_somebody_is_kept_by_no_browser(site: Site) -> None:
    assert (await site.get(site.link("all.zip")))[2]["Cache-Control"] == "no-store"
    assert (await site.get(site.link("clip.mp4")))[2]["Cache-Control"] == "private, max-age=3600"


async def test_a_player_may_seek(site: Site) -> None:
    status, body, headers = await site.get(site.link("clip.mp4"), Range="bytes=100-199")
    assert (status, body) == (206, BYTES[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(BYTES)}"
    assert (await site.get(site.link("clip.mp4"), Range="bytes=-5"))[1] == BYTES[-5:]
    assert (await site.get(site.link("clip.mp4"), Range="bytes=99999-"))[0] == 416


async def test_head_tells_the_size(site: Site) -> None:
    async with site.http.head(site.base + site.link("clip.mp4")) as answer:
        assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(BYTES)))


async def test_a_link_ends(site: Site) -> None:
    link = site.link("clip.mp4", lifetime=60)
    site.clock.tick(59)
    assert (await site.get(link))[0] == 200
    site.clock.tick(1)
    assert (await site.get(link))[0] == 404


async def test_what_was_not_signed_for_this_is_not_found(site: Site) -> None:
    good = site.link("clip.mp4")
    for path in (
        "/media/clip.mp4",
        "/media/",
        "/media/..%2f..%2fetc%2fpasswd",
        good[:-1] + ("A" if good[-1] != "A" else "B"),
        site.link("clip.mp4", namespace="login"),
        site.link("../clip.mp4"),
        site.link("gone.mp4"),
        "/",
        "/media",
    ):
        status, body, _ = await site.get(path)
        assert status == 404, path
        assert b"clip" not in body


async def test_health_is_a_status_and_figures(site: Site) -> None:
    status, body, _ = await site.get("/healthz")
    assert (status, body) == (200, b'{"ok": true, "jobs": {"running": 3}}')
    site.well = False
    assert (await site.get("/healthz"))[0] == 503


async def test_a_port_in_use_is_said(site: Site, clock: Clock) -> None:
    async def health() -> tuple[bool, dict[str, Any]]:
        return True, {}

    port = int(site.base.rpartition(":")[2])
    with pytest.raises(Misconfigured, match=f"Port {port} is in use"):
        async with serve(
            make_app(Links(b"k" * 32, clock), lambda name: StoredFile(Path(name)), health), "127.0.0.1", port
        ):
            pass
