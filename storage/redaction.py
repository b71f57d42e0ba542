"""Redaction of names in the audit log, the only change allowed to it; inside a transaction.

The act remains; its actor and target do not.
"""

import json
from collections.abc import Sequence

from bot.quotas.rules import about
from storage.database import Transaction

UNNAME_ACTOR = "UPDATE audit SET actor = $1, name = '' WHERE actor = ANY($2)"
ABOUT = "SELECT id, before, after FROM audit WHERE about = ANY($1)"
UNNAME_SUBJECT = "UPDATE audit SET about = $2, label = '', because = '', before = $3, after = $4 WHERE id = $1"
LISTING = "SELECT id, before, after FROM audit WHERE id IN (SELECT act FROM act_members WHERE person = $1)"
RELIST = "UPDATE audit SET before = $2, after = $3 WHERE id = $1"
UNLIST = "DELETE FROM act_members WHERE person = $1"


async def redact(tx: Transaction, people: Sequence[str], alias: str) -> None:
    """Replace these people by `alias`, and remove labels and reasons of acts about them."""
    await tx.all(UNNAME_ACTOR, alias, list(people))
    for row in await tx.all(ABOUT, [about("person", person) for person in people]):
        texts = _without_reason(row["before"]), _without_reason(row["after"])
        await tx.all(UNNAME_SUBJECT, row["id"], about("person", alias), *texts)
    for person in people:  # in the changed lists
        for row in await tx.all(LISTING, person):
            renamed = [_renamed(row[column], person, alias) for column in ("before", "after")]
            await tx.all(RELIST, row["id"], *renamed)
        await tx.all(UNLIST, person)


def _renamed(text: str, person: str, alias: str) -> str:
    """A list's JSON with `person` replaced."""
    if not text:
        return text
    rule = json.loads(text)
    if "people" in rule:
        rule["people"] = [alias if one == person else one for one in rule["people"]]
    return json.dumps(rule, sort_keys=True)


def _without_reason(text: str) -> str:
    """A rule's JSON without its reason."""
    if not text:
        return text
    return json.dumps({name: value for name, value in json.loads(text).items() if name != "because"}, sort_keys=True)
