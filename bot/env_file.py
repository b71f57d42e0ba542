"""What stands in `.env` and sets nothing: a misspelt name, a line without `=`. No value is ever repeated."""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import parse_stream

NEAR = 0.75
"""How alike two names are of which one is taken for the other, misspelt; 1 is the same."""
_NAME = re.compile(r"[A-Z]+(_[A-Z0-9]+)+")
"""What is surely a name, and no secret that stands where a name should."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """`misspelt`: it was most likely meant for us."""

    text: str
    misspelt: bool = False


def oddities(names: Collection[str], path: Path = Path(".env")) -> Iterator[Oddity]:
    """All that stands in the file for nothing, in order; `names` are the settings that there are."""
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
