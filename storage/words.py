"""What people wrote, as it is bound to a statement, and the columns that hold it, encrypted (`storage.sealed`).

Lasting words have the key of their person, deleted when the person is forgotten: those of orders and shares. What is
deleted within days or weeks (messages, questions, answers, notices, reports) has the bot's own key: whose it is is not
known yet, or several people are named in it.
"""

from dataclasses import dataclass, field
from typing import Literal, get_args

Column = Literal[
    "jobs.wording",
    "parked.body",
    "shares.prompt",
    "intake.body",
    "notes.value",
    "answers.body",
    "outbox.body",
    "reports.reason",
]
OF_PERSON: tuple[Column, ...] = ("jobs.wording", "parked.body", "shares.prompt")
"""Columns with the key of the row's `person`."""
COLUMNS: tuple[Column, ...] = get_args(Column)
"""All encrypted columns."""


@dataclass(frozen=True, slots=True)
class Words:
    """A parameter of a statement that is encrypted when it is bound. `owner`: the row's person; empty: no person."""

    column: Column
    text: str = field(repr=False)
    owner: str = ""
