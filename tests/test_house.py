"""Who may import whom, and what the documents promise."""

import ast
import functools
import graphlib
import re
import tomllib
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from bot import cli, cli_clips, config
from bot.offers import Choice
from bot.ordering import prompt
from bot.platforms import PLATFORMS
from tests.samples import BEST, OFFERS

ROOT = Path(__file__).parent.parent
LAYERS: tuple[tuple[str, ...], ...] = (
    (
        *("bot.languages", "bot.sentence", "bot.model", "bot.conversation", "bot.errors", "bot.characters"),
        *("bot.ids", "bot.inflate", "bot.log_context", "bot.platforms", "bot.unreached"),
    ),
    ("bot.texts", "bot.quotas.rules", "bot.quotas.records", "bot.gallery.model", "bot.sealing"),
    ("bot.ports", "bot.abilities", "bot.catalogue", "bot.overview", "bot.offers"),
    ("bot.billing",),
    (
        *("bot.jobs.machine", "bot.jobs.polling", "bot.jobs.survival", "bot.quotas.pricing", "bot.quotas.amounts"),
        *(
            "bot.ordering.prompt",
            "bot.ordering.options",
            "bot.ordering.markup",
            "bot.ordering.wordlist",
            "bot.ordering.blocklist",
        ),
        *("bot.media.sandbox", "bot.commands.invocation", "bot.commands.talk"),
    ),
    ("storage",),
    (
        *("bot.media", "bot.jobs.history", "bot.jobs.status", "bot.jobs.supervisor", "bot.jobs.shelf"),
        "bot.providers",
    ),
    ("bot.context",),
    ("bot.rights", "bot.idempotency"),
    ("bot.quotas", "bot.gallery.lookup"),
    ("bot.admin", "bot.ordering"),
    ("bot.gallery",),
    ("bot.jobs", "bot.privacy"),
    ("bot.commands",),
    ("bot.core",),
    ("adapters",),
    (
        *(
            "bot.app",
            "bot.backup",
            "bot.check",
            "bot.chosen_models",
            "bot.cli",
            "bot.cli_admin",
            "bot.cli_backup",
            "bot.cli_clips",
            "bot.cli_init",
            "bot.cli_rekey",
            "bot.config",
            "bot.connections",
            "bot.encryption",
        ),
        *(
            "bot.env_file",
            "bot.health",
            "bot.logs",
            "bot.operator_notices",
            "bot.prices",
            "bot.reconciliation",
            "bot.cli_reconcile",
            "bot.secret_files",
            "bot.setting_values",
            "bot.setup",
            "bot.shell",
            "bot.shutdown",
            "bot.stand_in",
            "bot.systemd",
            "bot.watch",
            "bot.__main__",
        ),
    ),
)
"""A module imports from its own package and from layers below its own. The longest name counts."""

TOP = len(LAYERS)
"""The composition root and the command line: they may import everything, and nothing but they may import them."""

HOME = {
    "aiosqlite": {"storage.sqlite"},
    "sqlite3": {"storage.sqlite", "storage.migrate", "storage.snapshot", "generator.receipts"},
    "asyncpg": {"storage.postgres", "storage.postgres_errors"},
    "telegram": {"adapters.telegram"},
    "discord": {"adapters.discord"},
    "httpx": {"bot.providers.transport"},
    "httpx_aiohttp": {"bot.providers.transport"},
    "prometheus_client": {"bot.watch.metrics"},
    "aiohttp": {
        "bot.watch.listener",
        "bot.watch.outside",
        "bot.providers.transport",
        "bot.providers.download",
        "adapters.telegram.request",
        "adapters.discord.client",
        "adapters.discord.files",
        "adapters.web",
        "generator",
    },
}
"""The libraries at our edges, and the only places where each may be imported."""


MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ("bot", "adapters", "storage", "generator")
    for path in (ROOT / room).rglob("*.py")
}


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


