"""Paying and giving back: what `Store` does with books and grants inside the transaction that moves a job.

On PostgreSQL rows are locked in one order everywhere: jobs, then books by name, then grants by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.model import Job, LedgerEntry, Payment
from bot.quotas.rules import HOUSE, Bill, Denied, Grant, Line, Member, Plan, Quote, Rulebook, rules_of
from storage.database import Row, Transaction

NO_LIMIT = 2**62
Key = tuple[str, str]


class Raced(Exception):
    """Undoes a transaction that another one came between: begin again."""


async def people_of(tx: Transaction, person: str) -> tuple[tuple[str, ...], str]:
    """The linked persons of someone's account, and its name."""
    sql = """
        SELECT b.person, b.account FROM accounts AS a JOIN accounts AS b ON b.account = a.account
        WHERE a.person = $1 ORDER BY b.person"""
    found = await tx.all(sql, person)
    return (tuple(row["person"] for row in found), found[0]["account"]) if found else ((person,), person)


async def rulebook(tx: Transaction, member: Member) -> Rulebook:
    """Everything that is set for a member."""
    # The persons of an account stand beside the rules, under a scope that no community has: one question, not two.
    tiers = ["", f"person:{member.person}", *(f"tier:{t}" for t in sorted({*member.tiers, "admins"}))]
    sql = f"""
        SELECT '@' AS scope, b.person AS about, b.account AS value
        FROM accounts AS a JOIN accounts AS b ON b.account = a.account WHERE a.person = $3 AND $1 = ''
        UNION ALL SELECT scope, about, value FROM rules
        WHERE (scope = $2 AND about = '') OR (scope = $1 AND (kind = 'list' OR about IN ({places(tiers, 4)})
            OR ($1 = '' AND about IN (SELECT 'person:' || b.person FROM accounts AS a
                JOIN accounts AS b ON b.account = a.account WHERE a.person = $3))))"""
    found = await tx.all(sql, member.scope, HOUSE, member.person, *tiers)
    linked = sorted((row["about"], row["value"]) for row in found if row["scope"] == "@")
    people = tuple(person for person, _ in linked) or (member.person,)
    account = linked[0][1] if linked else member.person
    house = next((row["value"] for row in found if row["scope"] == HOUSE), "")
    mine = {row["about"]: row["value"] for row in found if row["scope"] == member.scope}
    return rules_of(mine, member, people, account, house)


async def quote(tx: Transaction, member: Member, plan: Plan, now: float) -> Quote:
    """Whether a bill would pass now; nothing is locked or changed."""
    rules = await rulebook(tx, member)
    bill = plan(rules)
    if isinstance(bill, Denied):
        return Quote(rules, bill, None, 0)
    used = await _look(tx, _keys(bill))
    grants = await open_grants(tx, member.scope, rules.people, now)
    paid = _weigh(bill, used, grants)
    first, extra = bill.lines[0], sum(grant.left for grant in grants)
    left = None if first.limit is None else max(0, first.limit - _pool(first, used))
    return Quote(rules, paid if isinstance(paid, Denied) else None, left, extra, first.span)


async def pay(tx: Transaction, job: Job, member: Member, plan: Plan, lock: str) -> Job | Denied:
    """Count a job against every book it concerns, all or nothing; the job knows then what was paid from where.

    Raises `Raced`.
    """
    rules = await rulebook(tx, member)
    bill = plan(rules)
    if isinstance(bill, Denied):
        return bill
    keys = _keys(bill)
    # The rows are made first, so that the condition of the UPDATE is all that decides, however many race.
    kinds = {(book, line.span): line.kind for line in bill.lines for book in (line.book, *line.also)}
    fresh = [(book, span, kinds[book, span], job.created_at) for book, span in keys]
    rows = ", ".join(f"({places(fresh[0], 1 + 4 * i)}, 0)" for i in range(len(fresh)))
    sql = f"INSERT INTO books (book, span, kind, at, used) VALUES {rows} ON CONFLICT DO NOTHING"
    await tx.all(sql, *_flat(fresh))
    used = await _look(tx, keys, lock)
    grants = await open_grants(tx, member.scope, rules.people, job.created_at, lock)
    paid = _weigh(bill, used, grants)
    if isinstance(paid, Denied):
        return paid
    caps = {(line.book, line.span): _room(line, used) for line in bill.lines}
    await _add(tx, {(p.book, p.span): p.amount for p in paid if p.kind != "grant"}, job.created_at, caps)
    for gift in sorted((p for p in paid if p.kind == "grant"), key=lambda p: p.book):
        sql = "UPDATE grants SET used = used + $2 WHERE id = $1 AND used + $2 <= amount RETURNING id"
        if not await tx.all(sql, gift.book.partition(":")[2], gift.amount):
            raise Raced
    first, own = bill.lines[0], sum(p.amount for p in paid if p.kind == "own")
    given = sum(p.amount for p in paid if p.kind == "grant")
    return replace(
        job,
        window=first.span,
        left=None if first.limit is None else max(0, first.limit - _pool(first, used) - own),
        extra=sum(grant.left for grant in grants) - given,
        account=rules.account,
        paid=tuple(paid),
    )


