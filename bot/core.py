"""The one door: whatever a person sends, on any platform, is an `Inbound`, and gets a `Reply`."""

import logging
from contextlib import suppress
from dataclasses import replace

from bot import idempotency, texts
from bot.commands import invocation, table
from bot.context import Context
from bot.errors import Denial, Illegal, Refusal, StoreDown
from bot.gallery import sharing
from bot.jobs import machine
from bot.model import MENTION, Address, Inbound, Job, Reply
from bot.ordering import place, prompt, status_line, waiting
from bot.privacy import deletion
from bot.quotas import balance

log = logging.getLogger(__name__)

ALWAYS_TOLD = frozenset({"console", "web"})
"""Platforms where nobody else is bothered by hearing the same denial again."""
QUIET = 60.0
"""Seconds in which the same denial is told a person once."""
MOST_DENIALS = 10_000


class Core:
    """What Photoplay does, whoever asks and wherever."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._denials: dict[tuple[str, str, str], float] = {}

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer anything. What cannot be done is said in words; nothing is spent then.

        The same message again changes nothing, and gets the answer that it got the first time.
        """
        inbound = replace(inbound, text=invocation.canonical(_legible(inbound.text)), tiers=inbound.tiers - {"admins"})
        try:
            if earlier := await idempotency.command_given(self.context, inbound):
                return earlier
            if inbound.scope:
                inbound = replace(inbound, scope=await self.context.store.books.scope(inbound.scope))
        except StoreDown as error:
            log.error("nothing could be answered: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)
        reply = await self._answer(inbound)
        await idempotency.keep(self.context, inbound, reply)
        return reply

    async def _answer(self, inbound: Inbound) -> Reply:
        try:
            if len(inbound.text) > prompt.TEXT_LIMIT:
                raise Refusal(texts.chat.too_wordy(len(inbound.text), prompt.TEXT_LIMIT, "A message"))
            if not table.takes_names(inbound.text):
                inbound = spelled(inbound)
            if inbound.text.startswith("/") and (not inbound.attachments or table.named(inbound.text)):
                return await table.run(self.context, inbound)
            return await place.order(self.context, inbound)
        except Denial as denial:
            return Reply("" if self._was_told(inbound, denial) else str(denial), refused=True)
        except Refusal as refusal:
            return Reply(str(refusal), refused=True)
        except StoreDown as error:
            log.error("an order could not be taken: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)

    async def track(self, job_id: str, status_id: str, shown: str) -> bool:
        """Tell which message is a job's status line. False: the job is done already, take the line away."""
        return await self.context.store.track(job_id, status_id, shown)

    async def stands(self, reply: Reply, place: Address) -> bool:
        """Note what a message shows that may have to go. False: some of it is gone already, take the message away."""
        try:
            there = not reply.repeats or await self.context.store.traces.repeated(
                reply.repeats, place, self.context.clock()
            )
            return there and all([await self.context.store.gallery.showed(share, place) for share in reply.shares])
        except StoreDown as error:  # to say so would have it shown a third time
            log.error("what a message shows could not be saved: %s", error)
            return True

    async def origin(self, reply: Reply) -> Address | None:
        """The message with the photo that a reply is about, be the order placed or still waiting for an answer."""
        if reply.job:
            job = await self.context.store.job(reply.job)
            return job.address if job else None
        parked = await self.context.store.books.parked(reply.waits) if reply.waits else None
        return (await self.context.store.books.read(parked.body)).address if parked else None

    async def closed(self, chat: Address) -> None:
        """Nobody can be answered in `chat` any more: what is still in line for it is given back."""
        for job in await self.context.store.queued(chat):
            with suppress(Illegal):
                await self.context.store.change(
                    job.id, lambda job: machine.apply(job, machine.Cancelled(), self.context.clock())
                )
        self.context.wake.worker()

    async def answered(self, inbound: Inbound) -> Reply | None:
        """The answer that this message got before. Raises `StoreDown`."""
        return await idempotency.given(self.context, inbound)

    async def reacted(self, inbound: Inbound, on: bool) -> None:
        """Somebody put a heart under a message of ours, or took it away."""
        await sharing.reacted(self.context, inbound, on)

    async def waiting(self, inbound: Inbound) -> list[tuple[Job, Reply]]:
        """The person's orders that wait for an answer, oldest first, each with its question."""
        return await waiting.listed(self.context, inbound)

    async def deleted(self, inbound: Inbound) -> list[str]:
        """The ids of clips that were deleted of late, for a page that may still show them."""
        return await deletion.noted(self.context, inbound)

    async def allowance(self, inbound: Inbound) -> str:
        """What the person has left, in a sentence."""
        return (await balance.standing(self.context, inbound)).sentence

    async def status(self, job: Job) -> Reply:
        """The status line of a job as it stands."""
        return await status_line.of(self.context, job)

    async def state(self, job: Job) -> str:
        """Where a job is, in a few words."""
        return await status_line.state(self.context, job)

    def _was_told(self, inbound: Inbound, denial: Denial) -> bool:
        """Whether the person heard the same a moment ago, in a place where others read along."""
        if inbound.address.platform in ALWAYS_TOLD:
            return False
        key, now = (inbound.person, inbound.scope, denial.cause), self.context.clock()
        if now - self._denials.get(key, -QUIET) < QUIET:
            return True
        if len(self._denials) >= MOST_DENIALS:
            self._denials.clear()
        self._denials[key] = now
        return False


def spelled(inbound: Inbound) -> Inbound:
    """With names written out, for words that are not about somebody's credits."""
    pieces = inbound.text.split(MENTION)
    if len(pieces) == 1:
        return inbound
    labels = [f"@{named.label}" for named in inbound.named] + [""] * len(pieces)
    text = "".join(piece + label for piece, label in zip(pieces, [*labels[: len(pieces) - 1], ""], strict=True))
    return replace(inbound, text=text, named=())


def _legible(text: str) -> str:
    """Without what no database and no provider can take: zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
