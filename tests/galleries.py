"""Helpers for tests of shared clips, and the invariants of a gallery."""

import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

from bot.gallery.model import Share
from bot.jobs.machine import hold
from bot.model import Address, Clip
from bot.quotas.records import Act
from storage import web_gallery
from storage.jobs import Store
from tests.bookkeeping import rows
from tests.samples import a_job

NOW = 1_800_000_000.0
TOWN, CITY = "telegram:-100", "discord:1"
CHANNEL = Address("telegram", "-100", thread="4")
ANN, ANN_TOO, BEN, CAT = "telegram:1", "discord:1", "telegram:2", "telegram:3"
CLIP = Clip("c.mp4", 1280, 720, 5.0, 1000, sound=True)
PLATFORMS = ("telegram", "discord")
_numbers = itertools.count(1)


async def a_share(store: Store, id: str = "s1", **changes: Any) -> Share:
    """Share the clip of a new job."""
    job = a_job(changes.get("job", f"of-{id}"), person=changes.get("person", ANN))
    await store.submit(job, hold(job))
    values = {
        **{"id": id, "job": job.id, "scope": TOWN, "person": ANN, "name": "Ann", "prompt": "she smiles"},
        **{"remixes": True, "clip": CLIP, "at": NOW, "place": CHANNEL, **changes},
    }
    return await store.gallery.add(Share(**values))


async def a_posted_share(store: Store, id: str = "s1", **changes: Any) -> Share:
    """Share a clip, with its post done and the outbox empty."""
    share = await a_share(store, id, **changes)
    for entry in await store.outbox.claim(NOW, 0.0, 100, PLATFORMS):
        if entry.share == id:
            assert await store.gallery.posted(id, f"message-{id}", f"copy-{id}")
            await store.outbox.done(entry)
    share = replace(share, place=replace(share.place, message=f"message-{id}"), copy_id=f"copy-{id}")
    assert await store.gallery.share(id) == share
    return share


async def waiting(store: Store) -> list[tuple[str, str, str]]:
    """The outbox: kind, share and message of each entry."""
    found = await rows(store, "SELECT kind, share, message FROM outbox ORDER BY kind, share, message")
    return [(row["kind"], row["share"], row["message"]) for row in found]


async def check(store: Store) -> None:
    """Check the invariants: counters match rows, and outbox entries match the shares' states."""
    shares = {row["id"]: row for row in await rows(store, "SELECT * FROM shares")}
    hearts = Counter(row["share"] for row in await rows(store, "SELECT share FROM hearts"))
    assert {id: row["hearts"] for id, row in shares.items() if row["hearts"]} == hearts
    posts = Counter[str]()
    for entry in await rows(store, "SELECT * FROM outbox WHERE share <> ''"):
        share = shares.get(entry["share"])
        if entry["kind"] == "remove":
            assert entry["message"]
            assert not share or share["message"] != entry["message"]
            continue
        assert share, entry
        if entry["kind"] == "post":
            assert share["state"] == "up"
            assert share["message"] is None
            assert share["chat"]
            posts[share["id"]] += 1
        if entry["kind"] == "refresh":
            assert share["state"] == "up"
            assert entry["message"] == share["message"]
            assert len(entry["id"]) <= 25
    assert set(posts.values()) <= {1}
    for share in shares.values():
        assert share["state"] == "up" or share["message"] is None


async def rule(store: Store, scope: str = TOWN, **values: Any) -> None:
    act = Act(f"act{next(_numbers)}", NOW, ANN, scope, "set")
    await store.quotas.amend(act, lambda held: replace(held, **values))


async def link(store: Store, person: str, other: str) -> None:
    """Link `person` to the account of `other`."""
    await store.accounts.offer(other, "code", NOW + 60)
    assert await store.accounts.join(person, "code", NOW, 5) == ("joined", other)


async def chain(store: Store, share: Share, limit: int = 20) -> list[Share]:
    """The chain of originals of a share, as on its page."""
    return (await store._db.read(lambda tx: web_gallery.around(tx, share, limit, 0)))[0]


async def a_web_gallery(store: Store) -> None:
    """Open the web gallery of `TOWN` as `slug`."""
    await rule(store, web=await store.gallery.open_gallery(TOWN, "slug"))
