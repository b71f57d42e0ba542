"""The models that the stand-in stands in for, as it is handed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

DEFAULT = "kling-video/v1/standard/image-to-video"
USD = 2_000_000
"""Credits that cost one dollar."""


@dataclass(frozen=True, slots=True)
class Model:
    """`seconds`: lengths of a clip. `rate`: credits that a second costs where clips cost something."""

    seconds: Sequence[int]
    title: str = ""
    rate: Fraction = Fraction(63_000)

    def credits(self, seconds: int) -> int:
        """Price of a clip in credits."""
        return round(seconds * self.rate)


Models = Mapping[str, Model]
"""By id."""
MODELS: Models = {DEFAULT: Model((5, 10), "Kling 1 Standard")}
"""Where nothing else is handed in."""
