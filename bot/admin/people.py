"""Admins' commands about people: allowances, grants, bans, refunds, undo.

Admin rights are checked at each use (`rights`). Scope and targets come from the platform's event (`Inbound.named`,
`replied_to`), never from text, options or buttons.
"""

import json
from dataclasses import dataclass, replace
from datetime import tzinfo

from bot import idempotency, platforms, rights, texts
from bot.context import Context
from bot.conversation import MENTION, Button, Inbound, Named, Reply
from bot.errors import Illegal, Refusal
from bot.quotas import amounts, balance, quote
from bot.quotas import pricing as rules_of
from bot.quotas.pricing import known_zone, zone
from bot.quotas.records import Act, Grant
from bot.quotas.rules import FOREVER, HOUSE, Member, Rule, about
from bot.sentence import EMPTY, Sentence, lines

UNDO = 60.0
"""Seconds in which a change can be undone with a tap."""
SLACK = 10.0
"""Grace period in seconds for a tap's transmission."""


@dataclass(frozen=True, slots=True)
class Target:
    """The target of a command, and the rest of its argument. `person` is set for people only."""

    about: str
    label: str
    rest: str
    person: str = ""


async def quota(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show the asker's balance, or another person's; or `set` an allowance."""
    word, rest = (*argument.split(maxsplit=1), "", "")[:2]
    if word.lower() == "set":
        return await _set(ctx, inbound, rest)
    if not argument and not inbound.replied_to:
        return await balance.mine(ctx, inbound)
    found = target(inbound, argument)
    if found.person == inbound.person:
        return await balance.mine(ctx, inbound)
    await rights.check_admin(ctx, inbound)
    held = await balance.standing(ctx, inbound, Member(inbound.scope, _person(found)))
    words = texts.credits.quota_of(found.label, held.limit, held.span, held.left, held.extra, held.refill)
    return Reply(words, private=True)


async def _set(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    await rights.check_admin(ctx, inbound)
    found = await group(ctx, inbound, argument, how(inbound, texts.admin.QUOTA_HOW))
    rest, because = amounts.because(found.rest)
    rate = amounts.rate(rest)
    if rate is None:
        raise Refusal(how(inbound, texts.admin.QUOTA_HOW))

    def edit(rule: Rule) -> Rule:
        return replace(rule, credits=rate.credits, span=rate.span)

    done = await ctx.store.quotas.amend(act(ctx, inbound, "quota set", found, because), edit)
    return told(texts.admin.quota_set(found.label, rate.credits, rate.span), done)


async def grant(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Give a person extra credits."""
    found = target(inbound, argument)
    rest, because = amounts.because_or_for(found.rest)
    where, name = await time_zone(ctx, inbound)
    gift = amounts.gift(rest, ctx.clock(), where)
    if gift is None:
        raise Refusal(how(inbound, texts.admin.GRANT_HOW))
    entry = act(ctx, inbound, "grant", found, because)
    # Parsed once: a relative time such as “for 2 days” would move with every replay.
    if before := await ctx.store.quotas.act(entry.id):
        gift = replace(gift, until=json.loads(before.after)["until"])
    given = Grant(
        entry.id, inbound.scope, _person(found), gift.credits, 0, gift.until, entry.at, inbound.person, because
    )
    done = await ctx.store.quotas.grant(entry, given)
    until = texts.admin.when(gift.until, where, name) if gift.until else EMPTY
    return told(texts.admin.granted(found.label, gift.credits, until, because), done)


async def revoke(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Revoke a person's remaining grants."""
    found = target(inbound, argument)
    rest, because = amounts.because_or_for(found.rest)
    if rest:
        raise Refusal(how(inbound, texts.admin.REVOKE_HOW))
    people = (_person(found),) if inbound.scope else await ctx.store.accounts.people(_person(found))
    entry = act(ctx, inbound, "revoke", found, because)
    nothing = not await ctx.store.quotas.grants(inbound.scope, people, ctx.clock())
    if nothing and not await ctx.store.quotas.act(entry.id):
        return Reply(texts.admin.revoked(found.label, 0, because), private=True)
    done, amount = await ctx.store.quotas.revoke(entry, people)
    return told(texts.admin.revoked(found.label, amount, because), done)


async def ban(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Ban a person from ordering, for a time or permanently."""
    found = target(inbound, argument)
    rest, because = amounts.because_or_for(found.rest)
    where, name = await time_zone(ctx, inbound)
    until = amounts.end(rest, ctx.clock(), where) if rest else FOREVER
    if until is None:
        raise Refusal(how(inbound, texts.admin.BAN_HOW))
    _person(found)

    def edit(rule: Rule) -> Rule:
        return replace(rule, banned=until, because=because or None)

    done = await ctx.store.quotas.amend(act(ctx, inbound, "ban", found, because), edit)
    until = Rule.load(done.after).banned or until
    words = texts.admin.when(until, where, name) if until < FOREVER else EMPTY
    return told(texts.admin.banned(found.label, words, because), done)


async def unban(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """End a ban."""
    found = target(inbound, argument)
    rest, because = amounts.because_or_for(found.rest)
    if rest:
        raise Refusal(how(inbound, texts.admin.BAN_HOW))
    rules = await ctx.store.quotas.rulebook(Member(inbound.scope, _person(found)))
    people = [found.person] if inbound.scope else rules.people
    spendings = [
        act(ctx, inbound, "unban", replace(found, about=about("person", person), person=person), because)
        for person in people
    ]
    if rules_of.ban(rules, ctx.clock()) is None and not await ctx.store.quotas.act(spendings[-1].id):
        return Reply(texts.admin.not_banned(found.label), private=True)
    done = None
    for entry in spendings:
        done = await ctx.store.quotas.amend(entry, lambda rule: replace(rule, banned=None, because=None))
    return told(texts.admin.unbanned(found.label), done)


async def refund(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Refund a paid clip, with a reason."""
    job_id, because = amounts.because_or_for(_plain(inbound, argument))
    if not because or not job_id or len(job_id.split()) > 1:
        raise Refusal(how(inbound, texts.admin.REFUND_HOW))
    found = Target(about("job", job_id[:32]), job_id[:32], "")
    try:
        back = await ctx.store.quotas.pardon(act(ctx, inbound, "refund", found, because), job_id)
    except Illegal:
        raise Refusal(texts.admin.REFUND_NOT) from None
    return Reply(texts.admin.refunded(job_id, back, because))


async def undo(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Undo a change, within a minute and if nothing has changed since."""
    entry = act(ctx, inbound, "undo")
    done = await ctx.store.quotas.act(argument.strip()[:32])
    if done is None:
        await rights.check_admin(ctx, inbound)
        raise Refusal(texts.admin.UNDO_NOTHING if argument.strip() else texts.admin.UNDO_WHICH)
    if done.scope == HOUSE or done.verb in ("cap", "flights"):
        rights.check_operator(ctx, inbound)
    else:
        await rights.check_admin(ctx, inbound)
        if done.scope != inbound.scope and not rights.operates(ctx, inbound):
            raise Refusal(texts.admin.NOT_HERE)
    if ctx.clock() - done.at > UNDO + SLACK and not await ctx.store.quotas.act(entry.id):
        raise Refusal(texts.admin.UNDO_LATE)
    try:
        await ctx.store.quotas.undo(done.id, replace(entry, verb=f"undo {done.verb}"))
    except Illegal:
        raise Refusal(texts.admin.UNDO_NOTHING) from None
    ctx.wake.worker()
    return Reply(texts.admin.UNDONE, private=True)


# ── Shared by the commands ───────────────────────────────────────────────────────────────────────────────────────────


def how(inbound: Inbound, example: Sentence) -> Sentence:
    """A refusal's example of the syntax; on platforms with fields, how to fill them."""
    return lines(example, texts.admin.IN_FIELDS if platforms.of(inbound.address.platform).fields else EMPTY)


async def time_zone(ctx: Context, inbound: Inbound) -> tuple[tzinfo, str]:
    """The scope's time zone, and its name."""
    name = (await ctx.store.quotas.rulebook(quote.member(inbound))).scope.zone
    return zone(name), known_zone(name or "UTC") or "UTC"


def target(inbound: Inbound, argument: str) -> Target:
    """The target: the first mention, or the author of the answered message. Raises `Refusal`."""
    if inbound.text.count(MENTION) != len(inbound.named):
        raise Refusal(texts.admin.WHOSE_NAME)
    if argument.startswith(MENTION):
        named, rest = inbound.named[0], argument[1:]
    elif inbound.replied_to:
        named, rest = inbound.replied_to, argument
    else:
        raise Refusal(texts.admin.WHOSE_NAME if argument.startswith("@") else texts.admin.WHOSE)
    if named.kind == "channel":
        raise Refusal(texts.admin.WHOSE)
    if inbound.scope and named.kind == "person" and _platform(named.id) != _platform(inbound.scope):
        raise Refusal(texts.admin.WHOSE)  # members of a community are of its own platform
    rest = _plain(inbound, rest, inbound.named[1:] if argument.startswith(MENTION) else inbound.named).strip()
    if named.kind == "role":
        return Target(about("tier", named.id), f"@{named.label}", rest)
    return Target(about("person", named.id), f"@{named.label}", rest, named.id)


async def group(ctx: Context, inbound: Inbound, argument: str, example: Sentence) -> Target:
    """As `target`, plus `default`, `admins`, and named lists. Without a target it raises `example`."""
    word, rest = (*argument.split(maxsplit=1), "", "")[:2]
    word = word.lower()
    if word in ("default", "everyone", "all"):
        return Target("", texts.admin.DEFAULT, _plain(inbound, rest))
    if word == "admins":
        return Target(about("tier", "admins"), "admins", _plain(inbound, rest))
    if word and about("list", word) in await ctx.store.quotas.rules(inbound.scope):
        return Target(about("list", word), word, _plain(inbound, rest))
    if not inbound.named and not inbound.replied_to and not word.startswith("@"):
        raise Refusal(example)
    return target(inbound, argument)


def act(ctx: Context, inbound: Inbound, verb: str, found: Target | None = None, because: str = "") -> Act:
    """An act of the asker, for the audit log; its id derives from the message, so that a replay has no effect."""
    return Act(
        id=idempotency.identity(inbound, f"{verb} {found.about if found else ''}"),
        at=ctx.clock(),
        actor=inbound.person,
        scope=inbound.scope,
        verb=verb,
        about=found.about if found else "",
        because=because,
        label=found.label if found else "",
        name=inbound.label or inbound.person,
    )


def told(words: Sentence, done: Act | None) -> Reply:
    """Confirmation of an act, with an undo button."""
    return Reply(words, (Button(texts.admin.UNDO, f"/undo {done.id}"),) if done else ())


def _person(found: Target) -> str:
    if not found.person:
        raise Refusal(texts.admin.A_PERSON)
    return found.person


def _plain(inbound: Inbound, text: str, named: tuple[Named, ...] | None = None) -> str:
    """The text with mentions expanded to names, as in a reason."""
    for who in inbound.named if named is None else named:
        text = text.replace(MENTION, f"@{who.label}", 1)
    return text.replace(MENTION, "")


def _platform(name: str) -> str:
    return name.partition(":")[0]
