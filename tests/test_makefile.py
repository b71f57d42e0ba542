"""What `make test` runs, and how it ends; pytest itself is stood in for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bot import texts

MAKEFILE = Path(__file__).parents[1] / "Makefile"


@pytest.mark.parametrize("fails", ["", "--ignore=tests/whole", "tests/whole", "pytest"])
def test_both_halves_run_and_either_fails_the_whole(tmp_path: Path, fails: str) -> None:
    shutil.copy(MAKEFILE, tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@" >> ran\ncase " $* " in *" $FAILS "*) exit 1;; esac\n')
    python.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/dev.txt", "pyproject.toml", ".venv/dev"):  # the stamp last: all is installed
        (tmp_path / name).touch()
    done = subprocess.run(
        ["make", "-s", "test"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "FAILS": fails or "nothing"}, check=False
    )
    first, second = (tmp_path / "ran").read_text().splitlines()
    assert "--ignore=tests/whole" in first
    assert second == "-m pytest tests/whole"
    assert bool(done.returncode) == bool(fails)


def test_the_demo_promises_what_the_stand_in_shows() -> None:
    said = subprocess.run(
        ["make", "-n", "demo"], cwd=MAKEFILE.parent, capture_output=True, text=True, check=True
    ).stdout
    assert f'samples/lake.jpg "{texts.chat.STAND_IN_SAMPLES["lake"]}"' in said
