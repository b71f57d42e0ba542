"""Who may import whom, and what the documents promise."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from bot import cli, cli_clips, config, texts
from bot.ordering import prompt

ROOT = Path(__file__).parent.parent
RULES = {
    *(
        "bot.quotas.rules",
        "bot.quotas.amounts",
        "bot.jobs.machine",
        "bot.jobs.polling",
        "bot.jobs.survival",
        "bot.quotas.pricing",
        "bot.ordering.prompt",
    ),
    *("bot.commands.invocation", "bot.ordering.options", "bot.ordering.markup"),
    *("bot.ports", "bot.ports_gallery", "bot.ports_restored", "bot.ports_traces"),
}
DARKROOM = {
    *(
        "bot.media.sandbox.images",
        "bot.media.sandbox.first_image",
        "bot.media.sandbox.probe",
        "bot.media.sandbox.transcode",
        "bot.media.sandbox.encoder",
        "bot.media.sandbox.mp4_boxes",
        "bot.media.sandbox.cpu_limit",
        "bot.media.sandbox.photo_tasks",
    ),
    *(
        "bot.media.sandbox.clip_tasks",
        "bot.media.sandbox.worker",
        "bot.media.sandbox.confine",
        "bot.media.sandbox.landlock",
        "bot.media.sandbox.seccomp",
        "bot.media.sandbox.client",
        "bot.media.sandbox.turns",
    ),
    "bot.media.sandbox.colours",
}
CORE = {
    "bot.idempotency",
    "bot.core",
    "bot.commands.table",
    "bot.jobs.worker",
    "bot.jobs.steps",
    "bot.jobs.claims",
    "bot.jobs.delivery",
    "bot.media.orphans",
    "bot.media.library",
    "bot.media.clips",
    "bot.media.files",
    "bot.jobs.status",
    "bot.jobs.history",
    "bot.media.signed_links",
    "bot.jobs.shelf",
    "bot.media.fit",
    "bot.jobs.supervisor",
    "bot.quotas.balance",
    "bot.admin.people",
    "bot.admin.limits",
    "bot.admin.operator",
    "bot.admin.usage",
    "bot.admin.chart",
    "bot.gallery.sharing",
    "bot.gallery.lookup",
    "bot.gallery.notices",
    "bot.gallery.best",
    "bot.gallery.remix",
    "bot.gallery.settings",
    "bot.gallery.moderation",
    "bot.ordering.consent",
    "bot.ordering.crop",
    "bot.privacy.deletion",
    "bot.ordering.wordlist",
    "bot.ordering.blocklist",
    "bot.privacy.commands",
    "bot.privacy.retention",
    "bot.privacy.export",
    "bot.gallery.outbox",
    "bot.jobs.periodic",
}
TOP = {
    *("bot.app", "bot.check", "bot.cli", "bot.cli_admin", "bot.cli_clips", "bot.env_file", "bot.shell"),
    "bot.__main__",
}
"""The composition root and the command line: they may import everything, and nothing but they may import them."""

DRIVERS = {"aiosqlite", "sqlite3", "asyncpg", "httpx", "httpx_aiohttp", "aiohttp", "telegram", "discord"}
HOME = {
    "aiosqlite": {"storage.sqlite"},
    "sqlite3": {"storage.sqlite", "storage.migrate"},
    "asyncpg": {"storage.postgres", "storage.postgres_errors"},
    "telegram": {"adapters.telegram"},
    "discord": {"adapters.discord"},
    "httpx": {"bot.providers.client", "adapters.telegram.client"},
    "httpx_aiohttp": {"bot.providers.client", "adapters.telegram.client"},
    "aiohttp": {
        "bot.providers.client",
        "bot.providers.download",
        "adapters.telegram.client",
        "adapters.discord.client",
        "adapters.discord.files",
        "adapters.web",
        "generator",
    },
}
"""The only places where a driver may be imported."""


def modules() -> dict[str, set[str]]:
    """What each module of ours imports, by full name; what only a type checker reads does not count."""
    found = {}
    for path in [p for room in ("bot", "adapters", "storage", "generator") for p in (ROOT / room).rglob("*.py")]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        imports: set[str] = set()
        todo: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            todo.extend(ast.iter_child_nodes(node))
            if isinstance(node, ast.Import):
                imports.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path}: imports are absolute here"
                imports.update(f"{node.module}.{alias.name}" for alias in node.names)
        found[name] = imports
    return found


MODULES = modules()
WORDS = {"bot.model", "bot.errors", "bot.gallery.model", "bot.characters"} | {
    m for m in MODULES if re.match(r"bot\.texts", m)
}


def ours(name: str) -> set[str]:
    """The modules of ours that a module imports."""
    known = set(MODULES)
    return {
        next(m for m in (i, i.rpartition(".")[0]) if m in known)
        for i in MODULES[name]
        if known & {i, i.rpartition(".")[0]}
    } - {"bot"}


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def may(module: str) -> set[str]:
    """What a module may import of ours."""
    if module in TOP:
        return set(MODULES)
    if module in WORDS:
        return WORDS
    if module in RULES:
        return (
            WORDS
            | {m for m in RULES if m.startswith("bot.ports")}
            | {
                "bot.jobs.machine",
                "bot.quotas.rules",
                "bot.ordering.options",
                "bot.ordering.markup",
                "bot.quotas.pricing",
                "bot.jobs.survival",
            }
        )
    if module in DARKROOM:
        return WORDS | DARKROOM
    if module in CORE:
        return (
            WORDS | RULES | CORE | {"bot.media.sandbox.client", "bot.media.sandbox.confine", "bot.media.sandbox.turns"}
        )
    if inside(module, "bot.providers"):
        return {"bot.model", "bot.errors", "bot.ports", "bot.inflate"} | {
            m for m in MODULES if inside(m, "bot.providers")
        }
    if module in ("bot.config", "bot.logs"):
        return {"bot.errors", "bot.quotas.pricing"}
    if inside(module, "storage"):
        ports = {m for m in RULES if m.startswith("bot.ports")}
        return (
            {"bot.model", "bot.errors", "bot.quotas.rules", "bot.gallery.model"}
            | ports
            | {m for m in MODULES if inside(m, "storage")}
        )
    if inside(module, "generator"):
        return {m for m in MODULES if inside(m, "generator")}
    if inside(module, "adapters"):
        platform = ".".join(module.split(".")[:2])
        return {m for m in MODULES if inside(m, "bot") and not inside(m, "bot.providers")} - TOP | {
            m for m in MODULES if inside(m, platform, "adapters.shared")
        }
    return set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_each_module_imports_only_what_its_room_may(module: str) -> None:
    if module in ("bot", "adapters"):
        assert not ours(module)
        return
    assert ours(module) <= may(module), f"{module} may not import {sorted(ours(module) - may(module))}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_drivers_stay_at_their_edge(module: str) -> None:
    used = {name.partition(".")[0] for name in MODULES[module]} & DRIVERS
    strangers = {driver for driver in used if not inside(module, *HOME.get(driver, ()))}
    assert not strangers, f"{module} may not import {sorted(strangers)}"


def test_only_config_reads_the_environment() -> None:
    readers = {
        path.name
        for room in ("bot", "adapters", "storage", "generator")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"\b(environ|getenv)\b", path.read_text("utf-8"))
    }
    # The decoder hands an almost empty one to its children; the line to Telegram sets a switch of the library.
    assert readers <= {"config.py", "decoder.py", "line.py", "client.py"}


def test_temporary_files_are_made_in_our_own_folder() -> None:
    """The system's may be read-only, too small, or memory."""
    for path in [p for room in ("bot", "adapters", "storage", "generator") for p in (ROOT / room).rglob("*.py")]:
        for call in re.findall(r"tempfile\.\w+\([^)]*\)?", path.read_text("utf-8")):
            assert "dir=" in call, f"{path}: {call}"


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


