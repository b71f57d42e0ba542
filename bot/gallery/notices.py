"""Notices to admins about shares: reported, or waiting for approval. Removed after the decision."""

from dataclasses import replace

from bot.gallery.model import ENOUGH, OutboxEntry, Share
from bot.model import Address
from storage import Store

KEPT = 90 * 86_400.0
"""Seconds for which a notice's message is recorded, so that it can be removed."""
NOTICES = "notices"
"""Name of those records: by share and the number at the end of the entry's id."""


async def tell(store: Store, notice: OutboxEntry, number: int) -> None:
    """Queue a notice about a share, with its clip, if the community has a place for it. `number`: 0 to `ENOUGH`."""
    if notice.place.chat:
        await store.outbox.put(replace(notice, id=f"{notice.id}-{number}"))


async def note(store: Store, entry: OutboxEntry, share_id: str, message: str, now: float) -> None:
    """Record the message of a notice."""
    at = f"{entry.place.chat}/{entry.place.thread}/{message}"
    name = _name(share_id, entry.id.rpartition("-")[2])
    await store.inbox.remember(entry.place.platform, NOTICES, name, at, now + KEPT)


async def dismiss(store: Store, share: Share, now: float) -> None:
    """Queue the removal of a share's notices."""
    platform = share.place.platform
    for number in range(ENOUGH + 1):
        name = _name(share.id, number)
        if at := await store.inbox.recall(platform, NOTICES, name, now):
            chat, thread, message = at.split("/", 2)
            place = Address(platform, chat, message, thread)
            await store.outbox.put(OutboxEntry(f"x{message}-{name}", "remove", place, now, share.id))
            await store.inbox.forget(platform, NOTICES, name)


def _name(share_id: str, number: object) -> str:
    return f"{share_id}-{number}"
