"""The bot on one CPU core, Telegram and the provider on the other; for comparison the same calls without a bot.

Steady state of 10 photos per second: each second ten photos arrive and ten clips are done, with thousands of renders
running. Decoder processes use the other core, and are measured separately.
"""

import asyncio
import json
import os
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from adapters.telegram import rate_limit
from bench.loopback import clip, photo, render
from bot import app, config, logs
from bot.__main__ import collect_rarely
from bot.jobs import machine
from bot.jobs.polling import Rhythm
from bot.model import Accepted, Address, Clip, Job, Order, Photo, Render
from storage import open_store
from storage.jobs import Store
from tests.loopback.provider.paid import PATH

RATE = float(os.environ.get("PHOTOS_A_SECOND", 10))
SECONDS = float(os.environ.get("SECONDS", 60))
IN_FLIGHT = int(os.environ.get("IN_FLIGHT", 3_000))
BURST = int(os.environ.get("BURST", 600))
BARE_SECONDS = min(SECONDS, 20.0)
WARM_UP = 5.0
DRAIN = 3.0
"""Seconds to wait for replies after the last photo."""
ROOT = Path(__file__).parent.parent
PROFILE = os.environ.get("PROFILE", "")
"""File for a cProfile of the bot, which makes the figures useless."""


# ── The bot ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def be_the_bot(limited: bool) -> None:
    """`photoplay run` without its web server."""
    collect_rarely()
    settings = config.load()
    logs.set_up("ERROR", app.secrets_of(settings))
    if not limited:
        rate_limit.RateLimiter = partial(rate_limit.RateLimiter, off=True)
    async with app.open_app(settings, social=True) as wired:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, wired.worker.stop)
        listening = asyncio.create_task(wired.supervisor.run())
        await wired.worker.run()
        listening.cancel()
        await asyncio.wait({listening})


def profiled(limited: bool) -> None:
    import cProfile

    profile = cProfile.Profile()
    with suppress(SystemExit):
        profile.runcall(asyncio.run, be_the_bot(limited))
    profile.dump_stats(f"{PROFILE}.{'steady' if limited else 'burst'}")


async def fill(folder: Path, jobs: Sequence[Mapping[str, Any]], renders: Sequence[float], start: float) -> None:
    """A database with these past `renders` (seconds, the newest first) and these running `jobs`."""
    store = await open_store(folder)
    model = config.Settings.model_fields["model"].default
    order = Order(model, Photo("photo.jpg", 1280, 960), "a wave rolls in")
    rhythm = Rhythm.of([Render(took) for took in renders])

    async def remember(n: int, took: float) -> None:
        began = start - took - n / 10  # ten ended per second, as the running ones will
        job = Job(f"old{n}", f"old{n}", "test:old", Address("test", "old"), order, 5, "day", began, began)
        await store.submit(job, machine.hold(job), None)
        await happen(store, job, machine.Started(), began)
        job = await happen(store, job, Accepted("aimlapi", f"old{n}"), began)
        job = await happen(store, job, machine.Rendered(Clip("old.mp4", 64, 48, 5.0, 1)), began + took)
        await happen(store, job, machine.Sent(), began + took)

    async def go_on(n: int, said: Mapping[str, Any]) -> None:
        began, elapsed = said["began"], 0.0
        while began + elapsed < start:
            elapsed += rhythm.next_poll(elapsed)
        platform = said.get("platform", "telegram")
        where = Address(platform, said["chat"], said["message"])
        key, person = f"{platform}:{n}", f"{platform}:{said['person']}"
        job = Job(f"job{n}", key, person, where, order, 5, "day", began, began)
        await store.submit(job, machine.hold(job), None)
        await happen(store, job, machine.Started(), began)
        await happen(store, job, Accepted("aimlapi", said["id"]), began, began + elapsed)
        await store.track(job.id, said["line"], "…")

    await asyncio.gather(*(remember(n, took) for n, took in enumerate(renders)))
    await asyncio.gather(*(go_on(n, said) for n, said in enumerate(jobs)))
    await store.close()


async def happen(store: Store, job: Job, event: machine.Event, at: float, due_at: float | None = None) -> Job:
    found = await store.job(job.id)
    assert found
    changed, entry = machine.apply(found, event, at, due_at)
    await store.save(changed, entry)
    return changed


# ── The same calls without a bot ─────────────────────────────────────────────────────────────────────────────────────


CLIP, POSTER = Path("clip.mp4"), Path("poster.jpg")
CALLS = {
    **dict.fromkeys(("getFile", "sendMessage", "create", "clip", "sendVideo", "deleteMessage"), 1.0),
    **{"poll": 7.9, "editMessageText": 3.1},
}
"""Calls of a job in commit 491fd75, at 3 photos a second with 900 in flight: fixed, or fewer calls lower both sides."""


