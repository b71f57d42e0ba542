"""What a beginner in a shell is told: in an empty folder, of a misspelt setting, of versions and completion."""

import subprocess
import tomllib
from pathlib import Path

import pytest
from forks import ROOT
from shell import afresh as photoplay

from bot import config
from bot.env_file import oddities


async def test_looking_makes_nothing_and_says_that_there_is_nothing(tmp_path: Path) -> None:
    for command in (["check"], ["jobs"], ["quota"], ["cancel", "nobody1234"]):
        _, out, err = await photoplay(tmp_path, *command, PORT="0")
        assert f"There is no data folder yet at {tmp_path / 'data'}" in out + err
        assert "Traceback" not in err
        assert not list(tmp_path.iterdir()), command
    code, out, _ = await photoplay(tmp_path, "check", PORT="0", DATA_DIR=str(tmp_path / "a" / "b"))
    assert (code, "There is no data folder yet" in out) == (0, True)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("AIMLAPI_KEI=sk-secret-1", "There is no setting AIMLAPI_KEI (line 3 of .env). Did you mean AIMLAPI_KEY?"),
        ("telegram_tokn=1:sk-secret-1", "Did you mean TELEGRAM_TOKEN?"),
        ("AIMLAPI_KEY sk-secret-1", "Line 3 of .env sets nothing. It should look like NAME=value."),
        ("sk-secret-1", "Line 3 of .env sets nothing."),
        ("POSTGRES_PASSWORD=sk-secret-1", "Photoplay has no setting POSTGRES_PASSWORD: line 3 of .env."),
        ("sksecret1abc=", "Photoplay has no setting of that name: line 3 of .env."),
    ],
)
def test_what_sets_nothing_is_named_and_its_value_is_not(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / ".env").write_text(f"PORT=0\n\n{line}\nLOG_LEVEL=INFO\nexport daily_credits=5\n")
    (oddity,) = oddities(config.names(), tmp_path / ".env")
    assert said in oddity.text.replace(str(tmp_path / ".env"), ".env")
    assert "secret" not in oddity.text


async def test_a_misspelt_setting_is_told_whatever_is_run(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("AIMLAPI_KEI=sk-secret-1\nAIMLAPI_KEY: sk-secret-2\n")
    (tmp_path / ".env").chmod(0o600)
    code, out, err = await photoplay(tmp_path, "check", PORT="0")
    assert (code, "Did you mean AIMLAPI_KEY?" in out) == (1, True)
    assert "dotenv" not in err
    code, _, err = await photoplay(tmp_path, "jobs")
    assert (code, "Did you mean AIMLAPI_KEY?" in err) == (0, True)


async def test_it_says_its_version(tmp_path: Path) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert await photoplay(tmp_path, "--version") == (0, f"photoplay {version}\n", "")
    assert not list(tmp_path.iterdir())


async def test_a_shell_can_complete_commands_and_verbs(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    code, out, err = await photoplay(tmp_path, "--install-completion", "bash", **home)
    assert code == 0, err
    assert "completion installed" in out
    assert list(tmp_path.rglob("*.sh"))
    assert "--install-completion" in (ROOT / "README.md").read_text("utf-8")


def test_git_leaves_alone_what_is_written_here_by_default() -> None:
    for name in ("clip.mp4", "demo.mp4", "reports/audit.csv", ".env", "data/photoplay.db"):
        assert not subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT, check=False).returncode, name
