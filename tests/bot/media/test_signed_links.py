"""Links open what they were made for, for as long as they were made, and only if we made them."""

import json
import stat
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Misconfigured
from bot.media.signed_links import BadLink, Links, secret_of

NOW = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@given(
    secret=st.binary(min_size=1, max_size=64),
    namespace=st.text(max_size=20),
    name=st.text(),
    lifetime=st.floats(1e-3, 1e7),
)
def test_round_trip(secret: bytes, namespace: str, name: str, lifetime: float) -> None:
    links = Links(secret, lambda: NOW)
    token = links.sign(namespace, name, lifetime)
    assert links.open(namespace, token) == name
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_another_process_can_open_it() -> None:
    token = Links(b"secret", lambda: NOW).sign("photo", "a.jpg", 60)
    assert Links(b"secret", lambda: NOW + 59).open("photo", token) == "a.jpg"


def test_it_ends() -> None:
    clock = Clock()
    links = Links(b"secret", clock)
    token = links.sign("photo", "a.jpg", 60)
    clock.now += 59.9
    assert links.open("photo", token) == "a.jpg"
    clock.now += 0.1
    with pytest.raises(BadLink, match="old"):
        links.open("photo", token)


def test_one_purpose_does_not_serve_another() -> None:
    links = Links(b"secret", lambda: NOW)
    token = links.sign("photo", "a.jpg", 60)
    for namespace in ("clip", "", "photos", "Photo"):
        with pytest.raises(BadLink):
            links.open(namespace, token)


def test_another_secret() -> None:
    token = Links(b"theirs", lambda: NOW).sign("photo", "a.jpg", 60)
    with pytest.raises(BadLink):
        Links(b"ours", lambda: NOW).open("photo", token)


def test_another_name_or_a_longer_life() -> None:
    links = Links(b"secret", lambda: NOW)
    signature = links.sign("photo", "a.jpg", 60).rpartition(".")[2]
    for payload in (["b.jpg", NOW + 60], ["a.jpg", NOW + 6000]):
        forged = urlsafe_b64encode(json.dumps(payload, separators=(",", ":")).encode()).decode().rstrip("=")
        with pytest.raises(BadLink):
            links.open("photo", f"{forged}.{signature}")


@pytest.mark.parametrize("token", ["", ".", "..", "a.b", "\ud800.x", "é", "a" * 10_000, ".eJwL.x", "%00", "\x00"])
def test_garbage(token: str) -> None:
    with pytest.raises(BadLink):
        Links(b"secret", lambda: NOW).open("photo", token)


@given(st.text())
def test_any_text_is_bad(token: str) -> None:
    with pytest.raises(BadLink):
        Links(b"secret", lambda: NOW).open("photo", token)


def test_a_bad_link_is_a_value_error() -> None:
    assert issubclass(BadLink, ValueError)


# ── The secret ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "new"
    secret = secret_of(folder)
    assert len(secret) == 32
    assert secret_of(folder) == secret
    assert secret_of(tmp_path) != secret
    assert [path.name for path in folder.iterdir()] == ["secret"]
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600


def test_a_damaged_secret_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(Misconfigured, match="damaged"):
        secret_of(tmp_path)


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(Misconfigured, match="secret"):
        secret_of(tmp_path / "data")


def test_several_processes_start_at_once(tmp_path: Path) -> None:
    """They wait for one byte and then race; the losers take the winner's secret."""
    code = (
        "import sys; from pathlib import Path; from bot.media.signed_links import secret_of; "
        "sys.stdout.write('ready\\n'); "
        "sys.stdout.flush(); sys.stdin.read(1); sys.stdout.write(secret_of(Path(sys.argv[1])).hex())"
    )
    for attempt in range(3):
        folder = tmp_path / str(attempt)
        racers = [
            subprocess.Popen(
                [sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            for _ in range(4)
        ]
        for racer in racers:
            assert racer.stdout is not None
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin is not None
            racer.stdin.write("x")
            racer.stdin.flush()
        secrets = {racer.communicate()[0] for racer in racers}
        assert secrets == {(folder / "secret").read_bytes().hex()}
        assert [path.name for path in folder.iterdir()] == ["secret"]
