"""Error responses: a page for people, JSON for scripts, and a line for the log."""

import logging
import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from adapters.web.bodies import Unreadable
from adapters.web.telling import json_response
from adapters.web.templating import card
from bot import texts
from bot.errors import StoreDown
from bot.sentence import EMPTY, Sentence

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MINUTE = 60.0
"""Seconds between log lines about a database outage."""


def in_words(clock: Callable[[], float] = time.monotonic) -> Middleware:
    """A middleware that turns errors into sentences. `clock`: monotonic seconds."""
    quiet_until = float("-inf")

    @web.middleware
    async def say(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal quiet_until
        try:
            return await handler(request)
        except web.HTTPNotFound:
            if not _by_a_person(request):
                raise
            return card(texts.page.PAGE["not_found_lead"], 404, title=texts.page.PAGE["not_found"], home=True)
        except (web.HTTPException, ConnectionError):
            raise
        except Unreadable as error:
            return _answer(request, error.status, error.sentence)
        except StoreDown as error:
            if clock() >= quiet_until:
                quiet_until = clock() + MINUTE
                log.warning("pages wait for the database: %s", error)
            return _answer(request, 503, texts.page.PAGE["resting_lead"], texts.page.PAGE["resting"])
        except Exception:
            log.exception("a page broke")  # without the URL, which may be a signed link
            return _answer(request, 500, texts.page.PAGE["broken_lead"], texts.page.PAGE["broken"])

    return say


def _answer(request: web.Request, status: int, text: Sentence, title: Sentence = EMPTY) -> web.Response:
    """An error response. Raises `ConnectionError` if a response has begun, which closes the connection."""
    if request.writer.output_size:
        raise ConnectionError("broken off")
    person = _by_a_person(request)
    response = card(text, status, title=title, home=True) if person else json_response({"text": text}, status=status)
    if status in (408, 413):
        response.force_close()  # the rest of the request is not read
    if status == 503:
        response.headers["Retry-After"] = "30"
    return response


def _by_a_person(request: web.Request) -> bool:
    """Whether the request is a navigation, not of a script or player."""
    return "text/html" in request.headers.get("Accept", "")
