"""What a migration has to read JSON for: facts that get columns and rows of their own."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from storage import rows, rules
from storage.database import Transaction

PAGE = 1000
"""Jobs that are read together."""


async def facts_in_columns(tx: Transaction) -> None:
    """0007: what rules, lists, acts, errands and notes say, beside their JSON."""
    for row in await tx.all("SELECT scope, about, value FROM rules"):
        await rules.put(tx, row["scope"], row["about"], row["value"])
    for row in await tx.all("SELECT id, before, after FROM audit"):
        for person in rules.members([row["before"], row["after"]]):
            await tx.all("INSERT INTO act_members (act, person) VALUES ($1, $2)", row["id"], person)
    for row in await tx.all("SELECT id, share, body FROM errands WHERE kind = 'tell'"):
        taps = [command.partition(" ") for _, command in json.loads(row["body"])["buttons"]]
        if row["share"] and any(verb == "/hide" for verb, _, _ in taps):
            await tx.all("UPDATE errands SET topic = 'report' WHERE id = $1", row["id"])
        for share in {name for verb, _, name in taps if verb == "/show" and not row["share"]}:
            await tx.all("INSERT INTO errand_shares (errand, share) VALUES ($1, $2)", row["id"], share)
    for row in await tx.all("SELECT platform, chat, name, value FROM notes"):
        # Adapters wrote ids among other things; what only looks like one is nobody's, and goes with the note.
        for user in _numbers(row["value"]):
            sql = "INSERT INTO note_people (platform, chat, name, person) VALUES ($1, $2, $3, $4)"
            await tx.all(sql, row["platform"], row["chat"], row["name"], f"{row['platform']}:{user}")


async def words_to_search(tx: Transaction) -> None:
    """0012: the words of each order, beside its JSON."""
    last = ""
    while page := await tx.all("SELECT id, details FROM jobs WHERE id > $1 ORDER BY id LIMIT $2", last, PAGE):
        last = page[-1]["id"]
        for row in page:
            words = rows.fold(json.loads(row["details"])["prompt"])
            await tx.all("UPDATE jobs SET words = $2 WHERE id = $1", row["id"], words)


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
