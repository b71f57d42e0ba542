"""Rules, grants and parked orders; every change writes its act into the audit log."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.errors import Illegal
from bot.model import UNREADABLE, Job, Payment
from bot.quotas.records import Act, Grant, Parked
from bot.quotas.rules import Member, Plan, Quote, Rule, Rulebook
from storage import audit, charging, grants, ledger, rows, rules
from storage.database import Database, Part, Row, Transaction
from storage.tombstones import Tombstones
from storage.words import Words

SCOPE = "SELECT scope FROM moved WHERE name = $1"
RULES = "SELECT about, value FROM rules WHERE scope = $1 ORDER BY about"
JOB_HELD = "SELECT * FROM jobs WHERE id = $1 FOR UPDATE"
PARDONED = "SELECT 1 FROM ledger WHERE job = $1 AND step = 'pardon'"
TAKE_BACK = "UPDATE books SET used = used - $3, at = $4 WHERE book = $1 AND span = $2"
PARK = "INSERT INTO parked (id, person, scope, body, photos, until) VALUES ($1, $2, $3, $4, $5, $6)"
REWRITE = "UPDATE parked SET body = $2 WHERE id = $1 RETURNING id"
PARKED = "SELECT * FROM parked WHERE id = $1"
UNPARK = "DELETE FROM parked WHERE id = $1 RETURNING id"


class Quotas(Part):
    """Rules, grants, acts and parked orders. Each method is one transaction; amounts are credits, times Unix seconds.

    An act whose id is in the log has no effect again: the caller gets its first result.
    """

    def __init__(self, database: Database, tombstones: Tombstones | None = None) -> None:
        super().__init__(database)
        self._tombstones = tombstones or Tombstones()

    async def scope(self, name: str) -> str:
        """A community's name in the books: its first id, also after the platform changed it."""
        row = await self._one(SCOPE, name)
        return str(row["scope"]) if row else name

    async def quote(self, member: Member, plan: Plan, now: float) -> Quote:
        """Whether an order would pass now; locks and changes nothing."""
        return await self._db.read(lambda tx: charging.quote(tx, member, plan, now))

    async def rulebook(self, member: Member) -> Rulebook:
        """All rules that apply to a member."""
        return await self._db.read(lambda tx: charging.rulebook(tx, member))

    async def rules(self, scope: str) -> dict[str, Rule]:
        """All rules of a scope, by subject."""
        return {row["about"]: Rule.load(row["value"]) for row in await self._all(RULES, scope)}

    async def paused(self) -> bool:
        """Whether the operator has paused buying."""
        return await self._one(rules.PAUSED) is not None

    async def amend(self, act: Act, edit: Callable[[Rule], Rule]) -> Act:
        """Change the rule named by the act; returns the act with its before and after values."""

        async def work(tx: Transaction) -> Act:
            before = await rules.held(tx, act.scope, act.about)
            if done := await audit.done_before(tx, act):
                return done
            after = edit(Rule.load(before)).dump()
            await rules.put(tx, act.scope, act.about, after)
            return await audit.enter(tx, replace(act, before=before, after=after))

        done = await self._db.write(work)
        await self._note_gallery(done)
        return done

    async def _note_gallery(self, act: Act) -> None:
        """Note that an address of a gallery was closed, or opened again."""
        before, after = Rule.load(act.before).web, Rule.load(act.after).web
        if before and before != after:
            await self._tombstones.lay("closed", [f"{act.scope} {before}"], act.at, everywhere=False)
        if after and before != after:
            await self._tombstones.lay("opened", [f"{act.scope} {after}"], act.at, everywhere=False)

    async def grant(self, act: Act, grant: Grant) -> Act:
        """Create a grant."""

        async def work(tx: Transaction) -> Act:
            fresh = await tx.all(
                grants.NEW,
                *(grant.id, grant.scope, grant.person, grant.amount, grant.until, grant.at, grant.actor, grant.because),
            )
            if not fresh and (done := await audit.done_before(tx, act)):
                return done
            await _given(tx, act, "grant", grant, grant.amount)
            after = json.dumps({"grant": grant.id, "amount": grant.amount, "until": grant.until})
            return await audit.enter(tx, replace(act, after=after))

        return await self._db.write(work)

    async def grants(self, scope: str, people: Sequence[str], now: float) -> list[Grant]:
        """Spendable grants of these people, soonest expiry first."""
        return await self._db.read(lambda tx: grants.open_grants(tx, scope, people, now))

    async def revoke(self, act: Act, people: Sequence[str]) -> tuple[Act, int]:
        """End all open grants of these people; returns the act and the revoked credits."""

        async def work(tx: Transaction) -> tuple[Act, int]:
            found = await grants.hold_open(tx, act.scope, people, act.at)
            if done := await audit.done_before(tx, act):
                return done, sum(amount for _, amount in json.loads(done.after)["grants"])
            taken = [[grant.id, await _end(tx, act, grant)] for grant in sorted(found, key=lambda g: g.id)]
            after = json.dumps({"grants": taken})
            return await audit.enter(tx, replace(act, after=after)), sum(grant.left for grant in found)

        return await self._db.write(work)

    async def pardon(self, act: Act, job_id: str) -> int:
        """Refund a paid clip; returns the refunded credits. Raises `Illegal`, also when it was refunded before."""

        async def work(tx: Transaction) -> int:
            row = await tx.one(JOB_HELD, job_id)
            job = rows.job(row) if row else None
            if done := await audit.done_before(tx, act):
                return int(json.loads(done.after)["back"])
            if job is None or job.scope != act.scope or job.outcome != "clip":
                raise Illegal("only a paid clip of the same scope can be given back")
            if await tx.one(PARDONED, job_id):
                raise Illegal("it was given back already")
            # The provider was paid: ceilings keep counting the clip.
            returned = [await _refund(tx, act, job, part) for part in job.paid if part.kind in ("own", "grant")]
            await audit.enter(tx, replace(act, after=json.dumps({"job": job.id, "back": sum(returned)})))
            return sum(returned)

        return await self._db.write(work)

    async def act(self, act_id: str) -> Act | None:
        """An act of the audit log by its id."""
        row = await self._one(audit.BY_ID, act_id)
        return audit.act(row) if row else None

    async def note(self, act: Act) -> None:
        """Write an act without a setting into the audit log; it cannot be undone."""

        async def work(tx: Transaction) -> None:
            if not await audit.done_before(tx, act):
                await audit.enter(tx, act)

        await self._db.write(work)

    async def undo(self, act_id: str, act: Act) -> Act:
        """Reverse an act; the reversal is an act, too. Raises `Illegal` if it was undone, or its rule changed since."""

        async def work(tx: Transaction) -> Act:
            row = await tx.one(audit.HELD, act_id)
            if earlier := await audit.done_before(tx, act):
                return earlier
            if row is None or await tx.one(audit.UNDONE, act_id):
                raise Illegal("there is nothing to undo")
            done = audit.act(row)
            act_now = replace(act, scope=done.scope, about=done.about, label=done.label, undoes=done.id)
            after = await _undone(tx, act_now, done)
            return await audit.enter(tx, replace(act_now, before=done.after, after=after))

        return await self._db.write(work)

    # ── Parked orders ────────────────────────────────────────────────────────────────────────────────────────────────

    async def park(self, parked: Parked) -> None:
        """Store an order until its person confirms it."""
        photos, words = json.dumps(parked.photos), Words("parked.body", parked.body, parked.person)
        await self._change(PARK, parked.id, parked.person, parked.scope, words, photos, parked.until)

    async def rewrite(self, parked: Parked) -> bool:
        """Replace a parked order's JSON; False if it is not parked any more."""
        words = Words("parked.body", parked.body, parked.person)
        return bool(await self._change(REWRITE, parked.id, words))

    async def parked(self, parked_id: str) -> Parked | None:
        """A parked order by its id; None also if its words cannot be read: there is nothing to buy."""
        row = await self._one(PARKED, parked_id)
        return parked_of(row) if row and row["body"] != UNREADABLE else None

    async def unpark(self, parked_id: str) -> bool:
        """Delete a parked order; False if it did not exist."""
        return bool(await self._change(UNPARK, parked_id))

    async def read(self, body: str) -> Job:
        """The job from a parked order's JSON."""
        later = {"halted": 0, "waits": None, "favourite": 0, "polls": 0}  # columns younger than some parked orders
        return rows.job({**later, **rows.parked(body)})

    def write(self, job: Job) -> str:
        """A parked order's JSON."""
        row = rows.values(job)
        return json.dumps({**row, "wording": row["wording"].text})


