"""/wordlist: a community's own banned words, shown and changed by its admins."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot import texts
from bot.admin.people import Target, act, told
from bot.context import Context
from bot.conversation import MENTION, Inbound, Reply
from bot.errors import Refusal
from bot.ordering.wordlist import LONGEST, MOST, is_word
from bot.quotas.rules import Rule

_SCOPE = Target("", texts.admin.DEFAULT, "")


async def wordlist(ctx: Context, inbound: Inbound, argument: str) -> Reply:
    """Show or change a community's own words; for its admins only."""
    verb, rest = (*argument.replace(MENTION, "").split(maxsplit=1), "", "")[:2]
    rule = (await ctx.store.quotas.rules(inbound.scope)).get("", Rule())
    match verb.lower(), _given(rest):
        case "", _:
            listed = texts.consent.listed(rule.words or (), bool(rule.lax), MOST, LONGEST)
            return Reply(listed, private=True, secret=True)
        case "add", [*given] if given:
            return await _add(ctx, inbound, rule, given)
        case "remove" | "delete", [*given] if given:
            return await _remove(ctx, inbound, rule, given)
        case "house", ["on"]:
            return await _house(ctx, inbound, lax=False)
        case "house", ["off"]:
            return await _house(ctx, inbound, lax=True)
        case _:
            raise Refusal(texts.consent.how(MOST, LONGEST))


async def _add(ctx: Context, inbound: Inbound, rule: Rule, given: Sequence[str]) -> Reply:
    for word in given:
        if len(word) > LONGEST:
            raise Refusal(texts.consent.TOO_LONG.fill(longest=LONGEST))
        if not is_word(word):
            raise Refusal(texts.consent.NO_LETTERS)
    if set(given) <= set(rule.words or ()) and not await ctx.store.quotas.act(
        act(ctx, inbound, "wordlist add", _SCOPE).id
    ):
        return Reply(texts.consent.listed_already(len(given)), private=True)

    def edit(rule: Rule) -> Rule:
        words = tuple(dict.fromkeys((*(rule.words or ()), *given)))
        if len(words) > MOST:
            raise Refusal(texts.consent.TOO_MANY.fill(most=MOST))
        return replace(rule, words=words)

    return await _amended(ctx, inbound, "wordlist add", edit)


async def _remove(ctx: Context, inbound: Inbound, rule: Rule, given: Sequence[str]) -> Reply:
    if not set(given) & set(rule.words or ()):
        raise Refusal(texts.consent.NOT_LISTED)

    def edit(rule: Rule) -> Rule:
        return replace(rule, words=tuple(word for word in rule.words or () if word not in given) or None)

    return await _amended(ctx, inbound, "wordlist remove", edit)


async def _amended(ctx: Context, inbound: Inbound, verb: str, edit: Callable[[Rule], Rule]) -> Reply:
    done = await ctx.store.quotas.amend(act(ctx, inbound, verb, _SCOPE), edit)
    return replace(told(texts.consent.changed(len(Rule.load(done.after).words or ())), done), private=True)


async def _house(ctx: Context, inbound: Inbound, *, lax: bool) -> Reply:
    entry = act(ctx, inbound, f"wordlist house {'off' if lax else 'on'}", _SCOPE)
    done = await ctx.store.quotas.amend(entry, lambda rule: replace(rule, lax=lax or None))
    return replace(told(texts.consent.HOUSE_OFF if lax else texts.consent.HOUSE_ON, done), private=True)


def _given(text: str) -> list[str]:
    """Words in their stored form: lower case, single spaces."""
    words = (" ".join(unicodedata.normalize("NFKC", word).casefold().split()) for word in re.split(r"[,;\n]", text))
    return [word for word in dict.fromkeys(words) if word]
