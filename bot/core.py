"""The one entry point: every message of a person, from any platform, is an `Inbound`, answered by a `Reply`."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot import idempotency, log_context, platforms, rights, texts
from bot.admin.overview import Overview
from bot.commands import films, help, invocation, table
from bot.context import Context, Inbox
from bot.conversation import MENTION, Inbound, Reply
from bot.errors import Denial, Illegal, Refusal, StoreDown
from bot.gallery import age, reactions
from bot.jobs import machine
from bot.model import ID, Address, Job
from bot.offers import SEEN, Choice
from bot.ordering import about, choosing, place, prompt, questions, status_line, waiting
from bot.privacy import deletion
from bot.quotas import balance
from bot.sentence import EMPTY, Sentence, packed

log = logging.getLogger(__name__)

__all__ = ["Core", "Inbox"]

QUIET = 60.0
"""Seconds in which a person is told the same denial only once."""
MOST_DENIALS = 10_000


class Core:
    """Photoplay's functions, independent of the platform."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.overview = Overview(lambda: self.context)
        """For the operator's page."""
        self._denials: dict[tuple[str, str, str, str], float] = {}

    async def handle(self, inbound: Inbound) -> Reply:
        """Answer an inbound message. Refusals are replies in words, and free.

        A repeated message changes nothing and gets its first reply. Raises `StoreDown` only where no reply is expected:
        for reactions, edits, and messages that are not addressed to the bot.
        """
        with log_context.about(platform=inbound.address.platform):
            return (await self._handled(inbound)).into(inbound.language)

    async def _handled(self, inbound: Inbound) -> Reply:
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
                return _of_meant(inbound, meant, earlier)
            meant = await self._moved(meant)
        except StoreDown as error:
            if not inbound.called:
                raise
            log.error("nothing could be answered: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)
        if inbound.late and _is_act(meant.text):
            return Reply(texts.chat.CUT_OFF, refused=True, private=True)
        reply = await self._answer(meant)
        await idempotency.keep(self.context, meant, reply, again)
        return _of_meant(inbound, meant, reply)

    async def _answer(self, inbound: Inbound) -> Reply:
        try:
            if len(inbound.text) > prompt.TEXT_LIMIT:
                raise Refusal(texts.options.too_wordy(len(inbound.text), prompt.TEXT_LIMIT, "message"))
            row = table.of(inbound.text)
            rights.check_person(inbound, personal=row is not None and row.personal)
            await age.note(self.context, inbound)
            if not (row and row.names):
                inbound = spelled(inbound)
            said = row or invocation.command(inbound.text)
            if inbound.text.startswith("/") and (said or not inbound.attachments):  # such a word is never bought
                return await table.run(self.context, inbound)
            return await place.order(self.context, inbound)
        except Denial as denial:
            return Reply(EMPTY if self._was_told(inbound, denial) else denial.sentence, refused=True)
        except Refusal as refusal:
            return Reply(refusal.sentence, refused=True)
        except StoreDown as error:
            log.error("an order could not be taken: %s", error)
            return Reply(texts.chat.TRY_LATER, refused=True)

    async def options(self, inbound: Inbound) -> Sequence[tuple[Sentence, str, Choice]]:
        """Every model that the person may order there, their usual one first: in words, as a form's value, and itself.

        Without the database it is every model that is offered.
        """
        try:
            can = await choosing.offers(self.context, await self._moved(inbound))
        except StoreDown as error:
            log.warning("what somebody may order could not be looked up: %s", error)
            can = self.context.offers()
        return [(one.line, one.value, one.choice) for one in await choosing.options(self.context, can, every=True)]

    async def lengths(self, inbound: Inbound, model: str) -> Sequence[tuple[int, Sentence]]:
        """Seconds and price of clips of a model, or of the person's usual one. Raises `StoreDown`."""
        can = await choosing.offers(self.context, await self._moved(inbound))
        return choosing.lengths(can.find(model.partition(SEEN)[0]) or can.default)

    async def _moved(self, inbound: Inbound) -> Inbound:
        """With the id that the community has now."""
        return (
            replace(inbound, scope=await self.context.store.quotas.scope(inbound.scope)) if inbound.scope else inbound
        )

    async def track(self, job_id: str, status_id: str, shown: Sentence) -> bool:
        """Record the message of a job's status line. False: the job is done, remove the message."""
        store = self.context.store
        return await store.track(job_id, status_id, await store.digest(packed(shown)))

    async def stands(self, reply: Reply, place: Address) -> bool:
        """Record what a message shows, for its later removal. False: some of it was deleted, remove the message."""
        try:
            there = not reply.repeats or await self.context.store.retention.repeated(
                reply.repeats, place, self.context.clock()
            )
            await questions.asked(self.context, reply, place)
            return there and all([await self.context.store.gallery.showed(share, place) for share in reply.shares])
        except StoreDown as error:  # an error would make the caller post it again
            log.error("what a message shows could not be saved: %s", error)
            return True

    async def asked(self, reply: Reply, place: Address) -> None:
        """Record a question that no message can answer as a reply, as only its person sees it."""
        with suppress(StoreDown):  # its buttons work
            await questions.asked(self.context, reply, replace(place, message=""))

    def question(self, reply: Reply) -> str:
        """A reply's question, as `Inbound.asked` names it; empty for one about an order."""
        return questions.seen(reply)

    async def origin(self, reply: Reply) -> tuple[Address | None, bool]:
        """The message with the photo of a reply's order, whether placed or parked; whether its line needs no sending:
        it is there already, or the job is done. None: the message that the reply answers."""
        if reply.placed:
            return None, False
        if reply.job:
            job = await self.context.store.job(reply.job)
            return (job.address, bool(job.status_id or job.state == "done")) if job else (None, False)
        parked = await self.context.store.quotas.parked(reply.parked) if reply.parked else None
        return (await self.context.store.quotas.read(parked.body)).address if parked else None, False

    async def closed(self, chat: Address) -> None:
        """The chat is closed to us: refund its queued jobs."""
        for job in await self.context.store.queued(chat):
            with suppress(Illegal):
                await self.context.store.change(
                    job.id, lambda job: machine.apply(job, machine.Cancelled(), self.context.clock())
                )
        self.context.wake.worker()

    async def joined(self, chat: Address, hello: Sentence, *, hears_all: bool) -> Reply:
        """The greeting of a group that the bot was added to. `hears_all`: as in `Inbound`. Raises `StoreDown`."""
        return await help.joined(self.context, chat, hello, hears_all=hears_all)

    async def own(self, inbound: Inbound, job_id: str) -> Job | None:
        """A job, if it belongs to the person."""
        return next(iter(await about.own(self.context, inbound, [job_id])), None)

    async def own_of(self, inbound: Inbound, job_ids: Sequence[str]) -> list[Job]:
        """Those of the jobs that belong to the person, in this order."""
        return await about.own(self.context, inbound, job_ids)

    async def joins(self, job: Job) -> bool:
        """Whether a clip can be joined with the one that it continues."""
        return await films.joins(self.context, job)

    async def film(self, job: Job) -> list[Job]:
        """The parts of the film that the person joined on the page and that ends with this clip, oldest first."""
        return await films.noted(self.context, job)

    async def favour(self, inbound: Inbound, job_id: str, on: bool) -> bool:
        """Mark the person's clip as a favourite, or not; False if there is no such clip of theirs."""
        return bool(ID.fullmatch(job_id)) and await self.context.store.favour(inbound.person, job_id, on)

    async def waiting(self, inbound: Inbound) -> list[tuple[Job, Reply]]:
        """The person's parked orders, oldest first, each with its question."""
        return await waiting.listed(self.context, inbound)

    async def deleted(self, inbound: Inbound) -> list[str]:
        """Ids of recently deleted clips, for pages that may still show them."""
        return await deletion.noted(self.context, inbound)

    async def allowance(self, inbound: Inbound) -> Sentence:
        """The person's balance in a sentence."""
        return (await balance.standing(self.context, inbound)).sentence

    async def status(self, job: Job) -> Reply:
        """A job's current status line."""
        return await status_line.of(self.context, job)

    async def state(self, job: Job) -> Sentence:
        """A job's state in a few words."""
        return await status_line.state(self.context, job)

    def _was_told(self, inbound: Inbound, denial: Denial) -> bool:
        """Whether the person was told the same denial a moment ago, in a chat with other readers."""
        if platforms.kind(inbound.address.platform) != "chat" or not inbound.shared:  # no others read along
            return False
        # Another price is another answer: somebody tries what costs less.
        key, now = (inbound.person, inbound.scope, denial.cause, str(denial.sentence)), self.context.clock()
        if now - self._denials.get(key, -QUIET) < QUIET:
            return True
        if len(self._denials) >= MOST_DENIALS:
            self._denials.clear()
        self._denials[key] = now
        return False


def spelled(inbound: Inbound) -> Inbound:
    """The message with mentions expanded to names, for texts that are not about a person's credits."""
    pieces = inbound.text.split(MENTION)
    if len(pieces) == 1:
        return inbound
    labels = [f"@{named.label}" for named in inbound.named] + [""] * len(pieces)
    text = "".join(piece + label for piece, label in zip(pieces, [*labels[: len(pieces) - 1], ""], strict=True))
    return replace(inbound, text=text, named=())


def _of_meant(inbound: Inbound, meant: Inbound, reply: Reply) -> Reply:
    """The reply to a message, with the question that it answers; its command may be implied by that question."""
    if meant.answers:
        return replace(reply, answered=meant.text, over="" if reply.refused else meant.source, bare=True)
    row = table.of(meant.text)
    if row is not None and row.answers:
        over = meant.address.message if meant.pressed else reply.over
        return replace(reply, over="" if reply.refused else over)
    return replace(reply, bare=True) if meant.text != inbound.text and reply.ask is not None else reply


def _is_act(text: str) -> bool:
    """Whether it is an admin's command, which must not run twice."""
    row, argument = table.of(text), text.partition(" ")[2]
    return row is not None and (row.audience != "everyone" or bool(row.manages and argument))


def _legible(text: str) -> str:
    """Without characters that databases and providers reject: NUL and lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode()
