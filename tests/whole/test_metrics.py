"""The metrics of a whole program: scraped over a socket while Telegram, Discord and a paid host answer on loopback."""

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from killed import remember_quick_renders
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from shell import here, start

from bot.app import App, open_app
from bot.backup.manifest import Manifest
from bot.billing import Comparison
from bot.config import Settings
from bot.errors import Misconfigured, StoreDown
from bot.watch import readings
from bot.watch.listener import metrics
from tests.adapters.discord.discord_rig import elsewhere
from tests.houses import picture
from tests.loopback.discord.server import DiscordApi
from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.faults import Flood
from tests.loopback.telegram.server import BotApi
from tests.poolers import free_port

DEPLOY = Path(__file__).parents[2] / "deploy"
PROMTOOL = shutil.which("promtool")
LABELS = {
    *("outcome", "reason", "host", "model", "platform", "result", "method", "kind", "state", "movement", "unit"),
    *("span", "shard", "version", "python", "process", "le"),
}


@dataclass
class Program:
    """A running program, with what it is connected to, and the address of its metrics."""

    app: App
    address: str
    telegram: BotApi
    discord: DiscordApi
    people: Sequence[str]
    """Everything that names somebody, or where they are."""


async def scrape(address: str, **headers: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(address, headers=headers) as answer:
        return answer.status, await answer.text()


def values(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """All samples, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return values(text)[name, frozenset(labels.items())]


@asynccontextmanager
async def program(folder: Path, clip: bytes) -> AsyncIterator[Program]:
    """One clip was made for somebody in a group on Telegram, which was full for a second; Discord is connected."""
    telegram, discord, host = BotApi(), DiscordApi(), PaidHost(clip)
    host.renders_after = 1
    with elsewhere():
        async with telegram.serve(), host.serve(), discord.serve() as base:
            settings = Settings(
                _env_file=None,
                data_dir=folder / "data",
                telegram_token=telegram.token,
                telegram_api_url=telegram.base,
                discord_token=discord.token,
                discord_api_url=base,
                aimlapi_key="key",
                aimlapi_url=host.base,
                credit_price="0.05",
                money_day="100",
                metrics_port=0,
                backup_dir=folder / "backups",
            )
            async with open_app(settings, social=True) as app, metrics(app, "run") as address:
                remember_a_backup(folder / "backups", app.mark)
                await remember_quick_renders(app.store)
                tasks = [asyncio.create_task(run()) for run in (app.worker.run, app.runner.run, app.supervisor.run)]
                try:
                    ann = telegram.user("Ann")
                    group = telegram.supergroup(ann, creator=ann)
                    telegram.trouble["sendVideo"] += [Flood(1)]
                    telegram.photo(ann, group, picture(), f"@{telegram.me.username} she smiles")
                    await telegram.until(lambda: any("video" in post for post in telegram.sent(group)), 30)
                    await discord.until(lambda: discord.connected and not app.supervisor.troubles()["discord"])
                    while (await app.store.jobs(f"telegram:{ann.id}"))[0].state != "done":
                        await asyncio.sleep(0.01)
                    people = [str(ann.id), "Ann", "smiles", str(group.id), str(abs(group.id))]
                    yield Program(app, address, telegram, discord, people)
                finally:
                    app.worker.stop()
                    app.runner.stop()
                    tasks[2].cancel()
                    await asyncio.wait(tasks)


def remember_a_backup(folder: Path, installation: str) -> None:
    made = folder / "photoplay-20261129T000000Z"
    made.mkdir(parents=True)
    Manifest("1", installation, 0.0, "sqlite", "", 1, {}, {}).write(made)


async def test_what_a_life_leaves_in_a_scrape(tmp_path: Path, clip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "ROWS", 0.0)
    async with program(tmp_path, clip) as run:
        status, text = await scrape(run.address)
        assert status == 200
        model, where = run.app.settings.model, {"platform": "telegram"}
        ended = {"outcome": "clip", "reason": "", "host": "aimlapi", "model": model, **where}
        assert value(text, "photoplay_jobs_total", **ended) == 1
        assert value(text, "photoplay_deliveries_total", result="sent", **where) == 1
        for name, labels in (("queue", {}), ("render", {"host": "aimlapi", "model": model}), ("delivery", where)):
            assert value(text, f"photoplay_job_{name}_seconds_count", **labels) == 1
            assert 0 <= value(text, f"photoplay_job_{name}_seconds_sum", **labels) < 60
        assert value(text, "photoplay_job_delivery_seconds_sum", **where) >= 1  # the second that Telegram asked for
        assert value(text, "photoplay_floods_total", **where) == 1
        assert value(text, "photoplay_messages_total", kind="send", result="flood", **where) == 1
        assert value(text, "photoplay_messages_total", kind="send", result="ok", **where) == 1
        assert value(text, "photoplay_orders_total", host="aimlapi", result="accepted") == 1
        assert value(text, "photoplay_polls_total", host="aimlapi", result="finished") == 1
        assert value(text, "photoplay_provider_requests_total", host="aimlapi", method="POST", result="201") == 1
        assert value(text, "photoplay_credits_moved_today", movement="capture") == 5
        assert value(text, "photoplay_credits_moved_today", movement="hold") == 5
        assert value(text, "photoplay_credits_moved_today", movement="refund") == 0
        assert value(text, "photoplay_spent", unit="credits", span="day") == 5
        assert value(text, "photoplay_spent", unit="money", span="day") == 0.25
        assert value(text, "photoplay_ceiling", unit="money", span="day") == 100
        assert value(text, "photoplay_ceiling", unit="credits", span="month") == 6000
        assert value(text, "photoplay_ledger_error_credits") == 0
        assert value(text, "photoplay_orders_in_doubt") == 0
        assert value(text, "photoplay_jobs_now", state="queued") == 0
        assert time.time() - value(text, "photoplay_update_handled_timestamp_seconds", **where) < 60
        assert value(text, "photoplay_gateway_up", platform="discord", shard="0") == 1
        assert value(text, "photoplay_platform_up", **where) == 1
        assert value(text, "photoplay_database_up") == 1
        assert value(text, "photoplay_database_seconds_count", kind="write") > 5
        assert value(text, "photoplay_media_bytes") > len(clip)
        assert value(text, "photoplay_disk_free_bytes") > 0
        assert "_created" not in text
        await run.app.store.bills.keep(Comparison("aimlapi", 1e9, 0.0, {"delivered": 3, "unpaid": 1, "foreign": 9}, {}))
        _, text = await scrape(run.address)
        assert value(text, "photoplay_reconciled_timestamp_seconds", host="aimlapi") == 1e9
        found = {
            result: value(text, "photoplay_reconciled_jobs", host="aimlapi", result=result)
            for result in ("delivered", "undelivered", "unpaid", "unknown")
        }
        assert found == {"delivered": 3, "undelivered": 0, "unpaid": 1, "unknown": 0}
        assert 0 <= value(text, "photoplay_backup_age_seconds") < 600
        built = next(labels for name, labels in values(text) if name == "photoplay_build_info")
        assert ("process", "run") in built
        await no_label_is_a_person_or_a_community(run)
        await every_metric_of_the_dashboard_and_the_alerts_exists(run)


async def no_label_is_a_person_or_a_community(run: Program) -> None:
    """Whatever the labels are called, and whatever they say."""
    _, text = await scrape(run.address)
    for name, labels in values(text):
        assert {label for label, _ in labels} <= LABELS, name
        for label, said in labels:
            assert len(said) < 80, (name, label)
            if label != "le":
                assert not any(one == said or (len(one) > 3 and one in said) for one in run.people)


def _expressions(found: Any) -> list[str]:
    """All that is asked of Prometheus in a dashboard or a file of rules."""
    if isinstance(found, dict):
        own = [value for key, value in found.items() if key == "expr" and isinstance(value, str)]
        return own + [one for value in found.values() for one in _expressions(value)]
    return [one for value in found for one in _expressions(value)] if isinstance(found, list) else []


async def every_metric_of_the_dashboard_and_the_alerts_exists(run: Program) -> None:
    _, text = await scrape(run.address)
    there = {sample.name for family in text_string_to_metric_families(text) for sample in family.samples}
    families = {family.name for family in text_string_to_metric_families(text)}
    for file in (DEPLOY / "grafana.json", DEPLOY / "alerts.yml"):
        asked = _expressions(yaml.safe_load(file.read_text("utf-8")))
        assert len(asked) > 10
        for expression in asked:
            for name in re.findall(r"\bphotoplay_\w+", expression):
                kept = name in there or name.removesuffix("_total") in families
                assert kept, f"{file.name}: {name}"


def _metrics(file: str) -> set[str]:
    asked = " ".join(_expressions(yaml.safe_load((DEPLOY / file).read_text("utf-8"))))
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in re.findall(r"\bphotoplay_\w+", asked)}


def test_what_an_alert_is_about_is_on_the_dashboard() -> None:
    assert _metrics("alerts.yml") - _metrics("grafana.json") == set()


def test_the_alerts_say_what_to_do() -> None:
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    assert len(alerts) >= 12
    for alert in alerts:
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert alert["annotations"]["summary"].endswith(".")
        assert len(alert["annotations"]["todo"].split()) > 5
    assert len({alert["alert"] for alert in alerts}) == len(alerts)


@pytest.mark.skipif(not PROMTOOL, reason="promtool is not here (Debian: apt install prometheus)")
def test_promtool_understands_the_alerts() -> None:
    assert PROMTOOL
    done = subprocess.run(
        [PROMTOOL, "check", "rules", str(DEPLOY / "alerts.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_is_one() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    for panel in panels:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${datasource}"
        assert all(target["expr"] for target in panel["targets"])
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in board["panels"]]
    cells = [(x + i, y + j) for x, y, w, h in places for i in range(w) for j in range(h)]
    assert len(set(cells)) == len(cells), "two panels lie over each other"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", port=0, metrics_port=0)


async def test_there_are_none_unless_they_are_wanted(settings: Settings) -> None:
    async with open_app(settings.model_copy(update={"metrics_port": None}), idle=True) as app:
        async with metrics(app, "run") as address:
            assert address == ""
        async with app.listening() as web:
            assert (await scrape(f"{web}/metrics"))[0] == 404


async def test_the_token_opens_and_nothing_else_does(settings: Settings) -> None:
    secret = {"metrics_token": SecretStr("open-sesame")}
    async with open_app(settings.model_copy(update=secret), idle=True) as app, metrics(app, "run") as address:
        for said in ("", "Bearer ", "Bearer wrong", "Basic open-sesame", "open-sesame", "Bearer open-sesame2"):
            status, text = await scrape(address, **({"Authorization": said} if said else {}))
            assert (status, text) == (401, "")
        status, text = await scrape(address, Authorization="Bearer open-sesame")
        assert (status, "photoplay_build_info" in text) == (200, True)
        assert (await scrape(address.removesuffix("metrics"), Authorization="Bearer open-sesame"))[0] == 404


async def test_without_a_database_a_scrape_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_app(settings, idle=True) as app, metrics(app, "worker") as address:

        async def down(*_: object) -> None:
            raise StoreDown("locked")

        monkeypatch.setattr(app.store.vitals, "snapshot", down)
        status, text = await scrape(address)
        assert status == 200
        assert value(text, "photoplay_database_up") == 0
        assert "photoplay_jobs_now{" not in text


async def test_many_scrapes_read_the_database_once(settings: Settings) -> None:
    async with open_app(settings, idle=True) as app, metrics(app, "run") as address:
        before = value((await scrape(address))[1], "photoplay_database_seconds_count", kind="read")
        texts = await asyncio.gather(*(scrape(address) for _ in range(20)))
        after = value(texts[-1][1], "photoplay_database_seconds_count", kind="read")
        assert after - before <= 2  # the very first scrape began before its own reads were counted


async def test_a_port_in_use_is_told_by_its_name(settings: Settings) -> None:
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as taken:
        port = taken.sockets[0].getsockname()[1]
        async with open_app(settings.model_copy(update={"metrics_port": port}), idle=True) as app:
            with pytest.raises(Misconfigured, match="Set METRICS_PORT to a free one"):
                async with metrics(app, "run"):
                    pass


@pytest.mark.parametrize("command", ["run", "worker"])
async def test_the_program_serves_them(tmp_path: Path, command: str) -> None:
    port = free_port()
    secret = tmp_path / "token"
    secret.write_text("from-a-file\n", "utf-8")
    settings = {"PORT": "0", "METRICS_PORT": str(port), "METRICS_TOKEN_FILE": str(secret)}
    process = await start(tmp_path, command, **settings)
    try:
        async with asyncio.timeout(60):
            while True:
                try:
                    status, text = await scrape(f"http://127.0.0.1:{port}/metrics", Authorization="Bearer from-a-file")
                    break
                except aiohttp.ClientConnectionError:
                    await asyncio.sleep(0.05)
        assert (status, f'process="{command}"' in text) == (200, True)
    finally:
        process.terminate()
        _, err = await process.communicate()
    assert process.returncode == 0
    assert b"from-a-file" not in err


def test_an_odd_address_is_named() -> None:
    code, out, _ = here("check", METRICS_HOST="http://x", METRICS_PORT="0")
    assert (code, "METRICS_HOST: it must be an address alone" in out) == (1, True)
