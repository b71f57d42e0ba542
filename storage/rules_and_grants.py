"""The `Books`: rules, grants, the audit log and parked orders, over either database."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import Illegal
from bot.model import Job
from bot.quotas.rules import Act, Grant, Member, Parked, Plan, Quote, Rule, Rulebook
from storage import charging, rows, rules
from storage.charging import places
from storage.database import Database, Row, Transaction


class Books:
    """The port of the same name in `bot.ports`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def scope(self, name: str) -> str:
        row = await self._db.read(lambda tx: tx.one("SELECT scope FROM moved WHERE name = $1", name))
        return str(row["scope"]) if row else name

    async def quote(self, member: Member, plan: Plan, now: float) -> Quote:
        return await self._db.read(lambda tx: charging.quote(tx, member, plan, now))

    async def rulebook(self, member: Member) -> Rulebook:
        return await self._db.read(lambda tx: charging.rulebook(tx, member))

    async def rules(self, scope: str) -> dict[str, Rule]:
        sql = "SELECT about, value FROM rules WHERE scope = $1 ORDER BY about"
        found = await self._db.read(lambda tx: tx.all(sql, scope))
        return {row["about"]: Rule.load(row["value"]) for row in found}

    async def paused(self) -> bool:
        return await self._db.read(lambda tx: tx.one(rules.PAUSED)) is not None

    async def amend(self, act: Act, edit: Callable[[Rule], Rule]) -> Act:
        async def work(tx: Transaction) -> Act:
            before = await rules.held(tx, act.scope, act.about, self._db.for_update)
            if done := await _done(tx, act):
                return done
            after = edit(Rule.load(before)).dump()
            await rules.put(tx, act.scope, act.about, after)
            return await enter(tx, replace(act, before=before, after=after))

        return await self._db.write(work)

    async def grant(self, act: Act, grant: Grant) -> Act:
        async def work(tx: Transaction) -> Act:
            fresh = await tx.all(
                "INSERT INTO grants (id, scope, person, amount, used, until, at, actor, because) "
                "VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id",
                grant.id,
                grant.scope,
                grant.person,
                grant.amount,
                grant.until,
                grant.at,
                grant.by,
                grant.because,
            )
            if not fresh and (done := await _done(tx, act)):
                return done
            await _given(tx, act, "grant", grant, grant.amount)
            after = json.dumps({"grant": grant.id, "amount": grant.amount, "until": grant.until})
            return await enter(tx, replace(act, after=after))

        return await self._db.write(work)

    async def grants(self, scope: str, people: Sequence[str], now: float) -> list[Grant]:
        return await self._db.read(lambda tx: charging.open_grants(tx, scope, people, now))

    async def revoke(self, act: Act, people: Sequence[str]) -> tuple[Act, int]:
        async def work(tx: Transaction) -> tuple[Act, int]:
            grants = await charging.open_grants(tx, act.scope, people, act.at, self._db.for_update)
            if done := await _done(tx, act):
                return done, sum(amount for _, amount in json.loads(done.after)["grants"])
            taken = [[grant.id, await _end(tx, act, grant)] for grant in sorted(grants, key=lambda g: g.id)]
            after = json.dumps({"grants": taken})
            return await enter(tx, replace(act, after=after)), sum(grant.left for grant in grants)

        return await self._db.write(work)

    async def pardon(self, act: Act, job_id: str) -> int:
        async def work(tx: Transaction) -> int:
            row = await tx.one(f"SELECT * FROM jobs WHERE id = $1 {self._db.for_update}", job_id)
            job = rows.job(row) if row else None
            if done := await _done(tx, act):
                return int(json.loads(done.after)["back"])
            if job is None or job.scope != act.scope or job.outcome != "clip":
                raise Illegal("only a paid clip of the same scope can be given back")
            if await tx.one("SELECT 1 FROM ledger WHERE job = $1 AND step = 'pardon'", job_id):
                raise Illegal("it was given back already")
            returned = 0
            for payment in job.paid:
                if payment.kind not in ("own", "grant"):
                    continue  # the money is spent: the ceilings keep counting it
                back = True
                if payment.kind == "grant":
                    back = await charging.give_back(tx, payment.book, payment.amount, act.at)
                else:
                    sql = "UPDATE books SET used = used - $3, at = $4 WHERE book = $1 AND span = $2"
                    await tx.all(sql, payment.book, payment.span, payment.amount, act.at)
                returned += payment.amount if back else 0
                await charging.write(
                    tx,
                    at=act.at,
                    actor=act.actor,
                    kind="refund" if back else "lapse",
                    step="pardon",
                    job=job.id,
                    source=payment.kind,
                    book=payment.book,
                    span=payment.span,
                    person=job.person,
                    scope=job.scope,
                    spent=-payment.amount if back else 0,
                    because=act.because,
                )
            await enter(tx, replace(act, after=json.dumps({"job": job.id, "back": returned})))
            return returned

        return await self._db.write(work)

    async def act(self, act_id: str) -> Act | None:
        row = await self._db.read(lambda tx: tx.one("SELECT * FROM audit WHERE id = $1", act_id))
        return act_of(row) if row else None

    async def note(self, act: Act) -> None:
        async def work(tx: Transaction) -> None:
            if not await _done(tx, act):
                await enter(tx, act)

        await self._db.write(work)

    async def undo(self, act_id: str, act: Act) -> Act:
        async def work(tx: Transaction) -> Act:
            row = await tx.one(f"SELECT * FROM audit WHERE id = $1 {self._db.for_update}", act_id)
            if earlier := await _done(tx, act):
                return earlier
            if row is None or await tx.one("SELECT 1 FROM audit WHERE undoes = $1", act_id):
                raise Illegal("there is nothing to undo")
            done = act_of(row)
            act_now = replace(act, scope=done.scope, about=done.about, label=done.label, undoes=done.id)
            if done.verb == "grant":
                after = await self._take_back(tx, act_now, json.loads(done.after)["grant"])
            elif done.verb == "revoke":
                after = await self._restore(tx, act_now, json.loads(done.after)["grants"])
            elif done.verb == "refund" or done.undoes:
                raise Illegal("that cannot be undone")
            else:
                if await rules.held(tx, done.scope, done.about, self._db.for_update) != done.after:
                    raise Illegal("it was changed since")
                await rules.put(tx, done.scope, done.about, done.before)
                after = done.before
            return await enter(tx, replace(act_now, before=done.after, after=after))

        return await self._db.write(work)

    # ── Orders that wait for a yes ───────────────────────────────────────────────────────────────────────────────────

    async def park(self, parked: Parked) -> None:
        sql = "INSERT INTO parked (id, person, scope, body, photos, until) VALUES ($1, $2, $3, $4, $5, $6)"
        row = (parked.id, parked.person, parked.scope, parked.body, json.dumps(parked.photos), parked.until)
        await self._db.write(lambda tx: tx.all(sql, *row))

    async def parked(self, parked_id: str) -> Parked | None:
        row = await self._db.read(lambda tx: tx.one("SELECT * FROM parked WHERE id = $1", parked_id))
        return _parked(row) if row else None

    async def unpark(self, parked_id: str) -> bool:
        return bool(await self._db.write(lambda tx: tx.all("DELETE FROM parked WHERE id = $1 RETURNING id", parked_id)))

    async def read(self, body: str) -> Job:
        return rows.job({"halted": 0, "waits": None, **json.loads(body)})  # set aside before there were these columns

    def write(self, job: Job) -> str:
        return json.dumps(rows.values(job))

    # ── Inside a transaction ─────────────────────────────────────────────────────────────────────────────────────────

    async def _take_back(self, tx: Transaction, act: Act, grant_id: str) -> str:
        row = await tx.one(f"SELECT * FROM grants WHERE id = $1 {self._db.for_update}", grant_id)
        if row is None or row["over_at"] is not None:
            raise Illegal("it was revoked since")
        return json.dumps({"grants": [[grant_id, await _end(tx, act, charging.grant(row))]]})

    async def _restore(self, tx: Transaction, act: Act, taken: Sequence[tuple[str, int]]) -> str:
        for grant_id, amount in taken:
            sql = "UPDATE grants SET amount = amount + $2, over_at = NULL WHERE id = $1 RETURNING *"
            row = await tx.one(sql, grant_id, amount)
            if row:
                await _given(tx, act, "grant", charging.grant(row), amount)
        return json.dumps({"restored": taken})


