"""Who may import whom, and where what is used: paths, the environment, libraries and their private parts."""

import ast
import graphlib
import re
from collections import Counter

from bot.platforms import PLATFORMS
from tests.layers import MODULES, ROOT, TOP, imports, inside, layer, may, ours, tree

HOME = {
    "aiosqlite": {"storage.sqlite"},
    "sqlite3": {"storage.sqlite", "storage.migrate", "storage.snapshot", "generator.receipts"},
    "asyncpg": {"storage.postgres", "storage.postgres_errors"},
    "telegram": {"adapters.telegram"},
    "discord": {"adapters.discord"},
    "httpx": {"bot.providers.aiohttp_transport", "bot.providers.transport"},
    "prometheus_client": {"bot.watch.metrics"},
    "aiohttp": {
        "bot.watch.listener",
        "bot.watch.outside",
        "bot.providers.aiohttp_transport",
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
    for path in [p for folder in ("tests", "bench") for p in (ROOT / folder).rglob("*.py")]:
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
    for path in MODULES.values():
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
        for path in MODULES.values()
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
    for path in MODULES.values():
        for call in re.findall(r"tempfile\.\w+\([^)]*\)?", path.read_text("utf-8")):
            assert "dir=" in call, f"{path}: {call}"