@functools.cache
def imports(module: str) -> frozenset[str]:
    """What a module of ours imports, by full name, for whatever purpose."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute here"
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def ours(name: str) -> set[str]:
    """The modules of ours that a module imports."""
    known = MODULES.keys()
    return {
        next(m for m in (i, i.rpartition(".")[0]) if m in known)
        for i in imports(name)
        if known & {i, i.rpartition(".")[0]}
    } - {"bot"}


def inside(module: str, *rooms: str) -> bool:
    return any(module == room or module.startswith(room + ".") for room in rooms)


def layer(module: str) -> int:
    """From 1; 0 where it is in none."""
    rooms = ((room, number) for number, rooms in enumerate(LAYERS, 1) for room in rooms if inside(module, room))
    return max(rooms, key=lambda found: len(found[0]), default=("", 0))[1]


def package(module: str) -> str:
    return module.rpartition(".")[0] or module


def platform(module: str) -> str:
    return ".".join(module.split(".")[:2])


def may(module: str, other: str) -> bool:
    """Whether a module may import another of ours."""
    above, below = layer(module), layer(other)
    if inside(module, "generator") or inside(other, "generator"):
        return (inside(module, "generator") and inside(other, "generator")) or module == "bot.app" or above == TOP
    if above == TOP:
        return True
    if inside(module, "adapters"):
        if inside(other, "adapters"):
            return platform(other) in (platform(module), "adapters.shared")
        if inside(other, "bot.core", "bot.commands") or (module, other) == ("adapters.console", "bot.jobs.worker"):
            return True
        return below < layer("bot.context") and not inside(other, "storage", "bot.providers")
    if inside(module, "bot") and inside(other, "storage"):  # its type; SQL is nobody else's business
        return below < above and (other == "storage" or (module, other) == ("bot.context", "storage.inbox"))
    if above >= layer("bot.context") and inside(other, "bot.providers"):
        return False
    return below < above or (below == above and (package(module) == package(other) or inside(other, module)))


def test_each_module_stands_in_a_layer() -> None:
    modules = MODULES.keys() - {"bot", "adapters", "generator"}
    assert [module for module in modules if not layer(module) and not inside(module, "generator")] == []


def test_each_module_imports_from_its_package_and_from_layers_below() -> None:
    wrong = {module: {other for other in ours(module) if not may(module, other)} for module in MODULES}
    assert {module: others for module, others in wrong.items() if others} == {}


def test_no_platform_is_asked_for_by_name() -> None:
    """What the core does for one is a trait in its row, so that another can have it."""
    names = {*PLATFORMS, "lines"}
    for module in MODULES:
        if layer(module) == TOP or inside(module, "generator", *(f"adapters.{name}" for name in names)):
            continue
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.Compare):
                said = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
                assert not said & names, f"{module}, line {node.lineno}: {said & names}"


def test_the_small_platform_of_the_tests_uses_what_any_adapter_may() -> None:
    """It shows what is there for a new platform; its server and its driver are the tests'."""
    for path in (ROOT / "tests" / "adapters" / "lines").glob("*.py"):
        if path.stem in ("world", "lines_driver"):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            for name in (f"{node.module}.{alias.name}" for alias in node.names):
                other = name if name in MODULES else node.module
                allowed = other not in MODULES or other == "bot" or may(f"adapters.lines.{path.stem}", other)
                assert allowed, f"{path.name} may not import {other}"


def test_no_module_imports_itself_through_others() -> None:
    """What only a type checker reads counts, too; a package's list of its modules does not."""
    graph = {name: ours(name) for name in MODULES}
    graph["bot.texts"] = set()
    order = graphlib.TopologicalSorter(graph)
    order.prepare()  # raises on a circle, and names it


def test_drivers_stay_at_their_edge() -> None:
    for module in MODULES:
        used = {name.partition(".")[0] for name in imports(module)} & HOME.keys()
        strangers = {driver for driver in used if not inside(module, *HOME[driver])}
        assert not strangers, f"{module} may not import {sorted(strangers)}"


