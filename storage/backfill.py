"""What a migration has to read JSON for: facts that get columns and rows of their own."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from storage import rows, rules
from storage.database import Transaction

PAGE = 1000
"""Jobs that are read together."""

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


async def facts_in_columns(tx: Transaction) -> None:
    """0007: what rules, lists, acts, errands and notes say, beside their JSON."""
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
        # Adapters wrote ids among other things; what only looks like one is nobody's, and goes with the note.
        for user in _numbers(row["value"]):
            await tx.all(NAMES, row["platform"], row["chat"], row["name"], f"{row['platform']}:{user}")


async def words_to_search(tx: Transaction) -> None:
    """0012: the words of each order, beside its JSON."""
    last = ""
    while page := await tx.all(DETAILS, last, PAGE):
        last = page[-1]["id"]
        words = [(row["id"], rows.fold(json.loads(row["details"])["prompt"])) for row in page]
        await tx.many(WORDS, words)


AFTER: Mapping[int, Callable[[Transaction], Awaitable[None]]] = {7: facts_in_columns, 12: words_to_search}
"""By the number of the migration that it belongs to."""


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
