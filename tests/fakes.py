"""Fakes of our own ports: scripted providers, a chat that records messages, failing calls."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bot.conversation import Posted, Reply
from bot.errors import PhotoplayError, StoreDown
from bot.model import Accepted, Address, Finished, Job, Order, Pending, Refused, Terms


class ScriptedProvider:
    """A provider that answers `create` and `poll` from lists, repeating the last entry. Counts purchases."""

    def __init__(self, clip: bytes, *, masks: bool = True, stand_in: bool = True) -> None:
        self.creates: list[Accepted | Refused | Exception] = [Accepted("local", "remote")]
        self.polls: list[Pending | Finished | Refused | Exception] = [Pending(), Finished("secret://clip")]
        self.clips: list[bytes | Exception] = [clip]
        self.orders: list[Order] = []
        self.requests: list[str] = []
        self.receipts = 0.0
        """Seconds for which the log is asked; 0: there is none."""
        self.log: list[Accepted | Refused | Pending | Exception] = [Pending()]
        self.looks: list[tuple[str | None, str, float, float]] = []
        self.polled = 0
        self.masks = masks
        self.stand_in = stand_in

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        return Terms(host or "local", self.stand_in, self.masks, blind=10.0, usual=300.0)

    def hosts(self) -> Sequence[str]:
        return ("local",)

    async def create(self, order: Order, request_id: str) -> Accepted | Refused:
        self.orders.append(order)
        self.requests.append(request_id)
        said: Accepted | Refused = _next(self.creates)
        return said

    def asked_for(self, host: str | None) -> float:
        return self.receipts

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        self.looks.append((host, request_id, since, until))
        said: Accepted | Refused | Pending = _next(self.log)
        return said

    async def poll(self, host: str, remote_id: str, age: float, order: Order) -> Pending | Finished | Refused:
        self.polled += 1
        said: Pending | Finished | Refused = _next(self.polls)
        return said

    async def balances(self) -> Mapping[str, float]:
        return {"local": 12.345678}

    async def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        yield _next(self.clips)


def _next(script: list[Any]) -> Any:
    said = script.pop(0) if len(script) > 1 else script[0]
    if isinstance(said, Exception):
        raise said
    return said


class RecordingChat:
    """A chat that records messages, and raises the exceptions in `trouble`, one per call."""

    once = True

    def __init__(self) -> None:
        self.sent: list[tuple[Address, Reply]] = []
        self.clips: list[bytes] = []
        self.edits: list[tuple[str, str]] = []
        self.removed: list[str] = []
        self.trouble: list[PhotoplayError] = []

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        self._fail()
        self.sent.append((address, reply))
        if reply.clip:
            self.clips.append(reply.clip.file.read())
        return Posted(f"message-{len(self.sent)}")

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        self._fail()
        self.edits.append((message, reply.text))

    async def remove(self, address: Address, message: str) -> None:
        self._fail()
        self.removed.append(message)

    def person(self, user: str) -> Address | None:
        return Address("telegram", user)

    def alone(self, job: Job) -> Address | None:
        return Address(job.address.platform, "private") if job.address.chat != "private" else None

    def texts(self) -> Sequence[str]:
        return [reply.text for _, reply in self.sent]

    def _fail(self) -> None:
        if self.trouble:
            raise self.trouble.pop(0)


class QuickProvider(ScriptedProvider):
    """Looked at again at once."""

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        return Terms(host or "local", self.stand_in, self.masks, blind=0.02, usual=120.0)


async def briefly(seconds: float) -> None:
    """A pause that a test need not sit through."""
    await asyncio.sleep(min(seconds, 0.05))


def breaks(target: object, name: str, times: int = 1, *, done: bool = False) -> None:
    """The next calls of this method of the store raise `StoreDown`; with `done` they have been carried out."""
    real = getattr(target, name)
    left = itertools.count(times, -1)

    async def call(*args: Any, **named: Any) -> Any:
        broken = next(left) > 0
        result = await real(*args, **named) if done or not broken else None
        if broken:
            raise StoreDown("the disk is full")
        return result

    setattr(target, name, call)
