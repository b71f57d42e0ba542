"""Loopback servers of Telegram and the provider, and the people who send photos, for `bench.telegram`.

Runs in a process of its own: requests as lines of JSON on stdin, answers on stdout, until stdin closes.
"""

import asyncio
import io
import json
import math
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import av
import numpy as np
from aiohttp import web
from PIL import Image

from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.faults import Call
from tests.loopback.telegram.model import JSON, Chat, Post, Upload, User
from tests.loopback.telegram.server import BotApi

RENDER, SPREAD = 300.0, 0.15
"""Median render time in seconds, and its log-normal spread, as in `poll.s015`."""
PRIVATE = 0.8
"""Share of photos from private chats; the others are from groups."""
GROUPS, MEMBERS = 60, 5
FRAMES = int(os.environ.get("FRAMES", 120))
"""Of the clip, 24 a second."""


def render(dice: random.Random) -> float:
    """A random render time in seconds."""
    return RENDER * math.exp(dice.gauss(0, SPREAD))


def photo(weight: int = 100_000) -> bytes:
    """A JPEG of `weight` bytes, as from a phone."""
    dice = np.random.default_rng(7)
    coarse = Image.fromarray(dice.integers(0, 256, (48, 64, 3), np.uint8)).resize((1280, 960), Image.Resampling.BICUBIC)
    picture = Image.blend(coarse, Image.fromarray(dice.integers(0, 256, (960, 1280, 3), np.uint8)), 0.03)
    for quality in range(90, 10, -2):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        if file.tell() <= weight:
            break
    return file.getvalue()


def clip(weight: int = 1_000_000) -> bytes:
    """An MP4 of `weight` bytes, a little less: five seconds of 720p."""
    dice = np.random.default_rng(7)
    noise = Image.fromarray(dice.integers(0, 256, (90, 160, 3), np.uint8)).resize((1640, 920), Image.Resampling.BICUBIC)
    whole = np.asarray(noise)
    for crf in range(32, 51, 2):
        file = io.BytesIO()
        with av.open(file, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=24)
            stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
            stream.options = {"preset": "ultrafast", "crf": str(crf)}
            for n in range(FRAMES):
                part = np.ascontiguousarray(whole[n : n + 720, 3 * n : 3 * n + 1280])
                container.mux(stream.encode(av.VideoFrame.from_ndarray(part, "rgb24")))
            container.mux(stream.encode(None))
        if file.tell() <= weight:
            break
    return file.getvalue()


