"""`/healthz` turns red without polls, when a due job is left lying, and when the database is gone; a platform's
trouble is its own, and `/livez` answers as long as there is somebody to answer."""

import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from adapters import console
from bot.app import LATE, App, open_app
from bot.config import Settings
from bot.errors import StoreDown
from bot.jobs import machine
from bot.model import Accepted
from tests.loopback.telegram.server import BotApi
from tests.samples import a_job


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", port=0)


async def with_due_job(app: App, due_at: float) -> None:
    job = a_job()
    await app.store.submit(job, machine.hold(job), None)
    job, _ = machine.apply(job, machine.Started(), due_at)
    job, _ = machine.apply(job, Accepted("local", "r"), due_at)
    await app.store.save(job)


async def test_green_while_a_worker_works(settings: Settings) -> None:
    async with open_app(settings) as app:
        working = asyncio.create_task(app.worker.run())
        await asyncio.sleep(0.1)
        assert (await app.health())[0]
        app.worker.stop()
        await working


async def test_it_says_that_buying_is_paused(settings: Settings) -> None:
    async with open_app(settings, idle=True) as app:
        assert (await app.health())[1]["buying"] == "on"
        for word, said in (("pause", "paused"), ("resume", "on")):
            await app.core.handle(console.admin(word, f"operator {word}", ""))
            well, figures = await app.health()
            assert (well, figures["buying"]) == (True, said)


async def test_people_are_linked_only_where_there_are_two_platforms(settings: Settings) -> None:
    public = {"public_url": "https://photoplay.example", "telegram_token": SecretStr("1:a")}
    for changes, met in (({}, {"web"}), (public, {"telegram"})):
        async with open_app(settings.model_copy(update=changes), idle=True) as app:
            assert app.core.context.platforms == met


async def test_red_when_the_poller_is_late(settings: Settings) -> None:
    async with open_app(settings) as app:
        app.worker.last_round = time.time() - LATE - 1
        well, figures = await app.health()
        assert not well
        assert figures["worker_last_round_s"] > LATE


async def test_red_when_a_due_job_is_left_lying(settings: Settings) -> None:
    async with open_app(settings) as app:
        await with_due_job(app, time.time() - LATE - 1)
        well, figures = await app.health()
        assert not well
        assert figures["oldest_overdue_s"] > LATE
        assert figures["jobs"] == {"running": 1}


async def test_red_when_the_database_is_gone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(settings) as app:

        async def down(_: float) -> None:
            raise StoreDown("locked")

        monkeypatch.setattr(app.store, "health", down)
        well, figures = await app.health()
        assert not well
        assert figures["database"] == "down"


async def get(base: str, path: str) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as http, http.get(base + path) as answer:
        return answer.status, await answer.json()


async def test_a_refused_token_is_told_apart(settings: Settings) -> None:
    api = BotApi()
    async with api.serve() as base:
        changes = {"telegram_token": "1:wrong", "telegram_api_url": base}
        settings = Settings(**{**settings.model_dump(), **changes})
        async with open_app(settings, social=True) as app, app.listening() as web:
            working = asyncio.create_task(app.worker.run())
            await app.supervisor.run()  # returns, as the only platform is off
            status, said = await get(web, "/healthz")
            assert (status, said["ok"]) == (200, True)
            assert "TELEGRAM_TOKEN" in said["platforms"]["telegram"]
            status, said = await get(web, "/healthz/telegram")
            assert (status, said["ok"], "TELEGRAM_TOKEN" in said["said"]) == (503, False, True)
            assert (await get(web, "/livez"))[0] == 200
            async with aiohttp.ClientSession() as http, http.get(f"{web}/healthz/discord") as answer:
                assert answer.status == 404
            app.worker.stop()
            await working


async def test_alive_while_the_database_is_gone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(settings) as app, app.listening() as web:

        async def down(_: float) -> None:
            raise StoreDown("locked")

        monkeypatch.setattr(app.store, "health", down)
        assert (await get(web, "/healthz"))[0] == 503
        assert (await get(web, "/livez"))[0] == 200
