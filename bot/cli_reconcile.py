"""`photoplay reconcile`: what the hosts took, compared with our jobs."""

import asyncio
import re
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from bot import texts
from bot.app import App
from bot.errors import Misconfigured, Refusal
from bot.reconciliation import both_sides, told
from bot.shell import QUIET, out, with_app

DAY = 86_400.0
LONGEST = 90
"""Days that a comparison looks back, at most: hosts tell no more."""


def reconcile(
    since: Annotated[str, typer.Option(help="from when on: a day, as in 2026-11-01, or 7d for so many days")] = "2d",
) -> None:
    """Compare what the hosts took with the clips that were delivered.

    What does not fit is kept as an incident, with both sides. Every night it is done by itself.

    For example:

    photoplay reconcile --since 30d
    """

    async def compare(app: App, stopped: asyncio.Event) -> None:
        begin = _begin(since, time.time())
        if not app.reconciliation.hosts:
            raise Refusal(texts.prices.NO_BOOKS)
        for host in app.reconciliation.hosts:
            result = await app.reconciliation.compare(host, begin)
            if isinstance(result, str):
                raise Misconfigured(f"The charges of {texts.phrases.host(host)} cannot be read: {result}.")
            out.print(told(result.comparison), markup=False, soft_wrap=True)
            for one in result.new:
                line = f"  {texts.incidents.DIFFERENCES[one.verdict]}: {both_sides(host, one)}"
                out.print(line, markup=False, soft_wrap=True)

    with_app(compare, QUIET)


def _begin(since: str, now: float) -> float:
    """Unix seconds. Raises `Refusal`."""
    if found := re.fullmatch(r"([1-9]\d?) ?d(?:ays?)?", since.strip(), re.ASCII):
        at = now - int(found[1]) * DAY
    else:
        try:
            moment = datetime.fromisoformat(since.strip())
            at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise Refusal(texts.prices.SINCE_HOW) from None
    if not now - LONGEST * DAY <= at <= now:
        raise Refusal(texts.prices.SINCE_HOW)
    return at
