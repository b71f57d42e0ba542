"""Web galleries on both databases: which are open, and their pages."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.gallery.model import Key, Share, WebGallery
from storage.jobs import Store
from tests.galleries import (
    CITY,
    NOW,
    TOWN,
    a_share,
    a_web_gallery,
    check,
    rule,
)


@pytest.fixture(autouse=True)
async def checked(store: Store) -> AsyncIterator[None]:
    yield
    await check(store)


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
