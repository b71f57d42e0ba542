"""Files of a gallery: films by pieces, posters, style and script."""

import re

from adapters.web import gallery_routes
from adapters.web.chat_page import STATIC
from bot.model import Clip
from tests.adapters.web.gallery.addresses import GALLERY, gone
from tests.web_gallery import Site


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
