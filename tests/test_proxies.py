"""The examples of proxies, run in front of a server of ours: what it sees, and what gets through."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from adapters.web.connections import KEEP
from adapters.web.message import WORDS
from bot.media.arrival import HEAVIEST_PICTURE
from tests.poolers import free_port

DEPLOY = Path(__file__).parents[1] / "deploy"
HEAVIEST = 2 * HEAVIEST_PICTURE + 2 * WORDS
"""Bytes of the largest message that the chat page takes."""
HOST = "photoplay.example.com"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"


class Behind:
    """Says what it was told; its events come one by one, each when the one before has arrived."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()

    async def headers(self, request: web.Request) -> web.Response:
        return web.json_response({name.lower(): value for name, value in request.headers.items()})

    async def size(self, request: web.Request) -> web.Response:
        return web.json_response(sum([len(piece) async for piece in request.content.iter_any()]))

    async def events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: one\n\n")
        await asyncio.wait_for(self.arrived.wait(), 20)
        await response.write(b"data: two\n\n")
        return response


@asynccontextmanager
async def upstream() -> AsyncIterator[tuple[Behind, int]]:
    behind, app = Behind(), web.Application(client_max_size=2**30)
    app.add_routes([web.get("/", behind.headers), web.post("/", behind.size), web.get("/events", behind.events)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        assert site._server
        yield behind, site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


def nginx(folder: Path, port: int, to: int) -> list[str]:
    """Our file in the least of a main one, with a certificate of our own; its address as of the proxy."""
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", f"/CN={HOST}", "-keyout", key, "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    said = (DEPLOY / "nginx.conf").read_text("utf-8")
    said = re.sub(r" *listen \[::\].*\n", "", said)  # there may be no IPv6
    said = said.replace("listen 80;", f"listen 127.0.0.1:{free_port()};").replace(
        "listen 443", f"listen 127.0.0.1:{port}"
    )
    said = said.replace("127.0.0.1:8080", f"127.0.0.1:{to}").replace(f"/etc/letsencrypt/live/{HOST}", str(folder))
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"daemon off; pid {folder}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {places}{said}\n}}"
    (folder / "main.conf").write_text(main, "utf-8")
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "main.conf")]


def caddy(folder: Path, port: int, to: int) -> list[str]:
    said = (DEPLOY / "Caddyfile").read_text("utf-8")
    said = said.replace(f"{HOST} {{", f"http://{HOST}:{port} {{\n\tbind 127.0.0.1\n").replace(":8080", f":{to}")
    (folder / "Caddyfile").write_text(f"{{\n\tadmin off\n}}\n{said}", "utf-8")
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]


PROXIES = {"nginx": (nginx, "https"), "caddy": (caddy, "http")}
Proxied = tuple[aiohttp.ClientSession, str, Behind, str]


@pytest.fixture(params=PROXIES)
async def proxied(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Proxied]:
    """A session, the proxy's address, what is behind it, and which proxy it is."""
    if not shutil.which(request.param, path=PATH):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {request.param} here; .ci/run installs it")
    make, scheme = PROXIES[request.param]
    async with upstream() as (behind, to):
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            *make(tmp_path, port, to),
            env={"PATH": PATH, "HOME": str(tmp_path)},
            stderr=asyncio.subprocess.DEVNULL,
        )
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        try:
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trust), headers={"Host": HOST}
            ) as session:
                base = f"{scheme}://127.0.0.1:{port}"
                for _ in range(200):
                    assert process.returncode is None, "it has ended"
                    try:
                        await (await session.get(base)).read()
                        break
                    except aiohttp.ClientError:
                        await asyncio.sleep(0.05)
                yield session, base, behind, request.param
        finally:
            process.terminate()
            await process.wait()


async def test_photoplay_sees_who_asks_and_for_whom(
    proxied: Proxied,
) -> None:
    session, base, _, name = proxied
    async with session.get(base, headers={"X-Forwarded-For": "203.0.113.7"}) as answer:
        seen = await answer.json()
    assert seen["host"] == HOST
    # Only the rightmost counts, which the proxy writes; Caddy takes nothing from strangers at all.
    assert seen["x-forwarded-for"] == ("203.0.113.7, 127.0.0.1" if name == "nginx" else "127.0.0.1")


async def test_the_largest_message_gets_through(proxied: Proxied) -> None:
    session, base, _, _ = proxied
    async with session.post(base, data=BytesIO(bytes(HEAVIEST))) as answer:
        assert (answer.status, await answer.json()) == (200, HEAVIEST)


async def test_events_are_told_as_they_come(proxied: Proxied) -> None:
    session, base, behind, _ = proxied
    async with session.get(f"{base}/events") as answer:
        assert await asyncio.wait_for(answer.content.readuntil(b"\n\n"), 10) == b"data: one\n\n"
        behind.arrived.set()
        assert await answer.content.readuntil(b"\n\n") == b"data: two\n\n"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_they_say_what_has_to_be_set(name: str) -> None:
    said = (DEPLOY / name).read_text("utf-8")
    assert f"PUBLIC_URL=https://{HOST}" in said
    assert "TRUSTED_PROXIES: nothing to set" in said
    kept = int(re.findall(r"keepalive(?:_timeout)? (\d+)s", said)[0])
    assert kept < KEEP
