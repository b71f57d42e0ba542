"""Erasure of a person: every row that names them, inside one transaction.

Sums must still add up, so payments move to the book of an unused name (`alias`). Use of a still open allowance stays
in its counter, as one number without the orders behind it.
"""

import json
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace

from bot.gallery.model import OutboxEntry, line_removal
from bot.model import Address, Clip, Job, Order, Photo
from bot.quotas.rules import GONE, OWN, Rule, about
from storage import counters, ledger, redaction, rows, rules, shares, turns
from storage.database import Transaction
from storage.outbox import leave
from storage.people import people_of

KEPT = "forgotten"
"""The ledger's reason for a number that belongs to no order."""
_NOBODY = Order(model="", photo=Photo("gone.jpg", 1, 1), prompt="")
_CLIP = Clip("gone.mp4", 1, 1, 0.0, 0)
_DETAILS = rows.details(_NOBODY)
Sums = Mapping[tuple[str, str], int]
"""Credits by scope and span."""

NO_ANSWERS = "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE person = ANY($1))"
# Locked as orders lock them: a party before its persons.
NO_TURNS = """
    DELETE FROM turns WHERE (party, person) IN (
        SELECT party, person FROM turns WHERE (person = ANY($1) OR party = ANY($2)) AND queued = 0 AND busy = 0
        ORDER BY party, person FOR UPDATE)"""
NO_PREFERENCES = "DELETE FROM sharing_preferences WHERE account = ANY($1)"
NO_CODES = "DELETE FROM codes WHERE person = ANY($1)"
NO_SESSIONS = "DELETE FROM operator_sessions WHERE person = ANY($1)"
NO_LINKS = "DELETE FROM accounts WHERE person = ANY($1)"
JOBS_ALONE = "UPDATE jobs SET account = person WHERE person = ANY($1) AND state <> 'done'"
ASKED = """
    INSERT INTO forgetting (person, at) VALUES ($1, $2)
    ON CONFLICT (person) DO UPDATE SET at = excluded.at, erased_at = NULL"""

HOLD_JOBS = "SELECT * FROM jobs WHERE person = $1 AND state = 'done' AND id = ANY($2) ORDER BY id FOR UPDATE"
PAID = "SELECT span, held + spent AS n FROM ledger WHERE job = $1 AND source <> 'grant'"
MOVE_PAID = """
    UPDATE ledger SET book = CASE source WHEN 'grant' THEN book ELSE $3 END, person = $2,
        actor = CASE actor WHEN person THEN $2 ELSE actor END,
        because = CASE step WHEN 'pardon' THEN '' ELSE because END
    WHERE job = $1"""
NO_INCIDENTS = "DELETE FROM incidents WHERE job = $1"
NO_ANSWER = "DELETE FROM answers WHERE key = $1"
UNSENT = "DELETE FROM outbox WHERE id = $1 RETURNING *"
NO_REPEATS = "DELETE FROM repeats WHERE job = $1 RETURNING *"
BLANK = """
    UPDATE jobs SET key = $2, person = $3, account = $3, paid = $4, details = $5,
        clip = CASE WHEN clip IS NULL THEN clip ELSE $6 END,
        remote_id = CASE WHEN remote_id IS NULL THEN remote_id ELSE '' END,
        chat = '', thread = '', message = '', label = '', status_id = NULL, shown = '', sent_id = NULL,
        copy_id = NULL, follows = NULL, remix_of = NULL, remix_after = '', upload_limit = NULL, swept = 2,
        forgotten = 1, wording = '', favourite = 0
    WHERE id = $1"""
NO_NUMBERS = """
    DELETE FROM ledger WHERE person = $1 AND because = $2 AND job IS NULL RETURNING book, span, held + spent AS n"""
LAPSED = "DELETE FROM forgetting WHERE person = $1"
MOVE_ADJUSTED = """
    UPDATE ledger SET book = $3, person = $3, actor = $3
    WHERE scope = $1 AND person = $2 AND book = $2 AND job IS NULL AND because <> $4
    RETURNING span, held + spent AS n"""
