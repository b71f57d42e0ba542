"""What `make test` runs, and how it ends; pytest itself is stood in for."""

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"


@pytest.mark.parametrize(("asked", "run"), [("", "-n auto --dist worksteal"), ("tests/bot -x", "tests/bot -x")])
@pytest.mark.parametrize("fails", [False, True])
def test_one_run_of_everything_or_of_what_is_asked_for(tmp_path: Path, asked: str, run: str, fails: bool) -> None:
    shutil.copy(MAKEFILE, tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >> ran\nexit $FAILS\n')
    python.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/dev.txt", "pyproject.toml", ".venv/dev"):  # the stamp last: all is installed
        (tmp_path / name).touch()
    done = subprocess.run(
        ["make", "-s", "test", *([f"ARGS={asked}"] if asked else [])],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "FAILS": str(int(fails))},
        check=False,
    )
    assert (tmp_path / "ran").read_text() == f"-m pytest {run}\n"
    assert bool(done.returncode) == fails
