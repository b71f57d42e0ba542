"""What must still be done on platforms, on both databases."""

import asyncio
from dataclasses import replace
from typing import Any

from bot.conversation import Button
from bot.gallery.model import OutboxEntry
from bot.model import Address
from storage.jobs import Store
from tests.galleries import BEN, CAT, NOW, PLATFORMS, a_posted_share, a_share, waiting

HERE = Address("telegram", "-100", thread="4")


def an_entry(id: str = "e1", **changes: Any) -> OutboxEntry:
    return OutboxEntry(**{"id": id, "kind": "tell", "place": HERE, "due_at": NOW, "text": "hello", **changes})


async def claim(store: Store, now: float = NOW, limit: int = 10) -> list[OutboxEntry]:
    return await store.outbox.claim(now, 60.0, limit, PLATFORMS)


async def test_an_entry_comes_back_as_it_was_put(store: Store) -> None:
    entry = an_entry(
        place=replace(HERE, message="7"),
        share="s1",
        buttons=(Button("♥ 3", "/heart s1"), Button("“Ja”", "/x")),
        tries=2,
    )
    assert await store.outbox.put(entry)
    assert not await store.outbox.put(replace(entry, text="other"))
    assert await claim(store) == [replace(entry, due_at=NOW + 60, claims=1)]


async def test_only_what_is_due_and_of_these_platforms(store: Store) -> None:
    await store.outbox.put(an_entry("e1", due_at=NOW + 1))
    await store.outbox.put(an_entry("e2", place=Address("discord", "5")))
    await store.outbox.put(an_entry("e3"))
    assert [e.id for e in await store.outbox.claim(NOW, 60.0, 10, ["telegram"])] == ["e3"]
    assert await store.outbox.claim(NOW, 60.0, 10, []) == []
    assert [e.id for e in await claim(store, NOW + 1)] == ["e1", "e2"]


async def test_when_the_next_is_due(store: Store) -> None:
    assert await store.outbox.next_due(PLATFORMS) is None
    await store.outbox.put(an_entry("e1", due_at=NOW + 5))
    await store.outbox.put(an_entry("e2", due_at=NOW + 3, place=Address("discord", "5")))
    assert await store.outbox.next_due(PLATFORMS) == NOW + 3
    assert await store.outbox.next_due(["telegram"]) == NOW + 5
    assert await store.outbox.next_due([]) is None


async def test_a_lease_that_ran_out_fences_whoever_had_it(store: Store) -> None:
    await store.outbox.put(an_entry())
    (first,) = await claim(store)
    assert await claim(store, NOW + 59) == []
    (second,) = await claim(store, NOW + 60)
    assert second.claims == first.claims + 1
    await store.outbox.done(first)
    await store.outbox.later(first, NOW + 900)
    assert await store.outbox.next_due(PLATFORMS) == NOW + 120
    await store.outbox.later(second, NOW + 200)
    (third,) = await claim(store, NOW + 200)
    assert third.tries == 1
    await store.outbox.done(third)
    assert await store.outbox.next_due(PLATFORMS) is None


async def test_many_claim_each_entry_once(store: Store) -> None:
    for n in range(60):
        await store.outbox.put(an_entry(f"e{n}", due_at=NOW - n))
    found = await asyncio.gather(*(claim(store, limit=5) for _ in range(16)))
    ids = [entry.id for some in found for entry in some]
    while more := await claim(store, limit=5):  # those that nobody got because others looked at the same moment
        ids += [entry.id for entry in more]
    assert sorted(ids) == sorted(f"e{n}" for n in range(60))


async def test_what_is_due_longest_comes_first_and_refreshes_last(store: Store) -> None:
    await a_posted_share(store)
    await store.gallery.heart("s1", BEN, True, "tap", NOW - 99)
    for n in (1, 3, 2):
        await store.outbox.put(an_entry(f"e{n}", due_at=NOW - n))
    assert [[e.id for e in await claim(store, limit=1)] for _ in range(5)] == [
        ["e3"],
        ["e2"],
        ["e1"],
        ["refresh-s1"],
        [],
    ]


async def test_what_has_to_go_goes_first_and_a_name_before_hearts(store: Store) -> None:
    await a_posted_share(store, "s1")
    await a_posted_share(store, "s2", remix_of="s3")
    await a_posted_share(store, "s3")
    await store.gallery.heart("s1", BEN, True, "tap", NOW - 99)
    await store.outbox.put(an_entry("e1", due_at=NOW - 50))
    await store.gallery.remove(["s3"], NOW)
    found = [(await claim(store, limit=1))[0] for _ in range(4)]
    assert [(e.kind, e.share) for e in found] == [("remove", "s3"), ("refresh", "s2"), ("tell", ""), ("refresh", "s1")]


async def test_edits_have_room_of_their_own(store: Store) -> None:
    await a_posted_share(store, "s1")
    await a_posted_share(store, "s2")
    for share in ("s1", "s2"):
        await store.gallery.heart(share, BEN, True, "tap", NOW)
    await store.outbox.put(an_entry("e1"))
    await store.outbox.put(an_entry("e2"))
    assert [e.kind for e in await store.outbox.claim(NOW, 60.0, 1, PLATFORMS, 1)] == ["tell", "refresh"]
    assert [e.kind for e in await store.outbox.claim(NOW, 60.0, 0, PLATFORMS, 5)] == ["refresh"]
    assert [e.kind for e in await store.outbox.claim(NOW, 60.0, 5, PLATFORMS, 0)] == ["tell"]


async def test_refreshes_are_one_and_none_is_lost(store: Store) -> None:
    await a_posted_share(store)
    await store.gallery.heart("s1", BEN, True, "tap", NOW)
    await store.gallery.heart("s1", CAT, True, "tap", NOW)
    (first,) = await claim(store)
    assert (first.id, first.kind, first.place.message) == ("refresh-s1", "refresh", "message-s1")
    # Whoever is at it has read the number already: once more, at once.
    await store.gallery.heart("s1", "telegram:4", True, "tap", NOW + 1)
    await store.outbox.done(first)
    (second,) = await claim(store, NOW + 1)
    await store.outbox.done(second)
    assert await waiting(store) == []


async def test_more_hearts_do_not_hurry_what_the_platform_refused(store: Store) -> None:
    await a_posted_share(store)
    await store.gallery.heart("s1", BEN, True, "tap", NOW)
    (entry,) = await claim(store)
    await store.outbox.later(entry, NOW + 300)
    await store.gallery.heart("s1", CAT, True, "tap", NOW + 1)
    assert await store.outbox.next_due(PLATFORMS) == NOW + 300


async def test_a_share_that_goes_takes_its_entries_along(store: Store) -> None:
    await a_posted_share(store, "s2")
    await a_share(store, "s1")
    await store.gallery.heart("s2", BEN, True, "tap", NOW)
    running = await claim(store)
    assert [e.kind for e in running] == ["post", "refresh"]
    await store.gallery.remove(["s1", "s2"], NOW)
    for entry in running:  # too late: nothing comes back
        await store.outbox.later(entry, NOW)
    assert [(kind, share) for kind, share, _ in await waiting(store)] == [("remove", "s2")]
