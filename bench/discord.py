"""The bot on one CPU core, Discord and the provider on the other; for comparison the same calls without a bot.

As `bench.telegram`, with slash commands from a hundred channels.
"""

import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from bench.loopback import Host, clip, photo, render
from bench.telegram import (
    BARE_SECONDS,
    BURST,
    CLIP,
    DRAIN,
    IN_FLIGHT,
    PROFILE,
    RATE,
    ROOT,
    SECONDS,
    WARM_UP,
    Loopback,
    be_the_bot,
    fill,
    on_one_core,
    p99,
    profiled,
    set_apart,
    spent,
)
from tests.loopback.discord.faults import Call
from tests.loopback.discord.messages import Interaction, Message
from tests.loopback.discord.refusals import Json
from tests.loopback.discord.server import PREFIX, DiscordApi
from tests.loopback.provider.paid import PATH

CHANNELS, PEOPLE = 100, 500
SHOWN = re.compile("“(.+?)”")
CALLBACK = "POST /interactions/{interaction}/{token}/callback"
LINE = "PATCH /webhooks/{application}/{token}/messages/{message}"
EDIT = "PATCH /channels/{channel}/messages/{message}"
POST = "POST /channels/{channel}/messages"
LINE_GONE = "DELETE /webhooks/{application}/{token}/messages/{message}"
GONE = "DELETE /channels/{channel}/messages/{message}"
CALLS = {**dict.fromkeys((CALLBACK, "CDN", "create", "clip", POST, GONE), 1.0), "poll": 8.0, LINE: 1.2, EDIT: 2.7}
"""Calls of one job in commit 491fd75, as in bench.telegram."""


# ── Discord, and the people in it: in a process of their own ─────────────────────────────────────────────────────────


class Discord(DiscordApi):
    """Records the start of each clip's upload, by its prompt and nonce."""

    def __init__(self) -> None:
        super().__init__()
        self.recording = False
        self.uploads: dict[str, float] = {}
        self.delivered = 0

    def _post(self, call: Call, channel: str) -> Json:
        body = super()._post(call, channel)
        if call.files:
            assert call.files[0].size > 500_000
            began = time.monotonic() - (self.clock() - call.at)
            for name in (call.body["nonce"], SHOWN.findall(call.body["content"])[0]):
                self.uploads.setdefault(name, began)
            self.delivered += 1
        return body


class People:
    """The people. Prompts are numbers, to match clips with orders."""

    def __init__(self, api: Discord, host: Host) -> None:
        self.api, self.host = api, host
        self.photo = photo()
        self.dice = random.Random(5)
        guild = api.guild()
        self.channels = [api.channel(guild, f"clips-{n}") for n in range(CHANNELS)]
        self.users = [api.user(f"person{n}") for n in range(PEOPLE)]
        self.asked: list[Interaction] = []
        self.turn = 0

    def ask(self) -> None:
        self.turn += 1
        user, channel = self.users[self.turn % PEOPLE], self.channels[self.turn % CHANNELS]
        options = {"image": ("me.jpg", self.photo), "prompt": f"wave {self.turn}"}
        self.asked.append(self.api.slash(user, channel, "animate", options))

    def settle(self, count: int, start: float) -> list[Json]:
        """`count` jobs that are rendering at `start`, as rows for the database."""
        jobs = []
        for n in range(count):
            channel = self.channels[n % CHANNELS]
            line = Message(self.api.snowflake(), channel, self.api.me, "…", at=start)
            self.api.put(line)
            took = render(self.dice)
            began = start - self.dice.uniform(0, took)
            jobs.append(
                {
                    "platform": "discord",
                    "chat": str(channel.id),
                    "message": "",
                    "person": str(self.users[n % PEOPLE].id),
                    "line": str(line.id),
                    "began": began,
                    "id": f"job{n}|{began + took:.1f}",
                }
            )
        return jobs

    async def ready(self) -> None:
        """Wait for a gateway connection."""
        await self.api.until(lambda: self.api.connected and self.api.commands[None], 60)

    async def steadily(self, rate: float, seconds: float) -> None:
        """Send `rate` orders per second for `seconds`."""
        await self.ready()
        began, count = time.monotonic(), round(rate * seconds)
        for n in range(count):
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            self.ask()
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))

    async def at_once(self, count: int, within: float) -> float:
        """Send `count` orders at once; returns the seconds until the last clip."""
        await self.ready()
        before, began = self.api.delivered, time.monotonic()
        for _ in range(count):
            self.ask()
        await self.api.until(lambda: self.api.delivered >= before + count, within)
        return time.monotonic() - began

    def counts(self) -> Counter[str]:
        return self.api.served + self.host.counts

    def figures(self) -> Json:
        """The measurements since the last call."""
        uploads, seen = self.api.uploads, self.host.seen
        told = {
            "acks": [one.answered_after for one in self.asked if one.answered_after is not None],
            "unanswered": sum(one.answered_after is None for one in self.asked),
            "uploads": [uploads[name] - at for name, at in seen.items() if name in uploads],
            "unsent": sum(name not in uploads for name in seen),
        }
        self.asked, self.api.uploads, self.host.seen = [], {}, {}
        self.api.interactions.clear()
        return told


