"""What was said about a share besides its post: to admins, and in lists of the best. It goes when the share goes."""

from collections.abc import Iterable
from dataclasses import replace

from bot.gallery import ENOUGH, Errand, Share
from bot.model import Address
from bot.ports import Store

NOTED = 90 * 86_400.0
"""Seconds for which such a message is remembered, so that it can be taken away."""
NOTICES = "notices"
"""Where they are remembered: by share and the end of the errand's id, a number or one of `LISTS`."""
LISTS = ("week", "month")
SHOW = "/show "
"""What a button says that names a share."""


async def tell(store: Store, notice: Errand, number: int) -> None:
    """Tell admins about a share, with its film; nothing, if they have no place. `number`: 0 to `ENOUGH`."""
    if notice.place.chat:
        await store.errands.put(replace(notice, id=f"{notice.id}-{number}"))


def named(errand: Errand) -> list[str]:
    """The shares that a message has buttons for."""
    return [button.command.removeprefix(SHOW) for button in errand.buttons if button.command.startswith(SHOW)]


async def note(store: Store, errand: Errand, share_id: str, message: str, now: float) -> None:
    """Where a message about a share stands."""
    at = f"{errand.place.chat}/{errand.place.thread}/{message}"
    name = _notice(share_id, errand.id.rpartition("-")[2])
    await store.inbox.remember(errand.place.platform, NOTICES, name, at, now + NOTED)


async def dismiss(store: Store, share: Share, now: float) -> None:
    """Take away what admins were told about a share."""
    await _retract(store, share, range(ENOUGH + 1), now)


async def unlist(store: Store, share: Share, now: float) -> None:
    """Take away the lists of the best that name a share."""
    await _retract(store, share, LISTS, now)


async def _retract(store: Store, share: Share, ends: Iterable[object], now: float) -> None:
    platform = share.place.platform
    for end in ends:
        name = _notice(share.id, end)
        if at := await store.inbox.recall(platform, NOTICES, name, now):
            chat, thread, message = at.split("/", 2)
            place = Address(platform, chat, message, thread)
            await store.errands.put(Errand(f"x{message}-{name}", "remove", place, now, share.id))
            await store.inbox.forget(platform, NOTICES, name)


def _notice(share_id: str, end: object) -> str:
    return f"{share_id}-{end}"