async def settle(tx: Transaction, settled: Iterable[tuple[Job, LedgerEntry]], lock: str) -> None:
    """Free what jobs took up; give back, where there is no clip, exactly what was paid, to where it came from."""
    changes: dict[Key, int] = {}
    gifts: list[tuple[str, Payment, Job, LedgerEntry]] = []
    written: list[tuple[Job, Payment, LedgerEntry, str, int]] = []
    now = 0.0
    for job, entry in settled:
        now = max(now, entry.at)
        for payment in job.paid:
            back = payment.kind == "flight" or (entry.kind == "refund" and payment.kind != "grant")
            if back:
                key = (payment.book, payment.span)
                changes[key] = changes.get(key, 0) - payment.amount
            if payment.kind == "grant" and entry.kind == "refund":
                gifts.append((payment.book, payment, job, entry))
            elif payment.kind in ("own", "grant"):
                spent = payment.amount if entry.kind == "capture" else 0
                written.append((job, payment, entry, entry.kind, spent))
    if changes:
        if lock:
            await _look(tx, sorted(changes), lock)
        await _add(tx, changes, now)
    for book, payment, job, entry in sorted(gifts, key=lambda gift: (gift[0], gift[2].id)):
        returned = await give_back(tx, book, payment.amount, entry.at)
        written.append(
            (job, payment, entry, "refund" if returned else "lapse", 0 if returned else payment.amount),
        )
    await _write(
        tx,
        [
            (
                entry.at,
                "",
                kind,
                "settle",
                job.id,
                p.kind,
                p.book,
                p.span,
                job.person,
                job.scope,
                -p.amount,
                spent,
                0,
                reason(job),
            )
            for job, p, entry, kind, spent in written
        ],
    )


async def give_back(tx: Transaction, book: str, amount: int, now: float) -> bool:
    """Return credits to a grant; False if it is over."""
    sql = """
        UPDATE grants SET used = used - $2
        WHERE id = $1 AND over_at IS NULL AND (until IS NULL OR until > $3) RETURNING id"""
    return bool(await tx.all(sql, book.partition(":")[2], amount, now))


async def record(tx: Transaction, job: Job, entry: LedgerEntry) -> None:
    """The rows of the ledger that go with a new job."""
    await _write(
        tx,
        [
            (
                *(entry.at, job.person, "hold", "hold", job.id, p.kind, p.book, p.span, job.person, job.scope),
                *(p.amount, 0, 0, ""),
            )
            for p in job.paid
            if p.kind in ("own", "grant")
        ],
    )


async def write(tx: Transaction, **row: object) -> None:
    """One row of the ledger; sums that are not named are 0."""
    full = {"job": None, "source": "own", "span": "", "held": 0, "spent": 0, "given": 0, "because": "", **row}
    await _write(tx, [tuple(full[column] for column in _COLUMNS)])


async def open_grants(tx: Transaction, scope: str, people: Sequence[str], now: float, lock: str = "") -> list[Grant]:
    """What can be spent, soonest expiry first."""
    sql = f"""
        SELECT * FROM grants WHERE scope = $1 AND over_at IS NULL AND used < amount
        AND (until IS NULL OR until > $2) AND person IN ({places(people, 3)}) ORDER BY id {lock}"""
    found = [grant(row) for row in await tx.all(sql, scope, now, *people)]
    return sorted(found, key=lambda g: (g.until is None, g.until or 0.0, g.at, g.id))