async def be_discord() -> None:
    """Main of the loopback process: requests as lines of JSON on stdin, answers on stdout, until stdin closes."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    api, host = Discord(), Host(clip())
    async with api.serve(), host.serve():
        people = People(api, host)

        async def do(request: Mapping[str, Any]) -> object:
            match request["do"]:
                case "settle":
                    return people.settle(request["count"], request["start"])
                case "steadily":
                    before = people.counts()
                    await people.steadily(request["rate"], request["seconds"])
                    return people.counts() - before
                case "at once":
                    return await people.at_once(request["count"], request["within"])
                case "limits":
                    api.limits_calls = request["on"]
                case "quick":
                    host.slow, api.first_answer_within = False, 60.0
                case "figures":
                    return people.figures()
            return None

        told = {"token": api.token, "telegram": "", "discord": api.base, "host": host.base}
        print(json.dumps(told), flush=True)
        lines = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        with suppress(asyncio.IncompleteReadError):
            while line := await lines.readline():
                print(json.dumps(await do(json.loads(line))), flush=True)


# ── The same calls without a bot ─────────────────────────────────────────────────────────────────────────────────────


def upload(number: int) -> aiohttp.FormData:
    """A clip being uploaded; the client closes the file."""
    said = {"content": f"“wave {number}”", "nonce": f"bare{number}", "enforce_nonce": True}
    form = aiohttp.FormData({"payload_json": json.dumps(said)})
    form.add_field("files[0]", CLIP.open("rb"), filename=CLIP.name)
    return form


def _debts(calls: Mapping[str, float]) -> Callable[..., range]:
    """The number of times to make each call per job: fractions are accumulated."""
    owed = dict.fromkeys(calls, 0.0)

    def times(*names: str) -> range:
        whole = 0
        for name in names:
            owed[name] = owed.get(name, 0.0) + calls.get(name, 0.0)
            whole += int(owed[name])
            owed[name] -= int(owed[name])
        return range(whole)

    return times


async def be_bare(api: str, token: str, host: str, calls: Mapping[str, float]) -> None:
    """The comparison: for each interaction, makes the calls of one job sequentially."""
    times = _debts(calls)
    create = {"model": "kling", "prompt": "a wave rolls in", "duration": 5}
    turn = 0

    async def job(http: aiohttp.ClientSession, event: Mapping[str, Any]) -> None:
        nonlocal turn
        turn += 1
        number = turn
        messages = f"{api}/channels/{event['channel_id']}/messages"
        hook = f"{api}/webhooks/{event['application_id']}/{event['token']}/messages/@original"
        (file,) = event["data"]["resolved"]["attachments"].values()
        taken = b""

        async def call(method: str, url: str, **more: Any) -> Any:
            async with http.request(method, url, **more) as response:
                return json.loads(await response.read() or b"null")

        for _ in times(CALLBACK):
            await call("POST", f"{api}/interactions/{event['id']}/{event['token']}/callback", json={"type": 5})
        for _ in times("CDN"):
            async with http.get(file["url"]) as response:
                taken = await response.read()
        for _ in times(LINE, EDIT):
            await call("PATCH", hook, json={"content": f"{time.monotonic()}"})
        for _ in times("create"):
            await call("POST", f"{host}{PATH}", json=create | {"image_url": taken.hex()[:133_000]})
        for _ in times("poll"):
            await call("GET", f"{host}{PATH}", params={"generation_id": "x|9e99"})
        for _ in times("clip"):
            async with http.get(f"{host}/clip.mp4") as response:
                await response.read()
        for _ in times(POST):
            await call("POST", messages, data=upload(number))
        for _ in times(LINE_GONE, GONE):
            await call("DELETE", hook)

    jobs: set[asyncio.Task[None]] = set()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)

    async def listen(http: aiohttp.ClientSession) -> None:
        async with http.ws_connect(
            f"{api.replace('http', 'ws', 1).removesuffix(PREFIX)}/gateway", max_msg_size=0
        ) as ws:
            await ws.send_json({"op": 2, "d": {"token": token, "intents": 1 | 1 << 9 | 1 << 12, "shard": [0, 1]}})
            async for message in ws:
                said = json.loads(message.data)
                if said["t"] == "INTERACTION_CREATE":
                    task = asyncio.create_task(job(http, said["d"]))
                    jobs.add(task)
                    task.add_done_callback(jobs.discard)

    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {token}"}) as http:
        listening = asyncio.create_task(listen(http))
        await stopped.wait()
        listening.cancel()
        await asyncio.wait({listening, *jobs})


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────


class There(Loopback):
    """The process with Discord, the provider and the people."""

    def __init__(self, process: asyncio.subprocess.Process, told: Mapping[str, str]) -> None:
        super().__init__(process, told)
        self.discord = told["discord"]


@asynccontextmanager
async def loopback() -> AsyncIterator[There]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.discord", "loopback"), cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=2**24
    )
    try:
        assert process.stdout
        yield There(process, json.loads(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def a_bot(folder: Path, there: There, name: str) -> Any:
    return on_one_core(
        folder,
        name,
        module="bench.discord",
        DATA_DIR=str(folder),
        DISCORD_TOKEN=there.token,
        DISCORD_API_URL=there.discord,
        AIMLAPI_KEY="key",
        AIMLAPI_URL=there.host,
        PROVIDER_SLOTS="100000",
        DAILY_CREDITS="100000",
        ASK_CONSENT="false",
        CEILING_DAY="1000000000",
        CEILING_MONTH="1000000000",
    )


async def steady(folder: Path) -> None:
    async with loopback() as there:
        start = time.time() + 8
        dice = random.Random(11)
        jobs = await there.ask("settle", count=IN_FLIGHT, start=start)
        await fill(folder, jobs, [render(dice) for _ in range(200)], start)
        await there.ask("limits", on=True)
        async with a_bot(folder, there, "steady") as bot:
            await there.ask("steadily", rate=RATE, seconds=WARM_UP + max(0.0, start - time.time()))
            set_apart(bot)
            await there.ask("figures")
            before = spent(bot)
            calls = await there.ask("steadily", rate=RATE, seconds=SECONDS)
            used = spent(bot) - before
            await asyncio.sleep(DRAIN)
            told = await there.ask("figures")
        asked = calls["create"]  # as in bench.telegram
        print(f"discord.ack_p99_s {p99(told['acks'] + [DRAIN] * told['unanswered']):.2f} s")
        print(f"discord.upload_p99_s {p99(told['uploads'] + [DRAIN] * told['unsent']):.2f} s")
        print(f"discord.cpu_ms_per_job {used / asked * 1000:.1f} ms", flush=True)
        if "-v" in sys.argv:
            print({name: n / asked for name, n in calls.items()}, file=sys.stderr)
        bare = await bare_cost(folder, there)
        print(f"discord.cpu_ratio {used / asked / bare:.2f} ×", flush=True)


async def bare_cost(folder: Path, there: There) -> float:
    """Seconds of CPU time for `CALLS`."""
    (folder / CLIP).write_bytes(clip())
    await there.ask("limits", on=False)
    args = there.discord, there.token, there.host, json.dumps(CALLS)
    async with on_one_core(folder, "bare", *args, module="bench.discord") as bare:
        await there.ask("steadily", rate=RATE, seconds=WARM_UP)
        before = spent(bare)
        calls = await there.ask("steadily", rate=RATE, seconds=BARE_SECONDS)
        used = spent(bare) - before
    return used / float(calls["create"])


async def burst(folder: Path) -> None:
    async with loopback() as there:
        await fill(folder, [], [1.0] * 200, time.time())
        await there.ask("quick")
        async with a_bot(folder, there, "burst") as bot:
            await there.ask("at once", count=min(20, BURST), within=20)
            set_apart(bot)
            before = spent(bot)
            took = await there.ask("at once", count=BURST, within=60)
            used = spent(bot) - before
            told = await there.ask("figures")
        assert not told["unanswered"], told["unanswered"]
    print(f"discord.burst_cpu_ms_per_job {used / BURST * 1000:.1f} ms")
    print(f"discord.max_jobs_per_second {BURST / took:.0f} jobs/s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in (("steady", steady), ("burst", burst)):
            if name in os.environ.get("PARTS", "steady burst"):  # one part can be selected
                (Path(folder) / name).mkdir()
                asyncio.run(measure(Path(folder) / name))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("steady" | "burst") as part]:
            if PROFILE:
                profiled(part == "steady")
            else:
                asyncio.run(be_the_bot(True))
        case ["loopback"]:
            asyncio.run(be_discord())
        case ["bare", api, token, host, calls]:
            asyncio.run(be_bare(api, token, host, json.loads(calls)))
        case _:
            main()
