"""Backfills of migrations that need Python to read JSON: values that move to columns and rows of their own."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from storage import rows, rules
from storage.database import Transaction

PAGE = 1000
"""Jobs per page."""

RULES = "SELECT scope, about, value FROM rules"
ACTS = "SELECT id, before, after FROM audit"
MEMBER = "INSERT INTO act_members (act, person) VALUES ($1, $2)"
TOLD = "SELECT id, share, body FROM errands WHERE kind = 'tell'"
OF_REPORT = "UPDATE errands SET topic = 'report' WHERE id = $1"
SHOWS = "INSERT INTO errand_shares (errand, share) VALUES ($1, $2)"
NOTES = "SELECT platform, chat, name, value FROM notes"
NAMES = "INSERT INTO note_people (platform, chat, name, person) VALUES ($1, $2, $3, $4)"
DETAILS = "SELECT id, details FROM jobs WHERE id > $1 ORDER BY id LIMIT $2"
WORDS = "UPDATE jobs SET words = $2 WHERE id = $1"
APART = "UPDATE jobs SET details = $2, wording = $3 WHERE id = $1"
PARKED = "SELECT id, body FROM parked"
PARK = "UPDATE parked SET body = $2 WHERE id = $1"


async def facts_in_columns(tx: Transaction) -> None:
    """0007: columns for values inside rules, lists, acts, outbox entries and notes."""
    for row in await tx.all(RULES):
        await rules.put(tx, row["scope"], row["about"], row["value"])
    for row in await tx.all(ACTS):
        for person in rules.members([row["before"], row["after"]]):
            await tx.all(MEMBER, row["id"], person)
    for row in await tx.all(TOLD):
        taps = [command.partition(" ") for _, command in json.loads(row["body"])["buttons"]]
        if row["share"] and any(verb == "/hide" for verb, _, _ in taps):
            await tx.all(OF_REPORT, row["id"])
        for share in {name for verb, _, name in taps if verb == "/show" and not row["share"]}:
            await tx.all(SHOWS, row["id"], share)
    for row in await tx.all(NOTES):
        # Adapters noted ids and other texts alike; a text that only resembles an id is deleted with its note.
        for user in _numbers(row["value"]):
            await tx.all(NAMES, row["platform"], row["chat"], row["name"], f"{row['platform']}:{user}")


async def words_to_search(tx: Transaction) -> None:
    """0012: the searchable words of each order."""
    last = ""
    while page := await tx.all(DETAILS, last, PAGE):
        last = page[-1]["id"]
        words = [(row["id"], rows.fold(json.loads(row["details"])["prompt"])) for row in page]
        await tx.many(WORDS, words)


async def words_apart(tx: Transaction) -> None:
    """0025: the words of each order, out of its details; they are encrypted later (`unsealed`)."""
    last = ""
    while page := await tx.all(DETAILS, last, PAGE):
        last = page[-1]["id"]
        await tx.many(APART, [(row["id"], *rows.apart(row["details"])) for row in page])
    for row in await tx.all(PARKED):
        await tx.all(PARK, row["id"], json.dumps(rows.parked(row["body"])))


AFTER: Mapping[int, Callable[[Transaction], Awaitable[None]]] = {
    7: facts_in_columns,
    12: words_to_search,
    25: words_apart,
}
"""Backfills by the number of their migration."""


def _numbers(note: str) -> set[str]:
    try:
        found = set(_leaves(json.loads(note)))
    except ValueError:
        return set()
    return {leaf for leaf in found if leaf.removeprefix("-").isdecimal() and len(leaf) > 4}


def _leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    return [leaf for one in value for leaf in _leaves(one)] if isinstance(value, list) else [str(value)]