def act_of(row: Row) -> Act:
    """The act of a row."""
    return Act(**{column: row[column] for column in _AUDIT})


_AUDIT = (
    *("id", "at", "actor", "scope", "verb", "about", "because", "before", "after", "undoes"),
    *("label", "name"),
)


async def _done(tx: Transaction, act: Act) -> Act | None:
    """The same act, if it was done before: its message came twice. Asked when what it changes is locked."""
    row = await tx.one("SELECT * FROM audit WHERE id = $1", act.id)
    return act_of(row) if row else None


async def enter(tx: Transaction, act: Act) -> Act:
    """Write an act into the audit log."""
    values = [getattr(act, column) for column in _AUDIT]
    await tx.all(f"INSERT INTO audit ({', '.join(_AUDIT)}) VALUES ({places(_AUDIT, 1)})", *values)
    for person in rules.members([act.before, act.after]):
        await tx.all("INSERT INTO act_members (act, person) VALUES ($1, $2)", act.id, person)
    return act


async def _end(tx: Transaction, act: Act, grant: Grant) -> int:
    """Revoke what is left of a grant; how much that was."""
    await tx.all("UPDATE grants SET amount = used, over_at = $2 WHERE id = $1", grant.id, act.at)
    await _given(tx, act, "revoke", grant, -grant.left)
    return grant.left


async def _given(tx: Transaction, act: Act, kind: str, grant: Grant, amount: int) -> None:
    await charging.write(
        tx,
        at=act.at,
        actor=act.actor,
        kind=kind,
        step=kind,
        source="grant",
        book=f"grant:{grant.id}",
        person=grant.person,
        scope=grant.scope,
        given=amount,
        because=act.because,
    )


def _parked(row: Row) -> Parked:
    photos = tuple(json.loads(row["photos"]))
    return Parked(row["id"], row["person"], row["scope"], row["body"], photos, row["until"])
