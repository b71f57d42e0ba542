"""Films: a clip joined with the clips that it continues. The chat page shows them again when it is loaded."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bot import platforms, texts
from bot.commands import clips
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal
from bot.model import Clip, Job

MOST_JOINED = 20
"""Maximum clips joined into one."""
_NOTES = "films"
"""Where it is noted, by person and job, which films the page shows."""


async def join(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Join a clip and the clips that it continues."""
    job, _ = await clips.brought(ctx, inbound, "join", argument)
    parts = await _parts(ctx, job, partial(clips.may, ctx, inbound))
    if job.clip is None or len(parts) < 2:
        raise Refusal(texts.chat.NOTHING_TO_JOIN)
    film = clips.to_show(ctx, await ctx.media.join(clips_of(parts)), job, inbound, None)
    if platforms.kind(inbound.address.platform) == "page":
        await ctx.store.inbox.remember(_NOTES, job.person, job.id, "", ctx.clock() + ctx.kept.clips)
    return Reply(texts.chat.joined(len(parts)), clip=film, repeats=tuple(part.id for part in parts))


async def joins(ctx: Context, job: Job) -> bool:
    """Whether the clip continues one that its person still has. One read, as a page asks it of each clip."""
    before = await clips.continued(ctx, job)
    return before is not None and before.clip is not None and await _is_same(ctx, job, before)


async def noted(ctx: Context, job: Job) -> list[Job]:
    """The parts, oldest first, of the film that ends with this clip; empty if it was not joined on the page."""
    if job.follows is None or await ctx.store.inbox.recall(_NOTES, job.person, job.id, ctx.clock()) is None:
        return []
    parts = await _parts(ctx, job, partial(_is_same, ctx, job))
    return parts if len(parts) > 1 else []


async def _is_same(ctx: Context, job: Job, before: Job) -> bool:
    return before.person == job.person or before.person in await ctx.store.accounts.people(job.person)


def clips_of(parts: Sequence[Job]) -> list[Clip]:
    """The clips of a film."""
    return [part.clip for part in parts if part.clip]


async def _parts(ctx: Context, job: Job, may: Callable[[Job], Awaitable[bool]]) -> list[Job]:
    """The job and those that it continues, as far as they may be shown: oldest first, those with a clip."""
    chain = [job]
    while (before := await clips.continued(ctx, chain[0])) and len(chain) < MOST_JOINED and await may(before):
        chain.insert(0, before)
    return [part for part in chain if part.clip]
