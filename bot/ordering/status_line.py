"""A job's current status line."""

from contextlib import suppress

from bot.context import Context
from bot.conversation import Reply
from bot.errors import StoreDown
from bot.jobs import status
from bot.model import Job
from bot.sentence import Sentence


async def of(ctx: Context, job: Job, turn: tuple[int, bool] | None = None) -> Reply:
    """The status line of a job. `turn`: as `Store.turn`, where it is known."""
    ahead, paused = turn or await _turn(ctx, job)
    rhythm = await ctx.history.rhythm(job.order, job.host)
    terms = ctx.provider.terms(job.host)
    now, slots = ctx.clock(), ctx.history.slots
    return status.line(job, rhythm, now, ahead=ahead, slots=slots, paused=paused, stand_in=terms.stand_in)


async def state(ctx: Context, job: Job) -> Sentence:
    """A job's state in a few words."""
    ahead, paused = await _turn(ctx, job)
    rhythm = await ctx.history.rhythm(job.order, job.host)
    return status.state(job, rhythm, ctx.clock(), ahead=ahead, slots=ctx.history.slots, paused=paused)


async def _turn(ctx: Context, job: Job) -> tuple[int, bool]:
    """The number of jobs before this one, and whether the queue is paused."""
    with suppress(StoreDown):  # the order is placed; its position is optional
        if job.state == "queued":
            return await ctx.store.turn(job)
    return 0, False
