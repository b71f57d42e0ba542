"""What people can ask for besides a clip: one table, the same on every platform. Buttons say these words too."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot import texts
from bot.admin import limits, operator, people, usage
from bot.commands import invocation
from bot.errors import Illegal, Refusal
from bot.gallery import best, lookup, moderation, remix, settings, sharing
from bot.jobs import machine, status
from bot.model import ID, Attachment, Button, Clip, Film, Inbound, Job, Reply, Search
from bot.ordering import consent, crop, prompt, wordlist
from bot.privacy import commands, deletion
from bot.quotas import balance

if TYPE_CHECKING:
    from bot.core import Core


LISTED = 10
"""Clips in /jobs."""
LONGEST_FILM = 20
"""Clips in a film."""

Handler = Callable[["Core", Inbound, str], Awaitable[Reply]]


async def run(core: "Core", inbound: Inbound) -> Reply:
    """Do what `/name argument` asks for."""
    name, argument = _split(inbound.text)
    if name not in TABLE:
        raise Refusal(texts.chat.unknown_command(texts.chat.shorten(name, 32)))
    return await TABLE[name](core, inbound, argument)


def takes_names(text: str) -> bool:
    """Whether a command is about people: it gets whom the message names, not how they are written."""
    return text.startswith("/") and _split(text)[0] in NAMING


def named(text: str) -> bool:
    """Whether the text begins with one of our commands."""
    return _split(text)[0] in TABLE


async def start(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """What a newcomer's client says first; a link to us may bring the id of a clip along."""
    if ID.fullmatch(argument):
        return await clip(core, inbound, argument)
    return Reply(texts.chat.HELLO_HERE if inbound.shared else texts.chat.HELLO)


async def animate(core: "Core", inbound: Inbound, argument: str) -> Reply:
    if not inbound.attachments:
        raise Refusal(texts.chat.PAGE["need_photo"] if inbound.address.platform == "web" else texts.chat.ANIMATE_WHAT)
    return await core.order(replace(inbound, text=argument))


async def help_(core: "Core", inbound: Inbound, argument: str) -> Reply:
    if argument.lower().strip() in ("admin", "admins"):
        verbs = {**texts.admin.ALSO, **texts.admin.COMMANDS}
        return Reply("\n".join(f"/{name} – {what}" for name, what in verbs.items()))
    names: Iterable[str] = (
        texts.chat.MENU if inbound.shared else texts.chat.COMMANDS
    )  # others read along: no more than they need
    if inbound.address.platform == "web":
        names = texts.chat.PAGE_COMMANDS
    text = texts.chat.help_([(name, texts.chat.COMMANDS[name]) for name in names if name != "start"])
    return Reply(f"{text}\n\n{texts.chat.HELP_MORE}" if inbound.shared else text)


