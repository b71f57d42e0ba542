"""Sample values."""

from bot.model import Address, Job, Order, Photo

PHOTO = Photo("photo.jpg", 640, 480)


def an_order(**changes: object) -> Order:
    """A minimal order."""
    return Order(**{"model": "kling", "photo": PHOTO, "prompt": "she smiles", **changes})


def a_job(id: str = "job1", **changes: object) -> Job:
    """A new job in the queue."""
    values = {
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
