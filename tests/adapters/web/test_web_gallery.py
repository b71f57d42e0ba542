"""Galleries over a socket: pages, files, hearts, reports, and what attackers try. Both databases, real clips."""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from markupsafe import escape

from adapters.web import cursor, gallery_routes
from adapters.web.chat_page import STATIC
from adapters.web.gallery_routes import HEARTS, PAGE
from adapters.web.visitor_limit import DAY, VisitorLimit
from bot import texts
from bot.commands.table import TABLE
from bot.context import Context
from bot.conversation import Inbound, Reply
from bot.errors import Refusal, StoreDown
from bot.gallery.model import Key
from bot.model import Clip
from bot.sentence import verbatim
from tests import galleries
from tests.clock import Clock
from tests.galleries import ANN, BEN, CITY, NOW, TOWN
from tests.raw_http import head, send
from tests.web_gallery import SLUG, Answer, Site, Visitor, film, site

GALLERY = f"/g/{SLUG}"
UNSEEN = texts.gallery.GONE


@pytest.fixture(scope="module")
def picture() -> bytes:
    """A clip of 160 by 90 pixels."""
    return film(160, 90)


@pytest.fixture
async def town(
    tmp_path: Path, clock: Clock, new_id: Callable[[], str], clip: bytes, database_url: str | None
) -> AsyncIterator[Site]:
    async with site(tmp_path, clock, new_id, clip, database_url) as made:
        yield made


@pytest.fixture
async def made(town: Site, picture: bytes) -> Clip:
    return await town.clip(picture)


def gone(answer: Answer) -> bool:
    return answer.status == 404 and UNSEEN in answer.text and "no-cache" in answer.headers["Cache-Control"]


# ── A gallery ────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── A clip ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_film_by_pieces_and_only_when_it_is_new(town: Site, made: Clip) -> None:
    share = await town.share(made)
    kept = town.file(made)
    visitor = await town.visitor()
    film = f"{GALLERY}/{share.id}.mp4"
    whole = await visitor.get(film)
    assert whole.data == kept
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Cache-Control"] == "no-cache"
    assert whole.headers["Content-Disposition"] == f'inline; filename="photoplay-{share.id}.mp4"'
    assert whole.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    part = await visitor.get(film, Range="bytes=10-19")
    assert (part.status, part.data) == (206, kept[10:20])
    assert (await visitor.get(film, Range="bytes=99999999-")).status == 416
    assert (await visitor.get(film, **{"If-Modified-Since": whole.headers["Last-Modified"]})).status == 304
    head = await visitor.get(film, "HEAD")
    assert (head.status, head.data, head.headers["Content-Length"]) == (200, b"", str(len(kept)))
    for path in (GALLERY, f"{GALLERY}/{share.id}", f"{GALLERY}/{share.id}.jpg", "/g/"):
        head = await visitor.get(path, "HEAD")
        assert (head.status, head.data) == (200, b"")


