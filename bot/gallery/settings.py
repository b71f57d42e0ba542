"""/gallery: an admin's settings of the gallery: places, approval, the web, scheduled posts."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Literal

from bot import rights, texts
from bot.admin.people import Target, act, told
from bot.context import Context
from bot.conversation import MENTION, Inbound, Reply
from bot.errors import Refusal
from bot.gallery import lookup
from bot.quotas import pricing
from bot.quotas.rules import Rule
from bot.sentence import EMPTY, Sentence, join, lines, sentences

Edit = Callable[[Rule], Rule]
Change = tuple[Edit, Sentence]
"""An edit of the rule, and the confirmation."""
_OFF = frozenset({"off", "no", "none"})
_HERE = frozenset({"", "here"})


async def gallery(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show the gallery's places to everyone, or change its settings, for admins."""
    if not argument:
        return await _show(ctx, inbound)
    await rights.check_admin(ctx, inbound)
    word, value = (*argument.split(maxsplit=1), "", "")[:2]
    word = "here" if MENTION in word else word.lower()
    setter = _SETTERS.get(word)
    if setter is None or (value and word in _BARE and MENTION not in argument):
        raise Refusal(texts.sharing.GALLERY_HOW)
    rule = await lookup.rule_of(ctx.store, inbound.scope)
    edit, words = await setter(ctx, inbound, rule, value.strip())
    done = await ctx.store.quotas.amend(act(ctx, inbound, f"gallery {word}", Target("", "", "")), edit)
    return told(words, done)


async def _show(ctx: Context, inbound: Inbound) -> Reply:
    rule = await lookup.rule_of(ctx.store, inbound.scope)
    posted = ""
    if rule.gallery:
        posted = "here" if rule.gallery == _here(inbound) else "elsewhere"
    words = texts.sharing.gallery(rule.title or "", posted, lookup.gallery_link(ctx.links.web, rule))
    if not await rights.administers(ctx, inbound):
        return Reply(words, private=True)
    if not (rule.gallery or rule.web or rule.review or rule.approve):
        return Reply(join("\n\n", [texts.sharing.GALLERY_BEGIN, texts.sharing.GALLERY_HOW]), private=True)
    held = texts.sharing.gallery_set(
        bool(rule.review), bool(rule.approve), bool(rule.web), bool(rule.public), rule.best or ""
    )
    return Reply(join("\n\n", [words, held]), private=True)


# ── One setter per word ──────────────────────────────────────────────────────────────────────────────────────────────


async def _place(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    place, label = _where(inbound, value)
    earlier = texts.sharing.EARLIER_STAY if rule.gallery and rule.gallery != place else ""
    return lambda rule: replace(rule, gallery=place, title=_title(inbound, rule)), texts.sharing.gallery_here(
        label, earlier
    )


async def _close(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    words = texts.sharing.GALLERY_OFF if rule.web else texts.sharing.GALLERY_OFF_ALL
    return lambda rule: replace(rule, gallery=None, best=None), words


async def _review(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    if value.lower() in _OFF:
        return lambda rule: replace(rule, review=None), texts.sharing.REVIEW_OFF
    place, label = _where(inbound, value)
    return lambda rule: replace(rule, review=place), texts.sharing.review_here(label)


async def _approve(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    if not _on(value):
        return lambda rule: replace(rule, approve=None), texts.sharing.APPROVE_OFF
    where = EMPTY if rule.review else texts.sharing.APPROVE_WHERE
    return lambda rule: replace(rule, approve=True), sentences(texts.sharing.APPROVE_ON, where)


async def _web(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    new = value.lower() == "new"
    if not new and not _on(value):
        return lambda rule: replace(rule, web=None), texts.sharing.WEB_OFF
    if not ctx.links.web:
        raise Refusal(texts.sharing.NO_WEB)
    slug = await ctx.store.gallery.open_gallery(inbound.scope, ctx.ids.new(), new=new)
    link = lookup.gallery_link(ctx.links.web, replace(rule, web=slug))
    words = texts.sharing.web_on(link, bool(rule.public))
    if new and rule.web:
        words = lines(words, texts.sharing.OLD_LINK)
    return lambda rule: replace(rule, web=slug, title=_title(inbound, rule)), words


async def _public(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    if not rule.web:
        raise Refusal(texts.sharing.WEB_FIRST)
    return lambda rule: replace(rule, public=True), texts.sharing.PUBLIC


async def _unlisted(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    return lambda rule: replace(rule, public=None), texts.sharing.UNLISTED


async def _name(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    for named in inbound.named:
        value = value.replace(MENTION, f"@{named.label}", 1)
    title = texts.sharing.name(value)
    if not title:
        raise Refusal(texts.sharing.GALLERY_NAME_HOW)
    return lambda rule: replace(rule, title=title), texts.sharing.called(title)


async def _best(ctx: Context, inbound: Inbound, rule: Rule, value: str) -> Change:
    if value.lower() in _OFF:
        return lambda rule: replace(rule, best=None), texts.sharing.BEST_OFF
    spans: dict[str, Literal["week", "month"]] = {"week": "week", "month": "month"}
    span = spans.get(value.lower())
    if span is None:
        raise Refusal(texts.sharing.GALLERY_HOW)
    if not rule.gallery:
        raise Refusal(texts.sharing.GALLERY_FIRST)
    zone = pricing.known_zone(rule.zone or "UTC") or "UTC"
    return lambda rule: replace(rule, best=span), texts.sharing.best_on(span, zone)


_SETTERS: dict[str, Callable[[Context, Inbound, Rule, str], Awaitable[Change]]] = {
    "here": _place,
    "off": _close,
    "review": _review,
    "approve": _approve,
    "web": _web,
    "public": _public,
    "unlisted": _unlisted,
    "name": _name,
    "best": _best,
}
_BARE = frozenset({"here", "off", "public", "unlisted"})
"""Settings without a value."""


def _where(inbound: Inbound, value: str) -> tuple[str, str]:
    """`chat/thread` of the named place, from the platform's event, and its name if it is not this one."""
    named = [one for one in inbound.named if one.kind == "channel"]
    if inbound.text.count(MENTION) != len(inbound.named) or len(named) != len(inbound.named) or len(named) > 1:
        raise Refusal(texts.sharing.A_CHANNEL)
    if named:
        return named[0].id, named[0].label
    if value.lower() not in _HERE or inbound.address.platform != inbound.scope.partition(":")[0]:
        raise Refusal(texts.sharing.A_CHANNEL)  # not in a shell, where no community posts
    return _here(inbound), ""


def _here(inbound: Inbound) -> str:
    return f"{inbound.address.chat}/{inbound.address.thread}"


def _on(value: str) -> bool:
    """A yes or no. Raises `Refusal`."""
    if value.lower() not in ("on", "yes", *_OFF):
        raise Refusal(texts.sharing.GALLERY_HOW)
    return value.lower() not in _OFF


def _title(inbound: Inbound, rule: Rule) -> str | None:
    """The gallery's title: the one set, else the platform's name of the community."""
    return rule.title or texts.sharing.name(inbound.community) or None