def upload(chat: int, about: str) -> aiohttp.FormData:
    """A clip being uploaded; the client closes the files."""
    form = aiohttp.FormData({"chat_id": str(chat), "reply_parameters": about, "caption": "a wave rolls in"})
    form.add_field("video", CLIP.open("rb"), filename=CLIP.name)
    form.add_field("thumbnail", POSTER.open("rb"), filename=POSTER.name)
    return form


async def be_bare(bot: str, files: str, host: str, calls: Mapping[str, float]) -> None:
    """The comparison: for each photo, makes the calls of one job sequentially."""
    owed = dict.fromkeys(calls, 0.0)
    create = {"model": "kling", "prompt": "a wave rolls in", "duration": 5}

    def times(name: str) -> range:
        owed[name] += calls.get(name, 0.0)
        whole = int(owed[name])
        owed[name] -= whole
        return range(whole)

    async def job(http: aiohttp.ClientSession, message: Mapping[str, Any]) -> None:
        async def call(method: str, **params: Any) -> Any:
            async with http.post(f"{bot}/{method}", data=params) as response:
                return (await response.json()).get("result")

        chat = message["chat"]["id"]
        about = json.dumps({"message_id": message["message_id"]})
        taken, line = b"", 0
        for _ in times("getFile"):
            file = await call("getFile", file_id=message["photo"][-1]["file_id"])
            async with http.get(f"{files}/{file['file_path']}") as response:
                taken = await response.read()
        for _ in times("sendMessage"):
            line = (await call("sendMessage", chat_id=chat, text="…", reply_parameters=about))["message_id"]
        for _ in times("create"):
            async with http.post(f"{host}{PATH}", json=create | {"image_url": taken.hex()[:133_000]}) as response:
                await response.json()
        for _ in times("poll"):
            async with http.get(f"{host}{PATH}", params={"generation_id": "x|9e99"}) as response:
                await response.json()
        for _ in times("editMessageText"):
            await call("editMessageText", chat_id=chat, message_id=line, text=f"{time.monotonic()}")
        for _ in times("clip"):
            async with http.get(f"{host}/clip.mp4") as response:
                await response.read()
        for _ in times("sendVideo"):
            async with http.post(f"{bot}/sendVideo", data=upload(chat, about)) as response:
                await response.json()
        for _ in times("deleteMessage"):
            await call("deleteMessage", chat_id=chat, message_id=line)

    jobs: set[asyncio.Task[None]] = set()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)

    async def listen(http: aiohttp.ClientSession) -> None:
        offset = 0
        while True:
            async with http.post(f"{bot}/getUpdates", data={"offset": offset, "timeout": 25}) as response:
                updates = (await response.json())["result"]
            for update in updates:
                offset = update["update_id"] + 1
                task = asyncio.create_task(job(http, update["message"]))
                jobs.add(task)
                task.add_done_callback(jobs.discard)

    async with aiohttp.ClientSession() as http:
        listening = asyncio.create_task(listen(http))
        await stopped.wait()
        listening.cancel()
        await asyncio.wait({listening, *jobs})


# ── Measuring ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Loopback:
    """The process with Telegram, the provider and the people."""

    def __init__(self, process: Process, told: Mapping[str, str]) -> None:
        self._process = process
        self.token, self.telegram, self.host = told["token"], told["telegram"], told["host"]

    async def ask(self, do: str, **rest: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": do, **rest}).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())


@asynccontextmanager
async def loopback() -> AsyncIterator[Loopback]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.loopback"), cwd=ROOT, stdin=PIPE, stdout=PIPE, limit=2**24
    )
    try:
        assert process.stdout
        yield Loopback(process, json.loads(await process.stdout.readline()))
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def on_one_core(
    folder: Path, *args: str, module: str = "bench.telegram", **settings: str
) -> AsyncIterator[psutil.Process]:
    """A process of a module, alone on the first CPU core."""
    first = min(os.sched_getaffinity(0))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module, *args),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PROFILE": PROFILE, **settings},
        preexec_fn=lambda: os.sched_setaffinity(0, {first}),
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 15)
        if process.returncode is None:
            process.kill()
        await process.wait()


def a_bot(folder: Path, there: Loopback, *, limited: bool) -> Any:
    return on_one_core(
        folder,
        "bot" if limited else "bot-unlimited",
        DATA_DIR=str(folder),
        TELEGRAM_TOKEN=there.token,
        TELEGRAM_API_URL=there.telegram,
        AIMLAPI_KEY="key",
        AIMLAPI_URL=there.host,
        PROVIDER_SLOTS="100000",
        DAILY_CREDITS="100000",
        ASK_CONSENT="false",
        CEILING_DAY="1000000000",
        CEILING_MONTH="1000000000",
    )


