"""Accounts: persons linked across platforms, and the one-time codes that link them.

Each person keeps counters of their own; an account's limit applies to their sum. So linking moves no credits that a
running job may still refund.
"""

from collections.abc import Sequence

from bot.quotas.rules import Joined
from storage import counters, ledger, shares, turns
from storage.answers import done_before, first
from storage.database import Part, Transaction
from storage.people import people_of

HOUR = 3600
OLD_CODES = "DELETE FROM codes WHERE person = $1 OR until < $2"
NEW_CODE = "INSERT INTO codes (code, person, until) VALUES ($1, $2, $3)"
# A DELETE that returns the row: a code works once, also when entered twice at the same moment.
TAKE_CODE = "DELETE FROM codes WHERE code = $1 RETURNING person, until"
FIRST_GUESS = "INSERT INTO guesses (person, hour, used) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING"
GUESS = "UPDATE guesses SET used = used + 1 WHERE person = $1 AND hour = $2 AND used < $3 RETURNING used"
LINK = "INSERT INTO accounts (person, account) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING person"
LEAVE = "DELETE FROM accounts WHERE person = $1"
DISSOLVE = "DELETE FROM accounts WHERE account = $1"
RENAME = "UPDATE accounts SET account = $2 WHERE account = $1"
# From here on the queue counts these turns as the account's.
JOBS_MOVE = "UPDATE jobs SET account = $2 WHERE person = $1 AND state <> 'done'"


class Accounts(Part):
    """Accounts of linked persons. Each method is one transaction; repeating a `key` has no further effect."""

    async def people(self, person: str) -> tuple[str, ...]:
        """The linked persons of an account, `person` among them."""
        return (await self._db.read(lambda tx: people_of(tx, person)))[0]

    async def offer(self, person: str, code: str, until: float, key: str = "") -> None:
        """Store the hash of a linking code of `person`, valid until `until` (Unix seconds); earlier codes end."""

        async def work(tx: Transaction) -> None:
            if not await first(tx, key, person, until):
                return  # a repeat must not revive a code that was used meanwhile
            await tx.all(OLD_CODES, person, until - HOUR)
            await tx.all(NEW_CODE, code, person, until)

        await self._db.write(work)

    async def join(self, person: str, code: str, now: float, guesses: int, key: str = "") -> tuple[Joined, str]:
        """Enter a code; returns the outcome and the person linked. `guesses`: codes allowed per hour."""

        async def work(tx: Transaction) -> tuple[Joined, str]:
            if await done_before(tx, key, person):
                return "joined", ""
            await turns.hold_gate(tx)
            hour = int(now) // HOUR
            await tx.all(FIRST_GUESS, person, hour)
            if not await tx.all(GUESS, person, hour, guesses):
                return "tired", ""
            found = await tx.one(TAKE_CODE, code)
            if found is None or found["until"] < now:
                return "unknown", ""
            other = str(found["person"])
            if (refused := await self._link(tx, person, other)) is not None:
                return refused, ""
            await first(tx, key, person, now)
            return "joined", other

        return await self._db.write(work)

    async def _link(self, tx: Transaction, person: str, other: str) -> Joined | None:
        """Merge two persons' accounts; returns the reason if that is not allowed, else None."""
        if _platform(other) == _platform(person):
            return "same"
        theirs, account = await people_of(tx, other)
        mine, _ = await people_of(tx, person)
        if len(mine) > 1 or _platform(person) in map(_platform, theirs):
            return "taken"
        for one in (other, person):
            if not await tx.all(LINK, one, account) and one == person:
                return "taken"
        await shares.merge(tx, person, account)
        await tx.all(JOBS_MOVE, person, account)
        return None

    async def leave(self, person: str, spans: Sequence[str], now: float, key: str = "") -> bool:
        """Leave the account; both sides keep its joint use in `spans`. False if there was no link."""

        async def work(tx: Transaction) -> bool:
            await turns.hold_gate(tx)
            people, account = await people_of(tx, person)
            others = [other for other in people if other != person]
            if not others:
                return await done_before(tx, key, person)
            if not await first(tx, key, person, now):
                return True  # and linked again since
            # Whose account bears the leaver's name, or ends, gets another.
            name = others[0] if person == account or len(others) == 1 else account
            for one in people:
                await tx.all(JOBS_MOVE, one, person if one == person else name)
            for span in sorted(spans):
                used = await counters.hold_span(tx, people, span)
                whole = sum(used.values())
                rest = whole - used[person]
                # Each side is charged the joint use: leaving an account yields no fresh allowance.
                for one, amount in ((person, whole - used[person]), (others[0], whole - rest)):
                    if amount:
                        await _adjust(tx, one, span, amount, now)
            # One side keeps the account's name; both keep its sharing preferences.
            await shares.part(tx, account, others[0] if person == account else person)
            await tx.all(LEAVE, person)
            if len(others) == 1:
                await tx.all(DISSOLVE, account)
            elif person == account:
                # The account bore the leaver's name, under which they may link again.
                await tx.all(RENAME, account, others[0])
            return True

        return await self._db.write(work)


async def _adjust(tx: Transaction, person: str, span: str, amount: int, now: float) -> None:
    await tx.all(counters.ADJUST, person, span, amount, now)
    about = {"at": now, "actor": person, "kind": "adjust", "step": "adjust", "because": "unlinked"}
    await ledger.write(tx, **about, book=person, span=span, person=person, scope="", spent=amount)


def _platform(person: str) -> str:
    return person.partition(":")[0]
