"""An operator of a site, on the page: with a browser's cookies, by HTTP alone."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import App
from bot.conversation import Inbound
from bot.model import Address
from tests.browsing import site

OWNER = "telegram:7"


def says(text: str, key: str, user: str = "7", scope: str = "") -> Inbound:
    """A message on Telegram, in private or in a community."""
    place = Address("telegram", scope.partition(":")[2] or user, f"m-{key}")
    return Inbound(place, user, f"telegram:{key}", text, scope=scope)


async def link(app: App, key: str = "1", user: str = "7") -> str:
    """A fresh link from `/operator page`, without the address before its path."""
    reply = await app.core.handle(says("/operator page", key, user))
    assert not reply.refused, reply.text
    assert reply.secret
    return re.sub(r".*https?://[^/]+", "", reply.text.splitlines()[-1])


@dataclass
class Seat:
    """A browser without pictures."""

    app: App
    base: str
    http: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.base + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, data: dict[str, Any], **headers: str) -> tuple[int, str]:
        async with self.http.post(self.base + path, data=data, headers=headers) as answer:
            return answer.status, await answer.text()

    async def enter(self, path: str = "") -> tuple[int, str]:
        path = path or await link(self.app, f"enter-{id(self)}")
        _, page = await self.get(path)
        return await self.post("/admin/enter", {"link": fields(page, "/admin/enter")[0]["link"]})

    async def send(self, page: str, verb: str, words: str = "", **typed: str) -> tuple[int, str]:
        """Send the form of a page that says this command."""
        found = [one for one in fields(page, "/admin/act") if (one["verb"], one.get("words", "")) == (verb, words)]
        assert found, (verb, words)
        return await self.post("/admin/act", {**found[0], **typed})


def fields(page: str, action: str) -> list[dict[str, str]]:
    """The hidden fields of the forms of a page that go to this path."""
    forms = re.findall(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    hidden = r'<input type="hidden" name="(\w+)" value="([^"]*)">'
    return [{name: html.unescape(value) for name, value in re.findall(hidden, form)} for form in forms]


@asynccontextmanager
async def seated(folder: Path, **settings: Any) -> AsyncIterator[Seat]:
    """A site with an owner, and a browser that is not signed in."""
    settings = {"public_url": "http://127.0.0.1:1", "owners": (OWNER,), **settings}
    async with site(folder, **settings) as (app, base), browser() as http:
        yield Seat(app, base, http)


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Cookies are kept for addresses, too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield http
