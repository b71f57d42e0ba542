"""The loopback servers have tests of their own, for whoever changes a server or the library that speaks to it.

They are left out where `git` sees no difference to main in this folder and in the pins. CI runs them always, and so
does who names the folder.
"""

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WATCHED = ("tests/loopback", "requirements/dev.txt")


def is_changed(root: Path) -> bool:
    """Whether anything watched differs from main; without git or a main, whoever asks shall run the tests."""
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
