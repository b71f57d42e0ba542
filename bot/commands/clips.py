"""Commands about an own clip: repeat, reword, continue, resend, cancel, list."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

from bot import rights, texts
from bot.commands import talk
from bot.context import Context
from bot.conversation import Attachment, Button, Inbound, Reply, ShownClip
from bot.errors import Illegal, Refusal
from bot.gallery import age, lookup
from bot.jobs import machine, status
from bot.model import ID, Clip, Job, Role, Search
from bot.offers import Offers
from bot.ordering import choosing, place, prompt, questions
from bot.ordering.place import Wish
from bot.ordering.prompt import Draft
from bot.sentence import Sentence, lines, sentences

LISTED = 10
"""Maximum clips listed by /jobs."""


async def jobs(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """The latest clips; with an argument, the latest whose prompt has these words."""
    chat = inbound.address if inbound.shared else None
    found = await ctx.store.jobs(inbound.person, LISTED, chat, Search(words=argument))
    if not found:
        none = texts.chat.NO_JOBS_HERE if inbound.shared else texts.chat.NO_JOBS
        return Reply(texts.chat.no_jobs_with(argument) if argument.strip() else none)
    return replace(status.listing(found, ctx.clock()), chooser=inbound.person)


async def again(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Order a clip of the same photo, with the same words or new ones."""
    job, words = await brought(ctx, inbound, "again", argument)
    can = await choosing.offers(ctx, inbound)
    if words:
        draft = prompt.reworded(_worded(words, job, can), inbound.options, job.order, can)
        return await anew(ctx, inbound, job, draft, can)
    return await anew(ctx, inbound, job, prompt.repeat(job.order, can), can, seen=job.price)  # on the button


async def anew(
    ctx: Context, inbound: Inbound, job: Job, draft: Draft, can: Offers, *, seen: int | None = None
) -> Reply:
    """Order a clip of an earlier one's photo; `seen`: the price that the person was shown."""
    inbound, before = replace(inbound, spoiler=job.spoiler), await continued(ctx, job)
    roles = prompt.roles(job.order)
    _check_inherited(draft, roles, can)
    source = await lookup.remixed(ctx, inbound, job)  # its photo may be the first frame of another person's clip
    wish = Wish(
        draft, roles, lambda: ctx.media.copy(job.order, inbound.person), can, job.order.sample, before, source, seen
    )
    return await place.place(ctx, inbound, wish)


def _check_inherited(draft: Draft, roles: Sequence[Role], can: Offers) -> None:
    """Raise `Refusal` of what an earlier clip's other pictures ask of the model, saying where they are from."""
    if prompt.lacks(draft, roles) in (None, prompt.lacks(draft, ["photo"])):
        return
    try:
        prompt.check(draft, roles, can)
    except Refusal as refusal:
        raise Refusal(sentences(refusal.sentence, texts.models.OF_EARLIER)) from None


