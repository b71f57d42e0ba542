"""The operator's page is a path, and each command that it, README or deploy/ shows is one that the shell takes."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import cli

ROOT = Path(__file__).parent.parent
PATH = ["Install", "Connect", "Watch", "Keep", "Upgrade", "Grow"]
SHOWN = re.compile(r"^[\w/.-]*photoplay ([a-z-][^#`\n]*)|`(?:[\w/.-]*/)?photoplay ([a-z-][^`]*)`", re.MULTILINE)
PAGES = [ROOT / "README.md", *(ROOT / "docs" / name for name in ("operator.md", "upgrade.md"))]


def shown(page: Path) -> list[str]:
    """Commands in blocks and in the text, without ellipses."""
    found = (block or inline for block, inline in SHOWN.findall(page.read_text("utf-8")))
    return sorted({" ".join(words.split()).rstrip("…") for words in found})


def said(words: str) -> str:
    """What the shell complains of in a command; empty if it takes it. Options are parsed before `--help` counts."""
    result = CliRunner().invoke(cli, [*shlex.split(words), "--help"], prog_name="photoplay")
    return "" if result.exit_code == 0 else result.output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_shell_takes_each_command(page: Path) -> None:
    commands = shown(page)
    assert commands
    for words in commands:
        assert not said(words), f"photoplay {words}"


def test_what_the_shell_does_not_take_would_be_found() -> None:
    assert said("restore --chekc /mnt/backups")
    assert said("admin operate pause")


def test_the_page_is_a_path_and_its_first_lines_name_it() -> None:
    text = (ROOT / "docs" / "operator.md").read_text("utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE)[: len(PATH)] == PATH
    assert re.findall(r"\[(\w+)\]\(#", text.partition(". Behind it")[0]) == [name.lower() for name in PATH]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_leads_to_a_heading(page: Path) -> None:
    for file, anchor in re.findall(r"\]\(((?:[\w./-]+\.md)?)#([\w-]+)\)", page.read_text("utf-8")):
        there = (page.parent / file if file else page).read_text("utf-8")
        headings = re.findall(r"^#+ (.*)$", there, re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in slugs, f"{page.name}: {file}#{anchor}"
