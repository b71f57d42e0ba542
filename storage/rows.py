"""Conversion of jobs to rows and back. Searched fields have columns; the rest of order and clip is JSON."""

import json
import unicodedata
from dataclasses import asdict
from typing import Any

from bot.model import UNREADABLE, Address, Brush, Clip, Job, Order, Payment, Photo
from storage.database import Row
from storage.words import Words

CHANGING = (
    *("state", "outcome", "reason", "due_at", "tries", "waits", "host", "remote_id", "clip"),
    *("started_at", "accepted_at", "settled_at", "done_at", "changed_at", "sends", "sent_id", "copy_id", "halted"),
    *("posted", "ask_until", "unlogged"),
)
"""Columns that a transition may change. The status line's text belongs to `track`."""
SEARCH_WORDS = 16
"""Words considered in a search of the history; further ones are ignored."""

COLUMNS = (
    *("id", "key", "person", "platform", "chat", "thread", "message", "model", "seconds", "details", "price"),
    *("spent_from", "credits_left", "credits_extra", "scope", "account", "label", "paid", "state", "outcome"),
    *("reason", "due_at", "claims", "tries", "waits", "host", "remote_id", "clip", "spoiler", "upload_limit"),
    *("follows", "remix_of", "remix_after", "sends", "sent_id", "copy_id", "status_id", "shown", "halted"),
    *("created_at", "started_at", "accepted_at", "settled_at", "done_at", "changed_at"),
    *("favourite", "wording", "copied"),
)
"""The columns of a new job."""
_WITH_COLUMN = ("model", "seconds", "prompt", "negative")
"""Fields of an order that are not in `details`."""


def changing(job: Job) -> list[Any]:
    """The values of `CHANGING`, without the order, which takes time."""
    given: dict[str, Any] = {"clip": json.dumps(asdict(job.clip)) if job.clip else None}
    given |= {"halted": int(job.halted), "unlogged": int(job.unlogged)}
    return [given[column] if column in given else getattr(job, column) for column in CHANGING]


def values(job: Job) -> dict[str, Any]:
    """A job as a row, by column."""
    order = job.order
    return {
        "id": job.id,
        "key": job.key,
        "person": job.person,
        "platform": job.address.platform,
        "chat": job.address.chat,
        "thread": job.address.thread,
        "message": job.address.message,
        "model": order.model,
        "seconds": order.seconds,
        "details": details(order),
        "price": job.price,
        "spent_from": job.spent_from,
        "credits_left": job.credits_left,
        "credits_extra": job.credits_extra,
        "scope": job.scope,
        "account": job.account or job.person,
        "label": job.label,
        "paid": json.dumps([[p.kind, p.book, p.span, p.amount] for p in job.paid]),
        "state": job.state,
        "outcome": job.outcome,
        "reason": job.reason,
        "due_at": job.due_at,
        "claims": job.claims,
        "polls": job.polls,
        "tries": job.tries,
        "waits": job.waits,
        "host": job.host,
        "remote_id": job.remote_id,
        "posted": job.posted,
        "ask_until": job.ask_until,
        "unlogged": int(job.unlogged),
        "copied": int(job.copied),
        "clip": json.dumps(asdict(job.clip)) if job.clip else None,
        "spoiler": int(job.spoiler),
        "upload_limit": job.upload_limit,
        "follows": job.follows,
        "remix_of": job.remix_of,
        "remix_after": job.remix_after,
        "sends": job.sends,
        "sent_id": job.sent_id,
        "copy_id": job.copy_id,
        "status_id": job.status_id,
        "shown": job.shown,
        "halted": int(job.halted),
        "created_at": job.created_at,
        "started_at": job.started_at,
        "accepted_at": job.accepted_at,
        "settled_at": job.settled_at,
        "done_at": job.done_at,
        "changed_at": job.changed_at,
        "favourite": int(job.favourite),
        "wording": Words("jobs.wording", json.dumps({"prompt": order.prompt, "negative": order.negative}), job.person),
    }


