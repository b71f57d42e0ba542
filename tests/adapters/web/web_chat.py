"""A browser on the chat page, reduced to its HTTP."""

import asyncio
import io
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.houses import House


class Browser:
    """Cookies, a form token, and nothing else."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.state: dict[str, Any] = {}

    async def open(self, path: str = "/", **headers: str) -> tuple[int, str]:
        async with self.http.get(self.base + path, headers=headers) as answer:
            text = await answer.text()
            if found := re.search(r'<script type="application/json" id="state">(.*?)</script>', text, re.DOTALL):
                self.state = json.loads(found[1])
            return answer.status, text

    async def say(
        self,
        text: str,
        *,
        photo: bytes | None = None,
        end: bytes | None = None,
        key: str = "",
        token: str | None = None,
        headers: dict[str, str] | None = None,
        **options: str,
    ) -> tuple[int, dict[str, Any]]:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("key", key or secrets.token_hex(8))
        form.add_field("text", text)
        for name, value in options.items():
            form.add_field(name, value)
        for name, data in (("photo", photo), ("end", end)):
            if data is not None:
                form.add_field(name, io.BytesIO(data), filename="../../etc/passwd.jpg", content_type="image/jpeg")
        sent = {"X-Photoplay": self.state["csrf"] if token is None else token, **(headers or {})}
        async with self.http.post(f"{self.base}/say", data=form, headers=sent) as answer:
            return answer.status, await answer.json()

    @asynccontextmanager
    async def events(self, since: str = "") -> AsyncIterator["Events"]:
        headers = {"Last-Event-ID": since} if since else {}
        async with self.http.get(f"{self.base}/events", headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            yield Events(answer)


@dataclass
class Events:
    answer: aiohttp.ClientResponse
    last_id: str = ""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def next(self) -> tuple[str, dict[str, Any]]:
        kind = ""
        async with asyncio.timeout(60):
            while line := (await self.answer.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "id":
                    self.last_id = value
                elif name == "data":
                    data = json.loads(value)
                    if kind == "job":
                        self.jobs[data["id"]] = data
                    return kind, data
        raise EOFError

    async def until(self, test: Callable[[], bool]) -> None:
        while not test():
            await self.next()

    async def ready(self) -> None:
        while (await self.next())[0] != "ready":
            pass


@dataclass
class Site:
    base: str
    house: House
    browsers: AsyncExitStack

    async def browser(self, path: str = "/") -> Browser:
        made = Browser(self.base)
        self.browsers.push_async_callback(made.http.close)
        await made.open(path)
        return made


Start = Callable[..., Any]
