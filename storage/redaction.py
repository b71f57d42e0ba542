"""Taking names out of the audit log; inside a transaction. Nothing else may change that log.

That something was done stays; who did it to whom goes.
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
    """Put `alias` in the place of these people, and remove labels and reasons of what was done to them."""
    await tx.all(UNNAME_ACTOR, alias, list(people))
    for row in await tx.all(ABOUT, [about("person", person) for person in people]):
        texts = _unsaid(row["before"]), _unsaid(row["after"])
        await tx.all(UNNAME_SUBJECT, row["id"], about("person", alias), *texts)
    for person in people:  # in the lists that were changed
        for row in await tx.all(LISTING, person):
            renamed = [_renamed(row[column], person, alias) for column in ("before", "after")]
            await tx.all(RELIST, row["id"], *renamed)
        await tx.all(UNLIST, person)


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
