"""Parked orders: stored with their pictures until their person has answered a question.

Three questions, in this order: whether a long picture may be cropped to its middle; before a person's first clip,
whether the people in the photo consent; whether the price is accepted. Nothing is charged before.
"""

from dataclasses import replace

from bot import catalogue, platforms, texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.jobs import status
from bot.model import Job
from bot.quotas import pricing, quote
from bot.quotas.records import Parked
from bot.quotas.rules import Quote
from bot.sentence import EMPTY, Sentence, lines

WAITING = 10
"""Maximum parked orders per person."""
WAIT = 3600.0
"""Seconds until a parked order expires."""


async def check_room(ctx: Context, inbound: Inbound) -> None:
    """Raise `Refusal` if the person has too many parked orders: they are free for them, but keep pictures."""
    found = await ctx.store.retention.parked(inbound.person)
    if sum(parked.until >= ctx.clock() and not taken for parked, taken in found) >= WAITING:
        raise Refusal(texts.credits.MANY_WAIT)


async def park(ctx: Context, job: Job) -> None:
    """Park an order with its pictures."""
    photos = tuple(photo.name for photo in job.order.photos)
    body = ctx.store.quotas.write(job)
    await ctx.store.quotas.park(Parked(job.id, job.person, job.scope, body, photos, ctx.clock() + WAIT))


async def crop_accepted(ctx: Context, parked: Parked) -> Parked:
    """Keep that the question of the crop was answered, so that no list of what waits asks it again."""
    job = await ctx.store.quotas.read(parked.body)
    parked = replace(parked, body=ctx.store.quotas.write(replace(job, order=replace(job.order, cropped=False))))
    await ctx.store.quotas.rewrite(parked)
    return parked


def check(ctx: Context, parked: Parked, inbound: Inbound) -> None:
    """Only the orderer may answer, in the same community, before the expiry. Raises `Refusal`."""
    if parked.person != inbound.person or parked.scope != inbound.scope:
        raise Refusal(texts.chat.NOT_YOURS)
    if parked.until < ctx.clock():
        raise Refusal(texts.credits.PARKED_GONE)


async def priced(ctx: Context, parked: Parked, inbound: Inbound) -> tuple[Job, pricing.Ask, Quote]:
    """A parked order, and whether it would pass now at the quoted price."""
    job = await ctx.store.quotas.read(parked.body)
    place = f"{job.address.chat}/{job.address.thread}"
    asked = quote.ask(ctx, inbound, job.order.seconds, ctx.offers().model(job.order), job.price)
    asked = replace(asked, place=place)
    return job, *await quote.quote(ctx, asked, inbound)


async def consent_missing(ctx: Context, inbound: Inbound, *, sample: bool) -> bool:
    """Whether the person must be asked for consent before this order.

    Not for samples, nor if only the stand-in makes clips: then no photo leaves this machine.
    """
    if sample or not ctx.ask_consent or platforms.kind(inbound.address.platform) == "operator":
        return False
    if all(ctx.provider.terms(host).stand_in for host in ctx.provider.hosts()):
        return False
    return (await ctx.store.gallery.preferences(inbound.person)).agreed_at is None


def _no(name: str) -> Button:
    return Button(texts.credits.NO, f"/no {name}")


def crop_question(job: Job) -> Reply:
    """The question whether to crop a picture: to its middle, or to the shape of the model's clips."""
    model, photo = catalogue.row(job.order.model, job.order.version), job.order.photo
    ratio = model.crop(photo.width, photo.height)
    text = texts.pictures.TOO_LONG
    if ratio:  # its model may be one of several, so the price is told before the tap that buys
        text = lines(
            texts.credits.with_price(status.understood(job.order), job.price), texts.models.crop(model.title, *ratio)
        )
    return Reply(text, (Button(texts.pictures.CROP, f"/crop {job.id}"), _no(job.id)), parked=job.id)


def consent_question(name: str, text: Sentence = texts.consent.ASK, *, alone: bool = False) -> Reply:
    """The question of consent. `alone`: its yes means more than that, so no other one answers it."""
    return Reply(text, (Button(texts.consent.AGREE, f"/agree {name}" + " alone" * alone),), parked=name)


def mending_question(job: Job, wrong: Sentence, *, alone: bool) -> Reply:
    """The question whether an order is meant like this, as written it is `wrong`. `alone`: the next message answers."""
    meant = texts.credits.with_price(status.understood(job.order), job.price)
    again = texts.chat.WRITE_AGAIN if alone else EMPTY
    buttons = (Button(texts.credits.yes(job.price), f"/yes {job.id}"), _no(job.id))
    text = lines(wrong, texts.chat.mended(meant), again)
    return Reply(text, buttons, parked=job.id, ask=f"/mend {job.id}" if alone else None)


def dearer_question(job: Job, seen: int) -> Reply:
    """The question about a price that has risen since the person saw it."""
    buttons = (Button(texts.credits.yes(job.price), f"/yes {job.id}"), _no(job.id))
    return Reply(lines(status.understood(job.order), texts.models.dearer(seen, job.price)), buttons, parked=job.id)


def price_question(ctx: Context, job: Job, quoted: Quote, above: int) -> Reply:
    """The question about the price; `above`: credits from which the community requires it."""
    left = None if quoted.left is None else max(0, quoted.left - job.price)
    costs = texts.jobs.price(job.price, left, pricing.limits(quoted.rules, ctx.policy).span, quoted.extra)
    buttons = (Button(texts.credits.yes(job.price), f"/yes {job.id}"), _no(job.id))
    return Reply(texts.credits.confirm(status.understood(job.order), job.price, above, costs), buttons, parked=job.id)


async def price_missing(ctx: Context, parked: Parked, inbound: Inbound) -> Reply | None:
    """The question about a parked order's price; None if none is needed now."""
    job, asked, quoted = await priced(ctx, parked, inbound)
    above = quoted.rules.scope.confirm
    if above is None or asked.price <= above or quoted.denied is not None:
        return None
    return price_question(ctx, job, quoted, above)


async def listed(ctx: Context, inbound: Inbound) -> list[tuple[Job, Reply]]:
    """The person's parked orders, oldest first, each with its current question."""
    found = []
    for parked, taken in await ctx.store.retention.parked(inbound.person):
        if taken or parked.until < ctx.clock():
            continue
        job = await ctx.store.quotas.read(parked.body)
        if job.order.cropped:
            asked = crop_question(job)
        elif await consent_missing(ctx, inbound, sample=job.order.sample):
            asked = consent_question(job.id)
        else:  # consent was given with another order
            asked = await price_missing(ctx, parked, inbound) or consent_question(job.id, texts.consent.STILL)
        found.append((job, asked))
    return sorted(found, key=lambda each: (each[0].created_at, each[0].id))