async def jobs(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The latest clips, or the latest with these words."""
    chat = inbound.address if inbound.shared else None
    found = await core.store.jobs(inbound.person, LISTED, chat, Search(words=argument))
    if not found:
        none = texts.chat.NO_JOBS_HERE if inbound.shared else texts.chat.NO_JOBS
        return Reply(texts.chat.no_jobs_with(argument) if argument.strip() else none)
    return status.listing(found, core.clock())


async def again(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The same photo, with the same words or with others."""
    job, words = await _own(core, inbound, "again", argument)
    new = prompt.reworded(_worded(words, job), inbound.options, job.order) if words else None
    draft = new or prompt.repeat(job.order)
    inbound, before = replace(inbound, spoiler=job.spoiler), await _before(core, job)
    # Its photo may be the first picture of somebody's clip.
    roles, source = prompt.roles(job.order), await lookup.remixed(core, inbound, job)
    return await core.place(
        inbound,
        draft,
        roles,
        lambda: core.media.copy(job.order),
        follows=before,
        remix=source,
        sample=job.order.sample,
    )


async def words(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Ask for new words for the same photo."""
    job, _ = await _own(core, inbound, "words", argument)
    if not core.media.path(job.order.photo.name).is_file():
        raise Refusal(texts.chat.PHOTO_GONE)
    said = texts.chat.ask_new_words(job.order.prompt)
    return Reply(said + status.stays(job.order, alike=True), ask=f"/again {job.id}")


async def continue_(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """The last frame of a clip is the next photo."""
    job, words = await _own(core, inbound, "continue", argument)
    clip = _clip(job)

    async def frame() -> AsyncIterator[bytes]:
        yield await core.media.last_frame(clip)

    draft = prompt.reworded(_worded(words, job), inbound.options, job.order)
    inbound = replace(inbound, spoiler=job.spoiler)
    frames = [Attachment(frame, sample=job.order.sample)]
    return await core.place(
        inbound, draft, ["photo"], lambda: core.media.keep(frames, inbound.person), follows=job, sample=job.order.sample
    )


async def next_(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """Ask what happens after a clip."""
    job, _ = await _own(core, inbound, "next", argument)
    _clip(job)
    return Reply(texts.chat.ASK_NEXT + status.stays(job.order), ask=f"/continue {job.id}")


async def clip(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """A clip once more: it is kept, so it costs nothing."""
    job, _ = await _own(core, inbound, "clip", argument)
    film = _film(core, _clip(job), job, inbound, job.copy if job.address.platform == inbound.address.platform else None)
    share = await sharing.offered(core.store, job)
    return replace(status.result(job, film, share=share), job=None, repeats=(job.id,))


async def join(core: "Core", inbound: Inbound, argument: str) -> Reply:
    """A clip and all that it continues, as one film."""
    job, _ = await _own(core, inbound, "join", argument)
    chain: list[Job] = [job]
    while (before := await _before(core, chain[0])) and len(chain) < LONGEST_FILM and await _may(core, before, inbound):
        chain.insert(0, before)
    clips = [part.clip for part in chain if part.clip]
    if job.clip is None or len(clips) < 2:
        raise Refusal(texts.chat.NOTHING_TO_JOIN)
    film = _film(core, await core.media.join(clips), job, inbound, None)
    return Reply(texts.chat.joined(len(clips)), film=film, repeats=tuple(part.id for part in chain if part.clip))


async def cancel(core: "Core", inbound: Inbound, argument: str) -> Reply:
    if not argument:
        return await _cancel_what(core, inbound)
    job, _ = await _own(core, inbound, "cancel", argument)
    try:
        await core.store.change(job.id, lambda job: machine.apply(job, machine.Cancelled(), core.clock()))
    except Illegal:
        latest = await core.store.job(job.id)
        raise Refusal(texts.chat.OVER if latest and latest.outcome else texts.chat.TOO_LATE) from None
    core.poke()
    return Reply(texts.chat.CANCELLED)


async def _cancel_what(core: "Core", inbound: Inbound) -> Reply:
    """Without a name it is clear only where there is one."""
    latest = await core.store.jobs(inbound.person, 100, inbound.address if inbound.shared else None)
    waiting = [job for job in latest if machine.allows(job, machine.Cancelled)]
    if len(waiting) == 1:
        return await cancel(core, inbound, waiting[0].id)
    if not waiting:
        raise Refusal(
            texts.chat.TOO_LATE if any(job.outcome is None for job in latest) else texts.chat.NOTHING_TO_CANCEL
        )
    shown = waiting[:10]
    said = [texts.chat.cancel_this(job.order.prompt) for job in shown]
    labels = texts.chat.apart(said, [core.clock() - job.created_at for job in shown])
    buttons = (Button(label, f"/cancel {job.id}") for label, job in zip(labels, shown, strict=True))
    return Reply(texts.chat.CANCEL_WHICH, tuple(buttons))


def _film(core: "Core", clip: Clip, job: Job, inbound: Inbound, copy: str | None) -> Film:
    path = core.media.path(clip.name)
    if copy is None and not path.is_file():
        raise Refusal(texts.chat.CLIP_GONE)
    return Film(path, clip, job.spoiler, inbound.limit, core.media.poster(clip.name), copy)


def _clip(job: Job) -> Clip:
    """A job's clip. Raises `Refusal` without one."""
    if job.clip is None:
        raise Refusal(texts.chat.failed(job.reason, job.price) if job.reason else texts.chat.NO_CLIP_YET)
    return job.clip


def _worded(words: str, job: Job) -> str:
    """New words; where only options are new, the words stay."""
    return f"{job.order.prompt} {words}" if prompt.wordless(words) else words


async def _before(core: "Core", job: Job) -> Job | None:
    """The job that `job` continues."""
    return await core.store.job(job.follows) if job.follows else None


def _split(text: str) -> tuple[str, str]:
    """Name and argument of `/name@bot argument`; of what is no command, its first word."""
    if said := invocation.command(text):
        return said.name, said.argument
    return (text[1:].split(maxsplit=1) or [""])[0].lower(), ""


async def _own(core: "Core", inbound: Inbound, name: str, argument: str) -> tuple[Job, str]:
    """The job that an argument begins with, if the asker may act on it, and the words after it."""
    job_id, words = (*argument.split(maxsplit=1), "", "")[:2]
    if not job_id:
        raise Refusal(texts.chat.needs_job(name))
    if not ID.fullmatch(job_id):
        raise Refusal(texts.chat.UNKNOWN_JOB)
    job = await core.store.job(job_id)
    if job is None:
        raise Refusal(texts.chat.UNKNOWN_JOB)
    if not await _may(core, job, inbound):
        raise Refusal(texts.chat.NOT_YOURS)
    return job, words


async def _may(core: "Core", job: Job, inbound: Inbound) -> bool:
    """Whether the job is the asker's own, or belongs to the chat in which this is said by someone with a say there."""
    if await core.is_own(inbound, job.person):
        return True
    here = (job.address.platform, job.address.chat) == (inbound.address.platform, inbound.address.chat)
    return here and await inbound.moderates()


TABLE: dict[str, Handler] = {
    "animate": animate,
    "help": help_,
    "start": start,
    "jobs": jobs,
    "quota": people.quota,
    "again": again,
    "continue": continue_,
    "cancel": cancel,
    "clip": clip,
    "join": join,
    "privacy": commands.privacy,
    "mydata": commands.mydata,
    "forgetme": commands.forgetme,
    "words": words,
    "next": next_,
    "yes": consent.yes,
    "no": balance.no,
    "link": balance.link,
    "unlink": commands.unlink,
    "grant": people.grant,
    "revoke": people.revoke,
    "ban": people.ban,
    "unban": people.unban,
    "refund": people.refund,
    "undo": people.undo,
    "limits": limits.limits,
    "tier": limits.tier,
    "usage": usage.usage,
    "audit": usage.audit,
    "export": usage.export,
    "operator": operator.operator,
    "share": sharing.share,
    "unshare": sharing.unshare,
    "sharing": sharing.sharing,
    "heart": sharing.heart,
    "show": sharing.show,
    "best": best.best,
    "remix": remix.remix,
    "gallery": settings.gallery,
    "wordlist": wordlist.wordlist,
    "report": moderation.report,
    "review": moderation.review,
    "keep": moderation.keep,
    "hide": moderation.hide,
    "banish": moderation.banish,
    "agree": consent.agree,
    "crop": crop.crop,
    "delete": deletion.delete,
}
"""Every name in `texts.COMMANDS` and `texts_admin.COMMANDS`, and those that only buttons say."""

NAMING = frozenset({"quota", "gallery", *texts.admin.COMMANDS})
