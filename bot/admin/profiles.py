"""People and communities as the operator's page shows them: what they may, what they used, how they are restricted."""

from collections.abc import Sequence

from bot import texts
from bot.admin import limits, operator_sessions, usage
from bot.context import Context
from bot.overview import Community, CommunityProfile, Membership, Person, Profile
from bot.quotas import balance, pricing, quote
from bot.quotas.rules import GONE, OWN, Member, Rule
from bot.sentence import EMPTY

MOST = 20_000
"""People who are searched."""
SHOWN = 50
"""People who are listed."""
JOBS = 20
"""A person's latest jobs."""
_ALL = 10_000


async def people(ctx: Context, find: str) -> list[Person]:
    """Those who ordered last, or whose name or id has these words in it."""
    words = find.casefold().split()
    found = [
        person
        for person in await ctx.store.overview.people(MOST)
        if not person.id.startswith(GONE) and all(word in f"{person.id} {person.label}".casefold() for word in words)
    ]
    return sorted(found, key=lambda person: -person.at)[:SHOWN]


async def communities(ctx: Context, find: str) -> list[Community]:
    """All communities that have this in their name, with what they used this month; the highest first."""
    month = pricing.window(ctx.clock(), "month")
    used = dict(await ctx.store.figures.communities(month.key, _ALL))
    known = {*await ctx.store.figures.scopes(), *await ctx.store.overview.scopes()}
    found = [Community(scope, used.get(scope, 0), None) for scope in known if find.casefold() in scope]
    return sorted(found, key=lambda one: (-one.used, one.scope))[:SHOWN]


async def profile(ctx: Context, operator: str, person: str) -> Profile:
    """A person, in private chats and in each community that knows them."""
    scopes = [OWN, *(scope for scope in await ctx.store.overview.scopes_of(person) if scope != OWN)]
    jobs = await ctx.store.jobs(person, JOBS)
    label = next((job.label for job in jobs if job.label and job.person == person), "")
    linked = [other for other in await ctx.store.accounts.people(person) if other != person]
    return Profile(person, label, linked, [await _membership(ctx, operator, person, scope) for scope in scopes], jobs)


async def _membership(ctx: Context, operator: str, person: str, scope: str) -> Membership:
    held = await balance.standing(ctx, operator_sessions.speaking(operator, scope=scope), Member(scope, person))
    zone = held.rules.scope.zone or "UTC"
    where, ban = pricing.zone(zone), pricing.ban(held.rules, ctx.clock())
    grants = await ctx.store.quotas.grants(scope, held.rules.people if not scope else (person,), ctx.clock())
    return Membership(
        scope,
        texts.credits.quota_of(person, held.limit, held.span, held.left, held.extra, held.refill),
        texts.overview.banned(quote.until(ban.banned, zone), ban.because or "") if ban else EMPTY,
        [
            texts.credits.grant_line(
                grant.left,
                grant.amount,
                texts.admin.when(grant.until, where, zone) if grant.until else EMPTY,
                grant.because,
            )
            for grant in grants
        ],
    )


async def community(ctx: Context, operator: str, scope: str, language: str) -> CommunityProfile | None:
    """A community, as its admins see it; None if nothing is known of it."""
    name = await ctx.store.quotas.scope(scope)
    if name not in {*await ctx.store.figures.scopes(), *await ctx.store.overview.scopes()}:
        return None
    asking = operator_sessions.speaking(operator, scope=name, language=language)
    month = pricing.window(ctx.clock(), "month", pricing.zone((await _rule(ctx, name)).zone))
    report = await usage.usage(ctx, asking, "month")
    pictures: Sequence[bytes] = [paper.data for paper in report.papers if paper.picture]
    return CommunityProfile(
        name,
        await ctx.store.figures.used(f"scope:{name}", month.key),
        (await _rule(ctx, name)).cap,
        (await limits.limits(ctx, asking, "")).text,
        report.text,
        pictures[0] if pictures else None,
    )


async def _rule(ctx: Context, scope: str) -> Rule:
    return (await ctx.store.quotas.rules(scope)).get("", Rule())
