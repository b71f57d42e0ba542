"""The one door: whatever a person sends, on any platform, is an `Inbound`, and gets a `Reply`."""

import logging
from contextlib import suppress
from dataclasses import replace

from bot import idempotency, rights, texts
from bot.commands import invocation, table
from bot.context import Context, Inbox
from bot.errors import Denial, Illegal, Refusal, StoreDown
from bot.gallery import age, reactions
from bot.jobs import machine
from bot.model import MENTION, Address, Inbound, Job, Reply
from bot.ordering import about, place, prompt, status_line, waiting
from bot.privacy import deletion
from bot.quotas import balance

log = logging.getLogger(__name__)

__all__ = ["Core", "Inbox"]

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

        The same message again changes nothing, and gets the answer that it got the first time. Raises `StoreDown` only
        where nobody waits for an answer: for a reaction, an edit, and for what is not said to us.
        """
        inbound = replace(inbound, text=invocation.canonical(_legible(inbound.text)), tiers=inbound.tiers - {"admins"})
        if inbound.reaction:
            await reactions.reacted(self.context, inbound, inbound.reaction)
            return about.SILENCE
        if inbound.edited:
            return await about.edited(self.context, inbound)
        try:
            meant = await about.meant(self.context, inbound)
            if isinstance(meant, Reply):
                return meant
            again = table.again(meant.text)
            if earlier := await idempotency.command_given(self.context, meant, again):
                return earlier
            if meant.scope:
                meant = replace(meant, scope=await self.context.store.books.scope(meant.scope))
        except StoreDown as error:
            if not inbound.called:
                raise
            log.error("nothing could be answered: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)
        if inbound.late and _is_act(inbound.text):
            return Reply(texts.admin.CUT_OFF, refused=True, private=True)
        reply = await self._answer(meant)
        await idempotency.keep(self.context, meant, reply, again)
        return replace(reply, bare=True) if reply.ask is not None and meant.text != inbound.text else reply

    async def _answer(self, inbound: Inbound) -> Reply:
        try:
            if len(inbound.text) > prompt.TEXT_LIMIT:
                raise Refusal(texts.chat.too_wordy(len(inbound.text), prompt.TEXT_LIMIT, "A message"))
            row = table.of(inbound.text)
            rights.check_person(inbound, personal=row is not None and row.personal)
            await age.note(self.context, inbound)
            if not (row and row.names):
                inbound = spelled(inbound)
            if inbound.text.startswith("/") and (row or not inbound.attachments):
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
            there = not reply.repeats or await self.context.store.retention.repeated(
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

    async def first_time(self, chat: Address, name: str) -> bool:
        """Whether something is told in this chat for the first time; from now on it is not. Raises `StoreDown`."""
        return await about.first_time(self.context, chat, name)

    async def own(self, inbound: Inbound, job_id: str) -> Job | None:
        """A job, if it is the person's."""
        return await about.own(self.context, inbound, job_id)

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


def _is_act(text: str) -> bool:
    """Whether it is an admin's word: done twice, it would give or take twice."""
    row, argument = table.of(text), text.partition(" ")[2]
    return row is not None and (row.audience != "everyone" or bool(row.manages and argument))


def _legible(text: str) -> str:
    """Without what no database and no provider can take: zero bytes and halves of characters."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
