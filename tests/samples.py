"""Sample values."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from bot.catalogue import DEFAULT, Price, named
from bot.model import Address, Job, Order, Photo
from bot.offers import Choice, Offers

BEST, LOUD, VEO = (
    replace(row, price=Price(Fraction(price)))
    for title, price in (("Kling 3.0 Pro", "4"), ("Kling 2.6 Pro", "2.5"), ("Veo 3.1", "6"))
    if (row := named(title))
)
OFFERS = Offers(
    (DEFAULT, BEST, LOUD, VEO),
    Choice(DEFAULT),
    {"quick": Choice(DEFAULT), "best": Choice(BEST), "sound": Choice(LOUD, sound=True)},
)
"""Four models, three of them with a word."""

PHOTO = Photo("photo.jpg", 640, 480)


def an_order(**changes: Any) -> Order:
    """A minimal order."""
    values: dict[str, Any] = {"model": "kling", "photo": PHOTO, "prompt": "she smiles", **changes}
    return Order(**values)


def a_job(id: str = "job1", **changes: Any) -> Job:
    """A new job in the queue."""
    values: dict[str, Any] = {
        "id": id,
        "key": f"console:{id}",
        "person": "console:0",
        "address": Address("console", "shell"),
        "order": an_order(),
        "price": 5,
        "spent_from": "day:2026-11-20",
        "created_at": 1000.0,
        "due_at": 1000.0,
        **changes,
    }
    return Job(**values)