MOVE_GRANTS = "UPDATE grants SET person = $1, because = '' WHERE person = ANY($2) RETURNING scope"
MOVE_GRANTED = """
    UPDATE ledger SET person = $1, because = ''
    WHERE scope = $3 AND person = ANY($2) AND job IS NULL AND source = 'grant'"""
UNNAME_GIVER = "UPDATE grants SET actor = $1 WHERE actor = ANY($2)"
ACTED_IN = "SELECT DISTINCT scope FROM audit WHERE actor = ANY($1)"
UNNAME_ACTOR = "UPDATE ledger SET actor = $1 WHERE scope = $3 AND actor = ANY($2)"
RULES_ABOUT = "SELECT scope, about, value FROM rules WHERE about = ANY($1)"
HOLD_HEARTED = """
    SELECT id FROM shares WHERE id IN (SELECT share FROM hearts WHERE account = ANY($1)) ORDER BY id FOR UPDATE"""
NO_HEARTS = "DELETE FROM hearts WHERE account = ANY($1) RETURNING share"
# Outbox entries that quote these reports are deleted; admins are told anew of the remaining ones.
UNTOLD_REPORTS = """
    DELETE FROM outbox WHERE topic = 'report' AND share <> ''
    AND share IN (SELECT share FROM reports WHERE closed = 0 AND account = ANY($1))"""
NO_REPORTS = "DELETE FROM reports WHERE account = ANY($1)"
NO_NOTES = """
    DELETE FROM notes WHERE chat = $1 OR (platform = $2 AND chat IN ($3, $4)) OR (platform, chat, name) IN (
        SELECT platform, chat, name FROM note_people WHERE person = $1)"""


async def begin(tx: Transaction, person: str, at: float, spans: Collection[str], alias: str) -> list[str]:
    """Erase an account except orders and shares, which have files and messages; returns its persons."""
    await turns.hold_gate(tx)
    linked, account = await people_of(tx, person)
    people = list(linked)
    names = sorted({*people, account})
    await _delete_opinions(tx, names)
    await tx.all(JOBS_ALONE, people)
    await tx.all(NO_TURNS, people, [f"={name}" for name in names])
    await _keep_what_was_used(tx, people, at, spans)
    await _move_adjustments(tx, people, at, spans, alias)
    await _move_grants(tx, people, alias)
    await _delete_rules(tx, people, at)
    await redaction.redact(tx, people, alias)
    await _delete_notes(tx, people)
    await tx.all(NO_ANSWERS, people)
    await tx.all(NO_PREFERENCES, names)
    await tx.all(NO_CODES, people)
    await tx.all(NO_SESSIONS, people)
    await tx.all(NO_LINKS, people)
    await tx.many(ASKED, [(one, at) for one in people])
    return people


async def anonymise(
    tx: Transaction, person: str, ids: Sequence[str], now: float, spans: Collection[str], alias: str
) -> int:
    """Anonymise finished jobs of a person and queue the removal of their messages; returns the count."""
    await turns.hold_gate(tx)
    jobs = [rows.job(row) for row in await tx.all(HOLD_JOBS, person, list(ids))]
    sums: Counter[tuple[str, str]] = Counter()
    for job in jobs:
        for row in await tx.all(PAID, job.id):
            sums[job.scope, row["span"]] += int(row["n"])
        await tx.all(MOVE_PAID, job.id, alias, _book(job.scope, alias))
        await _blank(tx, job, alias)
        await tx.all(NO_INCIDENTS, job.id)
        await tx.all(NO_ANSWER, job.key)
        # Most status lines are removed by then; one that is not has an outbox entry, which keeps the person's name.
        stands = await tx.all(UNSENT, line_removal(job).id)
        stands += await tx.all(NO_REPEATS, job.id)
        stand = [Address(row["platform"], row["chat"], row["message"], row["thread"]) for row in stands]
        if last := job.sent_id or job.status_id:
            stand.append(replace(job.address, message=last))
        for place in stand:
            await leave(tx, OutboxEntry(secrets.token_hex(8), "remove", place, now, person=person))
    await tx.all(NO_TURNS, [person], [f"={person}"])  # it stays while jobs count
    await _move(tx, person, sums, now, spans, alias)
    return len(jobs)