def spent(process: psutil.Process) -> float:
    """Seconds of CPU time of a process, without its children."""
    times = process.cpu_times()
    return float(times.user + times.system)


def spent_on_files(decoders: Sequence[psutil.Process]) -> float:
    """Seconds of CPU time of the decoders and their forks."""
    times = [decoder.cpu_times() for decoder in decoders]
    return float(sum(each.children_user + each.children_system for each in times)) + sum(map(spent, decoders))


def set_apart(process: psutil.Process) -> list[psutil.Process]:
    """Move the decoder processes to the other CPU core."""
    children = process.children()
    for child in children:
        child.cpu_affinity([max(os.sched_getaffinity(0))])
    return children


def p99(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


async def steady(folder: Path) -> None:
    async with loopback() as there:
        start = time.time() + 8
        dice = random.Random(11)
        jobs = await there.ask("settle", count=IN_FLIGHT, start=start)
        await fill(folder, jobs, [render(dice) for _ in range(200)], start)
        await there.ask("limits", on=True)
        async with a_bot(folder, there, limited=True) as bot:
            await there.ask("steadily", rate=RATE, seconds=WARM_UP + max(0.0, start - time.time()))
            children = set_apart(bot)
            await there.ask("figures")
            before, before_media = spent(bot), spent_on_files(children)
            calls = await there.ask("steadily", rate=RATE, seconds=SECONDS)
            used = spent(bot) - before
            media = spent_on_files(children) - before_media
            await asyncio.sleep(DRAIN)
            told = await there.ask("figures")
        # On a busy machine, not what was asked for in these seconds is what was done in them.
        photos = calls["create"]
        print(f"telegram.reply_p99_s {p99(told['replies'] + [DRAIN] * told['unanswered']):.2f} s")
        print(f"telegram.upload_p99_s {p99(told['uploads'] + [DRAIN] * told['unsent']):.2f} s")
        print(f"telegram.cpu_ms_per_job {used / photos * 1000:.1f} ms")
        print(f"media.cpu_ms_per_photo {media / photos * 1000:.1f} ms", flush=True)
        if told["violations"]:  # on a busy machine, calls sent a second apart can arrive together
            print(f"Telegram refused {told['violations']} calls as too many at once", file=sys.stderr)
        bare = await bare_cost(folder, there)
        print(f"telegram.cpu_ratio {used / photos / bare:.2f} ×", flush=True)


async def bare_cost(folder: Path, there: Loopback) -> float:
    """Seconds of CPU time for `CALLS`."""
    (folder / CLIP).write_bytes(clip())
    (folder / POSTER).write_bytes(photo(25_000))
    await there.ask("limits", on=False)
    bot, files = f"{there.telegram}/bot{there.token}", f"{there.telegram}/file/bot{there.token}"
    async with on_one_core(folder, "bare", bot, files, there.host, json.dumps(CALLS)) as bare:
        await there.ask("steadily", rate=RATE, seconds=WARM_UP)
        before = spent(bare)
        calls = await there.ask("steadily", rate=RATE, seconds=BARE_SECONDS)
        used = spent(bare) - before
    return used / float(calls["create"])


async def burst(folder: Path) -> None:
    async with loopback() as there:
        await fill(folder, [], [1.0] * 200, time.time())
        await there.ask("quick")
        async with a_bot(folder, there, limited=False) as bot:
            await there.ask("at once", count=min(20, BURST), within=20)
            set_apart(bot)
            before = spent(bot)
            took = await there.ask("at once", count=BURST, within=60)
            used = spent(bot) - before
            told = await there.ask("figures")
        assert not told["unanswered"], told["unanswered"]
    print(f"telegram.burst_cpu_ms_per_job {used / BURST * 1000:.1f} ms")
    print(f"telegram.max_jobs_per_second {BURST / took:.0f} jobs/s", flush=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, measure in (("steady", steady), ("burst", burst)):
            if name in os.environ.get("PARTS", "steady burst"):  # one part can be selected
                (Path(folder) / name).mkdir()
                asyncio.run(measure(Path(folder) / name))


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("bot" | "bot-unlimited") as kind]:
            if PROFILE:
                profiled(kind == "bot")
            else:
                asyncio.run(be_the_bot(kind == "bot"))
        case ["bare", bot, files, host, calls]:
            asyncio.run(be_bare(bot, files, host, json.loads(calls)))
        case _:
            main()
