"""Answers to an order's questions: yes, no, agree, crop."""

from contextlib import suppress
from dataclasses import replace

from bot import idempotency, texts
from bot.commands import talk
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.gallery.model import OutboxEntry
from bot.model import Job
from bot.ordering import place, questions, status_line, waiting
from bot.quotas.records import Parked


async def crop(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Accept the cropped picture: continue with the parked order, or ask its next question."""
    name = argument.strip()[:32]
    parked = await ctx.store.quotas.parked(name)
    if parked is None or await ctx.store.job(name):  # a double tap, or the first one after a crash
        return await _buy(ctx, inbound, name)
    waiting.check(ctx, parked, inbound)
    return await _go_on(ctx, await waiting.crop_accepted(ctx, parked), inbound)


async def agree(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Store the consent, and continue with the parked order, or ask its next question.

    The person's other orders that wait here for the same yes are started, too.
    """
    name = argument.strip()[:32].partition(" ")[0]
    parked = await ctx.store.quotas.parked(name)
    if parked is None or await ctx.store.job(name):  # a double tap, or the first one after a crash
        return await _buy(ctx, inbound, name)
    unasked = await _is_unasked(ctx, parked, inbound)
    if unasked:
        await ctx.store.gallery.prefer(inbound.person, agreed_at=ctx.clock())
    reply = await _go_on(ctx, parked, inbound)
    if unasked:
        await _start_others(ctx, inbound, parked)
    return reply


async def yes(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Accept the price, or how an order was understood: buy it, after consent."""
    name = argument.strip()[:32]
    parked = await ctx.store.quotas.parked(name)
    if parked is not None and parked.person == inbound.person:
        job: Job = await ctx.store.quotas.read(parked.body)
        if job.order.cropped:  # asked about first, unless a wrong option was
            return waiting.crop_question(job)
    if parked is not None and await _is_unasked(ctx, parked, inbound):
        return waiting.consent_question(parked.id)
    return await _buy(ctx, inbound, name)


async def no(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Delete a parked order; without one, close the person's list in that chat."""
    if not argument:
        where = inbound.address
        await ctx.store.inbox.forget(where.platform, where.chat, questions.latest("list", inbound.person, where))
        return Reply(texts.chat.NONE_OF_THEM)
    parked = await ctx.store.quotas.parked(argument.strip()[:32])
    if parked is None:
        raise Refusal(texts.credits.PARKED_GONE)
    waiting.check(ctx, parked, inbound)
    if await ctx.store.job(parked.id) is None:
        await _drop(ctx, parked)
    return Reply(texts.credits.DROPPED)


async def mend(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Answer in writing how an order was understood: yes, no, or the words once more, for the same pictures."""
    name, words = (*argument.split(maxsplit=1), "", "")[:2]
    parked = await ctx.store.quotas.parked(name[:32])
    over = await questions.message_of(ctx, inbound, name[:32])
    if earlier := await ctx.store.find(inbound.key):
        line = await status_line.of(ctx, earlier)
        if parked is None or parked.person != inbound.person or await ctx.store.job(parked.id):
            return line
        await _drop(ctx, parked)  # a crash came between
        return replace(line, over=over)
    if (said := talk.assent(words)) is not None:
        return replace(await (yes if said else no)(ctx, inbound, name), over=over)
    if parked is None or await ctx.store.job(parked.id):
        asked = await idempotency.given(ctx, inbound)
        if asked and asked.parked != name:  # these words are asked about already
            return asked
        # Answered by a tap: these are words without a photo.
        return await place.order(ctx, replace(inbound, text=words, attachments=()))
    waiting.check(ctx, parked, inbound)
    reply = await place.order(ctx, replace(inbound, text=words))
    if not (reply.job or reply.parked) or reply.parked == parked.id:  # it waits on
        return reply
    await _drop(ctx, parked)
    return replace(reply, over=over)


async def _drop(ctx: Context, parked: Parked) -> None:
    await ctx.media.discard(parked.photos)
    await ctx.store.quotas.unpark(parked.id)


async def _start_others(ctx: Context, inbound: Inbound, answered: Parked) -> None:
    """Start what waits for nothing but the consent just given; the message of its question becomes its status line."""
    for parked, job, message in await questions.for_consent_alone(ctx, inbound):
        if parked.id == answered.id:
            continue
        with suppress(Refusal):  # it waits on, and says why when it is tapped
            started = await _buy(ctx, replace(inbound, address=job.address), parked.id)
            if started.job == parked.id and message and not await ctx.store.track(parked.id, message, ""):
                question = replace(job.address, message=message)  # the clip was faster
                await ctx.store.outbox.put(OutboxEntry(f"asked-{parked.id}", "remove", question, ctx.clock()))
                ctx.wake.outbox()


async def _go_on(ctx: Context, parked: Parked, inbound: Inbound) -> Reply:
    if await _is_unasked(ctx, parked, inbound):
        return waiting.consent_question(parked.id)
    return await waiting.price_missing(ctx, parked, inbound) or await _buy(ctx, inbound, parked.id)


async def _is_unasked(ctx: Context, parked: Parked, inbound: Inbound) -> bool:
    """Whether a parked order lacks consent. Raises `Refusal` for another person's answer, or a late one."""
    waiting.check(ctx, parked, inbound)
    job: Job = await ctx.store.quotas.read(parked.body)
    return await waiting.consent_missing(ctx, inbound, sample=job.order.sample)


async def _buy(ctx: Context, inbound: Inbound, name: str) -> Reply:
    """Turn a parked order into a job, once. Raises `Refusal`."""
    parked = await ctx.store.quotas.parked(name)
    if parked is None:
        job = await ctx.store.job(name)
        if job is None or job.person != inbound.person:
            raise Refusal(texts.credits.PARKED_GONE)
        return await status_line.of(ctx, job)
    waiting.check(ctx, parked, inbound)
    job, asked, quoted = await waiting.priced(ctx, parked, inbound)
    job = replace(job, spent_from=quoted.span or job.spent_from)
    reply = await place.submit(ctx, job, asked, inbound, keep=True)
    if reply.job != job.id:
        await ctx.media.discard(parked.photos)
    await ctx.store.quotas.unpark(parked.id)
    return reply