class Telegram(BotApi):
    """Records when a photo was delivered, the delay of its status line, and the start of each clip's upload."""

    def __init__(self) -> None:
        super().__init__()
        self.keeps_calls = self.keeps_videos = False
        self.handed: dict[str, float] = {}
        self.replies: list[float] = []
        self.uploads: dict[str, float] = {}
        self.counts: Counter[str] = Counter()
        self.delivered = 0

    async def _get_updates(self, p: JSON) -> list[JSON]:
        updates = await super()._get_updates(p)
        now = time.monotonic()
        for update in updates:
            if message := update.get("message"):
                self.handed.setdefault(f"{message['chat']['id']}:{message['message_id']}", now)
        return updates

    async def _carry_out(self, call: Call, raw: JSON) -> web.Response:
        self.counts[call.method] += 1
        response = await super()._carry_out(call, raw)
        about = f"{call.params.get('chat_id')}:{(call.params.get('reply_parameters') or {}).get('message_id')}"
        if call.method == "sendMessage" and about in self.handed:
            self.replies.append(call.at - self.handed.pop(about))
        elif call.method == "sendVideo":
            self.uploads.setdefault(f"wave {about}", call.at)
            self.delivered += response.status == 200
        return response

    async def _download(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        self.counts["file"] += 1
        return await super()._download(request, path)

    def _send_video(self, p: JSON, files: dict[str, Upload]) -> Post:
        post = super()._send_video(p, files)
        assert post["video"]["file_size"] > 500_000
        return post


class Host(PaidHost):
    """The provider: a clip is done at the time in its id, `about|time`."""

    def __init__(self, clip: bytes) -> None:
        super().__init__(clip)
        self.counts: Counter[str] = Counter()
        self.seen: dict[str, float] = {}
        self.slow = True
        self._dice = random.Random(3)

    async def _create(self, request: web.Request) -> web.StreamResponse:
        self.counts["create"] += 1
        said = await request.json()
        ready = time.time() + (render(self._dice) if self.slow else 0.0)
        return web.json_response({"id": f"{said['prompt']}|{ready:.1f}", "status": "queued"}, status=201)

    async def _retrieve(self, request: web.Request) -> web.StreamResponse:
        self.counts["poll"] += 1
        name, _, ready = request.query["generation_id"].rpartition("|")
        if time.time() < float(ready):
            return web.json_response({"id": name, "status": "generating", "video": None})
        self.seen.setdefault(name, time.monotonic())
        return web.json_response({"id": name, "status": "completed", "video": {"url": f"{self.base}/clip.mp4"}})

    async def _clip(self, request: web.Request) -> web.StreamResponse:
        self.counts["clip"] += 1
        return web.Response(body=self.clip, content_type="video/mp4")


class People:
    """The people. Prompts contain the message id, to match clips with orders."""

    def __init__(self, api: Telegram, host: Host) -> None:
        self.api, self.host = api, host
        self.photo = photo()
        self.dice = random.Random(5)
        self.groups: list[tuple[Chat, list[User]]] = []
        for n in range(GROUPS):
            people = [api.user(f"Member {n}.{m}") for m in range(MEMBERS)]
            self.groups.append((api.supergroup(*people), people))
        self.turn = 0

    def ask(self) -> Post:
        """Send a photo, from a new person or in a group."""
        self.turn += 1
        if self.turn % 10 < 10 * PRIVATE:
            user = self.api.user(f"Person {self.turn}")
            chat, command = self.api.private(user), ""
        else:
            chat, people = self.groups[self.turn // 10 % GROUPS]
            user, command = people[self.turn // 100 % MEMBERS], f"/animate@{self.api.me.username} "
        number = max(chat.posts, default=0) + 1
        return self.api.photo(user, chat, self.photo, f"{command}wave {chat.id}:{number}")

    def settle(self, count: int, start: float) -> list[JSON]:
        """`count` jobs that are rendering at `start`, as rows for the database."""
        jobs = []
        for _ in range(count):
            post = self.ask()
            self.api.pending.clear()
            self.api.updates.clear()
            chat = self.api.chats[post["chat"]["id"]]
            line = self.api._send_message({"chat_id": chat.id, "text": "…"}, {})
            took = render(self.dice)
            began = start - self.dice.uniform(0, took)
            jobs.append(
                {
                    "chat": str(chat.id),
                    "message": str(post.id),
                    "person": str(post["from"]["id"]),
                    "line": str(line.id),
                    "began": began,
                    "id": f"wave {chat.id}:{post.id}|{began + took:.1f}",
                }
            )
        return jobs

    async def steadily(self, rate: float, seconds: float) -> None:
        """Send `rate` photos per second for `seconds`."""
        began, count = time.monotonic(), round(rate * seconds)
        for n in range(count):
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            self.ask()
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))

    async def at_once(self, count: int, within: float) -> float:
        """Send `count` photos at once; returns the seconds until the last clip."""
        before, began = self.api.delivered, time.monotonic()
        for _ in range(count):
            self.ask()
        await self.api.until(lambda: self.api.delivered >= before + count, within)
        return time.monotonic() - began

    def counts(self) -> dict[str, int]:
        return dict(self.api.counts + self.host.counts)

    def figures(self) -> JSON:
        """The measurements since the last call."""
        waits = [self.api.uploads[name] - at for name, at in self.host.seen.items() if name in self.api.uploads]
        unsent = [name for name in self.host.seen if name not in self.api.uploads]
        told = {"replies": self.api.replies, "unanswered": len(self.api.handed), "uploads": waits}
        told |= {"unsent": len(unsent), "violations": len(self.api.violations)}
        self.api.replies, self.api.handed, self.api.uploads, self.host.seen = [], {}, {}, {}
        return told


async def main() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    api, host = Telegram(), Host(clip())
    async with api.serve(), host.serve():
        people = People(api, host)

        async def do(request: Mapping[str, Any]) -> object:
            match request["do"]:
                case "settle":
                    return people.settle(request["count"], request["start"])
                case "steadily":
                    before = people.counts()
                    await people.steadily(request["rate"], request["seconds"])
                    return {name: n - before.get(name, 0) for name, n in people.counts().items()}
                case "at once":
                    return await people.at_once(request["count"], request["within"])
                case "limits":
                    api.limits = request["on"]
                case "quick":
                    host.slow = False
                case "figures":
                    return people.figures()
            return None

        answers = sys.stdout
        print(json.dumps({"token": api.token, "telegram": api.base, "host": host.base}), file=answers, flush=True)
        lines = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        with suppress(asyncio.IncompleteReadError):
            while line := await lines.readline():
                print(json.dumps(await do(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