async def lapse(tx: Transaction, person: str) -> None:
    """Delete the numbers kept for a person: the allowances that they counted against are over."""
    for row in await tx.all(NO_NUMBERS, person, KEPT):
        await counters.shift(tx, row["book"], row["span"], -int(row["n"]))
    await tx.all(LAPSED, person)


async def _blank(tx: Transaction, job: Job, alias: str) -> None:
    own = {_book(job.scope, job.person), *(part.book for part in job.paid if part.kind == "own")}
    book = _book(job.scope, alias)
    paid = json.dumps([[p.kind, book if p.book in own else p.book, p.span, p.amount] for p in job.paid])
    await tx.all(BLANK, job.id, f"{GONE}{job.id}", alias, paid, _DETAILS, json.dumps(asdict(_CLIP)))


async def _move(tx: Transaction, person: str, sums: Sums, now: float, spans: Collection[str], alias: str) -> None:
    """Move the sums of a person's books to `alias`; use of open spans also stays, as a number."""
    for (scope, span), amount in sorted(sums.items()):
        if not amount:
            continue
        await counters.shift(tx, _book(scope, alias), span, amount, now)
        if span in spans:
            await _number(tx, person, scope, span, amount, now)
        else:
            await counters.shift(tx, _book(scope, person), span, -amount)


async def _keep_what_was_used(tx: Transaction, people: Sequence[str], at: float, spans: Collection[str]) -> None:
    """Linked persons share one limit; unlinked, each is charged the joint use."""
    for span in sorted(spans) if len(people) > 1 else ():
        used = await counters.hold_span(tx, people, span)
        whole = sum(used.values())
        for person in people:
            if missing := whole - used[person]:
                await counters.shift(tx, person, span, missing, at)
                await _number(tx, person, OWN, span, missing, at)


async def _move_adjustments(
    tx: Transaction, people: Sequence[str], at: float, spans: Collection[str], alias: str
) -> None:
    """Move the adjustments made when accounts parted, which have no order."""
    for person in people:
        sums: Counter[tuple[str, str]] = Counter()
        for row in await tx.all(MOVE_ADJUSTED, OWN, person, alias, KEPT):
            sums[OWN, row["span"]] += int(row["n"])
        await _move(tx, person, sums, at, spans, alias)


async def _move_grants(tx: Transaction, people: list[str], alias: str) -> None:
    """Move grants to `alias`, spent or not; grants given by the person keep their receivers."""
    for scope in {row["scope"] for row in await tx.all(MOVE_GRANTS, alias, people)}:
        await tx.all(MOVE_GRANTED, alias, people, scope)
    await tx.all(UNNAME_GIVER, alias, people)
    for row in await tx.all(ACTED_IN, people):
        await tx.all(UNNAME_ACTOR, alias, people, row["scope"])


async def _delete_rules(tx: Transaction, people: Sequence[str], now: float) -> None:
    """Keep the bans of linked persons, without reasons; delete all their other rules."""
    subjects = {about("person", person): person for person in people}
    banned: dict[tuple[str, str], float] = {}
    for row in await tx.all(RULES_ABOUT, list(subjects)):
        until = Rule.load(row["value"]).banned or 0.0
        # In private chats a ban of one linked person bans all of them.
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


async def _delete_opinions(tx: Transaction, names: list[str]) -> None:
    """Delete hearts, with their counts, and reports."""
    await tx.all(HOLD_HEARTED, names)
    for heart in await tx.all(NO_HEARTS, names):
        await shares.unheart(tx, heart["share"])
    await tx.all(UNTOLD_REPORTS, names)
    await tx.all(NO_REPORTS, names)


async def _delete_notes(tx: Transaction, people: Sequence[str]) -> None:
    """Delete adapters' notes in a person's own chat, or about them."""
    for person in people:
        platform, _, user = person.partition(":")
        await tx.all(NO_NOTES, person, platform, user, f"user:{user}")


def _book(scope: str, person: str) -> str:
    return f"{scope}/{person}" if scope else person


async def _number(tx: Transaction, person: str, scope: str, span: str, amount: int, at: float) -> None:
    about = {"at": at, "actor": "", "kind": "adjust", "step": "adjust", "because": KEPT}
    await ledger.write(tx, **about, book=_book(scope, person), span=span, person=person, scope=scope, spent=amount)
