"""`photoplay init`: by options and in a terminal, against servers that answer."""

import asyncio
import os
import pty
import re
import signal
import sys
import termios
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values
from forks import ENVIRONMENT
from hypothesis import given
from hypothesis import strategies as st
from shell import here, photoplay

from adapters.discord.gateway import invite
from bot import setup
from generator.server import Generator
from tests.loopback.discord.server import DiscordApi
from tests.loopback.telegram.server import BotApi
from tests.poolers import free_port

Servers = tuple[BotApi, DiscordApi, dict[str, str]]


@pytest.fixture
async def servers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Servers]:
    """Telegram, Discord and a provider with the key `sk-secret-1`, and the settings that lead there."""
    telegram, discord = BotApi(), DiscordApi()
    provider = Generator(tmp_path_factory.mktemp("provider"), key="sk-secret-1")
    async with telegram.serve() as bots, discord.serve() as rest, provider.serve() as host:
        yield (
            telegram,
            discord,
            {"TELEGRAM_API_URL": bots, "DISCORD_API_URL": rest, "AIMLAPI_URL": host, "PORT": str(free_port())},
        )


async def test_by_options(tmp_path: Path, servers: Servers) -> None:
    telegram, discord, addresses = servers
    ann, ben = telegram.user("Ann"), discord.user("ben")
    telegram.private(ann)
    (tmp_path / "token.txt").write_text(f"{telegram.token}\n")
    url = f"http://127.0.0.1:{addresses['PORT']}"
    code, out, err = await photoplay(
        *(tmp_path, "init", "--telegram-token", "@token.txt", "--discord-token", discord.token),
        *("--aimlapi-key", "sk-secret-1", "--owners", f"telegram:{ann.id},discord:{ben.id}"),
        *("--public-url", url, "--playground-password", "a long one, it's said"),
        **addresses,
    )
    assert code == 0, out + err
    assert "https://t.me/photoplay_bot?startgroup=new" in out
    assert invite(discord.application_id) in out
    for said in (
        "AI/ML API is reachable and takes the key",
        "is Ann.",
        "is Ben.",
        f"{url} leads here",
        "Next: photoplay run",
    ):
        assert said in out
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "token.txt"]
    assert dotenv_values(tmp_path / ".env") == {
        "TELEGRAM_TOKEN": telegram.token,
        "DISCORD_TOKEN": discord.token,
        "AIMLAPI_KEY": "sk-secret-1",
        "OWNERS": f"telegram:{ann.id},discord:{ben.id}",
        "PUBLIC_URL": url,
        "PLAYGROUND_PASSWORD": "a long one, it's said",
    }
    for secret in (telegram.token, discord.token, "sk-secret-1", "a long one"):
        assert secret not in out + err
    code, out, err = await photoplay(tmp_path, "check", **addresses)
    assert code == 0, out


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--telegram-token", "1:sk-secret-2"), "Telegram does not accept TELEGRAM_TOKEN"),
        (("--discord-token", "sk-secret-2"), "Discord does not accept DISCORD_TOKEN"),
        (("--aimlapi-key", "sk-secret-2"), "AI/ML API does not accept AIMLAPI_KEY"),
        (("--owners", "telegram:1"), "telegram:1 cannot be told anything"),
        (("--owners", "matrix:1"), "matrix:1 cannot be told anything"),
        (("--public-url", "http://127.0.0.1:9"), "does not lead to this server"),
        (("--playground-password", "sk-secret"), "is too short: take 12 characters or more"),
    ],
)
async def test_an_answer_that_does_not_work_is_not_written(
    tmp_path: Path, servers: Servers, wrong: tuple[str, str], said: str
) -> None:
    for more, code in (((), 1), (("--untested",), 0)):
        found, out, err = await photoplay(tmp_path, "init", *wrong, *more, **servers[2])
        assert (found, said in out) == (code, True), out + err
        assert "sk-secret" not in out + err
        assert (tmp_path / ".env").exists() == (code == 0)
        assert ("--untested" in err) == (code == 1)


async def test_an_owner_whom_the_platform_does_not_know(tmp_path: Path, servers: Servers) -> None:
    telegram, discord, addresses = servers
    tokens = "--telegram-token", telegram.token, "--discord-token", discord.token
    for owner in ("telegram:99", "discord:99", "discord:ann"):
        code, out, _ = await photoplay(tmp_path, "init", *tokens, "--owners", owner, **addresses)
        assert (code, f"{owner} is not known there" in out) == (1, True), out


def test_what_no_setting_may_be_is_said_before_anything_is_tried(tmp_path: Path) -> None:
    code, out, err = here("init", "--telegram-token", "sk-secret-1")
    assert (code, "TELEGRAM_TOKEN: it must look like" in err, "sk-secret-1" in out + err) == (2, True, False)
    code, _, err = here("init", "--aimlapi-key", "@nowhere.txt")
    assert (code, err) == (2, "--aimlapi-key: the file cannot be read (No such file or directory).\n")


async def test_nobody_is_asked_where_nobody_is(tmp_path: Path) -> None:
    code, _, err = await photoplay(tmp_path, "init")
    assert (code, "Nobody can be asked here" in err) == (1, True)
    code, out, _ = await photoplay(tmp_path, "init", "--yes")
    assert (code, "Nothing to write" in out) == (0, True)
    assert not list(tmp_path.iterdir())


