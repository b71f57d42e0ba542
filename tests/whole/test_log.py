"""The log of a whole Photoplay."""

import asyncio
import json
import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shell import photoplay, start

from adapters import console
from bot import logs
from bot.app import open_app
from bot.config import Settings
from storage.sqlite import Sqlite

AWAY = {"TELEGRAM_API_URL": "http://127.0.0.1:9"}
LAKE = Path(__file__).parents[2] / "adapters" / "web" / "samples" / "lake.jpg"


@contextmanager
def logged(form: logs.Form = "text") -> Iterator[None]:
    """What is logged inside is written to standard error, as in production."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.set_up("INFO", [], form)
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)


async def an_outage(folder: Path) -> None:
    """A clip is made, and in the middle of it another program holds the database."""
    async with open_app(Settings(data_dir=folder, port=0)) as app:
        working = [asyncio.create_task(work) for work in (app.worker.run(), app.runner.run())]
        order = console.inbound("1", "slow push in", [console.picture(LAKE)])
        job = (await app.core.handle(order)).job or ""
        other = sqlite3.connect(folder / "photoplay.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        for number in range(20):  # people go on asking, and what is under way wants to be saved
            order = console.inbound(f"more-{number}", "slow push in", [console.picture(LAKE)])
            assert (await app.core.handle(order)).refused
        other.execute("ROLLBACK")
        other.close()
        async with asyncio.timeout(60):
            while (found := await app.store.job(job)) is None or found.state != "done":
                await asyncio.sleep(0.05)
        app.worker.stop()
        app.runner.stop()
        await asyncio.gather(*working)


async def test_a_database_that_is_away_is_two_lines_and_a_clip_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = Sqlite.open
    monkeypatch.setattr(Sqlite, "open", lambda path: opened(path, 0.05))
    with logged():
        await an_outage(tmp_path)
    said = capsys.readouterr().err
    news = [line for line in said.splitlines() if re.search(r"database|waits|could not be|nothing", line)]
    assert len(news) == 2, said
    assert "the database is away: database is locked" in news[0]
    assert "the database is back, after" in news[1]
    assert said.count("delivered") == 1
    assert re.search(r"job \w+: clip delivered on console", said)


async def test_as_json_each_line_says_what_it_is_about_and_nobody(tmp_path: Path, photo: Path) -> None:
    code, out, err = await photoplay(
        tmp_path, "animate", str(photo), "pan left", "-o", "clip.mp4", LOG_FORMAT="JSON", PORT="0"
    )
    assert code == 0, out + err
    process = await start(tmp_path, "run", LOG_FORMAT="json", PORT="0", TELEGRAM_TOKEN="1:secret-token", **AWAY)
    assert process.stderr
    lines = []
    async with asyncio.timeout(60):
        while not any(line.get("platform") == "telegram" and line["level"] == "ERROR" for line in lines):
            lines.append(json.loads(await process.stderr.readline()))
    process.terminate()
    _, rest = await process.communicate()
    lines += [json.loads(line) for line in rest.splitlines()]
    assert all({"at", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {key for line in lines for key in line} <= {"at", "level", "logger", "message", "job", "platform", "error"}
    assert not any("secret-token" in json.dumps(line) for line in lines)


async def test_lines_of_a_job_name_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logged("json"):
        async with open_app(Settings(data_dir=tmp_path, port=0)) as app:
            working = asyncio.create_task(app.worker.run())
            order = console.inbound("1", "slow push in", [console.picture(LAKE)])
            job = (await app.core.handle(order)).job or ""
            async with asyncio.timeout(60):
                while (found := await app.store.job(job)) is None or found.state != "done":
                    await asyncio.sleep(0.05)
            app.worker.stop()
            await working
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [line for line in lines if job in line["message"]]
    assert len(told) >= 2
    assert {(line["job"], line["platform"]) for line in told} == {(job, "console")}
