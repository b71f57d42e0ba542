"""Secrets that stand in files instead of the environment."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import config, secret_files
from bot.errors import Misconfigured

SECRETS = [
    *("database_url", "playground_password", "metrics_token", "ping_url", "alert_url"),
    *("telegram_token", "discord_token"),
    *("aimlapi_key", "apilaplas_key"),
    "master_key",
    "master_key_before",
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(secret_files, "MOUNTED", tmp_path / "mounted")
    for name in ("CREDENTIALS_DIRECTORY", *config.names()):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def key() -> str | None:
    found = config.load().aimlapi_key
    return found and found.get_secret_value()


def test_every_secret_may_be_in_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret_files.secret_fields(config.Settings) == SECRETS
    odd = {"database_url": "postgresql://u:p@h/d", "telegram_token": "1:abc"}
    values = dict.fromkeys(SECRETS, "sk-" + "1" * 32) | odd | dict.fromkeys(("ping_url", "alert_url"), "https://h/x?y")
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n")
        monkeypatch.setenv(f"{name.upper()}_FILE", str(folder / name))
    found = config.load()
    assert {name: getattr(found, name) for name in SECRETS} == {n: SecretStr(v) for n, v in values.items()}


def test_env_may_name_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "key").write_text("sk-1")
    (folder / ".env").write_text("aimlapi_key_file=key\n")
    assert key() == "sk-1"
    monkeypatch.setenv("AIMLAPI_KEY", "")  # Compose passes on what is not set as an empty value
    assert key() == "sk-1"


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_a_secret_that_is_said_twice_is_asked_about(folder: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    (folder / "key").write_text("sk-1")
    monkeypatch.setenv("AIMLAPI_KEY_FILE", "key")
    if where == ".env":
        (folder / ".env").write_text("AIMLAPI_KEY=sk-2\n")
    else:
        monkeypatch.setenv("AIMLAPI_KEY", "sk-2")
    with pytest.raises(Misconfigured, match="AIMLAPI_KEY and AIMLAPI_KEY_FILE are both set"):
        config.load()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, r"cannot be read \(No such file or directory\)"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"x" * 70_000, "too large"),
    ],
)
def test_a_file_that_cannot_be_used_means_no_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, said: str
) -> None:
    path = folder / "sk-secret-1"
    monkeypatch.setenv("AIMLAPI_KEY_FILE", str(path))
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Misconfigured, match=f"AIMLAPI_KEY_FILE: the file .*{said}") as error:
        config.load()
    assert "sk-secret-1" not in str(error.value)


@pytest.mark.parametrize("value", ["a\0b", "sk-secret-1" * 1000, "."])
def test_what_is_no_path_of_a_file(monkeypatch: pytest.MonkeyPatch, folder: Path, value: str) -> None:
    if "\0" in value:
        (folder / ".env").write_text(f'AIMLAPI_KEY_FILE="{value}"\n')
    else:
        monkeypatch.setenv("AIMLAPI_KEY_FILE", value)
    with pytest.raises(Misconfigured, match="AIMLAPI_KEY_FILE") as error:
        config.load()
    assert "sk-secret-1" not in str(error.value)


def test_folders_of_secrets_are_looked_into(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mounted", "credentials"):
        (folder / name).mkdir()
        (folder / name / "others").write_text("of no concern")
    (folder / "mounted" / "AIMLAPI_KEY").write_text("sk-mounted\n")
    assert key() == "sk-mounted"
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder / "credentials"))
    assert key() == "sk-mounted"
    (folder / "credentials" / "aimlapi_key").write_text("sk-credential\n")
    assert key() == "sk-credential"
    (folder / ".env").write_text("AIMLAPI_KEY=sk-said\n")
    assert key() == "sk-said"
    (folder / "mounted" / "port").write_text("99")  # no secret
    assert config.load().port == 8080


def test_one_that_lies_there_and_cannot_be_read_means_no_start(folder: Path) -> None:
    (folder / "mounted").mkdir()
    (folder / "mounted" / "discord_token").mkdir()
    with pytest.raises(Misconfigured, match=r"The secret discord_token: the file cannot be read \(Is a directory\)"):
        config.load()


def test_one_of_which_it_cannot_be_said_whether_it_is_there_means_no_start(folder: Path) -> None:
    (folder / "mounted").symlink_to("mounted")
    with pytest.raises(Misconfigured, match=r"The secret database_url: .*symbolic links"):
        config.load()


def test_what_a_file_holds_is_checked_like_any_value(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "key").write_text("sk secret 1")
    monkeypatch.setenv("AIMLAPI_KEY_FILE", "key")
    with pytest.raises(Misconfigured, match="AIMLAPI_KEY: it has a space") as error:
        config.load()
    assert "secret" not in str(error.value).lower().replace("a setting", "")