async def test_posters_small_large_and_none(town: Site, made: Clip) -> None:
    share = await town.share(made)
    visitor = await town.visitor()
    small, large = f"{GALLERY}/{share.id}.jpg", f"{GALLERY}/{share.id}.jpg?large"
    for path in (small, large):
        answer = await visitor.get(path)
        assert (answer.status, answer.headers["Content-Type"], answer.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
        assert (await visitor.get(path, **{"If-None-Match": answer.headers["Etag"]})).status == 304
    poster = town.house.media.poster(made.name)
    assert poster
    poster.local_path.unlink()
    for path in town.house.media.path(made.name).parent.iterdir():
        path.unlink()
    for path in (small, large):
        answer = await visitor.get(path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.data == (gallery_routes.FOLDER / "blank.jpg").read_bytes()
    assert gone(await visitor.get(f"{GALLERY}/{share.id}.mp4"))
    assert (await visitor.get(GALLERY)).clips == [share.id]


async def test_galleries_have_the_colours_of_the_chat_page_and_nothing_else_of_it(town: Site) -> None:
    style = (await (await town.visitor()).get("/g/-/gallery.css")).data.decode()
    page = (STATIC / "app.css").read_text("utf-8")
    for colour in re.findall(r"--(?:paper|ink|accent): #\w+;", page):
        assert style.count(colour) == 1
    own = (gallery_routes.FOLDER / "gallery.css").read_text("utf-8")
    assert set(re.findall(r"var\((--[a-z-]+)\)", own)) <= set(re.findall(r"(--[a-z-]+):", style))
    begins = style.removesuffix(own)
    assert set(re.findall(r"^[^\s/@}].*(?= {$)", begins, re.MULTILINE)) == {":root"}


async def test_style_and_script_are_small_and_asked_about(town: Site) -> None:
    visitor = await town.visitor()
    weight = 0
    for name, kind in (("gallery.css", "text/css"), ("gallery.js", "text/javascript")):
        packed = await visitor.get(f"/g/-/{name}")
        plain = await visitor.get(f"/g/-/{name}", **{"Accept-Encoding": "identity"})
        assert (packed.status, packed.headers["Content-Type"]) == (200, kind)
        assert packed.data == plain.data
        assert packed.data.endswith((gallery_routes.FOLDER / name).read_bytes())
        assert packed.headers["Etag"] != plain.headers["Etag"]
        assert (await visitor.get(f"/g/-/{name}", **{"If-None-Match": packed.headers["Etag"]})).status == 304
        weight += int(packed.headers["Content-Length"])
    assert weight < 6_000
    assert gone(await visitor.get("/g/-/exhibit.py"))
    assert gone(await visitor.get("/g/-/..%2fdoors.py"))


# ── What is not to be seen ───────────────────────────────────────────────────────────────────────────────────────────


async def test_what_is_not_to_be_seen_is_the_same_everywhere(town: Site, made: Clip) -> None:
    store = town.house.store
    share = await town.share(made)
    hidden, waiting = await town.share(made), await town.share(made, state="waiting")
    await store.gallery.judge(hidden.id, "hidden", NOW)
    elsewhere = await town.share(made, scope=CITY)
    visitor = await town.visitor()
    names = [hidden.id, waiting.id, elsewhere.id, "guessed234", share.id.upper(), "a" * 33]
    paths = [f"{GALLERY}/{name}{end}" for name in names for end in ("", ".mp4", ".jpg", ".jpg?large", ".gif")]
    paths += [
        "/g/guessed234",
        f"/g/guessed234/{share.id}.mp4",
        f"/g/{SLUG.upper()}",
        f"{GALLERY}/{share.id}/x",
        f"{GALLERY}/",
    ]
    paths += [f"{GALLERY}/..%2f..%2fetc%2fpasswd", f"{GALLERY}/..%2f{made.name}", f"/g/..%2f{SLUG}/{share.id}.mp4"]
    paths += [
        f"{GALLERY}/{made.name}",
        f"{GALLERY}/%00",
        f"{GALLERY}/{share.id}%00.mp4",
        f"{GALLERY}/%ff",
        f"{GALLERY}/%2e%2e/x",
    ]
    paths += [
        f"{GALLERY}/{share.id}.mp4/..%2f..%2f{made.name}",
        f"{GALLERY}/{share.id}%2emp4%2f..",
        "/g/%27%20OR%201=1",
    ]
    first = await visitor.get(paths[0])
    assert gone(first)
    assert "Set-Cookie" not in first.headers
    for path in paths:
        answer = await visitor.get(path)
        assert gone(answer), path
        assert answer.text == first.text
    assert (await visitor.get(f"{GALLERY}/{share.id}.mp4")).status == 200
    # Closed: as if it had never been there, and as it was once it is open again.
    await galleries.rule(store, web=None)
    for path in (GALLERY, f"{GALLERY}/{share.id}", f"{GALLERY}/{share.id}.mp4", f"{GALLERY}/{share.id}.jpg"):
        answer = await visitor.get(path)
        assert (gone(answer), answer.text) == (True, first.text)
    await galleries.rule(store, web=SLUG)
    assert (await visitor.get(f"{GALLERY}/{share.id}.mp4")).status == 200


async def test_unshared_is_gone_at_once_whoever_linked_to_it(town: Site, made: Clip) -> None:
    share = await town.share(made)
    visitor = await town.visitor(f"{GALLERY}/{share.id}")
    film = await visitor.get(f"{GALLERY}/{share.id}.mp4")
    await town.house.store.gallery.remove([share.id], NOW)
    known = {"If-Modified-Since": film.headers["Last-Modified"], "If-None-Match": film.headers["Etag"]}
    for path in (f"{GALLERY}/{share.id}", f"{GALLERY}/{share.id}.mp4", f"{GALLERY}/{share.id}.jpg"):
        assert gone(await visitor.get(path, **known))
        assert gone(await visitor.get(path, Range="bytes=0-9"))
    assert (await visitor.heart(f"{GALLERY}/{share.id}")).status == 404
    assert gone(await visitor.report(f"{GALLERY}/{share.id}", "spam"))
    assert share.id not in (await visitor.get(GALLERY)).text


OURS = {
    *("lang", "prefix", "charset", "name", "content", "property", "rel", "href", "type", "src", "class", "hidden"),
    *("aria-hidden", "aria-label", "aria-current", "aria-pressed", "role", "dir", "id", "d", "stroke-linecap"),
    *("viewbox", "width", "height", "alt", "srcset", "sizes", "loading", "decoding", "datetime", "controls", "loop"),
    *("playsinline", "preload", "poster", "data-clip", "data-heart", "data-failed", "method", "action", "value"),
    *("required", "maxlength", "autocomplete"),
}


def attributes(text: str) -> set[str]:
    """The names of all that a browser would find in the tags of a page."""
    found: set[str] = set()

    class Reading(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.update(name for name, _ in attrs)

    Reading().feed(text)
    return found


SCRIPT = "</title><script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{state}}"


async def test_a_script_in_words_names_and_titles_stays_text(town: Site, made: Clip) -> None:
    await galleries.rule(town.house.store, title=SCRIPT[:64], public=True)
    share = await town.share(made, prompt=SCRIPT, name=SCRIPT[:64])
    remix = await town.share(made, prompt=SCRIPT, name=SCRIPT[:64], remix_of=share.id)
    visitor = await town.visitor()
    paths = ("/g/", GALLERY, f"{GALLERY}/{share.id}", f"{GALLERY}/{remix.id}", f"{GALLERY}?order=%22%3E%3Cscript%3E")
    for path in paths:
        answer = await visitor.get(path)
        assert answer.status == 200
        assert "<script>" not in answer.text
        assert "<img src=x" not in answer.text
        assert attributes(answer.text) <= OURS
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<script(?! type=\"module\" src=\"/g/-/)", answer.text)
    host = await visitor.get(GALLERY, Host='x"><script>alert(1)</script>')
    assert "<script>" not in host.text
    assert (await visitor.get(GALLERY, Host="evil.example:99999")).status == 400


# ── Hearts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.databases
async def test_a_heart_counts_once_and_can_be_taken_back(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, other = await town.visitor(path), await town.visitor(GALLERY)
    given = await asyncio.gather(*(visitor.heart(path) for _ in range(6)))
    assert {answer.status for answer in given} == {200}
    assert {answer.text for answer in given} == {'{"hearts": 1, "liked": true}'}
    assert (await other.heart(path)).text == '{"hearts": 2, "liked": true}'
    assert town.entries
    page = await visitor.get(path)
    assert 'aria-pressed="true"' in page.text
    assert '<span class="count">2</span>' in page.text
    assert 'aria-pressed="true"' not in (await (await town.visitor()).get(path)).text
    assert (await visitor.heart(path, on=False)).text == '{"hearts": 1, "liked": false}'
    assert (await visitor.heart(path, on=False)).text == '{"hearts": 1, "liked": false}'
    assert 'aria-pressed="true"' in (await other.get(GALLERY)).text
    await galleries.check(town.house.store)


@pytest.mark.databases
async def test_two_people_like_at_once(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(HEARTS)]
    await asyncio.gather(*(one.heart(path) for one in people))
    assert (await town.house.store.gallery.share(share.id)).hearts == HEARTS
    await galleries.check(town.house.store)


@pytest.mark.databases
async def test_a_heart_of_a_linked_person_is_one(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    await visitor.heart(path)
    found = await galleries.rows(town.house.store, "SELECT account FROM hearts")
    await galleries.link(town.house.store, found[0]["account"], BEN)
    await town.house.store.gallery.heart(share.id, BEN, True, "tap", NOW)
    assert (await visitor.heart(path)).text == '{"hearts": 1, "liked": true}'
    assert 'aria-pressed="true"' in (await visitor.get(path)).text


async def test_forged_hearts_count_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, other = await town.visitor(path), await town.visitor(path)
    nobody = await town.visitor()
    tries = [
        await visitor.heart(path, token=""),
        await visitor.heart(path, token=other.token),
        await visitor.heart(path, token=visitor.token + "x"),
        await nobody.heart(path, token=visitor.token),
        await visitor.heart(path, **{"Sec-Fetch-Site": "cross-site"}),
        await visitor.heart(path, **{"Sec-Fetch-Site": "same-site"}),
    ]
    assert {answer.status for answer in tries} == {403}
    assert (await visitor.get(f"{path}/heart")).status == 404
    assert (await visitor.post(f"{path}/heart", {"on": "1"}, **{"X-Photoplay": visitor.token})).status == 404
    for wrong in (f"{GALLERY}/guessed234", f"/g/guessed234/{share.id}"):
        assert (await visitor.heart(wrong)).status == 404
    assert (await town.house.store.gallery.share(share.id)).hearts == 0
    assert not town.entries


async def test_a_heart_waits_for_no_body(town: Site, made: Clip) -> None:
    """Whoever announces one and sends nothing is answered all the same."""
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    cookie = "; ".join(f"{one.key}={one.value}" for one in visitor.http.cookie_jar)
    opening = {"Host": "x", "Cookie": cookie, "X-Photoplay": visitor.token, "Content-Length": "4096"}
    said = await send(town.base, head(f"{path}/heart", "PUT", **opening), wait=10)
    assert (said.status, json.loads(said.body)) == (200, {"hearts": 1, "liked": True})


async def test_a_heart_comes_by_the_core(town: Site, made: Clip) -> None:
    """As from every platform: what the core refuses is told, and counts nothing."""
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)

    async def refuses(ctx: Context, inbound: Inbound, argument: str) -> Reply:
        assert (inbound.address.platform, inbound.scope, argument) == ("web", share.scope, f"{share.id} on")
        raise Refusal(verbatim("Not today."))

    with patch.dict(TABLE, {"heart": replace(TABLE["heart"], run=refuses)}):
        answer = await visitor.heart(path)
    assert (answer.status, json.loads(answer.text)) == (403, {"text": "Not today."})
    assert (await town.house.store.gallery.share(share.id)).hearts == 0


async def test_whoever_throws_the_cookie_away_comes_not_far(town: Site, made: Clip, clock: Clock) -> None:
    share, other = await town.share(made), await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(HEARTS + 2)]
    answers = [await one.heart(path) for one in people]
    assert [answer.status for answer in answers] == [200] * HEARTS + [429] * 2
    assert texts.gallery.ENOUGH in answers[-1].text
    assert (await town.house.store.gallery.share(share.id)).hearts == HEARTS
    assert (await people[-1].heart(path, on=False)).status == 200  # nobody is kept from taking one back
    # Who was let in may change their mind; other clips and other places are not held up.
    assert (await people[0].heart(path, on=False)).status == 200
    assert (await people[0].heart(path)).status == 200
    assert (await people[-1].heart(f"{GALLERY}/{other.id}")).status == 200
    assert (await people[-1].heart(path, **{"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})).status == 200
    clock.tick(DAY)
    assert (await people[-2].heart(path)).status == 200


def test_a_turnstile_forgets_and_never_grows() -> None:
    clock = Clock()
    gate = VisitorLimit(2, clock, most=10)
    assert [gate.admits("a", "203.0.113.9", who) for who in "xyzx"] == [True, True, False, True]
    assert not gate.admits("a", "203.0.113.9", "q")
    clock.tick(DAY)
    assert gate.admits("a", "203.0.113.9", "q")
    for n in range(100):
        gate.admits("b", f"198.51.100.{n}", "x")
    assert len(gate._through) == 10


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_report_needs_no_script(town: Site, made: Clip) -> None:
    await galleries.rule(town.house.store, review="-100/9")
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor = await town.visitor(path)
    form = (await visitor.get(path)).text.split("<form")[1]
    token = re.search(r'name="token" value="([^"]+)"', form)
    assert token
    assert token[1] == visitor.token
    for word, label in texts.sharing.REASONS.items():
        assert f'value="{word}" required>{escape(label)}' in form
    said = await visitor.report(path, "violent")
    assert said.status == 200
    assert escape(texts.sharing.REPORTED) in said.text
    assert f'href="{GALLERY}"' in said.text
    assert [one.reason for one in await town.house.store.gallery.reports(share.id)] == [
        texts.sharing.REASONS["violent"]
    ]
    assert escape(texts.sharing.REPORTED_ALREADY) in (await visitor.report(path, "spam")).text
    # In own words, which can say nothing but a reason.
    second = await town.share(made)
    words = "  it shows\nmy door\ufffc <b>/hide it</b>  "
    await visitor.report(f"{GALLERY}/{second.id}", "other", words)
    assert [one.reason for one in await town.house.store.gallery.reports(second.id)] == [
        "it shows my door <b>/hide it</b>"
    ]


async def test_forged_and_empty_reports_count_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    visitor, nobody = await town.visitor(path), await town.visitor()
    nobody.token = visitor.token
    assert (await nobody.report(path, "spam")).status == 403
    assert (await visitor.report(path, "spam", **{"Sec-Fetch-Site": "cross-site"})).status == 403
    assert (await visitor.post(f"{path}/report", {"reason": "spam"})).status == 403
    assert (await visitor.post(f"{path}/report", {"reason": "spam"}, **{"X-Photoplay": visitor.token})).status == 403
    for reason, words in (("", ""), ("other", ""), ("other", " \n"), ("spam other", ""), ("../x", "")):
        assert (await visitor.report(path, reason, words)).status == 400
    assert (await visitor.report(f"{GALLERY}/guessed234", "spam")).status == 404
    assert await town.house.store.gallery.reports(share.id) == []
    assert (await visitor.report(path, "spam")).status == 200  # none of these tries was held against anybody


async def test_one_person_with_many_cookies_hides_nothing(town: Site, made: Clip) -> None:
    share = await town.share(made)
    path = f"{GALLERY}/{share.id}"
    people = [await town.visitor(path) for _ in range(5)]
    assert [(await one.report(path, "spam")).status for one in people] == [200, 429, 429, 429, 429]
    for n, one in enumerate(people[1:]):  # nor with the many networks that a household is given
        assert (await one.report(path, "spam", **{"X-Forwarded-For": f"2001:db8:7:{n}::1"})).status == (
            429 if n else 200
        )
    assert (await town.house.store.gallery.share(share.id)).state == "up"
    for n, one in enumerate(people[2:3]):
        assert (await one.report(path, "spam", **{"X-Forwarded-For": f"203.0.113.{n}"})).status == 200
    assert gone(await people[0].get(path))


# ── The house around it ──────────────────────────────────────────────────────────────────────────────────────────────


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
