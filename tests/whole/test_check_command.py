"""`photoplay check` in the real program: what it finds, and when it fails."""

import re
import signal
from pathlib import Path

import pytest
from shell import here, photoplay, start


def test_check_without_keys() -> None:
    code, out, err = here("check", PORT="0")
    assert code == 0, out + err
    assert "the stand-in on this machine" in out
    assert "AIMLAPI_KEY" in out
    assert "Decoders: before they open a stranger's file they give up " in out


def test_check_says_what_strangers_could_use(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PLAYGROUND_PASSWORD=abc\n")
    (tmp_path / ".env").chmod(0o644)
    (tmp_path / "data").mkdir(mode=0o755)
    code, out, _ = here("check", PORT="0", HOST="0.0.0.0")
    assert code == 0, out
    assert "PLAYGROUND_PASSWORD has 3 characters, and the page can be reached from elsewhere" in out
    assert "can look into .env: keys and tokens. Run: chmod 600 .env" in out
    assert "can look into data: photos and the secret. Run: chmod 700 data" in out
    assert "abc" not in out.replace("PLAYGROUND", "")
    (tmp_path / ".env").chmod(0o600)
    (tmp_path / "data").chmod(0o700)
    code, out, _ = here("check", PORT="0", PUBLIC_URL="http://127.0.0.1:9")
    assert "PUBLIC_URL begins with http://" in out
    assert "can look into" not in out
    code, out, _ = here("check", PORT="0")
    assert "characters" not in out  # at home a short one does


async def test_check_knows_another_photoplay_from_this_one(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    process = await start(tmp_path, "run", PORT="0")
    try:
        assert process.stderr
        found = None
        while found is None:
            found = re.search(r"serving (http://\S+):(\d+),", (await process.stderr.readline()).decode())
        running = {"PORT": found[2]}
        code, out, _ = await photoplay(tmp_path, "check", **running)
        assert (code, f"Web server: running at http://127.0.0.1:{found[2]}." in out) == (0, True)
        code, out, _ = await photoplay(tmp_path, "check", **running, DATA_DIR="other")
        assert code == 1
        assert "another Photoplay, with another DATA_DIR, answers" in out
        public = {"PORT": "0", "PUBLIC_URL": f"http://127.0.0.1:{found[2]}"}
        code, out, _ = await photoplay(tmp_path, "check", **public, DATA_DIR="other")
        assert (code, "leads to another Photoplay" in out) == (1, True)
    finally:
        process.send_signal(signal.SIGTERM)
        await process.communicate()


@pytest.mark.parametrize(
    ("settings", "part"),
    [
        ({"AIMLAPI_KEY": "sk-secret-1", "AIMLAPI_URL": "http://127.0.0.1:9"}, "AI/ML API cannot be reached"),
        ({"PROVIDERS": "aimlapi"}, "AIMLAPI_KEY is not set"),
        ({"PROVIDERS": "nobody"}, "names “nobody”"),
        ({"APILAPLAS_KEY": "k", "APILAPLAS_INLINE": "false"}, "Set PUBLIC_URL"),
        ({"PUBLIC_URL": "http://127.0.0.1:9"}, "does not lead to this server"),
        ({"DATABASE_URL": "postgresql://u:sk-secret-1@127.0.0.1:9/x"}, "cannot reach PostgreSQL"),
        ({"DATA_DIR": "photo.jpg"}, "cannot be used"),
        ({"DATA_DIR": "/proc/nothing"}, "DATA_DIR /proc/nothing cannot be used"),
        ({"DATA_DIR": "broken"}, "file is not a database"),
        ({"LEASE": "soon"}, "LEASE: it must be a number."),
    ],
)
def test_check_fails_when_something_configured_does_not_work(
    tmp_path: Path, photo: Path, settings: dict[str, str], part: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "photoplay.db").write_bytes(bytes(100_000))
    code, out, err = here("check", **{"PORT": "0", **settings})
    assert code == 1, out + err
    assert part in out
    assert "sk-secret-1" not in out + err


async def test_check_fails_where_it_cannot_listen(tmp_path: Path) -> None:
    code, out, err = await photoplay(
        tmp_path, "check", PORT="0", HOST="203.0.113.1"
    )  # looks who is there: not from here
    assert code == 1, out + err
    assert "Cannot listen on 203.0.113.1" in out
