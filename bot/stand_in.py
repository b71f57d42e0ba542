"""The stand-in's models: the rows of the catalogue in its own terms, as it knows nothing of ours."""

from fractions import Fraction

from bot import catalogue
from generator.models import Model, Models

NAME = "local"
CREDIT = 63_000
"""Credits of the host that a second of the first model cost in early 2025, and so one of ours."""

assert catalogue.DEFAULT.usual
USUAL = catalogue.DEFAULT.usual
"""Seconds, of the models without a known time."""


def models() -> Models:
    """By their ids at the stand-in. It charges a model without a known price like the first one."""
    return {
        row.sold[NAME].id: Model(
            row.seconds,
            row.title,
            CREDIT * (row.price.a_second if row.price is not None else Fraction(1)),
            row.end,
            row.sound,
            row.usual or USUAL,
        )
        for row in catalogue.ROWS
        if NAME in row.sold
    }
