"""Faults of requests, and records of requests."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass
class File:
    """A part of a multipart body."""

    name: str
    size: int
    data: bytes | None = None


@dataclass
class Call:
    """One request: `route` is its template, such as `POST /channels/{channel}/messages`."""

    at: float
    method: str
    path: str
    route: str
    body: Any = None
    files: list[File] = field(default_factory=list)
    query: dict[str, str] = field(default_factory=dict)
    status: int = 0


@dataclass(frozen=True)
class Fault:
    """A fault of one request; made by the functions below."""

    kind: Literal["fine", "answer", "cut", "hang", "slow"]
    when: str = "before"
    seconds: float = 0.0
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


FINE = Fault("fine")
FILES = " with files"
"""Behind a route: its requests that carry files. How many others come before, edits of a line, depends on time."""


def too_many(retry_after: float = 0.1, scope: Literal["user", "shared", "global", "cloudflare"] = "user") -> Fault:
    """429. Cloudflare's has no JSON, and lacks the header by which discord.py knows Discord."""
    headers = {"Retry-After": str(max(1, round(retry_after)))}
    if scope == "cloudflare":
        return Fault("answer", status=429, body="error code: 1015", headers=headers)
    headers |= {"Via": "1.1 google", "X-RateLimit-Scope": scope}
    if scope == "global":
        headers["X-RateLimit-Global"] = "true"
    body = {"message": "You are being rate limited.", "retry_after": retry_after, "global": scope == "global"}
    return Fault("answer", status=429, body=body, headers=headers)


def broken(status: int = 502, *, done: bool = False) -> Fault:
    """5xx of a proxy; `done`: after executing the request. discord.py repeats 500, 502, 504, 524; its webhooks any."""
    return Fault("answer", "after" if done else "before", status=status, body=f"<html>{status}</html>")


def error(status: int, code: int, message: str = "No") -> Fault:
    return Fault("answer", status=status, body={"message": message, "code": code})


def cut(when: Literal["before", "mid", "after", "answer"]) -> Fault:
    """Break the connection: before reading, within the body, after executing the request, or within the answer."""
    return Fault("cut", when)


def slow(seconds: float) -> Fault:
    return Fault("slow", seconds=seconds)


def hang(when: Literal["before", "after", "answered"] = "before") -> Fault:
    """Set `reached` and wait until `let_go()`: before executing the request, or before the answer.

    `answered` only sets it, after the answer.
    """
    return Fault("hang", when)


class Broken(Exception):
    """The connection must be broken now."""
