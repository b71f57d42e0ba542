"""Taking a person out of the database: everything that names them, inside the transaction that does it.

Sums have to go on adding up, so what was paid moves to the book of somebody who does not exist (`alias`). What counts
against an allowance that is still open stays where it was, as one number without the orders behind it.
"""

import json
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace

from bot.gallery.model import Errand, line_removal
from bot.model import Address, Clip, Job, Order, Photo
from bot.quotas.rules import GONE, OWN, Rule, about
from storage import charging, rows, rules, shares
from storage.charging import places
from storage.database import Transaction
from storage.outbox import leave

KEPT = "forgotten"
"""Why a number stands in the ledger that belongs to no order."""
_NOBODY = Order(model="", photo=Photo("gone.jpg", 1, 1), prompt="")
_CLIP = Clip("gone.mp4", 1, 1, 0.0, 0)
_DETAILS = json.dumps({k: v for k, v in asdict(_NOBODY).items() if k not in ("model", "seconds")})
Sums = Mapping[tuple[str, str], int]
"""Credits by scope and span."""


async def begin(tx: Transaction, person: str, at: float, spans: Collection[str], alias: str, lock: str) -> list[str]:
    """All of an account but its orders and shares, which have files and messages; who its persons were."""
    people, account = await charging.people_of(tx, person)
    names = sorted({*people, account})
    these = places(people, 1)
    await _take_opinions(tx, names, lock)
    await _keep_what_was_used(tx, people, at, spans, lock)
    await _adjustments(tx, people, at, spans, alias)
    await _gifts(tx, people, alias)
    await _rules(tx, people, at)
    await redact(tx, people, alias)
    await _notes(tx, people)
    await tx.all(f"DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE person IN ({these}))", *people)
    parties = [f"={name}" for name in names]
    sql = f"DELETE FROM turns WHERE person IN ({these}) OR party IN ({places(parties, 1 + len(people))})"
    await tx.all(sql, *people, *parties)
    await tx.all(f"DELETE FROM manners WHERE account IN ({places(names, 1)})", *names)
    await tx.all(f"DELETE FROM codes WHERE person IN ({these})", *people)
    await tx.all(f"DELETE FROM accounts WHERE person IN ({these})", *people)
    await tx.all(f"UPDATE jobs SET account = person WHERE person IN ({these}) AND state <> 'done'", *people)
    for one in people:
        sql = """
            INSERT INTO forgetting (person, at) VALUES ($1, $2)
            ON CONFLICT (person) DO UPDATE SET at = excluded.at, erased_at = NULL"""
        await tx.all(sql, one, at)
    return list(people)


async def husk(
    tx: Transaction, person: str, ids: Sequence[str], now: float, spans: Collection[str], alias: str, lock: str
) -> int:
    """Finished orders of a person become nobody's, without content, and their messages are to be removed; how many."""
    sql = f"SELECT * FROM jobs WHERE person = $1 AND state = 'done' AND id IN ({places(ids, 2)}) ORDER BY id {lock}"
    jobs = [rows.job(row) for row in await tx.all(sql, person, *ids)]
    sums: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        sql = "SELECT span, held + spent AS n FROM ledger WHERE job = $1 AND source <> 'grant'"
        for row in await tx.all(sql, job.id):
            sums[job.scope, row["span"]] += int(row["n"])
        await tx.all(
            """
            UPDATE ledger SET book = CASE source WHEN 'grant' THEN book ELSE $3 END, person = $2,
                actor = CASE actor WHEN person THEN $2 ELSE actor END,
                because = CASE step WHEN 'pardon' THEN '' ELSE because END
            WHERE job = $1""",
            job.id,
            alias,
            _book(job.scope, alias),
        )
        await _blank(tx, job, alias)
        await tx.all("DELETE FROM incidents WHERE job = $1", job.id)
        await tx.all("DELETE FROM answers WHERE key = $1", job.key)
        # Most status lines are gone by then; one that nobody took away yet is an errand, and goes on as theirs.
        stands = await tx.all("DELETE FROM errands WHERE id = $1 RETURNING *", line_removal(job).id)
        stands += await tx.all("DELETE FROM repeats WHERE job = $1 RETURNING *", job.id)
        stand = [Address(row["platform"], row["chat"], row["message"], row["thread"]) for row in stands]
        if last := job.sent_id or job.status_id:
            stand.append(replace(job.address, message=last))
        for place in stand:
            await leave(tx, Errand(secrets.token_hex(8), "remove", place, now, person=person))
    await _move(tx, person, sums, now, spans, alias)
    return len(jobs)


async def lapse(tx: Transaction, person: str) -> None:
    """The numbers that were kept go: the allowances that they counted against are over."""
    sql = (
        "DELETE FROM ledger WHERE person = $1 AND because = $2 AND job IS NULL RETURNING book, span, held + spent AS n"
    )
    for row in await tx.all(sql, person, KEPT):
        await _add(tx, row["book"], row["span"], -int(row["n"]))
    await tx.all("DELETE FROM forgetting WHERE person = $1", person)


