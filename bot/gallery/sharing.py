"""Sharing with a community: share, unshare, hearts, and sharing preferences."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from bot import idempotency, rights, texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.gallery import age, lookup, notices
from bot.gallery.model import OutboxEntry, Preferences, Share
from bot.model import ID, UNREADABLE, Clip, Job
from bot.ordering import wordlist
from bot.quotas import pricing
from bot.quotas.rules import Member, Rule
from bot.sentence import Sentence
from storage import Store

HIDDEN = "hidden"
"""Name of the note that a clip was unshared while hidden: a reshare needs an admin's approval."""
REMEMBERED = 400 * 86_400.0
"""Seconds for which that note is kept."""
ROUNDS = 3
"""Unshares of a clip per day before it cannot be shared again: each posts a message."""
DAY = 86_400.0
SHOWN = 60.0
"""Seconds between two `show` of the same clip in the same place."""
LISTED = 10
"""Shared clips with a button in /unshare."""


async def share(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Share a clip with the community; the first time the person is asked for their preferences."""
    job_id, how = (*argument.split(maxsplit=1), "", "")[:2]
    how = " ".join(sorted(how.lower().split()))
    if how and how not in texts.sharing.PREFERENCES:
        raise Refusal(texts.sharing.SHARE_HOW)
    job = await _own(ctx, inbound, job_id) if job_id else await _latest(ctx, inbound)
    clip = _clip(job)
    scope = inbound.scope or job.scope
    if not scope:
        raise Refusal(texts.sharing.SHARE_WHERE)
    rule = await lookup.rule_of(ctx.store, scope)
    if not rule.gallery and not rule.web:
        raise Refusal(texts.sharing.NO_GALLERY)
    await age.check_gallery(ctx, inbound, job, rule)
    for person in await ctx.store.accounts.people(inbound.person):  # a ban of one linked person applies to all
        if pricing.ban(await ctx.store.quotas.rulebook(Member(scope, person)), ctx.clock()):
            raise Refusal(texts.sharing.MAY_NOT_SHARE)
    place = lookup.place_of(scope, rule.gallery)
    copy = job.copy_id if job.address.platform == place.platform else None
    if not ctx.media.has(clip.name) and not (copy and rule.gallery):
        raise Refusal(texts.chat.CLIP_GONE)
    name = idempotency.identity(inbound, "share")
    if earlier := [one for one in await ctx.store.gallery.of_job(job.id) if one.scope == scope and one.id != name]:
        return _already(earlier[0])
    if await _rounds(ctx, job.id, scope) >= ROUNDS:
        raise Refusal(texts.sharing.TOO_OFTEN)
    preferences = await _preferences(ctx, inbound, how)
    if preferences.named is None or preferences.worded is None:
        choices = texts.sharing.PREFERENCES.items()
        buttons = tuple(Button(label, f"/share {job.id} {words}") for words, label in choices)
        return Reply(texts.sharing.HOW_TO_SHARE, buttons, private=True, chooser=inbound.person, lines=buttons)
    made = Share(
        id=name,
        job=job.id,
        scope=scope,
        person=job.person,
        name=texts.sharing.name(inbound.label or job.label) if preferences.named else "",
        prompt=texts.sharing.plain(job.order.prompt) if preferences.worded and job.order.prompt != UNREADABLE else "",
        remixes=preferences.remixes,
        clip=clip,
        at=ctx.clock(),
        place=place,
        state="waiting" if rule.approve or await _was_hidden(ctx, job.id, scope) else "up",
        copy_id=copy,
        spoiler=job.spoiler,
        remix_of=job.remix_of if job.scope == scope else None,  # originals of other communities are not shown here
    )
    if made.prompt and job.scope != scope:  # its words were not checked against this community's list
        wordlist.refuse(rule, scope, made.prompt)
    kept = await ctx.store.gallery.add(made)
    if kept.id != made.id:
        return _already(kept)
    made = kept
    if made.state == "waiting":
        buttons = (
            Button(texts.sharing.LET, f"/keep {made.id}"),
            Button(texts.sharing.REFUSE, f"/hide {made.id}"),
            Button(texts.sharing.BAN, f"/banish {made.id}"),
        )
        notice = OutboxEntry(name, "tell", lookup.place_of(scope, rule.review), ctx.clock(), made.id, buttons=buttons)
        await notices.tell(ctx.store, replace(notice, text=texts.sharing.waiting(made.prompt, made.name)), 0)
    ctx.wake.outbox()
    return Reply(_shared(ctx, inbound, rule, made), _after(made), private=True)


def _shared(ctx: Context, inbound: Inbound, rule: Rule, made: Share) -> Sentence:
    if made.state == "waiting":
        return texts.sharing.WAITS
    here = made.place == replace(inbound.address, message="")
    link = lookup.gallery_link(ctx.links.web, rule)
    link = link and f"{link}/{made.id}"
    return texts.sharing.shared(here, link, posted=bool(rule.gallery), named=bool(made.name), worded=bool(made.prompt))


def _already(share: Share) -> Reply:
    return Reply(texts.sharing.SHARED_ALREADY[share.state], _after(share), private=True)


def _after(share: Share) -> tuple[Button, ...]:
    unshare = Button(texts.sharing.UNSHARE, f"/unshare {share.job}")
    return unshare, Button(texts.sharing.HOW_I_SHARE, "/sharing")


async def _preferences(ctx: Context, inbound: Inbound, how: str) -> Preferences:
    if not how:
        return await ctx.store.gallery.preferences(inbound.person)
    said = how.split()
    return await ctx.store.gallery.prefer(inbound.person, named="name" in said, worded="words" in said)


async def unshare(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Unshare a clip everywhere; without a name, list the shared clips."""
    if not argument:
        return await _unshare_what(ctx, inbound)
    if not ID.fullmatch(argument):
        raise Refusal(texts.sharing.NOT_SHARED)
    found = await ctx.store.gallery.share(argument)
    all_of_it = await ctx.store.gallery.of_job(found.job if found else argument)
    if not all_of_it:
        raise Refusal(texts.sharing.NOT_SHARED)
    if not await rights.is_own(ctx, inbound, all_of_it[0].person):
        seen = inbound.scope and any(one.scope == inbound.scope for one in all_of_it)
        raise Refusal(texts.sharing.NOT_YOUR_SHARE if seen else texts.sharing.NOT_SHARED)
    for one in all_of_it:
        platform, name = _hidden(one.job, one.scope)
        rounds = await _rounds(ctx, one.job, one.scope) + 1
        await ctx.store.inbox.remember(platform, "rounds", name, str(rounds), ctx.clock() + DAY)
        if one.state == "hidden":
            await ctx.store.inbox.remember(platform, HIDDEN, name, "", ctx.clock() + REMEMBERED)
    await take_back(ctx.store, all_of_it, ctx.clock())
    ctx.wake.outbox()
    again = Button(texts.sharing.SHARE_AGAIN, f"/share {all_of_it[0].job}")
    return Reply(texts.sharing.UNSHARED, (again,), private=True)


def _hidden(job: str, scope: str) -> tuple[str, str]:
    """Platform and name of the note."""
    return scope.partition(":")[0], f"{job} {scope}"


async def _was_hidden(ctx: Context, job: str, scope: str) -> bool:
    platform, name = _hidden(job, scope)
    return await ctx.store.inbox.recall(platform, HIDDEN, name, ctx.clock()) is not None


async def _rounds(ctx: Context, job: str, scope: str) -> int:
    """How often a clip was unshared lately."""
    platform, name = _hidden(job, scope)
    return int(await ctx.store.inbox.recall(platform, "rounds", name, ctx.clock()) or 0)


async def absolve(store: Store, share: Share) -> None:
    """An admin approved it: reshares need no further approval."""
    platform, name = _hidden(share.job, share.scope)
    await store.inbox.forget(platform, HIDDEN, name)


async def _unshare_what(ctx: Context, inbound: Inbound) -> Reply:
    mine = list({one.job: one for one in await ctx.store.gallery.mine(inbound.person)}.values())
    if not mine:
        raise Refusal(texts.sharing.NOTHING_SHARED)
    said = [texts.sharing.unshare_this(one.prompt, number) for number, one in enumerate(mine[:LISTED], 1)]
    labels = texts.jobs.apart(said, [ctx.clock() - one.at for one in mine[:LISTED]])
    buttons = tuple(Button(label, f"/unshare {one.job}") for label, one in zip(labels, mine, strict=False))
    rest = len(mine) - len(buttons)
    text = texts.sharing.more_shared(rest) if rest else texts.sharing.UNSHARE_WHICH
    # Other readers must not learn the maker of an anonymous share, or what the person shares elsewhere.
    secret = any(not one.name or one.scope != inbound.scope for one in mine)
    shown = tuple(one.job for one in mine[:LISTED])
    return Reply(text, buttons, private=True, secret=secret, repeats=shown, chooser=inbound.person, lines=buttons)


async def take_back(store: Store, taken: Sequence[Share], now: float) -> None:
    """Unshare everywhere, and remove the notices to admins."""
    # Before the removal, as a crash after it would lose them; and after it, for a notice that is being sent.
    for one in taken:
        await notices.dismiss(store, one, now)
    await store.gallery.remove([one.id for one in taken], now)
    for one in taken:
        await notices.dismiss(store, one, now)


async def sharing(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show or change the person's sharing preferences."""
    words = argument.lower().split()
    if not words:
        preferences = await ctx.store.gallery.preferences(inbound.person)
    elif len(words) == 2 and words[0] in texts.sharing.TOGGLES and words[1] in ("on", "off"):
        what, on = words[0], words[1] == "on"
        preferences = await ctx.store.gallery.prefer(
            inbound.person,
            named=on if what == "name" else None,
            worded=on if what == "words" else None,
            remixes=on if what == "remixes" else None,
        )
        ctx.wake.outbox()
    else:
        raise Refusal(texts.sharing.SHARING_HOW)
    now = {"name": preferences.named, "words": preferences.worded, "remixes": preferences.remixes}
    buttons = (
        *(
            Button(label, f"/sharing {what} {'on' if on else 'off'}")
            for what, labels in texts.sharing.TOGGLES.items()
            for on, label in zip((True, False), labels, strict=True)
            if now[what] is not on
        ),
        Button(texts.sharing.TAKE_BACK, "/unshare"),
    )
    text = texts.sharing.preferences(preferences.named, preferences.worded, preferences.remixes)
    return Reply(text, buttons, private=True, chooser=inbound.person, lines=buttons)


async def heart(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Set (`SHARE on`) or take back (`SHARE off`) the asker's heart for a shared clip; without either, toggle it."""
    share, how = await lookup.seen(ctx, inbound, argument, texts.sharing.HEART_HOW)
    to = {"on": True, "off": False}.get(how)
    liked = await ctx.store.gallery.heart(share.id, inbound.person, to, "tap", ctx.clock(), inbound.key)
    if liked is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    ctx.wake.outbox()
    on = share.id in await ctx.store.gallery.hearted(inbound.person, [share.id])
    return Reply(texts.sharing.hearted(on, liked.hearts), private=True)


async def reacted(ctx: Context, inbound: Inbound, on: bool) -> None:
    """Count a reaction on the message at `inbound.address`; messages that are no share are ignored.

    Raises `StoreDown`.
    """
    share = await ctx.store.gallery.at(inbound.address)
    if share is None:
        return
    if await ctx.store.gallery.heart(share.id, inbound.person, on, "reaction", ctx.clock(), inbound.key):
        ctx.wake.outbox()


async def show(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Post a shared clip again, from the platform's copy. Admins also see hidden ones."""
    try:
        share, _ = await lookup.seen(ctx, inbound, argument, texts.sharing.SHOW_HOW)
    except Refusal:
        hidden = await lookup.here(ctx, inbound, argument)
        if hidden is None or not await rights.administers(ctx, inbound):
            raise
        share = hidden
    if job := await ctx.store.job(share.job):
        await age.check_place(ctx, inbound, job)
    clip = lookup.shown_clip(ctx.media, share)
    if clip is None:
        raise Refusal(texts.chat.CLIP_GONE)
    if share.state != "up":
        shown = lookup.post(share, await lookup.after(ctx.store, share), replace(clip, limit=inbound.limit))
        return replace(shown, buttons=(), private=True)
    place, now = inbound.address, ctx.clock()
    # Taps are cheap, and each would post a message to the channel.
    name = hashlib.sha256(f"{share.id} {place.chat} {place.thread} {now // SHOWN:.0f}".encode()).hexdigest()[:20]
    if await ctx.store.inbox.recall(place.platform, "shown", name, now) is not None:
        return Reply(texts.sharing.SHOWN, private=True)
    await ctx.store.inbox.remember(place.platform, "shown", name, "", now + SHOWN)
    # Through the outbox, so that the message is recorded, and removed when the clip is unshared.
    await ctx.store.outbox.put(OutboxEntry(name, "tell", place, now, share.id))
    ctx.wake.outbox()
    return Reply(texts.sharing.COMING, private=True)


async def _own(ctx: Context, inbound: Inbound, job_id: str) -> Job:
    job = await ctx.store.job(job_id) if ID.fullmatch(job_id) else None
    if job is None:
        raise Refusal(texts.chat.UNKNOWN_JOB)
    if not await rights.is_own(ctx, inbound, job.person):
        raise Refusal(texts.chat.NOT_YOURS)
    return job


async def _latest(ctx: Context, inbound: Inbound) -> Job:
    latest = await ctx.store.jobs(inbound.person, 100, inbound.address if inbound.shared else None)
    if finished := next((job for job in latest if job.clip), None):
        return finished
    raise Refusal(texts.sharing.NOTHING_TO_SHARE if inbound.scope else texts.sharing.SHARE_WHERE)


def _clip(job: Job) -> Clip:
    if job.clip is None or job.outcome == "failed":
        raise Refusal(texts.jobs.failed(job.reason, job.price) if job.reason else texts.chat.NO_CLIP_YET)
    return job.clip
