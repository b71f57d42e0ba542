"""What a gallery on the web answers with, and under which headers: pages, cards, JSON, files."""

from aiohttp import web

from adapters.web.templating import card_page
from bot import texts
from bot.gallery.model import Share, WebGallery

# Asked about each time, so that what is unshared is gone. Other sites may link to a clip, and those that unfurl links
# fetch it by themselves; but in a page of theirs it does not play: it was shared with this community, and its maker
# sees here where it stands.
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The form under a clip must say where it comes from; nobody else learns the address of an unlisted gallery.
    "Referrer-Policy": "same-origin",
}
_PAGE = {
    **_ALWAYS,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "private, no-cache",
}
_FILE = {
    **_ALWAYS,
    # What a browser wraps around a clip or picture that is opened by itself.
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "no-cache",
}
_NOINDEX = {"X-Robots-Tag": "noindex"}

PIECE = {**_FILE, "Cache-Control": "public, no-cache"}
"""Headers of what belongs to no clip: the style, the script and the neutral picture."""


def html(*, listed: bool) -> web.Response:
    """A page, still without its text. `listed`: search engines may know it."""
    return web.Response(content_type="text/html", headers={**_PAGE, **({} if listed else _NOINDEX)})


def card(
    title: str, text: str, status: int, *links: tuple[str, str], headers: dict[str, str] | None = None
) -> web.Response:
    """A small page with a sentence; `links` are ways to go on, as path and label."""
    page = card_page(text, title, links)
    return web.Response(
        text=page, status=status, content_type="text/html", headers={**_PAGE, **_NOINDEX, **(headers or {})}
    )


def missing() -> web.Response:
    """Closed, unknown, hidden, unshared, malformed: nobody learns which."""
    return card(texts.gallery.GONE, texts.gallery.GONE_LEAD, 404)


def json(data: dict[str, object], status: int) -> web.Response:
    """What the script of a page asked for."""
    return web.json_response(data, status=status, headers=_PAGE)


def clip_headers(gallery: WebGallery, share: Share, suffix: str, kind: str) -> dict[str, str]:
    """Headers of a clip or its picture, which is of that kind."""
    return {
        **_FILE,
        **({} if gallery.public else _NOINDEX),
        "Content-Type": kind,
        "Content-Disposition": f'inline; filename="photoplay-{share.id}.{suffix}"',
    }


def in_memory(request: web.Request, data: bytes, tag: str, headers: dict[str, str]) -> web.Response:
    """Bytes, or word that the copy they have is still good: aiohttp compares tags of files on disk alone."""
    response = web.Response(headers=headers)
    response.etag = tag
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        response.set_status(304)
    else:
        response.body = data
    return response