async def redact(tx: Transaction, people: Sequence[str], alias: str) -> None:
    """Names go from the audit log; who did what to whom, but not that it was done. Nothing else may change that log."""
    these = places(people, 2)
    await tx.all(f"UPDATE audit SET actor = $1, name = '' WHERE actor IN ({these})", alias, *people)
    subjects = [about("person", person) for person in people]
    sql = f"SELECT id, before, after FROM audit WHERE about IN ({places(subjects, 1)})"
    found: dict[str, tuple[str, str]] = {}
    for row in await tx.all(sql, *subjects):
        found[row["id"]] = _unsaid(row["before"]), _unsaid(row["after"])
        sql = "UPDATE audit SET about = $2, label = '', because = '', before = $3, after = $4 WHERE id = $1"
        await tx.all(sql, row["id"], about("person", alias), *found[row["id"]])
    for person in people:  # in the lists that were changed
        sql = "SELECT id, before, after FROM audit WHERE id IN (SELECT act FROM act_members WHERE person = $1)"
        for row in await tx.all(sql, person):
            texts = (_renamed(row[column], person, alias) for column in ("before", "after"))
            await tx.all("UPDATE audit SET before = $2, after = $3 WHERE id = $1", row["id"], *texts)
        await tx.all("DELETE FROM act_members WHERE person = $1", person)


async def _blank(tx: Transaction, job: Job, alias: str) -> None:
    own = {_book(job.scope, job.person), *(part.book for part in job.paid if part.kind == "own")}
    book = _book(job.scope, alias)
    paid = [[p.kind, book if p.book in own else p.book, p.span, p.amount] for p in job.paid]
    await tx.all(
        """
        UPDATE jobs SET key = $2, person = $3, account = $3, paid = $4, details = $5,
            clip = CASE WHEN clip IS NULL THEN clip ELSE $6 END,
            remote_id = CASE WHEN remote_id IS NULL THEN remote_id ELSE '' END,
            chat = '', thread = '', message = '', label = '', status_id = NULL, shown = '', sent_id = NULL,
            copy_id = NULL, follows = NULL, remix_of = NULL, remix_after = '', upload_limit = NULL, swept = 2,
            forgotten = 1, words = '', favourite = 0
        WHERE id = $1""",
        job.id,
        f"{GONE}{job.id}",
        alias,
        json.dumps(paid),
        _DETAILS,
        json.dumps(asdict(_CLIP)),
    )


async def _move(tx: Transaction, person: str, sums: Sums, now: float, spans: Collection[str], alias: str) -> None:
    """What stands in a person's books goes to `alias`; what still counts stays as well, as a number."""
    for (scope, span), amount in sorted(sums.items()):
        if not amount:
            continue
        await _add(tx, _book(scope, alias), span, amount, now)
        if span in spans:
            await _number(tx, person, scope, span, amount, now)
        else:
            await _add(tx, _book(scope, person), span, -amount)


async def _keep_what_was_used(
    tx: Transaction, people: Sequence[str], at: float, spans: Collection[str], lock: str
) -> None:
    """Linked persons share one limit: apart, each has used what they used together."""
    for span in sorted(spans) if len(people) > 1 else ():
        sql = f"SELECT book, used FROM books WHERE span = $1 AND book IN ({places(people, 2)}) ORDER BY book {lock}"
        used = {row["book"]: int(row["used"]) for row in await tx.all(sql, span, *people)}
        whole = sum(used.values())
        for person in people:
            if missing := whole - used.get(person, 0):
                await _add(tx, person, span, missing, at)
                await _number(tx, person, OWN, span, missing, at)


async def _adjustments(tx: Transaction, people: Sequence[str], at: float, spans: Collection[str], alias: str) -> None:
    """What was counted without an order, when accounts parted."""
    for person in people:
        sql = """
            UPDATE ledger SET book = $3, person = $3, actor = $3
            WHERE scope = $1 AND person = $2 AND book = $2 AND job IS NULL AND because <> $4
            RETURNING span, held + spent AS n"""
        sums: Counter[tuple[str, str]] = Counter()
        for row in await tx.all(sql, OWN, person, alias, KEPT):
            sums[OWN, row["span"]] += int(row["n"])
        await _move(tx, person, sums, at, spans, alias)


async def _gifts(tx: Transaction, people: Sequence[str], alias: str) -> None:
    """Grants are nobody's now, whether spent or not; those that the person gave stay others'."""
    these = places(people, 2)
    sql = f"UPDATE grants SET person = $1, because = '' WHERE person IN ({these}) RETURNING scope"
    for scope in {row["scope"] for row in await tx.all(sql, alias, *people)}:
        sql = f"""
            UPDATE ledger SET person = $1, because = ''
            WHERE scope = ${2 + len(people)} AND person IN ({these}) AND job IS NULL AND source = 'grant'"""
        await tx.all(sql, alias, *people, scope)
    await tx.all(f"UPDATE grants SET actor = $1 WHERE actor IN ({these})", alias, *people)
    sql = f"SELECT DISTINCT scope FROM audit WHERE actor IN ({places(people, 1)})"
    for row in await tx.all(sql, *people):
        sql = f"UPDATE ledger SET actor = $1 WHERE scope = ${2 + len(people)} AND actor IN ({these})"
        await tx.all(sql, alias, *people, row["scope"])


