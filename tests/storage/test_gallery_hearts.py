"""Hearts, reports and judging on both databases: each person once, however many at once."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.gallery.model import Report
from storage.jobs import Store
from tests.bookkeeping import rows
from tests.galleries import (
    ANN,
    ANN_TOO,
    BEN,
    CAT,
    CHANNEL,
    CITY,
    NOW,
    TOWN,
    a_posted_share,
    a_share,
    check,
    link,
    waiting,
)


@pytest.fixture(autouse=True)
async def checked(store: Store) -> AsyncIterator[None]:
    yield
    await check(store)


# ── Hearts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_tap_gives_and_takes_back(store: Store) -> None:
    share = await a_posted_share(store)
    assert await store.gallery.heart("s1", BEN, None, "tap", NOW) == replace(share, hearts=1)
    assert await waiting(store) == [("refresh", "s1", "message-s1")]
    assert await store.gallery.heart("s1", CAT, None, "tap", NOW) == replace(share, hearts=2)
    assert await store.gallery.hearted(BEN, ["s1", "s2"]) == {"s1"}
    assert await store.gallery.hearted(BEN, []) == set()
    assert await store.gallery.heart("s1", BEN, None, "tap", NOW) == replace(share, hearts=1)
    assert await store.gallery.hearted(BEN, ["s1"]) == set()
    assert await store.gallery.heart("s1", CAT, True, "tap", NOW) == replace(share, hearts=1)
    assert await store.gallery.heart("s1", BEN, False, "tap", NOW) == replace(share, hearts=1)
    assert await waiting(store) == [("refresh", "s1", "message-s1")]


async def test_a_reaction_takes_back_only_what_a_reaction_gave(store: Store) -> None:
    await a_posted_share(store)

    async def hearts(on: bool | None, way: Any) -> int:
        share = await store.gallery.heart("s1", BEN, on, way, NOW)
        assert share
        return share.hearts

    assert await hearts(True, "tap") == 1
    assert await hearts(True, "reaction") == 1  # counted once, and still a tap's
    assert await hearts(False, "reaction") == 1
    assert await hearts(None, "tap") == 0
    assert await hearts(True, "reaction") == 1
    assert await hearts(False, "reaction") == 0
    assert await hearts(True, "reaction") == 1
    assert await hearts(None, "tap") == 0  # a tap takes any back
    assert await hearts(False, "reaction") == 0


async def test_nothing_changed_nothing_to_show(store: Store) -> None:
    await a_posted_share(store)
    await store.gallery.heart("s1", BEN, False, "tap", NOW)
    assert await waiting(store) == []


@pytest.mark.parametrize("state", ["waiting", "hidden"])
async def test_no_hearts_for_what_is_not_to_be_seen(store: Store, state: Any) -> None:
    await a_share(store, state=state)
    assert await store.gallery.heart("s1", BEN, True, "tap", NOW) is None
    assert await store.gallery.heart("none", BEN, True, "tap", NOW) is None
    assert await store.gallery.report("s1", BEN, "dull", NOW, 3) == (None, 0)


async def test_all_who_heart_at_once_count(store: Store) -> None:
    await a_posted_share(store)
    people = [f"telegram:{n}" for n in range(10, 50)]
    await asyncio.gather(*(store.gallery.heart("s1", person, None, "tap", NOW) for person in people))
    found = await store.gallery.share("s1")
    assert found
    assert found.hearts == 40


async def test_one_person_at_once_from_everywhere_counts_once(store: Store) -> None:
    await a_posted_share(store)
    await link(store, ANN, ANN_TOO)
    ways = itertools.product((ANN, ANN_TOO), ("tap", "reaction"), range(6))
    await asyncio.gather(*(store.gallery.heart("s1", person, True, way, NOW) for person, way, _ in ways))
    found = await store.gallery.share("s1")
    assert found
    assert found.hearts == 1
    assert await store.gallery.hearted(ANN, ["s1"]) == await store.gallery.hearted(ANN_TOO, ["s1"]) == {"s1"}


async def test_hearts_while_it_is_unshared(store: Store) -> None:
    await a_posted_share(store)
    hearts = [store.gallery.heart("s1", f"telegram:{n}", True, "tap", NOW) for n in range(10, 20)]
    await asyncio.gather(*hearts, store.gallery.remove(["s1"], NOW), return_exceptions=False)
    assert await rows(store, "SELECT * FROM hearts") == []
    assert [kind for kind, _, _ in await waiting(store)] == ["remove"]


# ── Reports and judging ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_enough_reports_hide_it(store: Store) -> None:
    share = await a_posted_share(store)
    assert await store.gallery.report("s1", BEN, "dull", NOW, 3) == (share, 1)
    assert await store.gallery.report("s1", BEN, "mean", NOW, 3) == (share, 0)
    assert await store.gallery.report("s1", CAT, "rude", NOW + 1, 3) == (share, 2)
    hidden = replace(share, state="hidden", place=CHANNEL)
    assert await store.gallery.report("s1", "telegram:4", "odd", NOW + 2, 3) == (hidden, 3)
    assert await store.gallery.share("s1") == hidden
    assert await waiting(store) == [("remove", "s1", "message-s1")]
    assert await store.gallery.reports("s1") == [
        Report("dull", NOW),
        Report("rude", NOW + 1),
        Report("odd", NOW + 2),
    ]
    assert [s.id for s in await store.gallery.open(TOWN)] == ["s1"]
    # Kept: it stands there again, and reports count from nothing, but each person has had their say.
    assert await store.gallery.judge("s1", "up", NOW + 3) == replace(share, place=CHANNEL)
    assert await waiting(store) == [("post", "s1", ""), ("remove", "s1", "message-s1")]
    assert await store.gallery.reports("s1") == []
    assert await store.gallery.open(TOWN) == []
    assert (await store.gallery.report("s1", BEN, "dull", NOW + 4, 3))[1] == 0
    assert (await store.gallery.report("s1", "telegram:5", "dull", NOW + 4, 3))[1] == 1


async def test_linked_people_report_once(store: Store) -> None:
    await a_share(store)
    await link(store, BEN, "discord:2")
    assert (await store.gallery.report("s1", BEN, "dull", NOW, 3))[1] == 1
    assert (await store.gallery.report("s1", "discord:2", "dull", NOW, 3))[1] == 0


async def test_reports_at_once(store: Store) -> None:
    await a_posted_share(store)
    people = [f"telegram:{n}" for n in range(10, 18)]
    found = await asyncio.gather(*(store.gallery.report("s1", person, "dull", NOW, 3) for person in people))
    assert sorted(count for _, count in found) == [0, 0, 0, 0, 0, 1, 2, 3]
    assert [share.state for share, count in found if share and count == 3] == ["hidden"]
    assert await waiting(store) == [("remove", "s1", "message-s1")]


async def test_judging(store: Store) -> None:
    share = await a_share(store, state="waiting")
    assert await store.gallery.judge("none", "up", NOW) is None
    for _ in range(2):
        assert await store.gallery.judge("s1", "up", NOW) == replace(share, state="up")
        assert await waiting(store) == [("post", "s1", "")]
    for _ in range(2):
        assert await store.gallery.judge("s1", "hidden", NOW) == replace(share, state="hidden")
        assert await waiting(store) == []
    await store.gallery.judge("s1", "up", NOW)
    await store.gallery.posted("s1", "m", "film")
    await store.gallery.heart("s1", BEN, True, "tap", NOW)
    await store.gallery.judge("s1", "up", NOW)
    assert await waiting(store) == [("refresh", "s1", "m")]
    # Hidden keeps its hearts, and the platform's name of the film, by which it is posted again.
    for _ in range(2):
        hidden = await store.gallery.judge("s1", "hidden", NOW)
        assert hidden == replace(share, state="hidden", hearts=1, copy_id="film")
        assert await waiting(store) == [("remove", "s1", "m")]


async def test_what_waits_for_an_admin(store: Store) -> None:
    await a_share(store, "s1", at=NOW + 4, state="waiting")
    await a_share(store, "s2", at=NOW + 3)
    await a_share(store, "s3", at=NOW + 2)
    await a_share(store, "s4", at=NOW + 1)
    await a_share(store, "s5", at=NOW, state="waiting", scope=CITY)
    await a_share(store, "s6", at=NOW, scope=CITY)
    for one in ("s2", "s3", "s6"):
        await store.gallery.report(one, BEN, "dull", NOW, 3)
    await store.gallery.report("s4", BEN, "dull", NOW, 1)
    assert [s.id for s in await store.gallery.open(TOWN)] == ["s4", "s3", "s2", "s1"]
    await store.gallery.judge("s3", "hidden", NOW)  # an admin has looked
    assert [s.id for s in await store.gallery.open(TOWN)] == ["s4", "s2", "s1"]
    assert [s.id for s in await store.gallery.open(TOWN, 1)] == ["s4"]
    assert [s.id for s in await store.gallery.open(CITY)] == ["s5", "s6"]
