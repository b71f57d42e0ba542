"""Photoplay's own worker as a process, on a platform whose chat is a loopback server: for killing."""

import asyncio
import signal
import sys

import aiohttp

from bot import config, logs
from bot.app import open_app, secrets_of
from bot.conversation import Posted, Reply
from bot.model import Address, Job


class HttpChat:
    """Sends over a socket, so that it can hang."""

    once = True

    def __init__(self, base: str) -> None:
        self._base = base

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        said = {"nonce": nonce, "clip": reply.clip is not None}
        async with aiohttp.ClientSession() as session, session.post(f"{self._base}/send", json=said) as response:
            return Posted(str((await response.json())["id"]))

    async def edit(self, address: Address, message: str, reply: Reply) -> None: ...

    async def remove(self, address: Address, message: str) -> None: ...

    def person(self, user: str) -> Address | None: ...

    def alone(self, job: Job) -> Address | None: ...


async def work() -> None:
    settings = config.load()
    logs.set_up("INFO", secrets_of(settings))
    async with open_app(settings, {"test": HttpChat(settings.aimlapi_url)}) as app:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.worker.stop)
        await app.worker.run()


if __name__ == "__main__":
    asyncio.run(work())
    sys.exit(0)