def parked_of(row: Row) -> Parked:
    """The parked order from a row."""
    photos = tuple(json.loads(row["photos"]))
    return Parked(row["id"], row["person"], row["scope"], row["body"], photos, row["until"])


async def _refund(tx: Transaction, act: Act, job: Job, part: Payment) -> int:
    """Refund one payment of a settled clip; returns the credits: 0 to a grant that is over."""
    back = True
    if part.kind == "grant":
        back = await grants.give_back(tx, part.book, part.amount, act.at)
    else:
        await tx.all(TAKE_BACK, part.book, part.span, part.amount, act.at)
    returned = part.amount if back else 0
    await ledger.write(
        tx,
        **{"at": act.at, "actor": act.actor, "kind": "refund" if back else "lapse", "step": "pardon", "job": job.id},
        **{"source": part.kind, "book": part.book, "span": part.span, "person": job.person, "scope": job.scope},
        **{"spent": -returned, "because": act.because},
    )
    return returned


async def _undone(tx: Transaction, act: Act, done: Act) -> str:
    """The value set by reversing `done`, as JSON. Raises `Illegal`."""
    if done.verb == "grant":
        return await _take_back(tx, act, json.loads(done.after)["grant"])
    if done.verb == "revoke":
        return await _restore(tx, act, json.loads(done.after)["grants"])
    if done.verb == "refund" or done.undoes:
        raise Illegal("that cannot be undone")
    if await rules.held(tx, done.scope, done.about) != done.after:
        raise Illegal("it was changed since")
    await rules.put(tx, done.scope, done.about, done.before)
    return done.before


async def _take_back(tx: Transaction, act: Act, grant_id: str) -> str:
    row = await tx.one(grants.HELD, grant_id)
    if row is None or row["over_at"] is not None:
        raise Illegal("it was revoked since")
    return json.dumps({"grants": [[grant_id, await _end(tx, act, grants.grant(row))]]})


async def _restore(tx: Transaction, act: Act, taken: Sequence[tuple[str, int]]) -> str:
    for grant_id, amount in taken:
        if row := await tx.one(grants.RESTORE, grant_id, amount):
            await _given(tx, act, "grant", grants.grant(row), amount)
    return json.dumps({"restored": taken})


async def _end(tx: Transaction, act: Act, grant: Grant) -> int:
    """Revoke a grant's remaining credits; returns their number."""
    await tx.all(grants.END, grant.id, act.at)
    await _given(tx, act, "revoke", grant, -grant.left)
    return grant.left


async def _given(tx: Transaction, act: Act, kind: str, grant: Grant, amount: int) -> None:
    await ledger.write(
        tx,
        **{"at": act.at, "actor": act.actor, "kind": kind, "step": kind, "source": "grant"},
        **{"book": f"grant:{grant.id}", "person": grant.person, "scope": grant.scope},
        **{"given": amount, "because": act.because},
    )
