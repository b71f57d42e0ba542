"""Shared clips on both databases: what is found of them, listed, and taken along."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import Button
from bot.gallery.model import ENOUGH, OutboxEntry, Share
from bot.jobs.machine import hold
from bot.model import Address
from bot.quotas.rules import Rule
from storage.jobs import Store
from tests.bookkeeping import rows
from tests.galleries import (
    ANN,
    ANN_TOO,
    BEN,
    CAT,
    CHANNEL,
    CITY,
    CLIP,
    NOW,
    PLATFORMS,
    TOWN,
    a_posted_share,
    a_share,
    chain,
    check,
    link,
    rule,
    waiting,
)
from tests.samples import a_job


@pytest.fixture(autouse=True)
async def checked(store: Store) -> AsyncIterator[None]:
    yield
    await check(store)


# ── Sharing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_shared_is_found_again_and_to_be_posted(store: Store) -> None:
    share = await a_share(store, copy_id="film", spoiler=True, remix_of="gone", remixes=False)
    assert share == Share(
        *("s1", "of-s1", TOWN, ANN, "Ann", "she smiles", False, CLIP, NOW, CHANNEL),
        *("up", 0, "film", True, "gone"),
    )
    assert await store.gallery.share("s1") == share
    assert await store.gallery.share("s2") is None
    (entry,) = await store.outbox.claim(NOW, 60.0, 10, PLATFORMS)
    assert entry == OutboxEntry(entry.id, "post", CHANNEL, NOW + 60, "s1", claims=1)
    assert len(entry.id) <= 25


@pytest.mark.parametrize("changes", [{"state": "waiting"}, {"place": Address("telegram", "")}])
async def test_nothing_is_posted_without_a_place_or_a_yes(store: Store, changes: dict[str, Any]) -> None:
    await a_share(store, **changes)
    assert await waiting(store) == []


async def test_a_clip_is_shared_once_in_each_community(store: Store) -> None:
    share = await a_share(store)
    assert await a_share(store, "s2", job="of-s1") == share
    elsewhere = await a_share(store, "s3", job="of-s1", scope=CITY, place=Address("discord", "5"), at=NOW + 1)
    assert await store.gallery.of_job("of-s1") == [share, elsewhere]
    assert await store.gallery.of_job("other") == []
    assert await waiting(store) == [("post", "s1", ""), ("post", "s3", "")]


async def test_many_sharing_at_once_share_once(store: Store) -> None:
    job = a_job("of-it", person=ANN)
    await store.submit(job, hold(job))
    one = Share("", job.id, TOWN, ANN, "", "", True, CLIP, NOW, CHANNEL)
    found = await asyncio.gather(*(store.gallery.add(replace(one, id=f"s{n}")) for n in range(16)))
    assert len({share.id for share in found}) == 1
    assert await waiting(store) == [("post", found[0].id, "")]


async def test_mine_is_what_the_whole_account_shares(store: Store) -> None:
    await a_share(store, "s1", at=NOW)
    await a_share(store, "s2", at=NOW + 2, person=ANN_TOO)
    await a_share(store, "s3", at=NOW + 1, person=BEN)
    await a_share(store, "s4", at=NOW + 1, state="hidden")
    assert [s.id for s in await store.gallery.mine(ANN)] == ["s4", "s1"]
    await link(store, ANN, ANN_TOO)
    for person in (ANN, ANN_TOO):
        assert [s.id for s in await store.gallery.mine(person)] == ["s2", "s4", "s1"]


async def test_where_it_stands(store: Store) -> None:
    share = await a_posted_share(store)
    assert await store.gallery.at(share.place) == share
    assert await store.gallery.at(replace(share.place, chat="-200")) is None
    assert await store.gallery.at(CHANNEL) is None
    # The same again is a send that was repeated; another message is one too many.
    assert await store.gallery.posted("s1", "message-s1", share.copy_id)
    assert not await store.gallery.posted("s1", "another", "another")
    assert await store.gallery.share("s1") == share
    assert await store.gallery.posted("s1", "message-s1", None)
    assert await store.gallery.share("s1") == replace(share, copy_id=None)
    assert await waiting(store) == []


async def test_a_post_that_comes_too_late_has_to_go(store: Store) -> None:
    await a_share(store, "s1")
    await a_share(store, "s2")
    assert len(await store.outbox.claim(NOW, 60.0, 10, PLATFORMS)) == 2  # both are being posted
    await store.gallery.judge("s1", "hidden", NOW)
    await store.gallery.remove(["s2"], NOW)
    assert not await store.gallery.posted("s1", "m1", None)
    assert not await store.gallery.posted("s2", "m2", None)
    assert await waiting(store) == []


async def test_hearts_of_meanwhile_are_shown_once_it_stands(store: Store) -> None:
    await a_share(store)
    await store.gallery.heart("s1", BEN, True, "tap", NOW)
    assert await waiting(store) == [("post", "s1", "")]
    assert await store.gallery.posted("s1", "m", None)
    assert await waiting(store) == [("refresh", "s1", "m")]


async def test_unsharing_takes_everything_along(store: Store) -> None:
    share = await a_posted_share(store)
    other = await a_posted_share(store, "s2")
    for one in ("s1", "s2"):
        await store.gallery.heart(one, BEN, True, "tap", NOW)
        await store.gallery.report(one, CAT, "dull", NOW, ENOUGH)
        await store.outbox.put(OutboxEntry(f"say-{one}", "tell", Address("telegram", "9"), NOW, one, "reported"))
    remix = replace(a_job("remix", person=BEN), remix_of="s1", remix_after="Ann")
    remix2 = replace(a_job("remix2", person=BEN), remix_of="s2", remix_after="Ann")
    for job in (remix, remix2):
        await store.submit(job, hold(job))
    assert await store.gallery.remove(["s1", "none", "s1"], NOW + 1) == [replace(share, hearts=1)]
    assert await store.gallery.share("s1") is None
    assert await store.gallery.remove(["s1"], NOW + 1) == []
    assert await store.gallery.remove([], NOW + 1) == []
    assert await waiting(store) == [
        ("refresh", "s2", "message-s2"),
        ("remove", "s1", "message-s1"),
        ("tell", "s2", ""),
    ]
    assert [r["share"] for r in await rows(store, "SELECT share FROM hearts UNION ALL SELECT share FROM reports")] == [
        "s2",
        "s2",
    ]
    found = [await store.job(job.id) for job in (remix, remix2)]
    assert [(job.remix_of, job.remix_after) for job in found if job] == [("s1", ""), ("s2", "Ann")]
    assert await store.gallery.share("s2") == replace(other, hearts=1)
    (entry,) = [e for e in await store.outbox.claim(NOW + 1, 60.0, 10, PLATFORMS) if e.kind == "remove"]
    assert entry.place == share.place
    # It can be shared anew.
    assert (await a_share(store, "s9", job="of-s1")).id == "s9"


# ── The best ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_best_since(store: Store) -> None:
    for n, hearts in enumerate((3, 1, 2, 0, 2, 2)):
        await a_share(store, f"s{n}", at=NOW + n)
        for person in range(hearts):
            await store.gallery.heart(f"s{n}", f"telegram:{person}", True, "tap", NOW)
    await a_share(store, "other", scope=CITY, at=NOW + 9)
    await store.gallery.judge("s5", "hidden", NOW)
    assert [s.id for s in await store.gallery.best(TOWN, 0.0, 10)] == ["s0", "s4", "s2", "s1", "s3"]
    assert [s.id for s in await store.gallery.best(TOWN, NOW + 1, 2)] == ["s4", "s2"]


async def test_communities_that_post_by_the_calendar(store: Store) -> None:
    await rule(store, best="week", title='an "odd" one')
    await rule(store, CITY, best="month")
    await rule(store, "discord:2", title='"best": "week"', gallery="1/")
    await rule(store, "discord:3", best="week")
    await rule(store, "discord:3", best=None)
    assert await store.gallery.punctual() == [
        (CITY, Rule(best="month")),
        (TOWN, Rule(best="week", title='an "odd" one')),
    ]


async def test_what_is_unshared_is_in_no_list_that_waits_to_be_said(store: Store) -> None:
    for id in ("s1", "s2"):
        await a_share(store, id, place=replace(CHANNEL, chat=""))
        listed = OutboxEntry(
            f"with-{id}", "tell", CHANNEL, NOW, text="she smiles", buttons=(Button("▶ 1", f"/show {id}"),), shows=(id,)
        )
        await store.outbox.put(listed)
    await store.gallery.remove(["s1"], NOW)
    assert [row["id"] for row in await rows(store, "SELECT id FROM outbox")] == ["with-s2"]


# ── Chains ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_chain_shows_what_is_to_be_seen_here(store: Store) -> None:
    made = [await a_share(store, "s0", remix_of="gone")]
    for n in range(1, 5):
        made.append(await a_share(store, f"s{n}", remix_of=f"s{n - 1}", at=NOW + n))
    await store.gallery.judge("s2", "hidden", NOW)
    assert [s.id for s in await chain(store, made[4])] == ["s3", "s1", "s0"]
    assert [s.id for s in await chain(store, made[4], 1)] == ["s3"]
    assert await chain(store, made[0]) == []
    await store.gallery.remove(["s1"], NOW)
    assert [s.id for s in await chain(store, made[4])] == ["s3"]
    # Shared on to another community, it does not bring along what was shared here.
    abroad = await a_share(store, "abroad", job="of-s4", scope=CITY, remix_of="s3")
    assert await chain(store, abroad) == []
    home = await a_share(store, "home", scope=CITY, remix_of="abroad")
    await a_share(store, "s5", remix_of="home")
    back = await a_share(store, "s6", remix_of="s5")
    assert [s.id for s in await chain(store, home)] == ["abroad"]
    assert [s.id for s in await chain(store, back)] == ["s5"]
    assert await chain(store, await a_share(store, "plain")) == []


# ── A chat that moves ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_shares_move_with_their_chat(store: Store) -> None:
    share = await a_posted_share(store, "s1")
    gone = await a_posted_share(store, "s2")
    elsewhere = await a_posted_share(store, "s3", place=Address("telegram", "-7"))
    await store.gallery.remove([gone.id], NOW)
    await store.gallery.heart("s1", BEN, True, "tap", NOW)
    await a_share(store, "s4")
    (posting,) = [e for e in await store.outbox.claim(NOW, 60.0, 10, PLATFORMS) if e.kind == "post"]
    for _ in range(2):
        await store.inbox.move("telegram", "-100", "-1009")
    place = replace(CHANNEL, chat="-1009")
    assert await store.gallery.share("s1") == replace(share, place=place, hearts=1)
    assert await store.gallery.share("s3") == elsewhere
    assert await store.gallery.at(share.place) is None
    assert await waiting(store) == [("post", "s4", "")]
    await store.outbox.done(posting)  # the old chat was gone: that is no end of it
    (again,) = await store.outbox.claim(NOW + 60, 60.0, 10, PLATFORMS)
    assert again.place == place
    assert await store.gallery.posted("s4", "1", None)
    assert await store.gallery.at(replace(place, message="1"))
