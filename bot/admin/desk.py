"""What the operator's page shows, as values. Whatever it changes goes through the commands, like everybody's."""

from collections.abc import Callable, Sequence

from bot.admin import entrance
from bot.context import Context
from bot.overview import Ceiling, Hour, Now
from bot.quotas import pricing
from bot.quotas.pricing import MILLIONTHS

HOURS = 24
"""Hours of the chart of clips."""
FIRST = 50
"""Unfinished jobs that are listed."""
_MOST = 100_000
"""Ended jobs that are counted."""
HOUR = 3600.0


class Desk:
    """Everything here is for operators: `whose` says who asks. Raises `StoreDown`."""

    def __init__(self, context: Callable[[], Context]) -> None:
        self._context = context

    async def enter(self, link: str) -> str | None:
        """Open a one-time link; returns the token of a session, None if the link is over or unknown."""
        return await entrance.enter(self._context(), link)

    async def whose(self, session: str) -> str | None:
        """The operator of a session; None if it is over."""
        return await entrance.whose(self._context(), session)

    async def leave(self, session: str) -> None:
        """End a session."""
        await entrance.leave(self._context(), session)

    async def now(self) -> Now:
        """Queue, spending and what ended lately."""
        ctx = self._context()
        now = ctx.clock()
        lines = pricing.ceilings(0, now, ctx.policy)
        snapshot = await ctx.store.vitals.snapshot(now, now, [line.span for line in lines], [])
        ceilings = []
        for line in lines:
            unit, span = line.span.split(":")[:2]
            scale = MILLIONTHS if unit == "money" else 1
            limit = None if line.limit is None else line.limit / scale
            ceilings.append(Ceiling(unit, span, snapshot.spent.get(line.span, 0) / scale, limit))
        first = now // HOUR * HOUR - (HOURS - 1) * HOUR
        return Now(
            now,
            dict(snapshot.states),
            max(0.0, now - snapshot.oldest_due) if snapshot.oldest_due else 0.0,
            snapshot.paused,
            snapshot.in_doubt,
            snapshot.incidents,
            ceilings,
            _hours(await ctx.store.overview.ended(first, _MOST), first),
            await ctx.store.overview.unfinished(FIRST),
        )


def _hours(ended: Sequence[tuple[float, str]], first: float) -> list[Hour]:
    clips, failed = [0] * HOURS, [0] * HOURS
    for at, outcome in ended:
        which = min(HOURS - 1, max(0, int((at - first) // HOUR)))
        (clips if outcome == "clip" else failed)[which] += 1
    return [Hour(first + n * HOUR, clips[n], failed[n]) for n in range(HOURS)]
