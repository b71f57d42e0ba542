"""What is not to be seen in a gallery, and words that try to be more than text."""

import re
from html.parser import HTMLParser

from bot.model import Clip
from tests import galleries
from tests.adapters.web.gallery.addresses import GALLERY, gone
from tests.galleries import CITY, NOW
from tests.web_gallery import SLUG, Site


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
