"""The operator's pages and their words, and an order to look at there."""

from typing import Any

from bot import texts
from bot.jobs import machine
from tests.operators import Seat
from tests.samples import a_job

DESK = texts.overview.LABELS
MEMBER = "telegram:-100"
PATHS = [
    "/admin",
    "/admin/jobs",
    "/admin/jobs/any",
    "/admin/people",
    "/admin/people/telegram:9",
    "/admin/communities/telegram:-100",
    "/admin/money",
    "/admin/incidents",
    "/admin/log",
]


async def a_life(seat: Seat, id: str, **changes: Any) -> None:
    now = seat.app.core.context.clock()
    job = a_job(id, **{"created_at": now - 90, "due_at": now + 9e6, "person": "telegram:9", **changes})
    await seat.app.store.submit(job, machine.hold(job))
