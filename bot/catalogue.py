"""The models that clips are bought from, one row of data each: what a model can, its fields' names, what it costs.

The rows say what the hosts' published schemas of August 2026 say. No live call has confirmed them; what has no source,
or sources that conflict, is named in a row's `unverified`. How a host spells a request is its dialect: `bot.providers`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from fractions import Fraction
from functools import lru_cache
from math import log
from typing import Literal

UNSEEN = 0.03
"""Share of a photo's side that may be cropped without a question."""

DialectName = Literal["legacy", "universal"]
"""The path and field names of the first published model, or those shared by nearly all later ones."""


@dataclass(frozen=True, slots=True)
class Sold:
    """A host's offer of a model: its id there, and the dialect that it is ordered in."""

    id: str
    dialect: DialectName


@dataclass(frozen=True, slots=True)
class Price:
    """Credits a second; one credit is a second of the first model. `estimate`: it follows from an old price list.
    `source`: `operator`, or the host whose public list says it; empty for the row's and the settings'."""

    a_second: Fraction
    estimate: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One model. Names of fields are empty for what it has not.

    A row that changes what is bought gets a higher `version`, and the older row stays: an order is bought by the row
    that it was placed with.
    """

    id: str
    title: str
    sold: Mapping[str, Sold]
    """By name of the host."""
    seconds: tuple[int, ...]
    """Lengths of a clip, ascending."""
    version: int = 1
    end: str = ""
    """Field of the end picture."""
    static_mask: bool = False
    brushes: bool = False
    five_only: bool = False
    """End picture, masks and brushes work with clips of five seconds only."""
    negative: bool = False
    cfg: bool = False
    sound: str = ""
    """Field of the switch for sound, which is on where it is not sent, and may cost."""
    enhance: str = ""
    """Field of the switch for a rewritten prompt, which is on where it is not sent; we never want it."""
    longest: int = 2500
    """Characters of a prompt, and of a negative prompt."""
    resolution: str = ""
    """Resolution to be sent, as the default is dearer or may change."""
    ratios: tuple[tuple[int, int], ...] = ()
    """Aspect ratios of which the nearest must be sent; empty: a clip has its photo's."""
    price: Price | None = None
    """None: unknown, so the operator has to set one."""
    usual: float | None = None
    """Seconds until a clip is usually ready; None: unknown."""
    slots: int | None = None
    """Clips of it at the providers at once, where that is fewer than `PROVIDER_SLOTS`."""
    polls: float | None = None
    """Seconds between polls while there is no history; None: as usual at the host."""
    unverified: frozenset[str] = frozenset()
    """Names of fields without a source, or with sources that conflict."""

    @property
    def preset(self) -> int:
        """Seconds of a clip for which none were asked: five, else the fewest."""
        return 5 if 5 in self.seconds else self.seconds[0]

    @property
    def slug(self) -> str:
        """The title without blanks, for commands of buttons, which have little room."""
        return self.title.lower().replace(" ", "-")

    def nearest(self, seconds: int) -> int:
        """The length next to this one, the shorter of two."""
        return min(self.seconds, key=lambda one: (abs(one - seconds), one))

    def ratio(self, width: int, height: int) -> tuple[int, int] | None:
        """The aspect ratio nearest to a photo's, by its logarithm; None where a clip has its photo's."""
        return min(self.ratios, key=lambda one: _apart(one, width, height), default=None)

    def crop(self, width: int, height: int) -> tuple[int, int] | None:
        """The aspect ratio to which a photo's clip is cropped; None if nothing worth a word is lost."""
        found = self.ratio(width, height)
        return found if found and _apart(found, width, height) > UNSEEN else None


def _legacy(id: str) -> Mapping[str, Sold]:
    return dict.fromkeys(("aimlapi", "apilaplas", "local"), Sold(id, "legacy"))


def _universal(id: str) -> Mapping[str, Sold]:
    return dict.fromkeys(("aimlapi", "local"), Sold(id, "universal"))


DEFAULT = Model(
    "kling-video/v1/standard/image-to-video",
    "Kling 1 Standard",
    _legacy("kling-video/v1/standard/image-to-video"),
    (5, 10),
    end="tail_image_url",
    static_mask=True,
    brushes=True,
    five_only=True,
    negative=True,
    cfg=True,
    price=Price(Fraction(1)),
    usual=300.0,
)
_KLING_1_PRO = replace(
    DEFAULT,
    id="kling-video/v1/pro/image-to-video",
    title="Kling 1 Pro",
    sold=_legacy("kling-video/v1/pro/image-to-video"),  # at Apilaplas by its documentation of spring 2025
    price=Price(Fraction(262_500, 63_000), estimate=True),  # host's credits a second, early 2025
    usual=None,
    unverified=frozenset({"price"}),
)
_KLING_3_STANDARD = Model(
    "klingai/video-v3-standard-image-to-video",
    "Kling 3.0 Standard",
    _universal("klingai/video-v3-standard-image-to-video"),
    tuple(range(3, 16)),
    end="tail_image_url",
    negative=True,
    cfg=True,
    sound="generate_audio",
    unverified=frozenset({"longest"}),
)
_VEO = Model(
    "google/veo-3.1-i2v",
    "Veo 3.1",
    _universal("google/veo-3.1-i2v"),
    (4, 6, 8),  # an end picture is another model's
    sound="generate_audio",
    resolution="720p",
    ratios=((16, 9), (9, 16)),
    unverified=frozenset({"longest", "ratios"}),  # no default ratio is given: the photo may be cropped
)

