"""What phones and chats want to know of the page: a manifest for the home screen, and how a link to it looks."""

from aiohttp import web

from bot import texts

LIGHT, DARK = "#faf7f4", "#141219"
"""The colours of the page's paper, in `app.css`."""
PICTURE = "/static/samples/lake.jpg"
"""What stands over the title where a link is shown."""


async def manifest(_: web.Request) -> web.Response:
    """The page as something that can be put on a home screen. It says nothing that the password would hide."""
    data = {
        "name": texts.chat.PAGE["title"],
        "short_name": texts.chat.PAGE["title"],
        "description": texts.chat.PAGE["description"],
        "lang": texts.chat.PAGE["lang"],
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
    return web.json_response(data, content_type="application/manifest+json")
