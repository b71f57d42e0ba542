"""What docs/licences.md says is what the installed packages say of themselves."""

import platform
import sys
from pathlib import Path

import pytest

from docs import licences

LIST = Path(licences.__file__).with_name("licences.md")


def test_every_package_that_is_pinned_is_listed() -> None:
    listed = [line.split(" | ")[0].removeprefix("| ") for line in LIST.read_text("utf-8").splitlines() if "|" in line]
    assert listed[2:] == licences.packages()


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="wheels for other machines hold other libraries"
)
def test_it_is_as_installed() -> None:
    assert LIST.read_text("utf-8") == licences.text(), "run make licences"


def test_no_package_of_python_would_make_all_of_it_gpl() -> None:
    """Of the packages alone: docs/licences.md says what libraries in their wheels ask for."""
    assert not [name for name in licences.packages() if licences.licence(name).startswith(("GPL", "AGPL"))]


def test_what_is_not_known_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(licences.NATIVE, "x264")
    with pytest.raises(LookupError, match="av: its wheel holds libx264"):
        licences.libraries("av")
    monkeypatch.setattr(licences, "UNSAID", {})
    with pytest.raises(LookupError, match="jinja2: its metadata says “BSD License"):
        licences.licence("jinja2")
