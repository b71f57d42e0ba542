"""Reports, and admins' decisions about them. The reporter's name is not shown."""

from dataclasses import replace

from bot import idempotency, rights, texts
from bot.admin.people import Target, act, told
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import Refusal
from bot.gallery import lookup, notices, sharing
from bot.gallery.model import ENOUGH, OutboxEntry, Share, ShareState
from bot.quotas.rules import FOREVER, Rule, about

LISTED = 5
"""Clips per /review message: four buttons each, and a message holds 25."""
_OTHER = "other"


async def report(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Report a shared clip: first by a button, or in words."""
    share, said = await lookup.seen(ctx, inbound, argument, texts.sharing.REPORT_HOW)
    if await rights.is_own(ctx, inbound, share.person):
        unshare = Button(texts.sharing.UNSHARE, f"/unshare {share.job}")
        return Reply(texts.sharing.REPORT_OWN, (unshare,), refused=True, private=True)
    if not said:
        reasons = {**texts.sharing.REASONS, _OTHER: texts.sharing.OTHER}
        buttons = tuple(Button(label, f"/report {share.id} {word}") for word, label in reasons.items())
        return Reply(texts.sharing.REPORT_WHY, buttons, private=True, chooser=inbound.person, lines=buttons)
    reason = _reason(said)
    if not reason:
        return Reply(texts.sharing.REPORT_OTHER, ask=f"/report {share.id} {_OTHER}", private=True, secret=True)
    now = ctx.clock()
    reported, count = await ctx.store.gallery.report(share.id, inbound.person, reason, now, ENOUGH, inbound.key)
    if reported is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    if not count:
        raise Refusal(texts.sharing.REPORTED_ALREADY)
    await _tell(ctx, reported, count, idempotency.identity(inbound, "notice"))
    ctx.wake.outbox()
    hidden = reported.state == "hidden"
    return Reply(texts.sharing.REPORTED_HIDDEN if hidden else texts.sharing.REPORTED, private=True)


def _reason(said: str) -> str:
    """One of `REASONS`, by word or number; other text unchanged; empty without a reason."""
    words = list(texts.sharing.REASONS.values())
    if said.lower() in texts.sharing.REASONS:
        return texts.sharing.REASONS[said.lower()]
    if said.isascii() and said.isdigit() and 0 < int(said[:3]) <= len(words):
        return words[int(said[:3]) - 1]
    first, rest = (*texts.sharing.plain(said).split(maxsplit=1), "", "")[:2]
    return texts.phrases.shorten(rest if first.lower() == _OTHER else f"{first} {rest}", texts.sharing.REASON)


async def tell_again(ctx: Context, share: Share) -> None:
    """Replace the notice to admins after a report was deleted."""
    await notices.dismiss(ctx.store, share, ctx.clock())
    reports = await ctx.store.gallery.reports(share.id)
    if reports and (now := await ctx.store.gallery.share(share.id)):
        await _tell(ctx, now, len(reports), ctx.ids.new())


async def _tell(ctx: Context, share: Share, count: int, name: str) -> None:
    rule = await lookup.rule_of(ctx.store, share.scope)
    reasons = [one.reason for one in await ctx.store.gallery.reports(share.id)]
    text = texts.sharing.notice(reasons, share.prompt, share.name, hidden=share.state == "hidden")
    buttons = (
        Button(texts.sharing.HIDE, f"/hide {share.id}"),
        Button(texts.sharing.KEEP, f"/keep {share.id}"),
        Button(texts.sharing.BAN, f"/banish {share.id}"),
    )
    place = lookup.place_of(share.scope, rule.review)
    notice = OutboxEntry(name, "tell", place, ctx.clock(), share.id, text, buttons, topic="report")
    await notices.tell(ctx.store, notice, min(count, ENOUGH))


async def review(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Shares waiting for an admin, oldest first."""
    found = await ctx.store.gallery.open(inbound.scope, LISTED + 1)
    if not found:
        return Reply(texts.sharing.NOTHING_TO_REVIEW, private=True)
    lines, buttons = [], []
    for number, share in enumerate(found[:LISTED], 1):
        reasons = [one.reason for one in await ctx.store.gallery.reports(share.id)]
        lines.append(texts.sharing.review_line(number, share.state, reasons, share.prompt, share.name))
        waits = share.state == "waiting"
        verbs = (
            (texts.sharing.numbered(texts.sharing.LET if waits else texts.sharing.KEEP, number), "keep"),
            (texts.sharing.numbered(texts.sharing.REFUSE if waits else texts.sharing.HIDE, number), "hide"),
            (texts.sharing.numbered(texts.sharing.BAN, number), "banish"),
            (texts.jobs.clip_number(number), "show"),
        )
        buttons += [Button(label, f"/{verb} {share.id}") for label, verb in verbs]
    text, jobs = texts.sharing.review(lines, len(found) > LISTED), tuple(share.job for share in found[:LISTED])
    return Reply(text, tuple(buttons), private=True, repeats=jobs, chooser=inbound.person)


async def keep(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Approve a share, and close its reports."""
    share = await _judged(ctx, inbound, argument, "up")
    hide = Button(texts.sharing.HIDE, f"/hide {share.id}")
    return Reply(texts.sharing.KEPT if share.state == "up" else texts.sharing.LET_IN, (hide,), private=True)


async def hide(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Hide a share from all readers."""
    share = await _judged(ctx, inbound, argument, "hidden")
    show = Button(texts.sharing.SHOW_AGAIN, f"/keep {share.id}")
    return Reply(texts.sharing.REFUSED if share.state == "waiting" else texts.sharing.HIDDEN, (show,), private=True)


async def banish(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Hide a share, and ban its maker from ordering and sharing here."""
    share = await _found(ctx, inbound, argument)
    people = await ctx.store.accounts.people(share.person)
    platform = share.scope.partition(":")[0]
    person = next((one for one in people if one.partition(":")[0] == platform), share.person)
    target = Target(about("person", person), share.name or texts.phrases.THE_MAKER, "", person)

    def edit(rule: Rule) -> Rule:
        return replace(rule, banned=FOREVER, because=texts.phrases.BANNED_BECAUSE)

    # Ban first: a reshare right after the message “hidden” is then refused.
    done = await ctx.store.quotas.amend(act(ctx, inbound, "ban", target, texts.phrases.BANNED_BECAUSE), edit)
    await _judge(ctx, share, "hidden")
    await ctx.store.quotas.note(act(ctx, inbound, "hide", Target("", share.id, "")))
    return replace(told(texts.sharing.banished(target.label), done), private=True, names=people)


async def _judged(ctx: Context, inbound: Inbound, argument: str, state: ShareState) -> Share:
    """Set a share's state; returns the share as it was before. Raises `Refusal`."""
    share = await _found(ctx, inbound, argument)
    await _judge(ctx, share, state)
    await ctx.store.quotas.note(act(ctx, inbound, "keep" if state == "up" else "hide", Target("", share.id, "")))
    return share


async def _found(ctx: Context, inbound: Inbound, argument: str) -> Share:
    if not argument:
        raise Refusal(texts.sharing.WHICH_SHARE)
    share = await lookup.here(ctx, inbound, argument)
    if share is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    return share


async def _judge(ctx: Context, share: Share, state: ShareState) -> None:
    if await ctx.store.gallery.judge(share.id, state, ctx.clock()) is None:
        raise Refusal(texts.sharing.UNKNOWN_SHARE)
    if state == "up":
        await sharing.absolve(ctx.store, share)
    await notices.dismiss(ctx.store, share, ctx.clock())
    ctx.wake.outbox()
