"""What is seen in a shell: settings, output, help, and processes that serve until they are stopped."""

import asyncio
import io
import json
import os
import re
import signal
import sys
import urllib.request
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from forks import ROOT
from PIL import Image
from shell import Said, ctrl_c, here, photoplay, start

from bot.config import Settings


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"PORT": "eighty"}, "PORT: it must be a whole number."),
        ({"LEASE": "inf"}, "LEASE: it must be a number."),
        ({"PORT": "99999"}, "PORT: it must be at most 65535."),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: it must be one of DEBUG, INFO, "),
        ({"DATABASE_URL": "mysql://sk-secret-1"}, "DATABASE_URL: it must start with"),
        ({"DATABASE_URL": "postgres://u:sk-secret-1@h/d?sslmode=maybe"}, "DATABASE_URL: sslmode must be one of"),
        ({"DATABASE_URL": "postgres://u:sk-secret-1@127.0.0.1:9/x"}, "nobody answers at its host and port"),
        ({"AIMLAPI_KEY": "sk-secret-1é"}, "AIMLAPI_KEY: it has a space or a character in it"),
        ({"AIMLAPI_URL": "https://sk-secret-1:99999"}, "AIMLAPI_URL: it must be an address"),
        ({"AIMLAPI_URL": "https://sk-secret-1@x.example"}, "AIMLAPI_URL: it must be a bare address"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(settings: dict[str, str], part: str) -> None:
    answers = [here(command, **settings) for command in ("check", "jobs", "run")]
    assert [code for code, _, _ in answers] == [1, 2, 2]
    for _, out, err in answers:
        assert part in out + err
        assert "sk-secret-1" not in out + err
        assert "Traceback" not in err


def test_settings_are_read_as_they_were_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("AIMLAPI_KEY=sk-1\nAPILAPLAS_KEY=' sk-2 '\nPROVIDERS=local,local\nMODEL=' m '\n")
    for name, value in {"AIMLAPI_KEY": "", "LOG_LEVEL": "debug", "DAILY_CREDITS": "", "PORT": " "}.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.aimlapi_key is None
    assert settings.apilaplas_key
    assert settings.apilaplas_key.get_secret_value() == "sk-2"
    assert (settings.providers, settings.model, settings.log_level) == (("local",), "m", "DEBUG")
    assert (settings.daily_credits, settings.port) == (None, 8080)


def test_a_database_that_cannot_be_used_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photoplay.db").write_bytes(bytes(100_000))
    code, _, err = here("jobs")
    assert code == 2
    assert err.startswith("The database can't be used right now (")
    assert "nothing was ordered or spent" in err


async def test_whatever_becomes_of_the_output_there_is_no_traceback(tmp_path: Path) -> None:
    async def shell(line: str) -> Said:
        process = await asyncio.create_subprocess_shell(
            f"photoplay() {{ {sys.executable} -m bot $@; }}; {line}",
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii", "PORT": "0"},
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        return process.returncode or 0, out.decode(), err.decode()

    assert await shell("photoplay check | head -0") == (0, "", "")
    (tmp_path / "data").mkdir()
    assert await shell("photoplay jobs > /dev/full") == (2, "", "No space left on device\n")
    code, out, err = await shell("photoplay check")
    assert (code, err) == (0, "")
    assert out.startswith("? Data folder: ")
    assert "MB free" in out


async def test_run_serves_until_sigterm(tmp_path: Path, photo: Path) -> None:
    process = await start(tmp_path, "run", PORT="0")
    assert process.stderr
    found = None
    while found is None:
        line = (await process.stderr.readline()).decode()
        assert line
        found = re.search(r"serving (http://\S+), buying from local", line)

    def get() -> dict[str, object]:
        with urllib.request.urlopen(f"{found[1]}/healthz") as answer:
            said: dict[str, object] = json.load(answer)
            return said

    health = await asyncio.to_thread(get)
    assert health["ok"] is True
    figures = {"worker_last_round_s", "oldest_overdue_s", "outbox_overdue_s", "database", "jobs", "platforms"}
    assert set(health) == {"ok", "buying", *figures}
    assert health["buying"] == "on"
    # An order from another process is worked off here, and there.
    assert (await photoplay(tmp_path, "animate", str(photo), "drift", "-o", "c.mp4"))[0] == 0
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        _, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in err


async def test_the_stand_in_runs_alone(tmp_path: Path) -> None:
    process = await start(
        *(tmp_path, "generator", "--port", "0", "--key", "sk-secret-1", "--deposit", "2.5", "--pace", "0.001")
    )
    assert process.stderr
    found = re.search(r"answers at (\S+)", (await process.stderr.readline()).decode())
    assert found
    _, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="sk-secret-1", AIMLAPI_URL=found[1], PORT="0")
    assert "AI/ML API is reachable and takes the key" in out
    assert "Prices: AI/ML API lists 13 of the 13 models of Photoplay." in out
    assert "Receipts: AI/ML API keeps a log of our requests" in out
    _, out, _ = await photoplay(tmp_path, "admin", "operator", AIMLAPI_KEY="sk-secret-1", AIMLAPI_URL=found[1])
    assert "Left at AI/ML API: $2.50" in out
    code, out, _ = await photoplay(tmp_path, "check", AIMLAPI_KEY="wrong", AIMLAPI_URL=found[1], PORT="0")
    assert code == 1
    assert "does not accept AIMLAPI_KEY" in out
    assert "Receipts: the log that AI/ML API keeps of our requests cannot be read now (HTTP 401)" in out
    assert "given back after 30 minutes" in out
    code, out, err = await photoplay(tmp_path, "generator", "--port", found[1].rpartition(":")[2])
    assert (code, out) == (2, "")
    assert "is in use. Choose a free one with --port." in err
    ctrl_c(process)
    async with asyncio.timeout(60):
        await process.communicate()
    assert process.returncode == 0


async def test_help_describes_every_command(tmp_path: Path) -> None:
    code, out, _ = await photoplay(tmp_path, "--help")
    assert code == 0
    for command in ("run", "worker", "animate", "jobs", "quota", "cancel", "fetch", "generator", "check"):
        assert re.search(rf"{command}\s+\w+", out)
    helps = {}
    for command in ("animate", "jobs", "cancel", "fetch"):
        code, out, _ = await photoplay(tmp_path, command, "--help")
        helps[command] = out
        assert (code, f"photoplay {command} " in out.partition("For example:")[2]) == (0, True)
        assert "=(" not in out  # nothing of Python's
    assert "seconds: 5 or 10; other models" in " ".join(re.sub("[│╭╮─]", " ", helps["animate"]).split())
    assert (await photoplay(tmp_path, "generator", "--help"))[0] == 0


async def test_what_is_not_needed_is_not_loaded(tmp_path: Path) -> None:
    """A platform without a token, the other database, and what the decoders alone open pictures with."""
    for command, more in (("jobs", "PIL pillow_heif av numpy cv2 asyncpg"), ("check", "")):
        heavy = f"telegram discord cryptography {more}".split()
        looks = f"import sys, atexit; atexit.register(lambda: print(set({heavy}) & set(sys.modules)))"
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", f"{looks}; from bot.__main__ import main; main()", command),
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PORT": "0"},
            stdout=PIPE,
        )
        out, _ = await process.communicate()
        assert (process.returncode, out.decode().splitlines()[-1]) == (0, "set()")


async def test_a_bot_that_has_seen_no_photo_has_loaded_nothing_for_one(tmp_path: Path) -> None:
    """With both platforms: no cipher, which Telegram's library would load, no pictures, no stand-in, no progress."""
    heavy = [
        "cryptography",
        "PIL",
        "av",
        "numpy",
        "prometheus_client",
        "asyncpg",
        "babel",
        "generator.server",
        "rich.progress",
    ]
    code = f"""
import sys, bot.cli, adapters.telegram.platform, adapters.discord.platform
print({{name for name in {heavy} if name in sys.modules}})
import cryptography.hazmat.backends, telegram
print(telegram.Bot("1:2").token)"""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdout=PIPE,
    )
    out, _ = await process.communicate()
    assert out.decode().splitlines() == ["set()", "1:2"]


@pytest.mark.parametrize("path", sorted((ROOT / "adapters" / "web" / "samples").iterdir()), ids=lambda p: p.name)
def test_samples_are_pictures(path: Path) -> None:
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        assert min(image.size) >= 720
