"""What the operator's page shows, as values. Changes are made by the commands."""

import math
from collections.abc import Callable, Sequence

from bot.admin import operator_sessions, profiles, spending, usage
from bot.context import Context
from bot.model import ID, PERSON, Incident
from bot.overview import (
    Community,
    CommunityProfile,
    Deed,
    Hour,
    Jobs,
    Money,
    Now,
    Person,
    Profile,
    Show,
    Story,
)
from bot.quotas import pricing

HOURS = 24
"""Hours of the chart of clips."""
PAGE = 50
"""Jobs on a page."""
_UNFINISHED = 500
LATEST = 100
"""Incidents, and acts, that are listed."""
_SEARCHED = 2000
"""Acts among which is searched."""
FIRST = 20
"""Unfinished jobs that are listed."""
_MOST = 100_000
"""Ended jobs that are counted."""
HOUR = 3600.0


class Overview:
    """Everything here is for operators: `whose` says who asks. Raises `StoreDown`."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    async def enter(self, link: str) -> str | None:
        """Open a one-time link; returns the token of a session, None if the link is over or unknown."""
        return await operator_sessions.enter(self._context(), link)

    async def whose(self, session: str) -> str | None:
        """The operator of a session; None if it is over."""
        return await operator_sessions.whose(self._context(), session)

    async def leave(self, session: str) -> None:
        """End a session."""
        await operator_sessions.leave(self._context(), session)

    async def jobs(self, show: Show, before: float | None = None) -> Jobs:
        """A page of unfinished jobs, or of those that ended so before a time."""
        ctx = self._context()
        if show == "unfinished":
            return Jobs(await ctx.store.overview.unfinished(_UNFINISHED))
        found = await ctx.store.overview.done(before or math.inf, PAGE + 1, show)
        return Jobs(found[:PAGE], found[PAGE - 1].done_at if len(found) > PAGE else None)

    async def jobs_of(self, person: str) -> Jobs:
        """The latest jobs of a person and the accounts linked to theirs."""
        return Jobs(await self._context().store.jobs(person, PAGE))

    async def people(self, find: str) -> tuple[Sequence[Person], Sequence[Community]]:
        """People and communities with these words in their names; without any, the latest and the busiest."""
        ctx = self._context()
        return await profiles.people(ctx, find), await profiles.communities(ctx, find)

    async def person(self, operator: str, person: str) -> Profile | None:
        """A person; None for what is no id of one."""
        return await profiles.profile(self._context(), operator, person) if PERSON.fullmatch(person) else None

    async def community(self, operator: str, scope: str, language: str) -> CommunityProfile | None:
        """A community; None if nothing is known of it."""
        return await profiles.community(self._context(), operator, scope, language) if PERSON.fullmatch(scope) else None

    async def money(self) -> Money:
        """Spending of the last days."""
        return await spending.money(self._context())

    async def incidents(self) -> Sequence[Incident]:
        """The latest incidents, newest first."""
        return await self._context().store.incidents(LATEST)

    async def acts(self, find: str) -> Sequence[Deed]:
        """The latest acts with these words in them, newest first."""
        words = find.casefold().split()
        found = []
        for act in await self._context().store.overview.acts(_SEARCHED):
            deed = Deed(act.at, act.scope, usage.line(act, pricing.zone(None)))
            if all(word in f"{deed.words} {act.scope} {act.about} {act.actor}".casefold() for word in words):
                found.append(deed)
        return found[:LATEST]

    async def story(self, job_id: str) -> Story | None:
        """A job and what happened to it; None if there is none."""
        store = self._context().store
        job = await store.job(job_id) if ID.fullmatch(job_id) else None
        if job is None:
            return None
        return Story(job, await store.overview.moves(job.id), await store.overview.incidents(job.id))

    async def now(self) -> Now:
        """Queue, spending and what ended lately."""
        ctx = self._context()
        now = ctx.clock()
        snapshot = await ctx.store.vitals.snapshot(now, now, [], [])
        first = now // HOUR * HOUR - (HOURS - 1) * HOUR
        return Now(
            now,
            dict(snapshot.states),
            max(0.0, now - snapshot.oldest_due) if snapshot.oldest_due else 0.0,
            snapshot.paused,
            snapshot.in_doubt,
            snapshot.incidents,
            await spending.ceilings(ctx),
            _hours(await ctx.store.overview.ended(first, _MOST), first),
            await ctx.store.overview.unfinished(FIRST),
        )


def _hours(ended: Sequence[tuple[float, str]], first: float) -> list[Hour]:
    clips, failed = [0] * HOURS, [0] * HOURS
    for at, outcome in ended:
        which = min(HOURS - 1, max(0, int((at - first) // HOUR)))
        (clips if outcome == "clip" else failed)[which] += 1
    return [Hour(first + n * HOUR, clips[n], failed[n]) for n in range(HOURS)]
