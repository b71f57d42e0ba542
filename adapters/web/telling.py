"""The language of a request, and JSON and pages in it. Whatever is told on the web is put into words here.

A handler's answers, and the messages that it gives to the core, have the language of the request under way. It is
English for now: `spoken_by` is the place that decides.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from functools import partial
from typing import Any

from aiohttp import web

from bot.languages import ENGLISH
from bot.sentence import Sentence

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def spoken_by(request: web.Request) -> str:
    """The language of a request, a Babel locale."""
    return ENGLISH


def language() -> str:
    """The language of the request under way."""
    return _language.get()


@web.middleware
async def in_their_language(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Middleware around all that answers."""
    _language.set(spoken_by(request))  # set anew for each request of a connection, whose task they share
    return await handler(request)


def told(data: Any) -> Any:
    """Data for JSON or a template, its sentences in the language of the request."""
    match data:
        case Sentence():
            return data.into(language(), data.wording)
        case Mapping():
            return {name: told(value) for name, value in data.items()}
        case list() | tuple():
            return [told(value) for value in data]
    return data


def dumps(data: Any) -> str:
    """JSON with its sentences in the language of the request."""
    return json.dumps(told(data), ensure_ascii=False)


json_response = partial(web.json_response, dumps=dumps)
