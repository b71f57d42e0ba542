"""Lines of `.env` without effect: misspelt names, lines without `=`. No value is ever repeated."""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

NEAR = 0.75
"""Similarity from which a name counts as a misspelling of a setting; 1 is identical."""
_NAME = re.compile(r"[A-Z]+(_[A-Z0-9]+)+")
"""Matches names only, never a secret in a name's position."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """`misspelt`: probably meant for us."""

    text: str
    misspelt: bool = False


def oddities(names: Collection[str], path: Path = Path(".env")) -> Iterator[Oddity]:
    """All lines without effect, in order; `names` are the existing settings."""
    try:
        with path.open(encoding="utf-8") as file:
            bindings = list(parse_stream(file))
    except (OSError, UnicodeDecodeError):
        return
    for binding in bindings:
        text = binding.original.string
        line = binding.original.line + len(text[: len(text) - len(text.lstrip())].splitlines())
        if binding.error or (binding.key and binding.value is None):
            yield Oddity(f"Line {line} of {path} sets nothing. It should look like NAME=value.", misspelt=True)
        elif binding.key and binding.key.upper() not in names:
            yield _unknown(binding.key, names, f"line {line} of {path}")


def _unknown(name: str, names: Collection[str], where: str) -> Oddity:
    if near := difflib.get_close_matches(name.upper(), names, 1, NEAR):
        return Oddity(f"There is no setting {name} ({where}). Did you mean {near[0]}?", misspelt=True)
    called = f" {name}" if _NAME.fullmatch(name) else ""
    return Oddity(f"Photoplay has no setting{called or ' of that name'}: {where}.")
