"""The layers of the program's modules, and which module may import which."""

import ast
import functools
from pathlib import Path

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
            "bot.ordering.names",
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

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("bot", "adapters", "storage", "generator")
    for path in (ROOT / package).rglob("*.py")
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


def inside(module: str, *names: str) -> bool:
    """Whether it is one of these modules or packages, or in one of them."""
    return any(module == name or module.startswith(name + ".") for name in names)


def layer(module: str) -> int:
    """From 1; 0 where it is in none."""
    found = ((name, number) for number, names in enumerate(LAYERS, 1) for name in names if inside(module, name))
    return max(found, key=lambda one: len(one[0]), default=("", 0))[1]


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