async def words(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ask for new words for the same photo."""
    job, _ = await _own(ctx, inbound, "words", argument)
    if not ctx.media.has(job.order.photo.name):
        raise Refusal(texts.chat.PHOTO_GONE)
    said = texts.chat.ask_new_words(job.order.prompt)
    return Reply(lines(said, status.stays(job.order, alike=True)), ask=f"/again {job.id}")


async def continue_(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Order a clip whose photo is the last frame of an earlier one."""
    job, words = await brought(ctx, inbound, "continue", argument)
    clip = _clip(job)

    async def frame() -> AsyncIterator[bytes]:
        yield await ctx.media.last_frame(clip)

    can = await choosing.offers(ctx, inbound)
    draft = prompt.reworded(_worded(words, job, can), inbound.options, job.order, can)
    inbound = replace(inbound, spoiler=job.spoiler)
    frames = [Attachment(frame, sample=job.order.sample)]
    pictures = partial(ctx.media.keep, frames, inbound.person)
    return await place.place(ctx, inbound, Wish(draft, ["photo"], pictures, can, job.order.sample, job))


async def next_(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ask for the words of a continuation."""
    job, _ = await _own(ctx, inbound, "next", argument)
    _clip(job)
    return Reply(lines(texts.chat.ASK_NEXT, status.stays(job.order)), ask=f"/continue {job.id}")


async def clip(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Send a clip again, free of charge."""
    job, _ = await brought(ctx, inbound, "clip", argument)
    shown = to_show(
        ctx, _clip(job), job, inbound, job.copy_id if job.address.platform == inbound.address.platform else None
    )
    share = await lookup.offered(ctx.store, job)
    others = ctx.offers().several
    return replace(status.result(job, shown, share=share, others=others), job=None, repeats=(job.id,))


async def cancel(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    if not argument:
        return await _cancel_what(ctx, inbound)
    job, _ = await _own(ctx, inbound, "cancel", argument)
    try:
        await ctx.store.change(job.id, lambda job: machine.apply(job, machine.Cancelled(), ctx.clock()))
    except Illegal:
        latest = await ctx.store.job(job.id)
        raise Refusal(texts.jobs.OVER if latest and latest.outcome else _too_late([latest])) from None
    ctx.wake.worker()
    return Reply(texts.jobs.CANCELLED, cancelled=job.id)


def _too_late(jobs: Sequence[Job | None]) -> Sentence:
    """Why none of these jobs can be cancelled."""
    return texts.jobs.ASKED if all(job and job.state == "asking" for job in jobs) else texts.jobs.TOO_LATE


async def _cancel_what(ctx: Context, inbound: Inbound) -> Reply:
    """Cancel the person's only queued job; with several, list them with a button each."""
    latest = await ctx.store.jobs(inbound.person, 100, inbound.address if inbound.shared else None)
    waiting = [job for job in latest if machine.allows(job, machine.Cancelled)]
    if len(waiting) == 1:
        return await cancel(ctx, inbound, waiting[0].id)
    if not waiting:
        going = [job for job in latest if job.outcome is None]
        raise Refusal(_too_late(going) if going else texts.chat.NOTHING_TO_CANCEL)
    shown = waiting[:10]
    said = [texts.chat.cancel_this(job.order.prompt) for job in shown]
    labels = texts.jobs.apart(said, [ctx.clock() - job.created_at for job in shown])
    buttons = tuple(Button(label, f"/cancel {job.id}") for label, job in zip(labels, shown, strict=True))
    return Reply(texts.chat.CANCEL_WHICH, buttons, chooser=inbound.person, lines=buttons)


def to_show(ctx: Context, clip: Clip, job: Job, inbound: Inbound, copy: str | None) -> ShownClip:
    """A clip made of a job, for a reply; `copy`: as in `ShownClip`. Raises `Refusal` if its file is gone."""
    file = ctx.media.stored(clip.name)
    if copy is None and not file.exists():
        raise Refusal(texts.chat.CLIP_GONE)
    return ShownClip(file, clip, job.spoiler, inbound.limit, ctx.media.poster(clip.name), copy)


def _clip(job: Job) -> Clip:
    """A job's clip. Raises `Refusal` if it has none."""
    if job.clip is None:
        raise Refusal(texts.jobs.failed(job.reason, job.price) if job.reason else texts.chat.NO_CLIP_YET)
    return job.clip


def _worded(words: str, job: Job, can: Offers) -> str:
    """New words; the earlier ones if the text has only options, or with what shall be different. Raises `Refusal`."""
    change = talk.again_but(words)
    questions.check_talk(change or words)
    if prompt.wordless(change or words, can):
        return f"{job.order.prompt} {change or words}".rstrip()
    return f"{job.order.prompt}, {change}" if change else words


async def continued(ctx: Context, job: Job) -> Job | None:
    """The job that `job` continues."""
    return await ctx.store.job(job.follows) if job.follows else None


async def _own(ctx: Context, inbound: Inbound, name: str, argument: str) -> tuple[Job, str]:
    """The job named first in an argument, and the words after it. Raises `Refusal` if the asker may not act on it."""
    job_id, words = (*argument.split(maxsplit=1), "", "")[:2]
    if not job_id:
        raise Refusal(texts.chat.needs_job(name))
    if not ID.fullmatch(job_id):
        raise Refusal(texts.chat.UNKNOWN_JOB)
    job = await ctx.store.job(job_id)
    if job is None:
        raise Refusal(texts.chat.UNKNOWN_JOB)
    if not await may(ctx, inbound, job):
        raise Refusal(texts.chat.NOT_YOURS)
    return job, words


async def brought(ctx: Context, inbound: Inbound, name: str, argument: str) -> tuple[Job, str]:
    """As `_own`; also refuses to post the clip, or a clip made from it, outside of an age-restricted channel."""
    job, words = await _own(ctx, inbound, name, argument)
    await age.check_place(ctx, inbound, job)
    return job, words


async def may(ctx: Context, inbound: Inbound, job: Job) -> bool:
    """Whether the job is the asker's, or belongs to this chat and the asker is a moderator here."""
    if await rights.is_own(ctx, inbound, job.person):
        return True
    here = (job.address.platform, job.address.chat) == (inbound.address.platform, inbound.address.chat)
    return here and await inbound.moderates()
