"""The choice of a model: a person's own default, and another model for an earlier clip."""

from bot import texts
from bot.commands import clips
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.model import Job
from bot.offers import Offers
from bot.ordering import choosing, prompt

MORE = "more"
"""Argument that shows every model."""
_AS_SET = frozenset({"default", "reset", "usual", "forget", "off", "none", "auto"})
"""Arguments that forget a person's own default."""


async def model(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show what makes the person's clips and what else could, or change it."""
    can, name = await choosing.offers(ctx, inbound), argument.strip()
    if not can.several:
        return Reply(texts.models.only([can.title(model) for model in can.models]))
    if name.lower() in ("", MORE):
        return await _shown(ctx, inbound, can, every=bool(name))
    if name.lower() in _AS_SET:
        await ctx.store.gallery.prefer(inbound.person, model="")
        return Reply(texts.models.CHOSEN_AS_SET)
    choice = can.pick(name)
    if choice.model not in can.models:
        raise Refusal(texts.models.forbidden(can.title(choice.model), can.titles()))
    await ctx.store.gallery.prefer(inbound.person, model=can.word(choice) or choice.model.id)
    return Reply(texts.models.chosen((await choosing.option(ctx, can, choice)).line))


async def with_(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Offer other models for a clip's photo and words; with one of them, order."""
    job, value = await clips.brought(ctx, inbound, "with", argument)
    can = await choosing.offers(ctx, inbound)
    if value and value != MORE:
        return await clips.anew(ctx, inbound, job, prompt.within_model(prompt.by(job.order, can.pick(value))), can)
    if not ctx.media.has(job.order.photo.name):
        raise Refusal(texts.chat.PHOTO_GONE)
    found = await _others(ctx, can, job, every=value == MORE)
    if not found and value != MORE:
        value, found = MORE, await _others(ctx, can, job, every=True)
    if not found:
        raise Refusal(texts.models.NONE_FITS)
    command = f"/with {job.id}"
    buttons = lines = tuple(choosing.buttons(found, command))
    if value != MORE and len(await _others(ctx, can, job, every=True)) > len(found):
        buttons = (*buttons, Button(texts.models.MORE, f"{command} {MORE}"))
    text = texts.models.again_with([one.line for one in found])
    return Reply(text, buttons, chooser=inbound.person, lines=lines)


async def _others(ctx: Context, can: Offers, job: Job, *, every: bool) -> list[choosing.Option]:
    """Choices that can make all of an order, but not the one that made it."""
    shown = await choosing.options(ctx, can, every=every, seconds=job.order.seconds)
    return [
        one
        for one in shown
        if (one.choice.model.id, one.choice.sound) != (job.order.model, job.order.sound)
        and prompt.fits(prompt.by(job.order, one.choice), prompt.roles(job.order))
    ]


async def _shown(ctx: Context, inbound: Inbound, can: Offers, *, every: bool) -> Reply:
    own = (await ctx.store.gallery.preferences(inbound.person)).model
    now = await choosing.option(ctx, can, can.default)
    found = await choosing.options(ctx, can, every=every)
    lines = tuple(choosing.buttons(found, "/model"))
    buttons = [line for line, one in zip(lines, found, strict=True) if one.choice != can.default]
    if not every and len(can.models) > len({choice.model.id for choice in can.choices.values()}):
        buttons = [*buttons, Button(texts.models.MORE, f"/model {MORE}")]
    if own:
        buttons = [*buttons, Button(texts.models.USUAL, "/model default")]
    chosen = bool(own) and can.default == can.find(own)
    text = texts.models.yours(now.title, [one.line for one in found], own=chosen)
    return Reply(text, tuple(buttons), chooser=inbound.person, lines=lines)
