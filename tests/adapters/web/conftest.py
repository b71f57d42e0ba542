"""The chat page over a socket, on SQLite."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from adapters.web import event_stream
from adapters.web.chat_page import ChatPage
from adapters.web.job_json import JobJson
from adapters.web.server import make_app, serve
from adapters.web.session import Sessions
from bot.jobs.shelf import Shelf
from bot.media.signed_links import Links
from tests.adapters.web.web_chat import Site, Start
from tests.clock import Clock
from tests.houses import wired


@pytest.fixture
async def start(
    tmp_path: Path,
    clock: Clock,
    new_id: Callable[[], str],
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Start]:
    """Start the page, on SQLite: `await start(password=..., private=...)`."""
    monkeypatch.setattr(event_stream, "BUSY", 0.02)
    monkeypatch.setattr(event_stream, "CALM", 0.02)
    async with AsyncExitStack() as stack:

        async def begin(*, private: bool = True, password: str | None = None) -> Site:
            house = await stack.enter_async_context(wired(tmp_path, clock, new_id, clip, {"web": Shelf()}))
            links = Links(b"k" * 32, clock)
            sessions = Sessions(links, clock, private=private, password=password, secure=False)

            async def health() -> tuple[bool, dict[str, Any]]:
                return True, {}

            job_json = JobJson(house.core, links)
            app = make_app(links, house.media.stored, health, ChatPage(house.core, sessions, job_json))
            base = await stack.enter_async_context(serve(app, "127.0.0.1", 0))
            return Site(base, house, await stack.enter_async_context(AsyncExitStack()))

        yield begin
