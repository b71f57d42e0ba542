"""The whole program as a supervisor has it: what systemd is told, and what `photoplay health` says."""

import asyncio
import signal
import socket
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from shell import here, photoplay, start

from tests.loopback.watcher import Watcher
from tests.poolers import free_port


async def test_systemd_is_told_and_health_is_answered(tmp_path: Path) -> None:
    settings = {"PORT": str(free_port()), "HOST": "::"}
    code, out, _ = await photoplay(tmp_path, "health", **settings)
    assert (code, "Nothing that is well answers at http://localhost:" in out) == (1, True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        loop = asyncio.get_running_loop()
        unit = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "300000"}
        process = await start(tmp_path, "run", **settings, **unit)
        assert (await loop.sock_recv(systemd, 4096)).startswith(b"READY=1\nSTATUS=serving http://")
        assert await loop.sock_recv(systemd, 4096) == b"WATCHDOG=1"
        code, out, err = await photoplay(tmp_path, "health", **settings)
        assert (code, "database: up" in out) == (0, True), out + err
        assert (await photoplay(tmp_path, "health", "--live", **settings))[:2] == (0, "Well.\n")
        process.send_signal(signal.SIGTERM)
        while b"STOPPING=1" not in await loop.sock_recv(systemd, 4096):
            pass
        await process.communicate()
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            b'HTTP/1.1 503 \r\nContent-Length: 36\r\n\r\n{"ok": false, "database": "is down"}',
            "Not well (database: is down).",
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>", "Nothing that is well answers at"),
        (b"SSH-2.0-x\r\n", "Nothing that is well answers at"),
    ],
)
async def test_what_is_not_well_is_told_apart(tmp_path: Path, answer: bytes, said: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        code, out, err = await photoplay(tmp_path, "health", PORT=str(port))
    assert (code, out.startswith(said)) == (1, True), out + err


def test_health_says_which_setting_is_wrong() -> None:
    code, _, err = here("health", PORT="eighty")
    assert (code, "PORT: it must be a whole number" in err) == (2, True)


async def test_the_program_pings_and_alerts_and_its_log_names_neither(tmp_path: Path) -> None:
    watcher = Watcher()
    async with watcher.serve() as base:
        urls = {"PING_URL": f"{base}/ping/secret-one", "ALERT_URL": f"{base}/alert/secret-two"}
        process = await start(tmp_path, "run", PORT="0", LOG_LEVEL="DEBUG", **urls)
        await watcher.until(1)
        assert watcher.heard[0] == ("GET", "/ping/secret-one", None)
        with closing(sqlite3.connect(tmp_path / "data" / "photoplay.db", timeout=30)) as database:
            async with asyncio.timeout(60):
                while not database.execute("SELECT 1 FROM notes WHERE name = 'alerted'").fetchone():
                    await asyncio.sleep(0.05)
            sql = "INSERT INTO incidents VALUES (?, 'something broke', 'badly', 'aimlapi', '')"
            database.execute(sql, [time.time()])
            database.commit()
        await watcher.until(2)
        method, path, body = watcher.heard[1]
        assert (method, path) == ("POST", "/alert/secret-two")
        assert [incident["what"] for incident in body["incidents"]] == ["something broke"]
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
    assert process.returncode == 0
    assert b"secret-" not in out + err


@pytest.mark.parametrize("value", ["hc-ping.com/secret", "ftp://h/secret", "https://", "http://h:99999/secret"])
def test_an_address_that_is_none_is_not_repeated(value: str) -> None:
    for name in ("PING_URL", "ALERT_URL"):
        code, out, err = here("check", **{name: value})
        assert (code, f"{name}: it must be an address such as" in out) == (1, True)
        assert "secret" not in out + err


def test_check_says_whether_anybody_would_notice() -> None:
    telegram = {"TELEGRAM_TOKEN": "1:a", "TELEGRAM_API_URL": "http://127.0.0.1:9"}
    open_metrics = {"METRICS_PORT": "9464", "METRICS_HOST": "0.0.0.0"}
    for settings, said, unsaid in (
        ({}, "", ("Metrics", "PING_URL", "Watched")),
        (telegram, "· PING_URL is not set", ("Metrics",)),
        ({"METRICS_PORT": "9464"}, "✓ Metrics: for Prometheus, on 127.0.0.1:9464.", ("METRICS_TOKEN",)),
        (open_metrics, "· Metrics: whoever reaches 0.0.0.0:9464 can read them. Set METRICS_TOKEN", ()),
        ({**open_metrics, "METRICS_TOKEN": "sesame"}, "✓ Metrics: for Prometheus, on 0.0.0.0:9464.", ("sesame",)),
    ):
        _, out, err = here("check", PORT="0", **settings)
        assert said in out
        assert not any(word in out + err for word in unsaid), out


def test_check_reaches_who_watches_us_and_calls_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as watcher:
        there = f"http://127.0.0.1:{watcher.getsockname()[1]}/secret"
        _, out, err = here("check", PORT="0", PING_URL=there, ALERT_URL=there)
        assert "✓ Watched from outside: PING_URL and ALERT_URL. The server was reached, not called." in out
        called = [watcher.accept()[0] for _ in range(2)]
        assert [one.recv(100) for one in called] == [b"", b""]
        for one in called:
            one.close()
    code, gone, _ = here("check", PORT="0", PING_URL=there, ALERT_URL=there)
    assert (code, "✗ ALERT_URL: its server cannot be reached (nobody listens there)." in gone) == (1, True)
    assert "secret" not in out + err + gone


def test_check_asks_nobody_elses_address() -> None:
    begin = time.monotonic()
    code, out, _ = here("check", HOST="203.0.113.5")
    assert (code, "Cannot listen on 203.0.113.5:8080: Cannot assign requested address." in out) == (1, True)
    assert "Web server: running at" not in out
    assert time.monotonic() - begin < 60
