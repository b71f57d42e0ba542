"""When the tests of the loopback servers are left out."""

import subprocess
from pathlib import Path

import pytest

from tests.loopback.conftest import is_changed


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with one server and one pin."""
    for name in ("tests/loopback/server.py", "requirements/dev.txt", "bot/core.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1\n")
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *words], cwd=folder, check=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all")


def test_a_change_elsewhere_is_none(tree: Path) -> None:
    (tree / "bot/core.py").write_text("2\n")
    assert not is_changed(tree)


@pytest.mark.parametrize("name", ["tests/loopback/server.py", "tests/loopback/new.py", "requirements/dev.txt"])
@pytest.mark.parametrize("committed", [False, True])
def test_a_server_or_a_library_that_changed(tree: Path, name: str, committed: bool) -> None:
    git(tree, "checkout", "-q", "-b", "work")
    (tree / name).write_text("2\n")
    if committed:
        commit(tree)
    assert is_changed(tree)


def test_where_nothing_is_known_they_run(tmp_path: Path) -> None:
    assert is_changed(tmp_path)
