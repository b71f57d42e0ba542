"""The picture of /usage: four small charts in a column, legible on a phone. Pure.

Pillow is loaded when the first one is drawn: nothing else needs it in this process.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot import texts

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

WIDTH, PANEL, HEAD, FOOT, EDGE = 900, 250, 130, 30, 40
PAPER, INK, FAINT, LINE = "#ffffff", "#1f2430", "#6b7280", "#e5e7eb"
COLOURS = ("#2563eb", "#0d9488", "#b45309", "#7c3aed")


@dataclass(frozen=True, slots=True)
class Day:
    """One column. `wait` is in minutes."""

    name: str
    clips: int
    credits: int
    refunds: int
    wait: float


def draw(title: str, sums: str, days: Sequence[Day]) -> bytes:
    """A PNG of credits, clips, refunds and waiting times per day."""
    from PIL import Image, ImageDraw

    panels: Sequence[tuple[str, Callable[[Day], float]]] = (
        (texts.reports.CHART["credits"], lambda day: day.credits),
        (texts.reports.CHART["clips"], lambda day: day.clips),
        (texts.reports.CHART["refunds"], lambda day: day.refunds),
        (texts.reports.CHART["waits"], lambda day: day.wait),
    )
    image = Image.new("RGB", (WIDTH, HEAD + PANEL * len(panels) + FOOT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((EDGE, 28), title, INK, _font(38))
    pen.text((EDGE, 80), sums, FAINT, _font(26))
    for number, (name, value) in enumerate(panels):
        _panel(pen, HEAD + number * PANEL, name, [value(day) for day in days], [day.name for day in days], number)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _panel(
    pen: "ImageDraw.ImageDraw", top: int, name: str, values: Sequence[float], days: Sequence[str], number: int
) -> None:
    highest = max(values, default=0.0)
    pen.text((EDGE, top + 6), name, INK, _font(26))
    top, bottom = top + 50, top + PANEL - 46
    most = texts.reports.CHART["most"].fill(most=_number(highest)) if highest else texts.reports.CHART["none"]
    pen.text((WIDTH - EDGE, top - 42), most, FAINT, _font(24), anchor="ra")
    pen.line((EDGE, bottom, WIDTH - EDGE, bottom), LINE, 2)
    step = (WIDTH - 2 * EDGE) / max(1, len(values))
    for i, value in enumerate(values):
        left, right = EDGE + i * step + step * 0.15, EDGE + (i + 1) * step - step * 0.15
        if value:
            height = max(3.0, (bottom - top) * value / highest)
            pen.rectangle((left, bottom - height, right, bottom - 1), COLOURS[number])
        if i % max(1, round(len(values) / 6)) == 0:
            pen.text(((left + right) / 2, bottom + 8), days[i], FAINT, _font(20), anchor="ma")


def _number(value: float) -> str:
    return f"{value:.1f}" if value != int(value) else f"{int(value):,}"


@cache
def _font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)
