"""Linked persons: the names that form one account; inside a transaction."""

from storage.database import Transaction

PEOPLE = """
    SELECT CAST($1 AS TEXT) UNION SELECT b.person FROM accounts AS a JOIN accounts AS b ON b.account = a.account
    WHERE a.person = $1"""
"""The linked persons of $1, itself included; a part of other statements."""
LINKED = """
    SELECT b.person, b.account FROM accounts AS a JOIN accounts AS b ON b.account = a.account
    WHERE a.person = $1 ORDER BY b.person"""


async def people_of(tx: Transaction, person: str) -> tuple[tuple[str, ...], str]:
    """The linked persons of an account, and its name; without links both are `person`."""
    found = await tx.all(LINKED, person)
    return (tuple(row["person"] for row in found), found[0]["account"]) if found else ((person,), person)
