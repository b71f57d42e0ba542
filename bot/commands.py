"""What people can ask for besides a clip: one table, the same on every platform. Buttons say these words too."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from bot import machine, orders, status, texts
from bot.errors import Illegal, Refusal
from bot.model import Attachment, Inbound, Job, Reply

if TYPE_CHECKING:
    from bot.core import Core

_ID = re.compile(r"[\w-]{1,32}", re.ASCII)

Handler = Callable[["Core", Inbound, str], Awaitable[Reply]]


async def run(core: "Core", inbound: Inbound) -> Reply:
    """Do what `/name argument` asks for."""
    name, _, argument = inbound.text[1:].partition(" ")
    name = name.partition("@")[0].lower()
    if name not in TABLE:
        raise Refusal(texts.unknown_command(texts.shorten(name, 32)))
    return await TABLE[name](core, inbound, argument.strip())


async def help_(core: "Core", inbound: Inbound, argument: str) -> Reply:
    return Reply(texts.help_(list(texts.COMMANDS.items())))


async def jobs(core: "Core", inbound: Inbound, argument: str) -> Reply:
    found = await core.store.jobs(inbound.person)
    return Reply(status.listing(found, core.clock()) or texts.NO_JOBS)


async def quota(core: "Core", inbound: Inbound, argument: str) -> Reply:
    limit, used, window = await core.allowance(inbound)
    left = None if limit is None else max(0, limit - used)
    return Reply(texts.allowance(left, texts.refill(window.ends_at - core.clock())))


async def again(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The same photo, with the same words or with others."""
    job, words = await _own(core, inbound, "again", argument)
    draft = orders.read(words, inbound.options) if words else orders.repeat(job.order)
    return await core.place(inbound, draft, orders.roles(job.order), lambda: core.media.copy(job.order))


async def continue_(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The last frame of a clip is the next photo."""
    job, words = await _own(core, inbound, "continue", argument)
    clip = job.clip
    if clip is None:
        raise Refusal(texts.NO_CLIP_YET)

    async def frame() -> AsyncIterator[bytes]:
        yield await core.media.last_frame(clip)

    draft = orders.read(words or job.order.prompt, inbound.options)
    return await core.place(inbound, draft, ["photo"], lambda: core.media.keep([Attachment(frame)]))


async def cancel(core: "Core", inbound: Inbound, argument: str) -> Reply:
    job, _ = await _own(core, inbound, "cancel", argument)
    try:
        await core.store.change(job.id, lambda job: machine.apply(job, machine.Cancelled(), core.clock()))
    except Illegal:
        latest = await core.store.job(job.id)
        raise Refusal(texts.OVER if latest and latest.outcome else texts.TOO_LATE) from None
    core.poke()
    return Reply(texts.CANCELLED)


async def _own(core: "Core", inbound: Inbound, name: str, argument: str) -> tuple[Job, str]:
    """The job that an argument begins with, if it is the asker's, and the words after it."""
    job_id, words = (*argument.split(maxsplit=1), "", "")[:2]
    if not job_id:
        raise Refusal(texts.needs_job(name))
    if not _ID.fullmatch(job_id):
        raise Refusal(texts.UNKNOWN_JOB)
    job = await core.store.job(job_id)
    if job is None:
        raise Refusal(texts.UNKNOWN_JOB)
    if job.person != inbound.person:
        raise Refusal(texts.NOT_YOURS)
    return job, words


TABLE: dict[str, Handler] = {
    "help": help_,
    "start": help_,
    "jobs": jobs,
    "quota": quota,
    "again": again,
    "continue": continue_,
    "cancel": cancel,
}
"""Every name in `texts.COMMANDS`, and `start`, which Telegram says for a newcomer."""
