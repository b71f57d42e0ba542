"""Charging and refunding, inside the transaction that moves a job.

Lock order on PostgreSQL, everywhere: the gate (by what moves jobs of several parties: `turns.hold_gate`), then shares,
then jobs, then turns (by triggers on jobs), then counters by book and span, then grants by id.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from bot.model import Job, LedgerEntry, Payment
from bot.quotas.records import Grant
from bot.quotas.rules import HOUSE, Bill, Denied, Line, Member, Plan, Quote, Rulebook, rules_of
from storage import counters, grants, ledger, turns
from storage.counters import NO_LIMIT, Key, Raced
from storage.database import Transaction

# The account's persons come with the rules, under a scope that no community has: one query instead of two.
RULEBOOK = """
    SELECT '@' AS scope, b.person AS about, b.account AS value
    FROM accounts AS a JOIN accounts AS b ON b.account = a.account WHERE a.person = $3 AND $1 = ''
    UNION ALL SELECT scope, about, value FROM rules
    WHERE (scope = $2 AND about = '') OR (scope = $1 AND (kind = 'list' OR about = ANY($4)
        OR ($1 = '' AND about IN (SELECT 'person:' || b.person FROM accounts AS a
            JOIN accounts AS b ON b.account = a.account WHERE a.person = $3))))"""


async def rulebook(tx: Transaction, member: Member) -> Rulebook:
    """All rules that apply to a member."""
    tiers = ["", f"person:{member.person}", *(f"tier:{t}" for t in sorted({*member.tiers, "admins"}))]
    found = await tx.all(RULEBOOK, member.scope, HOUSE, member.person, tiers)
    linked = sorted((row["about"], row["value"]) for row in found if row["scope"] == "@")
    people = tuple(person for person, _ in linked) or (member.person,)
    account = linked[0][1] if linked else member.person
    house = next((row["value"] for row in found if row["scope"] == HOUSE), "")
    mine = {row["about"]: row["value"] for row in found if row["scope"] == member.scope}
    return rules_of(mine, member, people, account, house)


async def quote(tx: Transaction, member: Member, plan: Plan, now: float) -> Quote:
    """Whether a bill would pass now; locks and changes nothing."""
    rules = await rulebook(tx, member)
    bill = plan(rules)
    if isinstance(bill, Denied):
        return Quote(rules, bill, None, 0)
    used = await counters.read(tx, _keys(bill))
    open_ = await grants.open_grants(tx, member.scope, rules.people, now)
    paid = _weigh(bill, used, open_)
    first, extra = bill.lines[0], sum(grant.left for grant in open_)
    left = None if first.limit is None else max(0, first.limit - _pool(first, used))
    return Quote(rules, paid if isinstance(paid, Denied) else None, left, extra, first.span)


async def pay(tx: Transaction, job: Job, member: Member, plan: Plan) -> Job | Denied:
    """Charge a job to every book of the plan, all or nothing; returns the job with its payments, or the refusal.

    Raises `Raced` when another transaction changed a counter meanwhile.
    """
    rules = await rulebook(tx, member)
    bill = plan(rules)
    if isinstance(bill, Denied):
        return bill
    await tx.all(turns.HOLD, turns.party(job.scope, rules.account), job.created_at)
    kinds: dict[Key, str] = {(book, line.span): line.kind for line in bill.lines for book in (line.book, *line.also)}
    await counters.open_all(tx, kinds, job.created_at)
    used = await counters.hold(tx, _keys(bill))
    open_ = await grants.hold_open(tx, member.scope, rules.people, job.created_at)
    paid = _weigh(bill, used, open_)
    if isinstance(paid, Denied):
        return paid
    caps = {(line.book, line.span): _left(line, used) for line in bill.lines}
    await counters.add(tx, {(p.book, p.span): p.amount for p in paid if p.kind != "grant"}, job.created_at, caps)
    for gift in sorted((p for p in paid if p.kind == "grant"), key=lambda p: p.book):
        if not await grants.spend(tx, gift.book, gift.amount):
            raise Raced
    first, own = bill.lines[0], sum(p.amount for p in paid if p.kind == "own")
    given = sum(p.amount for p in paid if p.kind == "grant")
    return replace(
        job,
        spent_from=first.span,
        credits_left=None if first.limit is None else max(0, first.limit - _pool(first, used) - own),
        credits_extra=sum(grant.left for grant in open_) - given,
        account=rules.account,
        paid=tuple(paid),
    )


async def record(tx: Transaction, job: Job, entry: LedgerEntry) -> None:
    """Write the ledger rows of a new job."""
    paid = [payment for payment in job.paid if payment.kind in ("own", "grant")]
    await ledger.write_all(
        tx,
        [
            {**_moved(job, payment), "at": entry.at, "actor": job.person, "kind": "hold", "step": "hold"}
            | {"held": payment.amount}
            for payment in paid
        ],
    )


async def settle(tx: Transaction, settled: Iterable[tuple[Job, LedgerEntry]]) -> None:
    """Release the counters of settled jobs; without a clip, refund each payment to its source."""
    settled = list(settled)
    parts = [(job, payment, entry) for job, entry in settled for payment in job.paid]
    changes: dict[Key, int] = {}
    for _, payment, entry in parts:
        if payment.kind == "flight" or (entry.kind == "refund" and payment.kind != "grant"):
            key = (payment.book, payment.span)
            changes[key] = changes.get(key, 0) - payment.amount
    if changes:
        await counters.hold(tx, sorted(changes))
        await counters.add(tx, changes, max(entry.at for _, entry in settled))
    gifts = [part for part in parts if part[1].kind == "grant" and part[2].kind == "refund"]
    rows = [
        _settled(job, payment, entry, entry.kind, payment.amount if entry.kind == "capture" else 0)
        for job, payment, entry in parts
        if payment.kind == "own" or (payment.kind == "grant" and entry.kind != "refund")
    ]
    for job, payment, entry in sorted(gifts, key=lambda gift: (gift[1].book, gift[0].id)):
        returned = await grants.give_back(tx, payment.book, payment.amount, entry.at)
        kind, spent = ("refund", 0) if returned else ("lapse", payment.amount)
        rows.append(_settled(job, payment, entry, kind, spent))
    await ledger.write_all(tx, rows)


def _settled(job: Job, payment: Payment, entry: LedgerEntry, kind: str, spent: int) -> dict[str, object]:
    """The ledger row that settles a payment."""
    about = {"at": entry.at, "actor": "", "kind": kind, "step": "settle", "because": job.reason or ""}
    return {**_moved(job, payment), **about, "held": -payment.amount, "spent": spent}


def _moved(job: Job, payment: Payment) -> dict[str, object]:
    return {
        **{"job": job.id, "person": job.person, "scope": job.scope},
        **{"source": payment.kind, "book": payment.book, "span": payment.span},
    }


def _keys(bill: Bill) -> list[Key]:
    return sorted({(book, line.span) for line in bill.lines for book in (line.book, *line.also)})


def _pool(line: Line, used: Mapping[Key, int]) -> int:
    return sum(used.get((book, line.span), 0) for book in (line.book, *line.also))


def _left(line: Line, used: Mapping[Key, int]) -> int:
    """The cap of the line's own counter."""
    if line.limit is None:
        return NO_LIMIT
    return line.limit - sum(used.get((book, line.span), 0) for book in line.also)


def _weigh(bill: Bill, used: Mapping[Key, int], open_: Sequence[Grant]) -> list[Payment] | Denied:
    """The payment of each line, or the line that refuses."""
    first, *others = bill.lines
    free = first.amount if first.limit is None else max(0, first.limit - _pool(first, used))
    own = min(first.amount, free)
    missing, paid = first.amount - own, []
    if own:
        paid.append(Payment("own", first.book, first.span, own))
    for gift in open_:
        if part := min(missing, gift.left):
            paid.append(Payment("grant", f"grant:{gift.id}", "", part))
            missing -= part
    if missing:
        return Denied(first.cause, first.limit, free + sum(gift.left for gift in open_), first.ends_at)
    for line in others:
        if line.limit is not None and _pool(line, used) + line.amount > line.limit:
            return Denied(line.cause, line.limit, max(0, line.limit - _pool(line, used)), line.ends_at)
        paid.append(Payment(line.kind, line.book, line.span, line.amount))
    return paid
