"""Names of the options of an order, for all that finds them in a text: `options`, `markup`, the page. Pure."""

from collections.abc import Mapping
from typing import Literal

Value = Literal["number", "choice", "words"]
"""What follows a name: a number, which may touch it; one of several words; words, up to the next option."""

NAMES: Mapping[str, Value] = {
    "duration": "number",
    "no": "words",
    "cfg": "number",
    "model": "choice",
    "sound": "choice",
}


def pattern(*values: Value) -> str:
    """The names with these values, or all, as alternatives of a regular expression."""
    return "|".join(name for name, value in NAMES.items() if not values or value in values)
