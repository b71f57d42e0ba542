"""Somebody at the chat page, over HTTP, without a browser."""

import asyncio
import json
import re
import secrets
from typing import Any

import aiohttp

STATE = re.compile(r'<script type="application/json" id="state">(.*?)</script>', re.DOTALL)


class Visitor:
    """A person by their cookies. `base` may change with the server."""

    def __init__(self, base: str, http: aiohttp.ClientSession) -> None:
        self.base, self._http = base, http

    async def say(self, text: str, **fields: str) -> dict[str, Any]:
        """Send a form of the page; returns the reply."""
        async with self._http.get(self.base) as answer:
            found = re.search(
                r'<script type="application/json" id="state">(.*?)</script>', await answer.text(), re.DOTALL
            )
        assert found
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in {"key": secrets.token_hex(8), "text": text, **fields}.items():
            form.add_field(name, value)
        headers = {"X-Photoplay": json.loads(found[1])["csrf"]}
        async with self._http.post(f"{self.base}/say", data=form, headers=headers) as answer:
            reply: dict[str, Any] = await answer.json()
            return reply

    async def order(self, words: str) -> str:
        """Order a clip of a sample; returns the job's id."""
        reply = await self.say(words, sample="lake")
        assert reply["job"], reply
        return str(reply["job"])

    async def jobs(self) -> dict[str, dict[str, Any]]:
        """Their latest orders, by what was asked."""
        reply = await self.say("/jobs")
        return {job["prompt"]: job for job in reply.get("jobs", [])}

    async def clip(self, words: str) -> bytes:
        """The clip of an order, once it is there."""
        async with asyncio.timeout(60):
            while not (job := (await self.jobs()).get(words)) or not job["clip"]:
                await asyncio.sleep(0.1)
        async with self._http.get(self.base + job["clip"]["src"]) as answer:
            assert answer.status == 200
            return await answer.read()
