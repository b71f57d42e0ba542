"""The models that the stand-in imitates, as it is handed them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

DEFAULT = "kling-video/v1/standard/image-to-video"
USD = 2_000_000
"""Credits that cost one dollar."""


@dataclass(frozen=True, slots=True)
class Model:
    """`seconds`: lengths of a clip. `rate`: credits that a second costs where clips cost something. `end` and `sound`:
    fields of the end picture and of the switch for sound, which is on where it is not sent; empty without. `usual`:
    seconds that the real one takes.
    """

    seconds: Sequence[int]
    title: str = ""
    rate: Fraction = Fraction(63_000)
    end: str = ""
    sound: str = ""
    usual: float = 300.0

    def credits(self, seconds: int) -> int:
        """Price of a clip in credits."""
        return round(seconds * self.rate)


Models = Mapping[str, Model]
"""By id."""
MODELS: Models = {DEFAULT: Model((5, 10), "Kling 1 Standard", end="tail_image_url")}
ENDS = ("tail_image_url", "last_image_url")
"""Where nothing else is handed in."""
