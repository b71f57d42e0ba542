"""What hosts put into the environment."""

import sys
from pathlib import Path

import pytest

from bot import config
from bot.errors import Misconfigured

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("value", "hosts"),
    [
        ("", ("127.0.0.1",)),
        ("0.0.0.0", ("0.0.0.0",)),
        ("::", ("::",)),
        ("[::]", ("::",)),
        (" 0.0.0.0 , :: ,", ("0.0.0.0", "::")),
        ("localhost", ("localhost",)),
        ("my-machine.internal", ("my-machine.internal",)),
        ("fe80::1%eth0", ("fe80::1%eth0",)),
    ],
)
def test_host_is_one_address_or_several(value: str, hosts: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", value)
    assert config.load().hosts == hosts


@pytest.mark.parametrize(
    "value", ["http://0.0.0.0", "0.0.0.0:8080", "*", ",", "a b", "0.0.0.0 ::", "999.1.1.1", "1.2.3", "8080"]
)
def test_what_is_no_address_is_refused_in_words(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", value)
    with pytest.raises(Misconfigured, match="HOST: it must be an address"):
        config.load()


@pytest.mark.parametrize("url", ["https://999.1.1.1", "http://photos.1:8080"])
def test_an_address_that_cannot_be_is_refused_in_words(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    with pytest.raises(Misconfigured, match="PUBLIC_URL: it must be an address"):
        config.load()


@pytest.mark.parametrize("url", ["https://example.com/photoplay", "https://example.com/a/", "https://example.com//x"])
def test_a_public_url_with_a_path_is_refused_in_words(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    with pytest.raises(Misconfigured, match="PUBLIC_URL: it must have no path"):
        config.load()
    monkeypatch.setenv("PUBLIC_URL", "https://example.com/")
    assert config.load().public_url == "https://example.com"


def test_a_port_from_a_platform_alone_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    (tmp_path / ".env").write_text("PORT=8090\n")
    assert not config.load().unheard  # somebody wrote that file
    monkeypatch.setenv("PORT", "8090")
    assert config.load().unheard
    monkeypatch.setenv("HOST", "127.0.0.1")
    assert not config.load().unheard
    monkeypatch.delenv("HOST")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    assert not config.load().unheard  # somebody sits there


def test_the_procfile_is_heard_from_outside_unless_told_otherwise() -> None:
    (line,) = (ROOT / "Procfile").read_text("utf-8").splitlines()
    assert line == "web: HOST=${HOST:-::} photoplay run"
