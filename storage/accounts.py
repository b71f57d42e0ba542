"""The `Accounts`: which persons are one, over either database.

Each person keeps a book of their own; an account's limit counts all of them together. So joining adds what both have
used, without anything being moved that a job under way may still give back.
"""

from collections.abc import Sequence

from bot.quotas.rules import Joined
from storage import charging, shares
from storage.answers import first
from storage.charging import places
from storage.database import Database, Transaction

HOUR = 3600


class Accounts:
    """The port of the same name in `bot.ports`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def people(self, person: str) -> tuple[str, ...]:
        return (await self._db.read(lambda tx: charging.people_of(tx, person)))[0]

    async def offer(self, person: str, code: str, until: float, key: str = "") -> None:
        async def work(tx: Transaction) -> None:
            if not await first(tx, key, person, until):
                return  # or a code that was used meanwhile would be good again
            await tx.all("DELETE FROM codes WHERE person = $1 OR until < $2", person, until - HOUR)
            await tx.all("INSERT INTO codes (code, person, until) VALUES ($1, $2, $3)", code, person, until)

        await self._db.write(work)

    async def join(self, person: str, code: str, now: float, guesses: int, key: str = "") -> tuple[Joined, str]:
        hour = int(now) // HOUR

        async def work(tx: Transaction) -> tuple[Joined, str]:
            if key and await tx.one("SELECT 1 FROM answers WHERE key = $1 AND person = $2", key, person):
                return "joined", ""
            await tx.all("INSERT INTO guesses VALUES ($1, $2, 0) ON CONFLICT DO NOTHING", person, hour)
            sql = "UPDATE guesses SET used = used + 1 WHERE person = $1 AND hour = $2 AND used < $3 RETURNING used"
            if not await tx.all(sql, person, hour, guesses):
                return "tired", ""
            # Taken by whoever comes first, so it works once even when two enter it at the same moment.
            found = await tx.one("DELETE FROM codes WHERE code = $1 RETURNING person, until", code)
            if found is None or found["until"] < now:
                return "unknown", ""
            other = str(found["person"])
            if _platform(other) == _platform(person):
                return "same", ""
            theirs, account = await charging.people_of(tx, other)
            mine, _ = await charging.people_of(tx, person)
            if len(mine) > 1 or _platform(person) in map(_platform, theirs):
                return "taken", ""
            for one in (other, person):
                sql = "INSERT INTO accounts (person, account) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING person"
                if not await tx.all(sql, one, account) and one == person:
                    return "taken", ""
            await shares.merge(tx, person, account, self._db.for_update)
            # Their turns in the queue are counted together from now on.
            await tx.all("UPDATE jobs SET account = $2 WHERE person = $1 AND state <> 'done'", person, account)
            await first(tx, key, person, now)
            return "joined", other

        return await self._db.write(work)

    async def leave(self, person: str, spans: Sequence[str], now: float, key: str = "") -> bool:
        async def work(tx: Transaction) -> bool:
            people, account = await charging.people_of(tx, person)
            others = [other for other in people if other != person]
            if not others:
                return bool(key and await tx.one("SELECT 1 FROM answers WHERE key = $1 AND person = $2", key, person))
            if not await first(tx, key, person, now):
                return True  # and linked anew since
            for span in sorted(spans):
                used = await self._used(tx, people, span)
                whole = sum(used.values())
                rest = whole - used[person]
                # Both sides have used what the two used together: parting gives nobody a fresh allowance.
                for one, amount in ((person, whole - used[person]), (others[0], whole - rest)):
                    if amount:
                        await self._adjust(tx, one, span, amount, now)
            # The account's name stays with one side; how they share goes with both.
            await shares.part(tx, account, others[0] if person == account else person)
            await tx.all("DELETE FROM accounts WHERE person = $1", person)
            if len(others) == 1:
                await tx.all("DELETE FROM accounts WHERE account = $1", account)
            elif person == account:
                # The account was named after whoever leaves, who may be linked anew under that name.
                await tx.all("UPDATE accounts SET account = $2 WHERE account = $1", account, others[0])
            return True

        return await self._db.write(work)

    async def _used(self, tx: Transaction, people: Sequence[str], span: str) -> dict[str, int]:
        sql = f"""
            SELECT book, used FROM books WHERE span = $1 AND book IN ({places(people, 2)})
            ORDER BY book, span {self._db.for_update}"""
        found = {row["book"]: int(row["used"]) for row in await tx.all(sql, span, *people)}
        return {person: found.get(person, 0) for person in people}

    async def _adjust(self, tx: Transaction, person: str, span: str, amount: int, now: float) -> None:
        sql = """
            INSERT INTO books (book, span, used, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (book, span) DO UPDATE SET used = books.used + excluded.used, at = excluded.at"""
        await tx.all(sql, person, span, amount, now)
        await charging.write(
            tx,
            at=now,
            actor=person,
            kind="adjust",
            step="adjust",
            book=person,
            span=span,
            person=person,
            scope="",
            spent=amount,
            because="unlinked",
        )


def _platform(person: str) -> str:
    return person.partition(":")[0]
