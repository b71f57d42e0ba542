"""What the core needs of a store that came back from a copy. Structural, like `bot.ports`."""

from collections.abc import Sequence
from typing import Protocol

from bot.model import Job
from bot.quotas.rules import Act


class Restored(Protocol):
    """Orders on hold: they were in line when the database was copied, and may have been bought since."""

    async def arrived(self) -> float:
        """When the database was first opened here, or last came back from a copy; Unix seconds."""

    async def halted(self, before: float | None = None) -> list[Job]:
        """All of them, or those that have been on hold since `before` or longer; oldest first."""

    async def release(self, act: Act) -> tuple[int, int]:
        """Let them go on: how many are in line again, and how many that had left it are given up by the next worker."""

    async def noted(self, act: Act, jobs: Sequence[str]) -> None:
        """Write into the audit log what is done with these."""
