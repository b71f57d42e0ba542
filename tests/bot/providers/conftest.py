"""Hosts on loopback and `Providers` over them, with a clock that a test moves by hand."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from provider_desk import Desk, Make, data_uri

from bot.providers.client import Providers
from bot.providers.hosts import Host
from tests.loopback.provider.scripted import Scripted, scripted


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def first() -> AsyncIterator[Scripted]:
    async with scripted() as script:
        yield script


@pytest.fixture
async def second() -> AsyncIterator[Scripted]:
    async with scripted() as script:
        yield script


@pytest.fixture
async def make(desk: Desk) -> AsyncIterator[Make]:
    """Build `Providers`; all of them are closed after the test."""
    made: list[Providers] = []

    def build(*hosts: Host, timeout: float = 5.0, **more: Any) -> Providers:
        settings: dict[str, Any] = {"link": None, "data_uri": data_uri, **more}
        made.append(Providers(hosts, clock=desk.clock, report=desk.report, timeout=timeout, **settings))
        return made[-1]

    yield build
    for providers in made:
        await providers.close()
