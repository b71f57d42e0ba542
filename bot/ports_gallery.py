"""What the core needs of a store for sharing. Structural, like `bot.ports`; transactions as in `Store`."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.gallery.model import Errand, Key, Manner, Order, Report, Share, ShareState, Way, WebGallery
from bot.model import Address
from bot.quotas.rules import Rule


class Gallery(Protocol):
    """Shared clips. Whatever changes what people see also leaves the errand that shows it, in the same transaction."""

    async def add(self, share: Share) -> Share:
        """Share a clip, once in each community: the share that is there, if it was shared before.

        When it is `up` and has a place, an errand to post it comes with it.
        """

    async def share(self, share_id: str) -> Share | None:
        """One share, in whatever state."""

    async def of_job(self, job_id: str) -> list[Share]:
        """Where a clip is shared."""

    async def at(self, address: Address) -> Share | None:
        """The share that the message at `address` shows."""

    async def mine(self, person: str) -> list[Share]:
        """What a person (their whole account) shares, newest first."""

    async def posted(self, share_id: str, message: str, copy: str | None) -> bool:
        """It stands there now, without its film if there is no `copy`. False: it may not, and the message has to go."""

    async def showed(self, share_id: str, place: Address) -> bool:
        """The message at `place` shows it once more, and goes when it goes. False: it is not to be seen any more."""

    async def remove(self, share_ids: Collection[str], now: float) -> list[Share]:
        """Unshare: rows, hearts and reports go, and the maker's name from remixes; messages are to be removed.

        Returns what there was.
        """

    async def judge(self, share_id: str, state: ShareState, now: float) -> Share | None:
        """Hide it, or let it be seen, and close its reports; a message is to be posted or removed. None if gone."""

    async def heart(
        self, share_id: str, person: str, on: bool | None, way: Way, now: float, key: str = ""
    ) -> Share | None:
        """Give or take back a person's one heart (None: the other way than it was); the share as it is then.

        None when it is not to be seen. Its post is to be refreshed if the number has changed. What has the same `key`
        is done once.
        """

    async def hearted(self, person: str, share_ids: Sequence[str]) -> set[str]:
        """To which of these a person gave a heart."""

    async def report(
        self, share_id: str, person: str, reason: str, now: float, enough: int, key: str = ""
    ) -> tuple[Share | None, int]:
        """Note a person's one report; the share as it is then, and how many reports are open.

        With `enough` of them it is hidden. None when it is not to be seen; 0 when this person reported it before, but
        by the message with this `key`.
        """

    async def reports(self, share_id: str) -> list[Report]:
        """Open reports, oldest first."""

    async def reported(self, person: str) -> list[Share]:
        """What a person (their whole account) reported, and no admin has looked at."""

    async def open(self, scope: str, limit: int = 10) -> list[Share]:
        """What waits for an admin: reported, hidden by reports, or to be approved; oldest first."""

    async def best(self, scope: str, since: float, limit: int) -> list[Share]:
        """The most liked among those shared since then."""

    async def punctual(self) -> list[tuple[str, Rule]]:
        """The communities whose best clips are posted by the calendar, with what is set for them."""

    # ── On the web ──

    async def hall(self, slug: str) -> WebGallery | None:
        """An open gallery, by its name."""

    async def open_gallery(self, scope: str, slug: str, *, new: bool = False) -> str:
        """Give a community's gallery a name; the name that it had before, if there is one and it is not to be `new`."""

    async def halls(self, limit: int = 100) -> list[WebGallery]:
        """Those that are public, by title."""

    async def page(
        self, slug: str, order: Order, after: Key | None, limit: int, *, back: bool = False
    ) -> tuple[WebGallery, list[Share]] | None:
        """A page of an open gallery, by key: page 1,000 costs what page 1 costs.

        `back`: the shares in front of the key instead, those next to it, in the same order.
        """

    async def shown(self, slug: str, share_id: str) -> tuple[WebGallery, Share] | None:
        """A share that is to be seen in an open gallery."""

    async def piece(self, slug: str, share_id: str) -> tuple[WebGallery, Share, list[Share], list[Share]] | None:
        """A share that is to be seen in an open gallery, its chain (nearest first), and latest remixes of it (12)."""

    # ── How people share ──

    async def manner(self, person: str) -> Manner:
        """How a person (their whole account) shares."""

    async def behave(
        self,
        person: str,
        *,
        named: bool | None = None,
        worded: bool | None = None,
        remixes: bool | None = None,
        agreed_at: float | None = None,
    ) -> Manner:
        """Change what is given (None leaves it). What is shared already stays as it is, but for `remixes`."""


class Errands(Protocol):
    """What must still be done on platforms."""

    async def put(self, errand: Errand, *, settles: str | None = None) -> bool:
        """Have it done; False if one of that id is there already.

        `settles`: the key of something taken in (`Inbox.take`) that is handled by it, in the same transaction; False
        if it was handled before.
        """

    async def claim(
        self, now: float, lease: float, limit: int, platforms: Sequence[str], edits: int | None = None
    ) -> list[Errand]:
        """Take due errands, removals first; each is ours until the lease (seconds) is over.

        With `edits`, those that change a message (`refresh`) have that limit of their own.
        """

    async def done(self, errand: Errand) -> None:
        """It needs no more work, unless it was put again meanwhile."""

    async def later(self, errand: Errand, due_at: float) -> None:
        """Try again then; counts a try."""

    async def next_due(self, platforms: Sequence[str]) -> float | None:
        """When the next wants to be done."""
