"""The picture of /usage: four small charts in a column, legible on a phone. Pure.

Pillow is loaded when the first one is drawn: nothing else needs it in this process.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from bot import texts
from bot.languages import ENGLISH
from bot.sentence import Number, Sentence

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

WIDTH, PANEL, HEAD, FOOT, EDGE = 900, 250, 130, 30, 40
PAPER, INK, FAINT, LINE = "#ffffff", "#1f2430", "#6b7280", "#e5e7eb"
COLOURS = ("#2563eb", "#0d9488", "#b45309", "#7c3aed")


@dataclass(frozen=True, slots=True)
class Day:
    """One column. `wait` is in minutes."""

    name: Sentence
    clips: int
    credits: int
    refunds: int
    wait: float


def draw(title: Sentence, sums: Sentence, days: Sequence[Day], language: str) -> bytes:
    """A PNG of credits, clips, refunds and waiting times per day. Texts that the font cannot draw are in English."""
    from PIL import Image, ImageDraw

    def said(sentence: Sentence) -> str:
        told = sentence.into(language)
        return told if all(map(_is_drawn, told)) else sentence.into(ENGLISH)

    panels: Sequence[tuple[Sentence, Callable[[Day], float]]] = (
        (texts.reports.CHART["credits"], lambda day: day.credits),
        (texts.reports.CHART["clips"], lambda day: day.clips),
        (texts.reports.CHART["refunds"], lambda day: day.refunds),
        (texts.reports.CHART["waits"], lambda day: day.wait),
    )
    image = Image.new("RGB", (WIDTH, HEAD + PANEL * len(panels) + FOOT), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((EDGE, 28), said(title), INK, _font(38))
    pen.text((EDGE, 80), said(sums), FAINT, _font(26))
    names = [said(day.name) for day in days]
    for number, (name, value) in enumerate(panels):
        values = [value(day) for day in days]
        _panel(pen, HEAD + number * PANEL, said(name), said(_most(values)), values, names, number)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _panel(
    pen: "ImageDraw.ImageDraw",
    top: int,
    name: str,
    most: str,
    values: Sequence[float],
    days: Sequence[str],
    number: int,
) -> None:
    highest = max(values, default=0.0)
    pen.text((EDGE, top + 6), name, INK, _font(26))
    top, bottom = top + 50, top + PANEL - 46
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


def _most(values: Sequence[float]) -> Sentence:
    highest = max(values, default=0.0)
    if not highest:
        return texts.reports.CHART["none"]
    return texts.reports.CHART["most"].fill(most=Number(round(highest, 1)))


@cache
def _is_drawn(letter: str) -> bool:
    """Whether the font has a letter; others would be boxes."""
    return letter.isspace() or bytes(_font(26).getmask(letter)) != bytes(_font(26).getmask("\uffff"))


@cache
def _font(size: int) -> "ImageFont.FreeTypeFont | ImageFont.ImageFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)
