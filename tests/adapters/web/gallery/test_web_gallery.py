"""A gallery over a socket: its pages, its clips' pages, how it unfurls, and what it costs."""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from adapters.web import cursor
from adapters.web.gallery_routes import PAGE
from bot import texts
from bot.errors import StoreDown
from bot.gallery.model import Key
from bot.model import Clip
from tests import galleries
from tests.adapters.web.gallery.addresses import GALLERY
from tests.clock import Clock
from tests.galleries import ANN, NOW, TOWN
from tests.web_gallery import Site, Visitor, site


async def test_a_wall_shows_clips_as_they_were_shared(town: Site, made: Clip) -> None:
    first = await town.share(made, name="Ann", prompt="she smiles")
    second = await town.share(made, name="", prompt="")
    await town.like(first, 2)
    visitor = await town.visitor()
    page = await visitor.get(GALLERY)
    assert page.clips == [second.id, first.id]
    assert 'alt="she smiles"' in page.text
    assert 'alt="A clip"' in page.text
    assert "by Ann" in page.text
    assert 'width="160" height="90"' in page.text
    best = await visitor.get(f"{GALLERY}?order=best")
    assert best.clips == [first.id, second.id]
    assert 'aria-current="page">Most liked' in best.text
    empty = await visitor.get("/g/")
    assert texts.gallery.NO_GALLERIES in empty.text  # this one is unlisted
    assert (await visitor.get("/g")).headers["Location"] == "/g/"


