"""How people share, on both databases: preferences, and what linking makes of two people's."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.gallery.model import Preferences
from storage.jobs import Store
from tests.galleries import (
    ANN,
    ANN_TOO,
    BEN,
    CAT,
    NOW,
    PLATFORMS,
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


async def test_preferences_are_remembered_for_the_account(store: Store) -> None:
    assert await store.gallery.preferences(ANN) == Preferences()
    await link(store, ANN, ANN_TOO)
    assert await store.gallery.prefer(ANN) == Preferences()
    assert await store.gallery.prefer(ANN, named=False) == Preferences(named=False)
    assert await store.gallery.prefer(ANN_TOO, worded=True, agreed_at=NOW) == Preferences(False, True, True, NOW)
    assert await store.gallery.prefer(ANN, named=True, remixes=False) == Preferences(True, True, False, NOW)
    assert await store.gallery.preferences(ANN_TOO) == Preferences(True, True, False, NOW)
    assert await store.gallery.preferences(BEN) == Preferences()
    assert await store.gallery.prefer(BEN, model="best") == Preferences(model="best")
    assert await store.gallery.prefer(BEN, named=True) == Preferences(named=True, model="best")
    assert await store.gallery.prefer(BEN, model="") == Preferences(named=True)


async def test_forbidding_remixes_changes_what_is_shared(store: Store) -> None:
    await link(store, ANN, ANN_TOO)
    await a_posted_share(store, "s1")
    await a_share(store, "s2", person=ANN_TOO, state="waiting")
    await a_posted_share(store, "s3", person=BEN)
    await store.gallery.prefer(ANN, named=True)
    assert await waiting(store) == []
    for remixes in (False, True):
        await store.gallery.prefer(ANN, remixes=remixes)
        found = [await store.gallery.share(id) for id in ("s1", "s2", "s3")]
        assert [share.remixes for share in found if share] == [remixes, remixes, True]
        assert await waiting(store) == [("refresh", "s1", "message-s1")]


async def test_linking_makes_two_hearts_one(store: Store) -> None:
    both = await a_posted_share(store, "s1")
    one = await a_posted_share(store, "s2")
    for share, person in (("s1", BEN), ("s1", "discord:2"), ("s1", CAT), ("s2", BEN)):
        await store.gallery.heart(share, person, True, "tap", NOW)
        await store.gallery.report(share, person, "dull", NOW, 9)
    for entry in await store.outbox.claim(NOW, 60.0, 10, PLATFORMS):
        await store.outbox.done(entry)
    await link(store, BEN, "discord:2")
    assert await store.gallery.share("s1") == replace(both, hearts=2)
    assert await store.gallery.share("s2") == replace(one, hearts=1)
    assert [len(await store.gallery.reports(id)) for id in ("s1", "s2")] == [2, 1]
    assert await waiting(store) == [("refresh", "s1", "message-s1")]
    assert await store.gallery.hearted("discord:2", ["s1", "s2"]) == {"s1", "s2"}
    found = await store.gallery.heart("s2", "discord:2", None, "tap", NOW)
    assert found
    assert found.hearts == 0


@pytest.mark.parametrize(
    ("joining", "other", "merged"),
    [
        ({}, {}, Preferences()),
        ({"named": True, "agreed_at": 5.0}, {}, Preferences(named=True, agreed_at=5.0)),
        ({}, {"named": True, "agreed_at": 5.0}, Preferences(named=True, agreed_at=5.0)),
        ({"named": True, "worded": False}, {"named": False, "worded": True}, Preferences(False, False)),
        ({"agreed_at": 5.0}, {"agreed_at": 7.0}, Preferences(agreed_at=5.0)),
        ({"agreed_at": 7.0, "named": True}, {"agreed_at": 5.0, "named": True}, Preferences(True, agreed_at=5.0)),
        ({"remixes": False}, {}, Preferences(remixes=False)),
        ({}, {"remixes": False}, Preferences(remixes=False)),
        ({"remixes": True}, {"remixes": False}, Preferences(remixes=False)),
        ({"model": "best"}, {}, Preferences(model="best")),
        ({}, {"model": "best"}, Preferences(model="best")),
        ({"model": "quick"}, {"model": "best"}, Preferences(model="best")),
    ],
)
async def test_linking_keeps_what_either_did_not_want(
    store: Store, joining: dict[str, Any], other: dict[str, Any], merged: Preferences
) -> None:
    shares = [await a_posted_share(store, f"s{n}", person=p) for n, p in enumerate((ANN, ANN_TOO))]
    await store.gallery.prefer(ANN, **joining)
    if other:
        await store.gallery.prefer(ANN_TOO, **other)
    await link(store, ANN, ANN_TOO)
    assert await store.gallery.preferences(ANN) == await store.gallery.preferences(ANN_TOO) == merged
    for share in shares:
        found = await store.gallery.share(share.id)
        assert found
        assert found.remixes == merged.remixes


@pytest.mark.parametrize("leaver", [ANN, ANN_TOO])
async def test_unlinking_loses_nothing(store: Store, leaver: str) -> None:
    await a_posted_share(store)
    await link(store, ANN, ANN_TOO)
    preferences = await store.gallery.prefer(ANN, named=False, worded=True, remixes=False, agreed_at=NOW, model="best")
    await store.gallery.heart("s1", ANN, True, "tap", NOW)
    assert await store.accounts.leave(leaver, [], NOW)
    assert await store.gallery.preferences(ANN) == await store.gallery.preferences(ANN_TOO) == preferences
    found = await store.gallery.share("s1")
    assert found
    assert found.hearts == 1
    # Apart, each behaves in their own way; together again, a heart is one.
    await store.gallery.prefer(ANN, named=True)
    assert await store.gallery.preferences(ANN_TOO) == preferences
    for person in (ANN, ANN_TOO):
        await store.gallery.heart("s1", person, True, "tap", NOW)
    await link(store, ANN, ANN_TOO)
    found = await store.gallery.share("s1")
    assert found
    assert found.hearts == 1