def job(row: Row) -> Job:
    """The job from a row."""
    return Job(
        id=row["id"],
        key=row["key"],
        person=row["person"],
        address=Address(row["platform"], row["chat"], row["message"], row["thread"]),
        order=_order(row),
        price=row["price"],
        spent_from=row["spent_from"],
        credits_left=row["credits_left"],
        credits_extra=row["credits_extra"],
        scope=row["scope"],
        account=row["account"],
        label=row["label"],
        paid=tuple(Payment(*payment) for payment in json.loads(row["paid"])),
        state=row["state"],
        outcome=row["outcome"],
        reason=row["reason"],
        due_at=row["due_at"],
        claims=row["claims"],
        polls=row["polls"],
        tries=row["tries"],
        waits=row["waits"],
        host=row["host"],
        remote_id=row["remote_id"],
        posted=row["posted"],
        ask_until=row["ask_until"],
        unlogged=bool(row["unlogged"]),
        copied=bool(row["copied"]),
        clip=Clip(**json.loads(row["clip"])) if row["clip"] else None,
        spoiler=bool(row["spoiler"]),
        upload_limit=row["upload_limit"],
        follows=row["follows"],
        remix_of=row["remix_of"],
        remix_after=row["remix_after"],
        sends=row["sends"],
        sent_id=row["sent_id"],
        copy_id=row["copy_id"],
        status_id=row["status_id"],
        shown=row["shown"],
        halted=bool(row["halted"]),
        created_at=row["created_at"],
        started_at=row["started_at"],
        accepted_at=row["accepted_at"],
        settled_at=row["settled_at"],
        done_at=row["done_at"],
        changed_at=row["changed_at"],
        favourite=bool(row["favourite"]),
    )


def details(order: Order) -> str:
    """The part of an order without a column of its own, as JSON."""
    return json.dumps({name: value for name, value in asdict(order).items() if name not in _WITH_COLUMN})


def apart(details: str) -> tuple[str, str]:
    """Details of before schema 25 without the order's words, and these: empty for an anonymised one."""
    kept = json.loads(details)
    found = {name: kept.pop(name, "") for name in ("prompt", "negative")}
    return json.dumps(kept), json.dumps(found) if any(found.values()) else ""


def parked(body: str) -> dict[str, Any]:
    """A parked order's row. One of before schema 25 may come even after it, from a process that ran meanwhile."""
    row: dict[str, Any] = json.loads(body)
    if "wording" not in row:
        row["details"], row["wording"] = apart(row["details"])
    return row


def said(wording: str) -> tuple[str, str]:
    """An order's prompt and negative prompt, from their column: empty for an anonymised one."""
    if wording in ("", UNREADABLE):
        return wording, ""
    found = json.loads(wording)
    return found["prompt"], found["negative"]


def fold(text: str) -> str:
    """Text normalised for search: casefolded, compatibility variants unified, invisible characters removed."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isprintable():
        plain = "".join(one if one.isprintable() else " " for one in plain)
    return " ".join(plain.split())


def wanted(words: str) -> list[str]:
    """What is searched for: each of these is somewhere in an order's folded prompt."""
    return fold(words).split()[:SEARCH_WORDS]


def _order(row: Row) -> Order:
    details = json.loads(row["details"])
    prompt, negative = said(row["wording"])
    return Order(
        model=row["model"],
        seconds=row["seconds"],
        prompt=prompt,
        negative=negative,
        cfg=details["cfg"],
        photo=Photo(**details["photo"]),
        end=_photo(details["end"]),
        static_mask=_photo(details["static_mask"]),
        brushes=tuple(
            Brush(Photo(**brush["mask"]), tuple((x, y) for x, y in brush["path"])) for brush in details["brushes"]
        ),
        sample=details.get("sample", False),  # missing in older rows, like the next
        cropped=details.get("cropped", False),
        sound=details.get("sound", False),
        version=details.get("version", 1),
    )


def _photo(value: dict[str, Any] | None) -> Photo | None:
    return Photo(**value) if value else None
