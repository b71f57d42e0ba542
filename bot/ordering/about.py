"""Context of a message: the message it answers, or its own earlier version."""

from collections.abc import Sequence
from dataclasses import replace

from bot import rights, texts
from bot.commands import invocation, talk
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.jobs import machine
from bot.model import ID, Address, Job
from bot.ordering import questions
from bot.sentence import EMPTY

FOREVER = 4e9
"""Unix seconds in the far future: no expiry."""
DAY = 86_400.0
SILENCE = Reply(EMPTY, refused=True)


async def meant(ctx: Context, inbound: Inbound) -> Inbound | Reply:
    """The message with its implied command, or a reply to a message that is not addressed to the bot.

    An answer to a question is its button's command. An answer to one's own clip continues it, unless it names a button
    of it; an answer to a shared clip remixes it. Raises `StoreDown`.
    """
    words = _words(inbound)
    if answer := await questions.answered(ctx, inbound, words):
        return answer
    if not inbound.source or words is None:
        return inbound
    where = replace(inbound.address, message=inbound.source)
    if inbound.called and (share := await ctx.store.gallery.at(where)):
        return _command(inbound, f"/remix {share.id} {words}")
    job = await ctx.store.sent(where)
    if job and job.clip and await rights.is_own(ctx, inbound, job.person):
        if act := talk.act(words):
            return _command(inbound, "/help" if act == "help" else f"/{act} {job.id}")
        if talk.again_but(words):
            return _command(inbound, f"/again {job.id} {words}")
        return _command(inbound, f"/continue {job.id} {words}" if words else f"/next {job.id}")
    if inbound.called:
        return inbound
    # Only the asker answers a question; other people's answers are conversation.
    if inbound.attachments and await first_time(ctx, where, "hint", DAY):
        return Reply(inbound.no_photo or texts.chat.NO_PHOTO, refused=True)
    return SILENCE


async def edited(ctx: Context, inbound: Inbound) -> Reply:
    """Reply to an edited message: edits order nothing. While the job is queued, explains how to change it.

    Raises `StoreDown`.
    """
    job = await ctx.store.find(inbound.key)
    if job is None or not machine.allows(job, machine.Cancelled):
        return SILENCE
    if not await first_time(ctx, job.address, f"edited:{inbound.address.message}"):
        return SILENCE
    return Reply(texts.chat.NOT_EDITED, (Button(texts.jobs.CANCEL, f"/cancel {job.id}"),))


async def first_time(ctx: Context, chat: Address, name: str, kept: float = FOREVER) -> bool:
    """Whether a notice is new to this chat; records it as given, for `kept` seconds."""
    inbox, now = ctx.store.inbox, ctx.clock()
    if await inbox.recall(chat.platform, chat.chat, name, now):
        return False
    await inbox.remember(chat.platform, chat.chat, name, "told", min(FOREVER, now + kept))
    return True


async def own(ctx: Context, inbound: Inbound, job_ids: Sequence[str]) -> list[Job]:
    """Those of the jobs that belong to the person, on any linked platform, in this order."""
    people = {inbound.person, *await ctx.store.accounts.people(inbound.person)}
    jobs = [await ctx.store.job(name) for name in job_ids if ID.fullmatch(name)]
    return [job for job in jobs if job and job.person in people]


def _words(inbound: Inbound) -> str | None:
    """The words of an order; None for other messages."""
    if not inbound.called or not inbound.text.startswith("/"):
        return inbound.text
    said = invocation.command(inbound.text)
    return said.argument if said and said.name == "animate" else None


def _command(inbound: Inbound, text: str) -> Inbound:
    return replace(inbound, text=text.rstrip(), attachments=(), spoiler=False)
