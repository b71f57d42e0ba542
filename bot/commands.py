"""What people can ask for besides a clip: one table, the same on every platform. Buttons say these words too."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from bot import machine, status, texts
from bot.errors import Illegal, Refusal
from bot.model import Inbound, Job, Reply
from bot.ports import Step

if TYPE_CHECKING:
    from bot.core import Core

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


async def cancel(core: "Core", inbound: Inbound, argument: str) -> Reply:
    if not argument:
        raise Refusal(texts.needs_job("cancel"))

    def step(job: Job) -> Step:
        if job.person != inbound.person:
            raise Refusal(texts.NOT_YOURS)
        return machine.apply(job, machine.Cancelled(), core.clock())

    try:
        job = await core.store.change(argument, step)
    except Illegal:
        job = await core.store.job(argument)
        raise Refusal(texts.OVER if job and job.outcome else texts.TOO_LATE) from None
    if job is None:
        raise Refusal(texts.UNKNOWN_JOB)
    core.poke()
    return Reply(texts.CANCELLED)


TABLE: dict[str, Handler] = {"help": help_, "start": help_, "jobs": jobs, "quota": quota, "cancel": cancel}
"""Every name in `texts.COMMANDS`, and `start`, which Telegram says for a newcomer."""