def grant(row: Row) -> Grant:
    """The grant of a row."""
    return Grant(
        row["id"],
        row["scope"],
        row["person"],
        row["amount"],
        row["used"],
        row["until"],
        row["at"],
        row["actor"],
        row["because"],
        row["over_at"],
    )


async def used(tx: Transaction, book: str, span: str) -> int:
    """What a counter says."""
    row = await tx.one("SELECT used FROM books WHERE book = $1 AND span = $2", book, span)
    return int(row["used"]) if row else 0


def reason(job: Job) -> str:
    """Why it was given back."""
    return job.reason or ""


def places(values: Sequence[object], first: int) -> str:
    """Placeholders for a list."""
    return ", ".join(f"${first + i}" for i in range(len(values))) or "NULL"


_COLUMNS = (
    *("at", "actor", "kind", "step", "job", "source", "book", "span", "person", "scope"),
    *("held", "spent", "given", "because"),
)


async def _write(tx: Transaction, rows: Sequence[tuple[object, ...]]) -> None:
    if rows:
        width = len(_COLUMNS)
        values = ", ".join(f"({places(_COLUMNS, 1 + i * width)})" for i in range(len(rows)))
        await tx.all(f"INSERT INTO ledger ({', '.join(_COLUMNS)}) VALUES {values}", *_flat(rows))


async def _look(tx: Transaction, keys: Sequence[Key], lock: str = "") -> dict[Key, int]:
    these = ", ".join(f"(${2 * i + 1}, ${2 * i + 2})" for i in range(len(keys)))
    sql = f"SELECT book, span, used FROM books WHERE (book, span) IN (VALUES {these}) ORDER BY book, span {lock}"
    return {(row["book"], row["span"]): int(row["used"]) for row in await tx.all(sql, *_flat(keys))}


async def _add(tx: Transaction, changes: Mapping[Key, int], now: float, caps: Mapping[Key, int] | None = None) -> None:
    """Change counters, each only as far as its cap. Raises `Raced`."""
    keys = sorted(changes)
    these = " UNION ALL ".join(
        f"SELECT CAST(${4 * i + 1} AS TEXT) AS book, CAST(${4 * i + 2} AS TEXT) AS span, "
        f"CAST(${4 * i + 3} AS BIGINT) AS n, CAST(${4 * i + 4} AS BIGINT) AS cap"
        for i in range(len(keys))
    )
    sql = f"""
        UPDATE books SET used = used + change.n, at = ${4 * len(keys) + 1} FROM ({these}) AS change
        WHERE books.book = change.book AND books.span = change.span AND used + change.n <= change.cap
        RETURNING books.book"""
    values = [(book, span, changes[book, span], (caps or {}).get((book, span), NO_LIMIT)) for book, span in keys]
    if len(await tx.all(sql, *_flat(values), now)) != len(keys):
        raise Raced


def _keys(bill: Bill) -> list[Key]:
    return sorted({(book, line.span) for line in bill.lines for book in (line.book, *line.also)})


def _flat(rows: Iterable[Iterable[object]]) -> list[object]:
    return [value for row in rows for value in row]


def _pool(line: Line, used: Mapping[Key, int]) -> int:
    return sum(used.get((book, line.span), 0) for book in (line.book, *line.also))


def _room(line: Line, used: Mapping[Key, int]) -> int:
    """How far the line's own counter may go."""
    if line.limit is None:
        return NO_LIMIT
    return line.limit - sum(used.get((book, line.span), 0) for book in line.also)


def _weigh(bill: Bill, used: Mapping[Key, int], grants: Sequence[Grant]) -> list[Payment] | Denied:
    """Who pays what, or which line refuses."""
    first, *others = bill.lines
    free = first.amount if first.limit is None else max(0, first.limit - _pool(first, used))
    own = min(first.amount, free)
    missing, paid = first.amount - own, []
    if own:
        paid.append(Payment("own", first.book, first.span, own))
    for gift in grants:
        if part := min(missing, gift.left):
            paid.append(Payment("grant", f"grant:{gift.id}", "", part))
            missing -= part
    if missing:
        return Denied(first.cause, first.limit, free + sum(gift.left for gift in grants), first.ends_at)
    for line in others:
        if line.limit is not None and _pool(line, used) + line.amount > line.limit:
            return Denied(line.cause, line.limit, max(0, line.limit - _pool(line, used)), line.ends_at)
        paid.append(Payment(line.kind, line.book, line.span, line.amount))
    return paid
