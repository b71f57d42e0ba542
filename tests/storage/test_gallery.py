"""Shared clips: what is seen of them, who likes them, and the entries that show it, on both databases."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.conversation import Button
from bot.gallery.model import ENOUGH, Key, OutboxEntry, Preferences, Report, Share, WebGallery
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
    a_web_gallery,
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


# ── On the web ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hall_is_open_while_its_rule_says_so(store: Store) -> None:
    gallery = store.gallery
    await a_share(store)
    assert await gallery.open_gallery(TOWN, "slug") == "slug"
    assert await gallery.open_gallery(TOWN, "newer") == "slug"
    assert await gallery.open_gallery(TOWN, "newest", new=True) == "newest"
    assert await gallery.open_gallery(TOWN, "other") == "newest"

    async def seen() -> list[bool]:
        found = (
            await gallery.web_gallery("slug"),
            await gallery.page("slug", "newest", None, 5),
            await gallery.piece("slug", "s1"),
        )
        return [one is not None for one in found]

    assert await seen() == [False] * 3
    await rule(store, web="slug")
    assert await seen() == [True] * 3
    assert await gallery.web_gallery("slug") == WebGallery("slug", TOWN, "Gallery", False)
    assert await gallery.web_gallery("newer") is None
    assert await gallery.web_galleries() == []
    await rule(store, public=True, title="Our town")
    assert (
        await gallery.web_galleries()
        == [await gallery.web_gallery("slug")]
        == [WebGallery("slug", TOWN, "Our town", True)]
    )
    for web in (None, "other"):
        await rule(store, web=web)
        assert await seen() == [False] * 3
        assert await gallery.web_galleries() == []


async def test_listed_halls_by_title(store: Store) -> None:
    for n, (title, public) in enumerate((("b", True), ("C", True), ("a", True), ("d", False), (None, True))):
        scope = f"discord:{n}"
        await rule(store, scope, web=await store.gallery.open_gallery(scope, f"slug{n}"), title=title, public=public)
    assert [h.title for h in await store.gallery.web_galleries()] == ["a", "b", "C", "Gallery"]
    assert [h.title for h in await store.gallery.web_galleries(2)] == ["a", "b"]


async def test_naming_a_hall_at_once(store: Store) -> None:
    names = await asyncio.gather(*(store.gallery.open_gallery(TOWN, f"slug{n}") for n in range(8)))
    assert len(set(names)) == 1


@pytest.mark.parametrize("order", ["newest", "best"])
async def test_pages_show_everything_once_in_order(store: Store, order: Any) -> None:
    await a_web_gallery(store)
    chance = random.Random(7)
    for n in range(40):  # many of the same moment, and with as many hearts
        await a_share(store, f"s{chance.random()}", at=NOW + chance.randrange(4), job=f"job{n}")
    shares = await store.gallery.best(TOWN, 0.0, 100)
    for share in shares:
        for person in range(chance.randrange(3)):
            await store.gallery.heart(share.id, f"telegram:{person}", True, "tap", NOW)
    for share in shares[:3]:
        await store.gallery.judge(share.id, "hidden", NOW)
    await a_share(store, "elsewhere", scope=CITY)
    seen: list[Share] = []
    after = None
    while True:
        found = await store.gallery.page("slug", order, after, 7)
        assert found
        found_gallery, page = found
        assert found_gallery.scope == TOWN
        if not page:
            break
        assert len(page) == 7 or len(seen) + len(page) == 37
        seen += page
        after = Key(page[-1].hearts, page[-1].at, page[-1].id)
    key = (lambda s: (s.hearts, s.at, s.id)) if order == "best" else (lambda s: (s.at, s.id))
    assert [s.id for s in seen] == [s.id for s in sorted(seen, key=key, reverse=True)]
    assert {s.id for s in seen} == {s.id for s in shares[3:]}
    assert len(seen) == 37


async def test_a_key_that_somebody_made_up(store: Store) -> None:
    await a_web_gallery(store)
    share = await a_share(store)
    for hearts, seen in ((10**30, [share]), (-(10**30), [])):
        found = await store.gallery.page("slug", "best", Key(hearts, 0.0, "'; --"), 5)
        assert found
        assert found[1] == seen


async def test_a_piece_with_its_chain_and_its_remixes(store: Store) -> None:
    await a_web_gallery(store)
    await a_share(store, "root")
    await a_share(store, "it", remix_of="root", at=NOW + 1)
    for n in range(15):
        await a_share(store, f"remix{n:02}", remix_of="it", at=NOW + 2 + n // 2)
    await a_share(store, "abroad", remix_of="it", scope=CITY, at=NOW + 99)
    await a_share(store, "waits", remix_of="it", state="waiting", at=NOW + 99)
    found = await store.gallery.piece("slug", "it")
    assert found
    found_gallery, share, chain, remixes = found
    assert (found_gallery, share) == (WebGallery("slug", TOWN, "Gallery", False), await store.gallery.share("it"))
    assert [s.id for s in chain] == ["root"]
    assert [s.id for s in remixes] == [f"remix{n:02}" for n in range(14, 2, -1)]
    for gone in ("waits", "abroad", "none"):
        assert await store.gallery.piece("slug", gone) is None
    await store.gallery.judge("it", "hidden", NOW)
    assert await store.gallery.piece("slug", "it") is None


# ── How people share ─────────────────────────────────────────────────────────────────────────────────────────────────


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
