"""Selection of the loopback servers' own tests, which concern changes of a server or a client library.

They are skipped if this folder and the pins are unchanged relative to main, except in CI, and if the folder is named.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WATCHED = ("tests/loopback", "requirements/dev.txt")


def is_changed(root: Path) -> bool:
    """Whether a watched file differs from main; True without git or a main branch."""
    try:
        differs = subprocess.run(["git", "diff", "--quiet", "main", "--", *WATCHED], cwd=root, capture_output=True)
        new = subprocess.run(["git", "status", "--porcelain", "--", *WATCHED], cwd=root, capture_output=True)
    except OSError:
        return True
    return bool(differs.returncode or new.returncode or new.stdout)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    if os.environ.get("CI") or any("loopback" in name for name in config.args) or is_changed(HERE.parents[1]):
        return
    items[:] = [item for item in items if item not in ours]
    config.hook.pytest_deselected(items=ours)