def test_readme_names_only_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"make ([a-z]+)", readme())):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for target in ("demo", "run", "test", "check", "bench"):
        assert f"make {target}" in readme()


def test_documents_name_only_commands_that_exist() -> None:
    known = {
        *(command.name or command.callback.__name__ for command in cli.cli.registered_commands if command.callback),
        *(command.callback.__name__ for command in cli_clips.cli.registered_commands if command.callback),
        *(group.name for group in cli.cli.registered_groups if group.name),
    }
    for path in (ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "bot").rglob("*.py")):
        if path.suffix == ".py" and "texts" not in str(path.relative_to(ROOT)):
            continue
        for name in re.findall(r"`?photoplay ([a-z]+)", path.read_text("utf-8")):
            assert name in known, f"{path.name}: photoplay {name}"


def test_the_chat_guide_shows_options_that_work() -> None:
    guide = (ROOT / "docs" / "chat.md").read_text("utf-8")
    shown = re.findall(r"`(--[^`]+)`", guide)
    assert len(shown) >= len(prompt.OPTIONS)
    for example in shown:
        prompt.read(f"she smiles {example}")


def test_every_command_has_its_line() -> None:
    from bot.commands import table

    hidden = {
        "words",
        "next",
        "yes",
        "no",
        "undo",
        "agree",
        "crop",
        "heart",
        "show",
        "report",
        "keep",
        "hide",
        "banish",
    }
    assert set(table.TABLE) == {*texts.chat.COMMANDS, *texts.admin.COMMANDS, *hidden}
    assert set(texts.chat.MENU) <= set(texts.chat.COMMANDS)


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
