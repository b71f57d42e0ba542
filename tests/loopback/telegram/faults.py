"""Faults of calls, and records of calls."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tests.loopback.telegram.model import JSON, Upload


@dataclass(frozen=True)
class Flood:
    """429."""

    seconds: int


@dataclass(frozen=True)
class Refuse:
    """Another error. Without a description the answer is HTML, as from a proxy."""

    code: int
    description: str = ""


@dataclass(frozen=True)
class Cut:
    """Break the connection. `unanswered` and `answering`: the call was executed."""

    at: Literal["unread", "reading", "unanswered", "answering"]


@dataclass(frozen=True)
class Hold:
    """Set `reached`, and wait for some seconds, or until `let_go`. All but `unread`: the call was executed."""

    at: Literal["unread", "unanswered", "answered"]
    seconds: float | None = None


Trouble = Flood | Refuse | Cut | Hold | None
"""None: no fault."""


@dataclass
class Call:
    at: float
    method: str
    params: JSON
    files: dict[str, Upload]
    code: int = 0
    """HTTP status; 0: no answer yet."""


@dataclass(frozen=True)
class Violation:
    at: float
    chat: int
    limit: str


def failure(code: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return web.json_response(body | ({"parameters": parameters} if parameters else {}), status=code)


def trouble_answer(trouble: Flood | Refuse) -> web.Response:
    if isinstance(trouble, Flood):
        return failure(429, f"Too Many Requests: retry after {trouble.seconds}", retry_after=trouble.seconds)
    if not trouble.description:
        return web.Response(status=trouble.code, text="<html><h1>No</h1></html>", content_type="text/html")
    return failure(trouble.code, trouble.description)


async def half(request: web.BaseRequest, answer: web.Response) -> web.StreamResponse:
    body = answer.body if isinstance(answer.body, bytes) else b""
    response = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(body))})
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport:
            request.transport.close()  # unlike abort(), lets the half go out
    return response
