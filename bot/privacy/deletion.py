"""/delete: removes one own clip with its files, shares, messages, and its entry in the history."""

import json

from bot import platforms, rights, texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.model import ID, Job
from bot.privacy import retention
from bot.quotas.rules import GONE

DELETED = "deleted"
"""Name of the notes about deleted clips, which open pages must remove."""
NOTED = 86_400.0
"""Seconds for which those notes are kept."""
MOST = 50


async def delete(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ask for confirmation; then delete the clip and its order's data, except the price."""
    job_id, word = (*argument.split(), "", "")[:2]
    if not job_id:
        return await _which(ctx, inbound)
    job = await ctx.store.job(job_id) if ID.fullmatch(job_id) else None
    if job is None:
        raise Refusal(texts.chat.UNKNOWN_JOB)
    if job.person.startswith(GONE):
        raise Refusal(texts.chat.DELETED_ALREADY)
    if not await rights.is_own(ctx, inbound, job.person):
        raise Refusal(texts.chat.NOT_YOURS)
    if job.state != "done":
        raise Refusal(texts.chat.DELETE_LATER)
    if word.lower() == "no":
        return Reply(texts.chat.KEPT, private=True)
    if word.lower() != "yes":
        yes, no = Button(texts.chat.DELETE, f"/delete {job.id} yes"), Button(texts.chat.KEEP, f"/delete {job.id} no")
        return Reply(texts.chat.DELETE_WHAT, (yes, no), private=True, chooser=inbound.person)
    people = await ctx.store.accounts.people(inbound.person)
    await retention.delete(ctx.store, ctx.media, job, people, ctx.clock())
    await _note(ctx, job, people)
    ctx.wake.outbox()
    return Reply(texts.chat.DELETED, private=True)


async def noted(ctx: Context, inbound: Inbound) -> list[str]:
    """Ids of recently deleted clips, for open pages that still show them."""
    note = await ctx.store.inbox.recall(inbound.address.platform, inbound.user, DELETED, ctx.clock())
    return list(json.loads(note)) if note else []


async def _which(ctx: Context, inbound: Inbound) -> Reply:
    found = await ctx.store.jobs(inbound.person, chat=inbound.address if inbound.shared else None)
    done = [job for job in found if job.state == "done"]
    if not done:
        raise Refusal(texts.chat.NOTHING_TO_DELETE)
    said = [texts.chat.delete_this(job.order.prompt) for job in done]
    labels = texts.jobs.apart(said, [ctx.clock() - job.created_at for job in done])
    buttons = tuple(Button(label, f"/delete {job.id}") for label, job in zip(labels, done, strict=True))
    shown = tuple(job.id for job in done)
    return Reply(texts.chat.DELETE_WHICH, buttons, private=True, repeats=shown, chooser=inbound.person, lines=buttons)


async def _note(ctx: Context, job: Job, people: tuple[str, ...]) -> None:
    for person in people:
        platform, _, user = person.partition(":")
        if platforms.kind(platform) == "page":
            now = ctx.clock()
            known = json.loads(await ctx.store.inbox.recall(platform, user, DELETED, now) or "[]")
            value = json.dumps([*known, job.id][-MOST:])
            await ctx.store.inbox.remember(platform, user, DELETED, value, now + NOTED)
