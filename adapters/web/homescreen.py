"""Web app manifest, and the link preview of the page."""

from aiohttp import web

from adapters.web.telling import json_response, language
from bot import texts
from bot.languages import tag

LIGHT, DARK = "#faf7f4", "#141219"
"""Background colours of the page, as in `app.css`."""
PICTURE = "/static/samples/lake.jpg"
"""Picture of the link preview."""


async def manifest(_: web.Request) -> web.Response:
    """The manifest; public, even with a password."""
    data = {
        "name": texts.page.PAGE["title"],
        "short_name": texts.page.PAGE["title"],
        "description": texts.page.PAGE["description"],
        "lang": tag(language()),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": LIGHT,
        "theme_color": LIGHT,
        "icons": [
            {"src": "/static/touch.png", "sizes": "192x192", "type": "image/png", "purpose": "any maskable"},
            {"src": "/static/icon.svg", "sizes": "any", "type": "image/svg+xml"},
        ],
    }
    return json_response(data, content_type="application/manifest+json")
