"""What the documents promise: settings, commands, modules, options, pins."""

import re
import tomllib
from dataclasses import replace
from itertools import pairwise

from bot import cli, cli_clips, config
from bot.offers import Choice
from bot.ordering import prompt
from bot.ordering.names import NAMES
from tests.layers import MODULES, ROOT, inside
from tests.samples import BEST, OFFERS


def readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def test_readme_lists_every_setting_as_it_is() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*) \|$", readme(), re.MULTILINE))
    expected = {}
    for name, field in config.Settings.model_fields.items():
        default = field.default
        shown = (
            "–"
            if default is None or default == ()
            else f"`{default:g}`"
            if isinstance(default, float)
            else f"`{default}`"
        )
        expected[name.upper()] = f"{shown} | {field.description}"
    assert rows == expected


def test_documents_name_only_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")):
        for target in set(re.findall(r"(?:`|^)make ([a-z.]+[a-z])", path.read_text("utf-8"), re.MULTILINE)):
            assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), f"{path.name}: make {target}"
    for target in ("demo", "run", "test", "check", "bench"):
        assert f"make {target}" in readme()


def test_documents_name_only_commands_that_exist() -> None:
    known = {
        *(command.name or command.callback.__name__ for command in cli.cli.registered_commands if command.callback),
        *(command.callback.__name__ for command in cli_clips.cli.registered_commands if command.callback),
        *(group.name for group in cli.cli.registered_groups if group.name),
    }
    forms = (ROOT / ".github").rglob("*.yml")
    for path in (*ROOT.glob("*.md"), *forms, *(ROOT / "docs").glob("*.md"), *(ROOT / "bot").rglob("*.py")):
        if path.suffix == ".py" and "texts" not in str(path.relative_to(ROOT)):
            continue
        for name in re.findall(r"`?photoplay ([a-z]+)", path.read_text("utf-8")):
            assert name in known, f"{path.name}: photoplay {name}"


def test_the_maintainers_page_names_every_module() -> None:
    page, named = (ROOT / "docs" / "maintainer.md").read_text("utf-8"), set()
    for package, row in re.findall(r"^\| `([\w/]+)` \| (.*) \|$", page, re.MULTILINE):
        for name in " ".join(re.findall(r"`([^`]+)`", row)).split():
            named |= {name, f"{package}/{name}"}
    files = [path for name, path in MODULES.items() if not inside(name, "generator")]
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in files if not path.stem.startswith("__")}
    assert there - named == set()


def test_the_chat_guide_shows_options_that_work() -> None:
    guide = (ROOT / "docs" / "chat.md").read_text("utf-8")
    shown = re.findall(r"`(--[^`]+)`", guide)
    assert {re.match("--([a-z]*)", example)[1] for example in shown} >= NAMES.keys()
    for example in shown:
        prompt.read(f"she smiles {example}", can=replace(OFFERS, default=Choice(BEST)))


def test_pins_are_hashed_and_name_no_index() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for name, extra in (("run", []), ("dev", wanted["optional-dependencies"]["dev"])):
        pins = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        assert "://" not in pins
        assert "--hash=sha256:" in pins
        for requirement in [*wanted["dependencies"], *extra]:
            package = re.split(r"[<>=\[]", requirement)[0].lower()
            assert re.search(rf"^{package}==", pins, re.MULTILINE), f"{package}: run make lock"


def test_the_changelog_knows_this_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_each_decision_is_a_paragraph_of_its_own() -> None:
    """Merges join them."""
    lines = (ROOT / "DECISIONS.md").read_text("utf-8").splitlines()
    assert [line for before, line in pairwise(lines) if before and line.startswith("**")] == []
