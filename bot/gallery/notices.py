"""What admins are told about a share: that it was reported, or waits for a yes. It goes when they have decided."""

from dataclasses import replace

from bot.gallery.model import ENOUGH, Errand, Share
from bot.model import Address
from storage import Store

NOTED = 90 * 86_400.0
"""Seconds for which such a message is remembered, so that it can be taken away."""
NOTICES = "notices"
"""Where they are remembered: by share and the number at the end of the errand's id."""


async def tell(store: Store, notice: Errand, number: int) -> None:
    """Tell admins about a share, with its film; nothing, if they have no place. `number`: 0 to `ENOUGH`."""
    if notice.place.chat:
        await store.outbox.put(replace(notice, id=f"{notice.id}-{number}"))


async def note(store: Store, errand: Errand, share_id: str, message: str, now: float) -> None:
    """Where such a message stands."""
    at = f"{errand.place.chat}/{errand.place.thread}/{message}"
    name = _name(share_id, errand.id.rpartition("-")[2])
    await store.inbox.remember(errand.place.platform, NOTICES, name, at, now + NOTED)


async def dismiss(store: Store, share: Share, now: float) -> None:
    """Take them away."""
    platform = share.place.platform
    for number in range(ENOUGH + 1):
        name = _name(share.id, number)
        if at := await store.inbox.recall(platform, NOTICES, name, now):
            chat, thread, message = at.split("/", 2)
            place = Address(platform, chat, message, thread)
            await store.outbox.put(Errand(f"x{message}-{name}", "remove", place, now, share.id))
            await store.inbox.forget(platform, NOTICES, name)


def _name(share_id: str, number: object) -> str:
    return f"{share_id}-{number}"
