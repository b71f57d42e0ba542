"""What a message is about besides its words: the message that it answers, or its own earlier version."""

from dataclasses import replace

from bot import rights, texts
from bot.commands import invocation
from bot.context import Context
from bot.jobs import machine
from bot.model import Address, Button, Inbound, Job, Reply

FOREVER = 4e9
"""Unix seconds that never come."""
DAY = 86_400.0
SILENCE = Reply("", refused=True)


async def meant(ctx: Context, inbound: Inbound) -> Inbound | Reply:
    """The message with the command that it amounts to, or what is said to talk that calls nobody.

    Said about a clip of one's own it continues that clip; about a shared clip it is a remix. Raises `StoreDown`.
    """
    words = _words(inbound)
    if not inbound.source or words is None:
        return inbound
    where = replace(inbound.address, message=inbound.source)
    if inbound.called and (share := await ctx.store.gallery.at(where)):
        return _command(inbound, f"/remix {share.id} {words}")
    job = await ctx.store.sent(where)
    if job and job.clip and await rights.is_own(ctx, inbound, job.person):
        return _command(inbound, f"/continue {job.id} {words}" if words else f"/next {job.id}")
    if inbound.called:
        return inbound
    # A question is its asker's, and their answer is known; what others say to it is talk.
    if inbound.attachments and await first_time(ctx, where, "hint", DAY):
        return Reply(inbound.no_photo or texts.chat.NO_PHOTO, refused=True)
    return SILENCE


async def edited(ctx: Context, inbound: Inbound) -> Reply:
    """A message was changed: nobody pays twice for a corrected typo. While there is time, say how to change an order.

    Raises `StoreDown`.
    """
    job = await ctx.store.find(inbound.key)
    if job is None or not machine.allows(job, machine.Cancelled):
        return SILENCE
    if not await first_time(ctx, job.address, f"edited:{inbound.address.message}"):
        return SILENCE
    return Reply(texts.chat.NOT_EDITED, (Button(texts.chat.CANCEL, f"/cancel {job.id}"),))


async def first_time(ctx: Context, chat: Address, name: str, kept: float = FOREVER) -> bool:
    """Whether this is told in this chat for the first time; from now on, or for so many seconds, it is not."""
    inbox, now = ctx.store.inbox, ctx.clock()
    if await inbox.recall(chat.platform, chat.chat, name, now):
        return False
    await inbox.remember(chat.platform, chat.chat, name, "told", min(FOREVER, now + kept))
    return True


async def own(ctx: Context, inbound: Inbound, job_id: str) -> Job | None:
    """A job, if it is the person's."""
    job = await ctx.store.job(job_id)
    return job if job and await rights.is_own(ctx, inbound, job.person) else None


def _words(inbound: Inbound) -> str | None:
    """The words of an order; None if something else is said."""
    if not inbound.called or not inbound.text.startswith("/"):
        return inbound.text
    said = invocation.command(inbound.text)
    return said.argument if said and said.name == "animate" else None


def _command(inbound: Inbound, text: str) -> Inbound:
    return replace(inbound, text=text.rstrip(), attachments=(), spoiler=False)