async def test_what_is_there_stays(tmp_path: Path, servers: Servers) -> None:
    (tmp_path / "elsewhere").write_text(
        "# mine\nexport LOG_LEVEL=DEBUG # loud\n\n# a key\naimlapi_key=old\nAIMLAPI_KEY='older'\n"
        "APILAPLAS_KEY_FILE=key\nPORT=0"
    )
    (tmp_path / "key").write_text("sk-3")
    (tmp_path / ".env").symlink_to("elsewhere")
    (tmp_path / "elsewhere").chmod(0o644)
    code, out, err = await photoplay(
        *(tmp_path, "init", "--aimlapi-key", "sk-secret-1", "--apilaplas-key", "sk-4", "--untested"),
        **servers[2],
        DAILY_CREDITS="3",
        OWNERS="web:1",
    )
    assert code == 0, out + err
    assert (tmp_path / ".env").is_symlink()
    assert (tmp_path / "elsewhere").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "elsewhere").read_text() == (
        "# mine\nexport LOG_LEVEL=DEBUG # loud\n\n# a key\nAIMLAPI_KEY=sk-secret-1\nPORT=0\nAPILAPLAS_KEY=sk-4\n"
    )
    code, out, _ = await photoplay(tmp_path, "init", "--apilaplas-key", "-", **servers[2], APILAPLAS_KEY="sk-5")
    assert code == 0
    assert "APILAPLAS_KEY=\n" in (tmp_path / "elsewhere").read_text()
    assert "APILAPLAS_KEY is set in the environment too" in out


@given(value=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.strip).filter(bool))
def test_every_value_is_read_as_it_was_written(value: str) -> None:
    text = setup.merged("A=1\n", {"PLAYGROUND_PASSWORD": value, "MODEL": "m"})
    read = dotenv_values(stream=StringIO(text), interpolate=False)
    assert read == {"A": "1", "PLAYGROUND_PASSWORD": value, "MODEL": "m"}


def test_what_cannot_be_written_is_refused_and_the_file_stays(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=0\n")
    for value in ("a${HOME}bcdefghijk", "${X:-}abcdefghijkl"):
        code, _, err = here("init", "--playground-password", value, "--untested")
        assert (code, "PLAYGROUND_PASSWORD cannot be written" in err) == (2, True)
    assert (tmp_path / ".env").read_text() == "PORT=0\n"
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


# ── In a terminal ────────────────────────────────────────────────────────────────────────────────────────────────────


class Terminal:
    """`photoplay init`, and somebody who reads and types."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder, self._settings = folder, settings
        self.screen = ""

    async def __aenter__(self) -> "Terminal":
        self._ours, self._theirs = (
            pty.openpty()
        )  # both stay open: what is written last would be lost with the other end
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "init"),
            cwd=self._folder,
            env={**ENVIRONMENT, "TERM": "dumb", **self._settings},
            stdin=self._theirs,
            stdout=self._theirs,
            stderr=self._theirs,
            start_new_session=True,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)

    async def until(self, words: str) -> str:
        """What is on the screen since the last time, up to these words."""
        loop, begun = asyncio.get_running_loop(), self.screen
        while not (found := re.search(re.escape(words), begun)):
            piece = await asyncio.wait_for(loop.run_in_executor(None, os.read, self._ours, 4096), 60)
            begun += piece.decode().replace("\r\n", "\n")
        self.screen = begun[found.end() :]
        return begun[: found.end()]

    async def is_silent(self) -> None:
        """It shows nothing of what is typed; what was typed before is thrown away."""
        while termios.tcgetattr(self._ours)[3] & termios.ECHO:
            await asyncio.sleep(0.01)

    async def asked(self, about: str, answer: str, *, secret: bool = False) -> None:
        await self.until(about)
        await self.until("> ")
        if secret:
            await self.is_silent()
        os.write(self._ours, f"{answer}\n".encode())


async def test_in_a_terminal(tmp_path: Path, servers: Servers) -> None:
    telegram, _, addresses = servers
    (tmp_path / ".env").write_text("AIMLAPI_KEY=sk-old\n")
    async with Terminal(tmp_path, addresses) as terminal:
        await terminal.asked("Telegram: the token", "nonsense", secret=True)
        await terminal.asked("TELEGRAM_TOKEN: it must look like", "1:sk-secret-2", secret=True)
        await terminal.until("does not accept TELEGRAM_TOKEN")
        await terminal.asked("Keep it all the same?", "")
        await terminal.asked("", telegram.token, secret=True)
        await terminal.until("https://t.me/photoplay_bot")
        await terminal.asked("Discord: the token", "", secret=True)
        await terminal.asked("Enter keeps what is set", "sk-secret-1", secret=True)
        await terminal.until("takes the key")
        await terminal.asked("Apilaplas", "", secret=True)
        await terminal.asked("operators", "")
        await terminal.asked("https address", "http://127.0.0.1:9")
        await terminal.asked("Keep it all the same?", "y")
        await terminal.asked("A password", "", secret=True)
        shown = await terminal.until("Next: photoplay run")
        assert "sk-secret" not in shown
        assert await terminal.process.wait() == 0
    assert dotenv_values(tmp_path / ".env") == {
        "AIMLAPI_KEY": "sk-secret-1",
        "TELEGRAM_TOKEN": telegram.token,
        "PUBLIC_URL": "http://127.0.0.1:9",
    }


@pytest.mark.parametrize("how", ["Ctrl-C", "the end of input"])
async def test_stopped_in_the_middle_nothing_is_written(tmp_path: Path, servers: Servers, how: str) -> None:
    async with Terminal(tmp_path, servers[2]) as terminal:
        await terminal.asked("Telegram: the token", servers[0].token, secret=True)
        await terminal.until("Discord: the token")
        await terminal.until("> ")
        await terminal.is_silent()
        if how == "Ctrl-C":
            os.kill(terminal.process.pid, signal.SIGINT)
        else:
            os.write(terminal._ours, b"\4")
        await terminal.until("Nothing was written.")
        assert await terminal.process.wait() == 1
    assert not list(tmp_path.iterdir())
