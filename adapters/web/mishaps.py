"""What a browser shows when a page is not there, or breaks: a card in plain words instead of a bare status line."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from adapters.web.templating import card
from bot import texts

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def in_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer whoever looks at a page, not a script or a player, with a card; every other answer stays as it is."""
    if "text/html" not in request.headers.get("Accept", ""):
        return await handler(request)
    try:
        return await handler(request)
    except web.HTTPNotFound:
        return card(texts.PAGE["not_found_lead"], 404, title=texts.PAGE["not_found"], home=True)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("a page broke")  # without its address, which may be a signed link
        return card(texts.PAGE["broken_lead"], 500, title=texts.PAGE["broken"], home=True)