@pytest.mark.parametrize("order", ["newest", "best"])
@pytest.mark.databases
async def test_pages_lead_through_everything_and_back(town: Site, made: Clip, order: str) -> None:
    count = 2 * PAGE + 5
    # Some at the same moment, many with the same number of hearts: only the whole key tells them apart.
    shares = [await town.share(made, at=NOW + n // 3) for n in range(count)]
    for n, share in enumerate(shares[:20]):
        await town.like(share, n % 3)
    visitor = await town.visitor()
    seen, walls = [], []
    way: str | None = f"{GALLERY}?order={order}"
    while way:
        walls.append(await visitor.get(way))
        assert walls[-1].status == 200
        seen += walls[-1].clips
        way = walls[-1].way(texts.gallery.NEXT)
    assert [len(wall.clips) for wall in walls] == [PAGE, PAGE, 5]
    assert sorted(seen) == sorted(share.id for share in shares)
    assert walls[0].way(texts.gallery.PREVIOUS) is walls[0].way(texts.gallery.FIRST) is None
    assert 'rel="next"' in walls[0].text
    # The same pages on the way back, to the last step.
    back = walls[2].way(texts.gallery.PREVIOUS)
    assert back
    middle = await visitor.get(back)
    assert middle.clips == walls[1].clips
    begin = middle.way(texts.gallery.PREVIOUS)
    assert begin
    again = await visitor.get(begin)
    assert again.clips == walls[0].clips
    assert again.way(texts.gallery.PREVIOUS) is None
    assert (await visitor.get(again.way(texts.gallery.NEXT) or "")).clips == walls[1].clips
    # What came meanwhile is in front; a page on the way back that would not be full is the first one.
    late = await town.share(made, at=NOW + 99)
    fresh = await visitor.get(begin)
    assert (len(fresh.clips), fresh.clips[-1]) == (PAGE, walls[0].clips[-1])
    front = await visitor.get(fresh.way(texts.gallery.PREVIOUS) or "")
    assert front.clips == (await visitor.get(f"{GALLERY}?order={order}")).clips
    assert late.id in front.clips + fresh.clips
    assert front.way(texts.gallery.PREVIOUS) is None


async def test_a_page_behind_the_last_says_so(town: Site, made: Clip) -> None:
    await town.share(made)
    way = cursor.query("newest", "after", Key(0, 1.0, "a"))
    page = await (await town.visitor()).get(GALLERY + way)
    assert page.status == 200
    assert texts.gallery.NO_MORE in page.text
    assert page.way(texts.gallery.FIRST) == GALLERY


ODD = [
    *("nonsense", "x" * 8000, "%00", "%ff%fe", "W10", "bnVsbA", "e30", "..%2f..%2fetc", "=", "%F0%9F%92%A5", "WzEsMl0"),
    *("WyJhIiwiYiIsImMiXQ", "WzFlOTk5LDEsImEiXQ", "WzEsMWU5OTksImEiXQ", "WzEsTmFOLCJhIl0", "WzEsMSwiYScgT1IgMT0xIl0"),
    "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDEsImEiXQ",
]


@pytest.mark.parametrize("word", ["after", "before"])
async def test_an_odd_place_to_begin_is_the_beginning(town: Site, made: Clip, word: str) -> None:
    share = await town.share(made)
    visitor = await town.visitor()
    for text in ODD:
        for order in ("newest", "best", "sideways"):
            page = await visitor.get(f"{GALLERY}?order={order}&{word}={text}")
            assert (page.status, page.clips) == (200, [share.id]), text[:40]


async def test_an_empty_gallery(town: Site) -> None:
    page = await (await town.visitor()).get(GALLERY)
    assert page.status == 200
    assert texts.gallery.NO_CLIPS in page.text
    assert page.meta("og:image") == f"{town.base}/g/-/blank.jpg"


async def test_unlisted_and_public(town: Site, made: Clip) -> None:
    share = await town.share(made)
    visitor = await town.visitor()
    paths = (GALLERY, f"{GALLERY}/{share.id}", f"{GALLERY}/{share.id}.mp4", f"{GALLERY}/{share.id}.jpg")
    for path in paths:
        assert (await visitor.get(path)).headers["X-Robots-Tag"] == "noindex"
    assert (await visitor.get(GALLERY)).meta("robots") == "noindex"
    await galleries.rule(town.house.store, public=True)
    for path in paths:
        answer = await visitor.get(path)
        assert "X-Robots-Tag" not in answer.headers
        assert answer.meta("robots") is None
    index = await visitor.get("/g/")
    assert f'href="{GALLERY}"' in index.text
    assert "Harbour" in index.text
    assert index.meta("robots") is None


async def test_a_clip_has_its_page(town: Site, made: Clip) -> None:
    share = await town.share(made, name="Ann", prompt="she smiles", at=NOW)
    await town.like(share, 3)
    page = await (await town.visitor()).get(f"{GALLERY}/{share.id}")
    assert '<h1 dir="auto">she smiles</h1>' in page.text
    for part in ("by Ann", 'datetime="2027-01-15">15 January 2027', "AI-generated", f"/remix {share.id}", "tap Remix"):
        assert part in page.text
    assert 'aria-label="she smiles"' in page.text
    plain = await town.share(made, name="", prompt="", remixes=False)
    page = await (await town.visitor()).get(f"{GALLERY}/{plain.id}")
    assert '<h1 dir="auto">A clip</h1>' in page.text
    assert texts.gallery.NO_REMIX in page.text
    assert "by " not in re.sub(r"<[^>]+>", " ", page.text.split("<main")[1].split("<form")[0])


async def test_a_covered_clip_is_covered_in_a_chain_too(town: Site, made: Clip) -> None:
    first = await town.share(made, prompt="the first", spoiler=True)
    second = await town.share(made, prompt="the second", remix_of=first.id)
    page = (await (await town.visitor()).get(f"{GALLERY}/{second.id}")).text
    assert f'href="{GALLERY}/{first.id}"' in page
    assert f"{first.id}.jpg" not in page
    page = (await (await town.visitor()).get(f"{GALLERY}/{first.id}")).text
    assert f'poster="{GALLERY}/{first.id}' not in page


async def test_the_chain_and_what_was_made_of_it(town: Site, made: Clip) -> None:
    first = await town.share(made, prompt="the first")
    second = await town.share(made, prompt="the second", name="Ben", remix_of=first.id)
    third = await town.share(made, prompt="the third", remix_of=second.id)
    visitor = await town.visitor()
    page = await visitor.get(f"{GALLERY}/{third.id}")
    assert re.findall(rf'<a href="{GALLERY}/(\w+)"><img', page.text) == [second.id, first.id]
    assert "Remix of a clip by Ben" in page.text
    assert (await visitor.get(f"{GALLERY}/{first.id}")).clips == [second.id]
    # What is hidden or taken back is in no chain.
    await town.house.store.gallery.judge(first.id, "hidden", NOW)
    assert "the first" not in (await visitor.get(f"{GALLERY}/{third.id}")).text
    await town.house.store.gallery.remove([second.id], NOW)
    page = await visitor.get(f"{GALLERY}/{third.id}")
    assert texts.gallery.CHAIN_GONE in page.text
    assert "Ben" not in page.text


async def test_a_link_unfurls_as_a_playing_video(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, picture: bytes
) -> None:
    async with site(tmp_path, clock, new_id, clip, web="https://clips.example.org") as town:
        share = await town.share(await town.clip(picture), prompt='"a" & <b>', name="Ann")
        visitor = await town.visitor()
        page = await visitor.get(f"{GALLERY}/{share.id}")
        address = f"https://clips.example.org{GALLERY}/{share.id}"
        found = {name: page.meta(name) for name in re.findall(r'property="([\w:]+)"', page.text)}
        assert found == {
            "og:site_name": "Photoplay",
            "og:title": escape('"a" & <b>'),
            "og:description": escape('“"a" & <b>” · by Ann · in Harbour · AI-generated'),
            "og:type": "video.other",
            "og:url": address,
            "og:image": f"{address}.jpg?large",
            "og:image:type": "image/jpeg",
            "og:image:width": "160",
            "og:image:height": "90",
            "og:image:alt": escape('"a" & <b>'),
            "og:video": f"{address}.mp4",
            "og:video:secure_url": f"{address}.mp4",
            "og:video:type": "video/mp4",
            "og:video:width": "160",
            "og:video:height": "90",
            "video:duration": "2",
        }
        assert page.meta("twitter:card") == "summary_large_image"
        wall = await visitor.get(GALLERY)
        assert (wall.meta("og:title"), wall.meta("og:image")) == ("Harbour", f"{address}.jpg?large")
        # The crawler has no cookie; what it was promised is there.
        crawler = await town.visitor()
        image = await crawler.get(f"{GALLERY}/{share.id}.jpg?large")
        assert (image.status, image.headers["Content-Type"]) == (200, "image/jpeg")
        assert (await crawler.get(f"{GALLERY}/{share.id}.mp4")).data == town.file(share.clip)
        # A covered clip stays covered where the link is shown.
        covered = await town.share(await town.clip(picture), spoiler=True)
        page = await visitor.get(f"{GALLERY}/{covered.id}")
        assert page.meta("og:video") is None
        assert page.meta("og:image") == "https://clips.example.org/g/-/blank.jpg"
        assert "poster=" not in page.text
        assert (await visitor.get(GALLERY)).meta("og:image") == f"{address}.jpg?large"


async def test_no_password_and_other_doors_as_before(town: Site, made: Clip) -> None:
    visitor = await town.visitor(GALLERY)
    assert "password" in (await visitor.get("/")).text
    assert (await visitor.get("/healthz")).status == 200
    assert (await visitor.get("/media/forged")).status == 404
    cookie = (await (await town.visitor()).get(GALLERY)).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


async def test_a_database_that_is_down_is_said(town: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: Any, **__: Any) -> None:
        raise StoreDown("away")

    for name in ("page", "piece", "shown", "web_galleries"):
        monkeypatch.setattr(town.house.store.gallery, name, down)
    visitor = await town.visitor()
    for path in ("/g/", GALLERY, f"{GALLERY}/s001", f"{GALLERY}/s001.mp4", f"{GALLERY}/s001.jpg"):
        answer = await visitor.get(path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
        assert texts.gallery.DOWN in answer.text


async def _cost(visitor: Visitor, path: str, times: int) -> float:
    """Milliseconds of processor time that this process needs for a request, its asking included."""
    for _ in range(5):
        assert (await visitor.get(path)).status == 200
    begun = time.process_time()
    for _ in range(times):
        await visitor.get(path)
    return (time.process_time() - begun) / times * 1000


async def test_a_page_costs_little_and_asks_three_times_at_most(
    town: Site, made: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = [await town.share(made, prompt="the camera moves slowly " * 4) for _ in range(3 * PAGE)]
    remix = await town.share(made, remix_of=shares[0].id)
    visitor = await town.visitor(GALLERY)
    far = (await visitor.get((await visitor.get(GALLERY)).way(texts.gallery.NEXT) or "")).way(texts.gallery.NEXT) or ""
    database = town.house.store.gallery._db
    asked: list[str] = []
    read = database.read

    class Noting:
        def __init__(self, tx: Any) -> None:
            self.tx = tx

        async def one(self, sql: str, *args: Any) -> Any:
            asked.append(sql)
            return await self.tx.one(sql, *args)

        async def all(self, sql: str, *args: Any) -> Any:
            asked.append(sql)
            return await self.tx.all(sql, *args)

    async def noted(work: Any) -> Any:
        return await read(lambda tx: work(Noting(tx)))

    pages = {"page 1": GALLERY, "page 3": far, "best": f"{GALLERY}?order=best", "clip": f"{GALLERY}/{remix.id}"}
    files = {"film": f"{GALLERY}/{remix.id}.mp4", "poster": f"{GALLERY}/{remix.id}.jpg"}
    spent = {name: await _cost(visitor, path, 30) for name, path in {**pages, **files}.items()}
    if file := os.environ.get("FIGURES"):
        Path(file).write_text(repr({name: round(ms, 1) for name, ms in spent.items()}), "utf-8")
    assert max(spent.values()) <= 20, spent
    with monkeypatch.context() as patch:
        patch.setattr(database, "read", noted)
        for path, most in [*((path, 3) for path in pages.values()), *((path, 1) for path in files.values())]:
            asked.clear()
            await visitor.get(path)
            assert 1 <= len(asked) <= most, (path, asked)
    assert shares[0].person == ANN
    assert shares[0].scope == TOWN