async def _rules(tx: Transaction, people: Sequence[str], now: float) -> None:
    """A ban stays, without its reason, for each who was linked; all else that was set for the person goes."""
    subjects = {about("person", person): person for person in people}
    sql = f"SELECT scope, about, value FROM rules WHERE about IN ({places(list(subjects), 1)})"
    banned: dict[tuple[str, str], float] = {}
    for row in await tx.all(sql, *subjects):
        until = Rule.load(row["value"]).banned or 0.0
        # In their own spaces a ban of one is a ban of all who are linked.
        for subject in subjects if row["scope"] == OWN else (row["about"],):
            banned[row["scope"], subject] = max(until, banned.get((row["scope"], subject), 0.0))
        await rules.drop(tx, row["scope"], row["about"])
    for (scope, subject), until in banned.items():
        if until > now:
            await rules.put(tx, scope, subject, Rule(banned=until).dump())
    for person in people:
        for row in await rules.lists_with(tx, person):
            rule = Rule.load(row["value"])
            rest = replace(rule, people=tuple(one for one in rule.people or () if one != person))
            await rules.put(tx, row["scope"], row["about"], rest.dump())


async def _take_opinions(tx: Transaction, names: Sequence[str], lock: str) -> None:
    """Hearts, which are counted, and reports."""
    these = places(names, 1)
    sql = f"SELECT id FROM shares WHERE id IN (SELECT share FROM hearts WHERE account IN ({these})) ORDER BY id {lock}"
    await tx.all(sql, *names)
    for heart in await tx.all(f"DELETE FROM hearts WHERE account IN ({these}) RETURNING share", *names):
        sql = "UPDATE shares SET hearts = hearts - 1 WHERE id = $1 AND hearts > 0 RETURNING *"
        if (row := await tx.one(sql, heart["share"])) and row["state"] == "up":
            await shares.refresh(tx, shares.share(row), shares.AT_ONCE)
    # What admins are about to be told of these reports has their words in it; of what is left they are told anew.
    sql = f"""
        DELETE FROM errands WHERE topic = 'report' AND share <> ''
        AND share IN (SELECT share FROM reports WHERE closed = 0 AND account IN ({these}))"""
    await tx.all(sql, *names)
    await tx.all(f"DELETE FROM reports WHERE account IN ({these})", *names)


async def _notes(tx: Transaction, people: Sequence[str]) -> None:
    """What adapters noted in a person's own chat, or about them."""
    for person in people:
        platform, _, user = person.partition(":")
        sql = """
            DELETE FROM notes WHERE chat = $1 OR (platform = $2 AND chat IN ($3, $4)) OR (platform, chat, name) IN (
                SELECT platform, chat, name FROM note_people WHERE person = $1)"""
        await tx.all(sql, person, platform, user, f"user:{user}")


def _renamed(text: str, person: str, alias: str) -> str:
    """A list as it was written down, with another name in it."""
    if not text:
        return text
    rule = json.loads(text)
    if "people" in rule:
        rule["people"] = [alias if one == person else one for one in rule["people"]]
    return json.dumps(rule, sort_keys=True)


def _unsaid(text: str) -> str:
    """A rule as it was written down, without the reason in it."""
    if not text:
        return text
    return json.dumps({name: value for name, value in json.loads(text).items() if name != "because"}, sort_keys=True)


def _book(scope: str, person: str) -> str:
    return f"{scope}/{person}" if scope else person


async def _number(tx: Transaction, person: str, scope: str, span: str, amount: int, at: float) -> None:
    await charging.write(
        tx,
        at=at,
        actor="",
        kind="adjust",
        step="adjust",
        book=_book(scope, person),
        span=span,
        person=person,
        scope=scope,
        spent=amount,
        because=KEPT,
    )


async def _add(tx: Transaction, book: str, span: str, amount: int, now: float = 0.0) -> None:
    """Change a counter, begun `now` if there is none; an empty one goes."""
    sql = "UPDATE books SET used = used + $3 WHERE book = $1 AND span = $2 RETURNING used"
    found = await tx.one(sql, book, span, amount)
    if found is None and amount > 0:
        sql = """
            INSERT INTO books (book, span, used, at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (book, span) DO UPDATE SET used = books.used + excluded.used"""
        await tx.all(sql, book, span, amount, now)
    elif found is not None and found["used"] == 0:
        await tx.all("DELETE FROM books WHERE book = $1 AND span = $2 AND used = 0", book, span)
