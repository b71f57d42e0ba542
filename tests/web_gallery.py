"""A web gallery with real clips on disk, and HTTP visitors."""

import itertools
import math
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
from yarl import URL

from adapters.web.chat_page import ChatPage
from adapters.web.gallery_routes import GalleryRoutes
from adapters.web.job_json import JobJson
from adapters.web.proxies import Proxies
from adapters.web.server import Hook, make_app, serve
from adapters.web.session import Sessions
from bot.gallery.model import Share
from bot.jobs.shelf import Shelf
from bot.media.signed_links import Links
from bot.model import Address, Clip
from tests import galleries
from tests.clock import Clock
from tests.galleries import NOW, TOWN
from tests.houses import House, configure, wired

SLUG = "k7m2p9q4xw"


def film(width: int, height: int, hue: float = 0.0, frames: int = 30) -> bytes:
    """A clip with movement: a light over hills, in the colours of `hue`."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / width
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
            stream = container.add_stream("libx264", rate=15)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for frame in range(frames):
                at = frame / frames
                light = np.exp(-((x - at) ** 2 * 18 + (y - 0.3) ** 2 * 40))
                hills = y > 0.62 + 0.1 * np.sin(x * 9 + hue * 7) + 0.04 * np.sin(x * 23)
                colours = [0.5 + 0.5 * math.cos(2 * math.pi * (hue + shift)) for shift in (0.0, 0.33, 0.67)]
                planes = [(0.35 + 0.5 * c) * (1.1 - 0.6 * y) + 0.7 * light for c in colours]
                picture = np.stack([np.where(hills, p * 0.35, p) for p in planes], axis=-1)
                data = (picture.clip(0, 1) * 255).astype(np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(data, "rgb24")))
            container.mux(stream.encode(None))
        return path.read_bytes()


class Visitor:
    """A visitor: cookies, and the form token of the latest page."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.token = ""

    async def get(self, path: str, method: str = "GET", **headers: str) -> "Answer":
        # The path is sent as it is, without normalisation.
        url = URL(self.base + path, encoded=True)
        async with self.http.request(method, url, headers=headers, allow_redirects=False) as answer:
            data = await answer.read()
        found = Answer(answer.status, {**answer.headers}, data)
        if token := re.search(r'<meta name="token" content="([^"]*)">', found.text):
            self.token = token[1]
        return found

    async def post(self, path: str, data: dict[str, str] | bytes, **headers: str) -> "Answer":
        async with self.http.post(self.base + path, data=data, headers=headers) as answer:
            return Answer(answer.status, {**answer.headers}, await answer.read())

    async def heart(self, path: str, on: bool = True, token: str | None = None, **headers: str) -> "Answer":
        sent = {"X-Photoplay": self.token if token is None else token, **headers}
        return await self.get(f"{path}/heart", "PUT" if on else "DELETE", **sent)

    async def report(self, path: str, reason: str, words: str = "", **headers: str) -> "Answer":
        return await self.post(f"{path}/report", {"token": self.token, "reason": reason, "words": words}, **headers)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", "replace")

    def meta(self, name: str) -> str | None:
        found = re.search(rf'<meta (?:name|property)="{name}" content="([^"]*)">', self.text)
        return found and found[1]

    @property
    def clips(self) -> list[str]:
        """Ids of a wall's clips, in order."""
        return re.findall(r'data-clip="/g/\w+/(\w+)\.mp4"', self.text)

    def way(self, label: str) -> str | None:
        """Target of the link with this label."""
        found = re.search(rf'<a class="button" href="([^"]*)"[^>]*>{label}</a>', self.text)
        return found and found[1].replace("&amp;", "&")


@dataclass
class Site:
    base: str
    house: House
    stack: AsyncExitStack
    entries: list[int] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    async def visitor(self, path: str = "") -> Visitor:
        made = Visitor(self.base)
        self.stack.push_async_callback(made.http.close)
        if path:
            assert (await made.get(path)).status == 200
        return made

    async def clip(self, data: bytes) -> Clip:
        async def stream() -> AsyncIterator[bytes]:
            yield data

        return await self.house.media.keep_clip(stream())

    def file(self, clip: Clip) -> bytes:
        """Bytes of a stored clip."""
        return self.house.media.path(clip.name).read_bytes()

    async def share(self, clip: Clip, id: str = "", **changes: Any) -> Share:
        number = next(self.numbers)
        values = {"clip": clip, "at": NOW + number, "place": Address("telegram", "-100", thread="4"), **changes}
        return await galleries.a_share(self.house.store, id or f"s{number:03}", **values)

    async def like(self, share: Share, count: int) -> None:
        for number in range(count):
            await self.house.store.gallery.heart(share.id, f"telegram:9{number}", True, "tap", NOW)


@asynccontextmanager
async def site(
    folder: Path,
    clock: Clock,
    new_id: Callable[[], str],
    clip: bytes,
    url: str | None = None,
    *,
    web: str | None = None,
    private: bool = False,
    hooks: Mapping[str, Hook] | None = None,
    trusted: Sequence[str] = (),
    **rule: Any,
) -> AsyncIterator[Site]:
    """A server with the web gallery of `TOWN` as `SLUG`."""
    async with AsyncExitStack() as stack:
        house = await stack.enter_async_context(wired(folder, clock, new_id, clip, {"telegram": Shelf()}, url))
        slug = await house.store.gallery.open_gallery(TOWN, SLUG)
        await galleries.rule(house.store, **{"web": slug, "title": "Harbour", "gallery": "-100/4", **rule})
        links = Links(b"k" * 32, clock)
        sessions = Sessions(
            links, clock, private=private, password="not asked for here", secure=False, proxies=Proxies(trusted)
        )
        configure(house.core, web=web)
        entries: list[int] = []
        configure(house.core, outbox=lambda: entries.append(1))

        async def health() -> tuple[bool, dict[str, Any]]:
            return True, {}

        page = ChatPage(house.core, sessions, JobJson(house.core, links))
        routes = GalleryRoutes(house.core, sessions, clock)
        app = make_app(links, house.media.stored, health, page, hooks, routes)
        base = await stack.enter_async_context(serve(app, "127.0.0.1", 0))
        yield Site(base, house, await stack.enter_async_context(AsyncExitStack()), entries)
