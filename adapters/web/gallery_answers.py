"""Responses of the web galleries and their headers: pages, cards, JSON, files."""

from aiohttp import web

from adapters.web.telling import json_response
from adapters.web.templating import card_page
from bot import texts
from bot.gallery.model import Share, WebGallery

# Revalidated, so that an unshared clip disappears. Other sites may link to a clip, and fetch it for a preview, but not
# embed it: it was shared with this community only.
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # The form below a clip needs a referrer; other sites must not learn the URL of an unlisted gallery.
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
    # The browser's own page around a clip or picture that is opened directly.
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
    "Cache-Control": "no-cache",
}
_NOINDEX = {"X-Robots-Tag": "noindex"}

PIECE = {**_FILE, "Cache-Control": "public, no-cache"}
"""Headers of files that belong to no clip: style, script, neutral picture."""


def html(*, listed: bool) -> web.Response:
    """A page, with an empty body. `listed`: search engines may index it."""
    return web.Response(content_type="text/html", headers={**_PAGE, **({} if listed else _NOINDEX)})


def card(
    title: str, text: str, status: int, *links: tuple[str, str], headers: dict[str, str] | None = None
) -> web.Response:
    """A small page with a sentence; `links`: path and label."""
    page = card_page(text, title, links)
    return web.Response(
        text=page, status=status, content_type="text/html", headers={**_PAGE, **_NOINDEX, **(headers or {})}
    )


def missing() -> web.Response:
    """The same 404 for closed, unknown, hidden, unshared and malformed."""
    return card(texts.gallery.GONE, texts.gallery.GONE_LEAD, 404)


def json(data: dict[str, object], status: int) -> web.Response:
    """A response to a page's script."""
    return json_response(data, status=status, headers=_PAGE)


def clip_headers(gallery: WebGallery, share: Share, suffix: str, kind: str) -> dict[str, str]:
    """Headers of a clip or its picture, of content type `kind`."""
    return {
        **_FILE,
        **({} if gallery.public else _NOINDEX),
        "Content-Type": kind,
        "Content-Disposition": f'inline; filename="photoplay-{share.id}.{suffix}"',
    }


def in_memory(request: web.Request, data: bytes, tag: str, headers: dict[str, str]) -> web.Response:
    """Bytes, or 304 for a matching ETag: aiohttp does that only for files on disk."""
    response = web.Response(headers=headers)
    response.etag = tag
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        response.set_status(304)
    else:
        response.body = data
    return response
