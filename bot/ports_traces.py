"""What the core needs of a store to keep no more than it should. Structural, like `bot.ports`."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Protocol

from bot.model import Address, Job
from bot.quotas.rules import Movement, Parked


class Traces(Protocol):
    """What is kept of people, and how it goes. Files go first, then what remembers them: a repeat harms nothing."""

    async def overexposed(self, before: float, limit: int) -> list[Job]:
        """Jobs that were done before then and still have their photos, oldest first."""

    async def outworn(self, before: float, limit: int) -> list[Job]:
        """Those without photos that still have their clip, and are shared nowhere; oldest first."""

    async def swept(self, job_ids: Sequence[str], *, clips: bool) -> None:
        """Their photos are gone; with `clips`, all of their files."""

    async def overdue(self, before: float, limit: int) -> list[tuple[Parked, bool]]:
        """Orders that wait for a yes since too long; and whether one became a job, which has its photos now."""

    def named(self) -> AsyncIterator[set[str]]:
        """The names of all pictures and clips that rows still have, some at a time."""

    async def stranded(self, platforms: Sequence[str], before: float, limit: int) -> list[Job]:
        """Jobs of other platforms than these with which nothing has happened since then."""

    async def trim(self, now: float) -> None:
        """Drop what nobody needs any more."""

    # ── Forgetting ──

    async def repeated(self, job_ids: Sequence[str], place: Address, at: float) -> bool:
        """The message at `place` shows the clips or words of these jobs. False: whose they are, is forgotten."""

    async def forget(self, person: str, at: float, spans: Collection[str], alias: str) -> list[str]:
        """Begin to forget someone's whole account: all but orders and shares goes at once; who its persons were.

        Counters in `spans` stay. `alias` is nobody's name, in whose books the sums stand from now on.
        """

    async def forgetting(self) -> list[tuple[str, float]]:
        """Who is being forgotten, and since when, until `lapse`."""

    async def unerased(self, now: float) -> list[tuple[str, float]]:
        """Those of whom something is left that can be removed now: what is under way comes back first."""

    async def finished(self) -> list[tuple[str, float]]:
        """Those who are not marked as erased although nothing is left, nor a message that is to be removed."""

    async def erased(self, people: Sequence[tuple[str, float]], now: float) -> None:
        """Mark them so. What counts goes on counting until `lapse`."""

    async def lapsing(self, before: float) -> list[str]:
        """Those who asked before then, and of whom nothing is left."""

    async def parked(self, person: str) -> list[tuple[Parked, bool]]:
        """A person's orders that wait for a yes, as in `overdue`."""

    async def orders(self, person: str, until: float, limit: int) -> list[Job]:
        """What is left of a person's jobs that were asked for until then, those that are done first."""

    async def count(self, person: str, until: float) -> int:
        """How many are left."""

    async def husk(self, person: str, job_ids: Sequence[str], now: float, spans: Collection[str], alias: str) -> int:
        """Make finished jobs, whose files are gone, nobody's; how many. Their messages are to be removed."""

    async def unfollow(self, people: Iterable[str], job_id: str) -> None:
        """What these people made after a clip that goes continues nothing any more."""

    async def lapse(self, person: str) -> None:
        """Somebody is forgotten: the counters that were kept go as well."""

    async def scrub(self) -> bool:
        """Have what was deleted gone from the database's files, as far as it can do that; False: later."""

    # ── For the person ──

    async def history(self, people: Sequence[str], after: tuple[float, str], limit: int) -> list[Job]:
        """Jobs of these people, oldest first, behind one (`created_at`, id)."""

    async def ledger(self, people: Sequence[str], limit: int) -> list[Movement]:
        """The movements of their credits, newest first."""

    async def opinions(self, people: Sequence[str]) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
        """The hearts that they gave (`share`, `at`), and what they reported (`share`, `reason`, `at`)."""
