"""After a restore: what people have removed since the backup is removed again, as the tombstones say."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.gallery import sharing
from bot.media.library import Media
from bot.privacy import retention
from bot.quotas.records import Act
from storage import Store
from storage.tombstones import FILE, Kind, Stone, hashed, latest

MARGIN = 3600.0
"""Seconds before the backup in which a removal was noted, and perhaps not carried out yet."""
ACTOR = "console:restore"
"""Who closed a gallery's address, in the audit log."""


@dataclass(frozen=True, slots=True)
class Removed:
    """How many of each."""

    people: int = 0
    clips: int = 0
    shares: int = 0
    galleries: int = 0


class _Graves:
    """The tombstones by subject. Whose key they were written with is not known, so each is tried."""

    def __init__(self, stones: Mapping[str, Stone], keys: Collection[bytes]) -> None:
        self._stones, self._keys = stones, keys

    def of(self, kind: Kind, id: str) -> Stone | None:
        """The latest one of a subject."""
        found = (self._stones.get(hashed(key, kind, id)) for key in self._keys)
        return max((stone for stone in found if stone), key=lambda stone: stone.at, default=None)


async def remove_again(
    store: Store, media: Media, folders: Collection[Path], keys: Collection[bytes], since: float, now: float
) -> Removed:
    """Remove what the tombstones in these folders name, laid since then. Repeatable; raises `StoreDown`, `OSError`."""
    stones = latest([folder / FILE for folder in folders], since - MARGIN)
    graves = _Graves(stones, keys)
    if not stones:
        return Removed()
    shares = await _shares(store, graves, now)  # first: these are seen by others
    galleries = await _galleries(store, graves, now)
    return Removed(await _people(store, media, graves, now), await _clips(store, media, graves, now), shares, galleries)


async def _people(store: Store, media: Media, graves: _Graves, now: float) -> int:
    done, begun = 0, dict(await store.retention.forgetting())
    for person in await store.retention.everybody():
        stone = graves.of("person", person)
        if stone is None or begun.get(person, 0.0) >= stone.at:
            continue
        linked = await store.accounts.people(person)
        if not all(graves.of("person", one) for one in linked):  # who parted since, and stays
            await store.accounts.leave(person, (), now)
        await retention.forget(store, media, person, now)
        begun = dict(await store.retention.forgetting())
        done += 1
    return done


async def _clips(store: Store, media: Media, graves: _Graves, now: float) -> int:
    ids = [id for id in await store.retention.orders_by_id() if graves.of("clip", id)]
    return sum([await retention.delete_again(store, media, id, now) for id in ids])


async def _shares(store: Store, graves: _Graves, now: float) -> int:
    done = 0
    for share in await store.gallery.all():
        stone = graves.of("hidden", share.id)
        if stone and stone.kind == "unshared":
            await sharing.take_back(store, [share], now)
            done += 1
        elif stone and stone.kind == "hidden" and share.state != "hidden":
            await store.gallery.judge(share.id, "hidden", now)
            done += 1
    return done


async def _galleries(store: Store, graves: _Graves, now: float) -> int:
    done = 0
    for scope, rule in await store.gallery.on_the_web():
        stone = graves.of("closed", f"{scope} {rule.web}")
        if stone and stone.kind == "closed":
            act = Act(f"{stone.of[:16]}-{now:.0f}", now, ACTOR, scope, "gallery")
            await store.quotas.amend(act, lambda rule: replace(rule, web=None))
            done += 1
    return done
