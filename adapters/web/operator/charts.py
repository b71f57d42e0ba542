"""Small charts as numbers for SVG: drawn by templates, coloured by the style. Units are those of the view box."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480.0, 96.0
"""Of the view box of bars."""
_GAP = 0.2
"""Part of a column that is empty."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A rectangle, and the class that colours it."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """Pieces over each other, and what they say; `name` is the label under some columns."""

    pieces: Sequence[Piece]
    said: str
    name: str = ""
    middle: float = 0.0


def columns(rows: Sequence[tuple[str, str, Sequence[tuple[str, float]]]]) -> list[Column]:
    """A column for each row: what it says, the label under it, and its values by kind, from below."""
    highest = max((sum(value for _, value in values) for _, _, values in rows), default=0.0)
    step, found = WIDTH / max(1, len(rows)), []
    for n, (said, name, values) in enumerate(rows):
        pieces, top = [], HEIGHT
        for kind, value in values:
            height = HEIGHT * value / highest if highest else 0.0
            top -= height
            if value:
                pieces.append(
                    Piece(
                        kind,
                        round(n * step + step * _GAP / 2, 2),
                        round(top, 2),
                        round(step * (1 - _GAP), 2),
                        round(max(1.0, height), 2),
                    )
                )
        found.append(Column(pieces, said, name, round((n + 0.5) * step, 2)))
    return found


def row(parts: Sequence[tuple[str, float]]) -> list[Piece]:
    """Parts of a whole, side by side in a box of 100 by 6; the smallest can be seen."""
    whole = sum(value for _, value in parts)
    least = 1.5
    widths = [max(least, 100 * value / whole) for _, value in parts] if whole else []
    scale, found, x = 100 / sum(widths) if widths else 1.0, [], 0.0
    for (kind, _), width in zip(parts, widths, strict=False):
        found.append(Piece(kind, round(x, 2), 0.0, round(width * scale, 2), 6.0))
        x += width * scale
    return found


def part(used: float, limit: float | None) -> float | None:
    """How much of a bar is filled, up to 1; None without a limit."""
    return None if limit is None else 1.0 if limit <= 0 else min(1.0, used / limit)
