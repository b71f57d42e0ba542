"""What a process reports of itself while it works. The wrappers let the core know nothing of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal

from bot.conversation import Posted, Reply
from bot.errors import Ambiguous, ChatError, Flood, Gone, NotSent, TooLarge, Unconfirmed, Unshowable
from bot.model import Accepted, Address, Finished, Job, Order, Pending, Refused, Terms
from bot.ports import Chat, Provider

Kind = Literal["send", "edit", "remove"]

RESULTS: Sequence[tuple[type[BaseException], str]] = (
    (Flood, "flood"),
    (Unshowable, "unshowable"),
    (Gone, "gone"),
    (TooLarge, "too_large"),
    (Unconfirmed, "unconfirmed"),
    (TimeoutError, "unconfirmed"),
    (ChatError, "failed"),
)
"""Results of a message that did not arrive, by error; the first that fits."""


class Meters:
    """Takes measurements, and keeps none: without METRICS_PORT."""

    def ended(self, job: Job) -> None:
        """A job is done."""

    def bought(self, host: str, result: str) -> None:
        """An order was answered: `accepted`, `refused`, `not_sent`, `ambiguous` or `broken`. `host`: empty if none took
        it."""

    def polled(self, host: str, result: str) -> None:
        """A poll was answered: `pending`, `finished`, `refused` or `failed`."""

    def asked(self, host: str, method: str, result: str) -> None:
        """A host answered a request: an HTTP status, `silence`, or `unsent`."""

    def said(self, platform: str, kind: Kind, result: str) -> None:
        """A platform was given a message: `ok`, or one of `RESULTS`."""

    def database(self, kind: str, seconds: float) -> None:
        """A transaction ended."""

    def lagged(self, seconds: float) -> None:
        """The event loop came back to a sleeping task this late."""


class MeteredProvider:
    """A `Provider` that reports what it answers."""

    def __init__(self, provider: Provider, meters: Meters) -> None:
        self._provider = provider
        self._meters = meters

    def hosts(self) -> Sequence[str]:
        return self._provider.hosts()

    def terms(self, host: str | None = None, model: str = "") -> Terms:
        return self._provider.terms(host, model)

    async def create(self, order: Order, request_id: str) -> Accepted | Refused:
        host, result = "", "broken"
        try:
            said = await self._provider.create(order, request_id)
            host, result = (said.host, "accepted") if isinstance(said, Accepted) else ("", "refused")
            return said
        except NotSent:
            result = "not_sent"
            raise
        except (Ambiguous, TimeoutError, asyncio.CancelledError):
            result = "ambiguous"
            raise
        finally:
            self._meters.bought(host, result)

    def asked_for(self, host: str | None) -> float:
        return self._provider.asked_for(host)

    async def look(self, host: str | None, request_id: str, since: float, until: float) -> Accepted | Refused | Pending:
        return await self._provider.look(host, request_id, since, until)

    async def poll(self, host: str, remote_id: str, age: float, order: Order) -> Pending | Finished | Refused:
        said = await self._provider.poll(host, remote_id, age, order)
        match said:
            case Finished():
                result = "finished"
            case Refused():
                result = "refused"
            case Pending():
                result = "failed" if said.failed else "pending"
        self._meters.polled(host, result)
        return said

    async def balances(self) -> Mapping[str, float]:
        return await self._provider.balances()

    def fetch(self, host: str, url: str) -> AsyncIterator[bytes]:
        return self._provider.fetch(host, url)


class MeteredChat:
    """A `Chat` that reports what becomes of its messages."""

    def __init__(self, platform: str, chat: Chat, meters: Meters) -> None:
        self._platform = platform
        self._chat = chat
        self._meters = meters
        self.once = chat.once

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        try:
            posted = await self._chat.send(address, reply, nonce=nonce)
        except BaseException as error:
            self._report("send", error)
            raise
        self._report("send")
        return posted

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        try:
            await self._chat.edit(address, message, reply)
        except BaseException as error:
            self._report("edit", error)
            raise
        self._report("edit")

    async def remove(self, address: Address, message: str) -> None:
        try:
            await self._chat.remove(address, message)
        except BaseException as error:
            self._report("remove", error)
            raise
        self._report("remove")

    def person(self, user: str) -> Address | None:
        return self._chat.person(user)

    def alone(self, job: Job) -> Address | None:
        return self._chat.alone(job)

    def _report(self, kind: Kind, error: BaseException | None = None) -> None:
        result = (
            "ok" if error is None else next((name for kind_, name in RESULTS if isinstance(error, kind_)), "broken")
        )
        self._meters.said(self._platform, kind, result)