def test_tests_and_benches_import_from_tests_what_there_is() -> None:
    """A file that was moved meanwhile is noticed without running everything."""
    for path in [p for room in ("tests", "bench") for p in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("tests"):
                continue
            module = ROOT / (node.module or "").replace(".", "/")
            file = module.with_suffix(".py")
            for alias in node.names:
                there = (
                    re.search(rf"\b{alias.name}\b", file.read_text("utf-8"))
                    if file.is_file()
                    else (module / f"{alias.name}.py").is_file()
                )
                assert there, f"{path.relative_to(ROOT)}: there is no {node.module}.{alias.name}"


def test_every_test_file_has_a_name_of_its_own() -> None:
    """Pytest cannot collect two of one name, and says so only when both are collected."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


PRIVATE = {
    ("adapters/discord/client.py", "_connection"): "a webhook of an application has no public way to be made",
    ("adapters/discord/gateway.py", "_connection"): "which events are not read, and whose a heartbeat's thread is",
    ("adapters/discord/people.py", "_roles"): "`roles` leaves out those that the cache does not know",
    ("adapters/telegram/client.py", "_do_post"): "a 404 is taken for a refused token",
}
"""What is used of a library's own parts, and why. Tests drive each; `pyproject.toml` bounds the versions."""


def test_no_test_file_imports_another() -> None:
    """What several share is in a module beside them, or it is found only when the other file was collected before."""
    files = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    for path in files.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.rpartition(".")[2] in files], path.name


def test_private_parts_of_libraries_are_used_where_it_is_known() -> None:
    used, ours = set(), set()
    for path in [p for room in ("bot", "adapters", "storage", "generator") for p in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                ours.add(node.name)
            if not isinstance(node, ast.Attribute) or not re.match(r"_[a-z]", node.attr):
                continue
            owner = ast.unparse(node.value)
            if owner == "super()" or owner not in ("self", "os"):  # os._exit is public
                used.add((path.relative_to(ROOT).as_posix(), node.attr, owner))
    foreign = {(file, name) for file, name, owner in used if name not in ours or owner == "super()"}
    assert foreign == set(PRIVATE)


def test_only_config_reads_the_environment() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for room in ("bot", "adapters", "storage", "generator")
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"\b(environ|getenv)\b", path.read_text("utf-8"))
    }
    # The decoder hands an almost empty one to its children; the line to Telegram sets a switch of the library; systemd
    # says there where it listens, which is no setting.
    others = {"bot/media/sandbox/client.py", "adapters/telegram/client.py", "bot/systemd.py"}
    assert readers <= {"bot/config.py", *others}


KNOW_PATHS = {
    "adapters.console": "photos and clips of somebody at a shell, where they say",
    "adapters.telegram.files": "a Bot API server on this machine says where a photo lies",
    "adapters.web.chat_page": "the page's own files",
    "adapters.web.gallery_routes": "the page's own files",
    "adapters.web.message": "the page's own samples",
    "adapters.web.templating": "the page's own templates",
}
"""Who may say `Path` outside of `bot.media` and the composition root: none of it is a file that is kept."""


def uses(parsed: ast.AST) -> set[str]:
    """What a module says of where kept files lie."""
    found = set()
    for node in ast.walk(parsed):
        if isinstance(node, ast.Attribute) and node.attr == "local_path":
            found.add("local_path")
        elif isinstance(node, ast.Attribute) and node.attr == "path":
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            found.update({f"{owner}.path"} if owner.lstrip("_") == "media" else ())
    return found


def test_only_media_knows_where_a_file_lies() -> None:
    """A clip is opened, not located, so that it may stand elsewhere one day."""
    for module in MODULES:
        if inside(module, "bot.media", "bot.sealing", "adapters.web.file_response", "generator", "storage"):
            continue
        said = uses(tree(module))
        assert not said, f"{module} says {sorted(said)}"
        paths = imports(module) & {"pathlib", "pathlib.Path", "os.path", "glob"}
        assert not paths or layer(module) == TOP or module in KNOW_PATHS, f"{module} imports {sorted(paths)}"


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
    files = [path for room in ("bot", "adapters", "storage") for path in (ROOT / room).rglob("*.py")]
    there = {path.relative_to(ROOT).with_suffix("").as_posix() for path in files if not path.stem.startswith("__")}
    assert there - named == set()


def test_the_chat_guide_shows_options_that_work() -> None:
    guide = (ROOT / "docs" / "chat.md").read_text("utf-8")
    shown = re.findall(r"`(--[^`]+)`", guide)
    assert len(shown) >= len(prompt.OPTIONS)
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
