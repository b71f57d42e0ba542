"""`photoplay run` with both platforms and nothing to do: how soon it is there and answers, and what standing by costs.

Telegram, Discord and the paid host are in this process.
"""

import asyncio
import os
import sys
import tempfile
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from bench.loopback import Host, Telegram, clip, photo
from bench.telegram import ROOT, p99, spent
from tests.loopback.discord.server import DiscordApi

STARTS = int(os.environ.get("STARTS", 5))
PHOTOS = int(os.environ.get("PHOTOS", 100))
SECONDS = float(os.environ.get("SECONDS", 30))
WARM_UP = 3
"""Photos that are not counted: the decoder is started for the first one."""
SETTLE = 5.0
"""Seconds after which a start is over."""
PAUSE = 0.2
"""Seconds between two photos, in which what follows the status line is done."""


@asynccontextmanager
async def a_bot(folder: Path, telegram: Telegram, discord: DiscordApi, host: Host) -> AsyncIterator[psutil.Process]:
    """The program, with a page that is not opened."""
    settings = {
        "DATA_DIR": str(folder),
        "PORT": "0",
        "LOG_LEVEL": "ERROR",
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.base,
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_URL": discord.base,
        "AIMLAPI_KEY": "key",
        "AIMLAPI_URL": host.base,
        "PROVIDER_SLOTS": "1000",
        "DAILY_CREDITS": "1000",
        "ASK_CONSENT": "false",
        "CEILING_DAY": "1000000",
        "CEILING_MONTH": "1000000",
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run"),
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
        stdin=DEVNULL,
        stdout=DEVNULL,
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def start(folder: Path, *parts: Any) -> tuple[float, float]:
    """Seconds from the start of the process to the answer of a message that waits, and those of processor time."""
    telegram, discord, _ = parts
    user = telegram.user("Early")
    telegram.say(user, telegram.private(user), "/help")
    telegram.counts.clear()
    began = time.monotonic()
    async with a_bot(folder, *parts) as bot:
        await telegram.until(lambda: telegram.counts["sendMessage"], 60)
        took = time.monotonic() - began, spent(bot)
        await discord.until(lambda: discord.connected and discord.commands[None], 60)  # else it is torn from its start
        return took


async def main() -> None:
    telegram, discord, host, picture = parts = Telegram(), DiscordApi(), Host(clip()), photo()
    async with AsyncExitStack() as stack:
        for server in (telegram, discord, host):
            await stack.enter_async_context(server.serve())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await start(folder, *parts[:3])  # it makes the database
        starts = [await start(folder, *parts[:3]) for _ in range(STARTS)]
        print(f"idle.start_s {median(took for took, _ in starts):.2f} s")
        print(f"idle.start_cpu_s {median(cpu for _, cpu in starts):.2f} s", flush=True)
        bot = await stack.enter_async_context(a_bot(folder, *parts[:3]))
        await telegram.until(lambda: telegram.counts["getUpdates"], 60)
        await asyncio.sleep(SETTLE)
        before, began = spent(bot), time.monotonic()
        await asyncio.sleep(SECONDS)
        print(f"idle.cpu_percent {(spent(bot) - before) / (time.monotonic() - began) * 100:.2f} %")
        print(f"idle.rss_mb {bot.memory_info().rss / 2**20:.0f} MB", flush=True)
        telegram.replies = []
        for n in range(WARM_UP + PHOTOS):
            user = telegram.user(f"Person {n}")
            telegram.photo(user, telegram.private(user), picture, "a wave rolls in")
            await telegram.until(lambda n=n: len(telegram.replies) > n, 60)
            await asyncio.sleep(PAUSE)
        waits = [seconds * 1000 for seconds in telegram.replies[WARM_UP:]]
        print(f"telegram.first_reply_ms {median(waits):.1f} ms")
        print(f"telegram.first_reply_p99_ms {p99(waits):.1f} ms")
        print(f"telegram.first_reply_least_ms {min(waits):.1f} ms", flush=True)


if __name__ == "__main__":
    asyncio.run(main())
