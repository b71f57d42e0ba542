"""Latency of `/` and `/healthz` with fifty open tabs of the chat page and twenty renders."""

import asyncio
import json
import os
import re
import secrets
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path

import aiohttp

TABS = int(os.environ.get("TABS", 50))
CLIPS = int(os.environ.get("CLIPS", 20))
SECONDS = float(os.environ.get("SECONDS", 10))
ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "adapters" / "web" / "samples" / "lake.jpg"


async def visit(base: str) -> tuple[aiohttp.ClientSession, str]:
    """A new visitor: HTTP session and form token."""
    http = aiohttp.ClientSession(base, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with http.get("/") as answer:
        found = re.search(r'id="state">(.*?)</script>', await answer.text(), re.DOTALL)
    assert found
    return http, json.loads(found[1])["csrf"]


async def say(http: aiohttp.ClientSession, token: str) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    form.add_field("key", secrets.token_hex(8))
    form.add_field("text", "slow push in --10s")
    form.add_field("photo", SAMPLE.read_bytes(), filename="lake.jpg")
    async with http.post("/say", data=form, headers={"X-Photoplay": token}) as answer:
        assert (await answer.json())["job"]


async def read(http: aiohttp.ClientSession) -> None:
    async with http.get("/events", timeout=aiohttp.ClientTimeout(total=None)) as answer:
        async for _ in answer.content:
            pass


async def measure(base: str) -> dict[str, list[float]]:
    """Milliseconds of each response, by path."""
    people = await asyncio.gather(*(visit(base) for _ in range(TABS)))
    tabs = [asyncio.create_task(read(http)) for http, _ in people]
    for person in people[:CLIPS]:  # sequentially: concurrent forms per network are limited
        await say(*person)
    times: dict[str, list[float]] = {"/": [], "/healthz": []}
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        for path, taken in times.items():
            began = time.perf_counter()
            async with people[0][0].get(path) as answer:
                await answer.read()
                assert answer.status == 200
            taken.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.02)
    for tab in tabs:
        tab.cancel()
    await asyncio.gather(*tabs, return_exceptions=True)
    for http, _ in people:
        await http.close()
    return times


async def run() -> dict[str, list[float]]:
    with tempfile.TemporaryDirectory() as folder:
        server = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run"),
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "PORT": "0",
                "PROVIDER_SLOTS": str(CLIPS),
                "ASK_CONSENT": "false",
            },
            stderr=PIPE,
        )
        try:
            assert server.stderr
            while not (found := re.search(rb"serving (\S+?),", await server.stderr.readline())):
                pass
            return await measure(found[1].decode())
        finally:
            server.terminate()
            await server.communicate()


def main() -> None:
    times = asyncio.run(run())
    for name, path in (("first_view", "/"), ("healthz", "/healthz")):
        taken = sorted(times[path])
        print(f"page.{name}_p99_ms {taken[int(len(taken) * 0.99)]:.1f} ms")


if __name__ == "__main__":
    main()