ROWS: tuple[Model, ...] = (
    DEFAULT,
    _KLING_1_PRO,
    Model(
        "kling-video/v1.6/standard/image-to-video",
        "Kling 1.6 Standard",
        _universal("kling-video/v1.6/standard/image-to-video"),
        (5, 10),
        negative=True,
        cfg=True,
        unverified=frozenset({"longest"}),
    ),
    Model(
        "kling-video/v1.6/pro/image-to-video",
        "Kling 1.6 Pro",
        _universal("kling-video/v1.6/pro/image-to-video"),
        (5, 10),
        end="tail_image_url",
        static_mask=True,
        brushes=True,
        five_only=True,
        negative=True,
        cfg=True,
        unverified=frozenset({"longest", "five_only"}),
    ),
    Model(
        "klingai/v2.5-turbo/pro/image-to-video",
        "Kling 2.5 Turbo Pro",
        _universal("klingai/v2.5-turbo/pro/image-to-video"),
        (5, 10),
        negative=True,
        cfg=True,
        unverified=frozenset({"longest"}),
    ),
    Model(
        "klingai/video-v2-6-pro-image-to-video",
        "Kling 2.6 Pro",
        _universal("klingai/video-v2-6-pro-image-to-video"),
        (5, 10),
        negative=True,
        sound="generate_audio",
    ),
    _KLING_3_STANDARD,
    replace(
        _KLING_3_STANDARD,
        id="klingai/video-v3-pro-image-to-video",
        title="Kling 3.0 Pro",
        sold=_universal("klingai/video-v3-pro-image-to-video"),
    ),
    _VEO,
    replace(_VEO, id="google/veo-3.1-i2v-fast", title="Veo 3.1 Fast", sold=_universal("google/veo-3.1-i2v-fast")),
    Model(
        "minimax/hailuo-2.3",
        "Hailuo 2.3",
        _universal("minimax/hailuo-2.3"),
        (6, 10),
        enhance="enhance_prompt",
        longest=2000,
        resolution="768P",
    ),
    Model(
        "alibaba/wan-2-6-i2v",
        "Wan 2.6",
        _universal("alibaba/wan-2-6-i2v"),
        (5, 10, 15),
        negative=True,
        sound="generate_audio",
        enhance="enhance_prompt",
        resolution="720p",
        unverified=frozenset({"longest"}),  # a flag for a watermark is told of, and is not in its schema
    ),
    Model(
        "bytedance/seedance-2-0",
        "Seedance 2.0",
        _universal("bytedance/seedance-2-0"),
        tuple(range(4, 16)),
        end="last_image_url",
        sound="generate_audio",
        resolution="720p",
        ratios=((21, 9), (16, 9), (4, 3), (1, 1), (3, 4), (9, 16)),  # without one it is 16:9, whatever the photo
        unverified=frozenset({"longest"}),
    ),
)
"""All rows, also older versions of one: those are bought for orders from before."""


LENGTHS = frozenset(seconds for one in ROWS for seconds in one.seconds)
"""Seconds that a clip of any model may have."""


def row(id: str, version: int | None = None) -> Model:
    """The row of a model: that version, or the newest. An unknown id gets the first model's row under its own name,
    which is how orders from before there was a catalogue were bought."""
    found = [one for one in ROWS if one.id == id]
    if not found:
        return replace(DEFAULT, id=id, title=id, sold=_legacy(id))
    return next((one for one in found if one.version == version), max(found, key=lambda one: one.version))


def rows() -> Sequence[Model]:
    """The newest row of each model."""
    return list({one.id: one for one in sorted(ROWS, key=lambda one: one.version)}.values())


def fewer_slots() -> Mapping[str, int]:
    """Slots of the models that have fewer than others, by id."""
    return {one.id: one.slots for one in rows() if one.slots is not None}


def named(name: str, among: Sequence[Model] | None = None) -> Model | None:
    """A model by its id or title, in any case, with blanks, hyphens, underscores or nothing between its words."""
    said = squeezed(name)
    return next((one for one in among or rows() if said in (squeezed(one.id), squeezed(one.title))), None)


def names() -> Sequence[str]:
    """All ids and titles."""
    return [name for one in rows() for name in (one.id, one.title)]


def near(name: str, among: Sequence[Model] | None = None) -> Sequence[str]:
    """Titles of the models that may be meant, at most three; none if none is like it."""
    models = rows() if among is None else among
    meant = {plain(word): one.title for one in models for word in (one.id, one.title)}
    makes = {one.title: plain(one.title).split()[0] for one in models}
    said = plain(name)
    like = [word for word in meant if said in word] if len(said) > 2 else []
    alike = get_close_matches(said, {*makes.values()}, 1, 0.5)
    found = [meant[word] for word in [*get_close_matches(said, meant, 3, 0.5), *like]]
    return list(dict.fromkeys([*found, *(title for title, make in makes.items() if make in alike)]))[:3]


def _apart(ratio: tuple[int, int], width: int, height: int) -> float:
    return abs(log(ratio[0] / ratio[1]) - log(width / height))


def plain(name: str) -> str:
    """A name in lower case, with single blanks for hyphens and underscores."""
    return " ".join(name.casefold().replace("-", " ").replace("_", " ").split())


@lru_cache(256)
def squeezed(name: str) -> str:
    """A name in lower case, without blanks, hyphens and underscores."""
    return plain(name).replace(" ", "")
