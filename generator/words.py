"""Camera movement from the words of a prompt."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from generator.camera import Motion


@dataclass(frozen=True, slots=True)
class Word:
    """Words for a movement. With `any_way`, a ban covers both directions of its axes."""

    pattern: re.Pattern[str]
    motion: Motion
    any_way: bool = False


def _word(pattern: str, motion: Motion, *, any_way: bool = False) -> Word:
    return Word(re.compile(rf"\b(?:{pattern})\b"), motion, any_way)


_ZOOM = r"zoom(?:s|ed|ing)?"
_PAN = r"(?:pan|pans|panning|track|tracks|tracking|truck|trucks|trucking|camera (?:slowly )?moves?)"
_TILT = r"(?:tilts?|tilting|cranes?|pedestal|booms?|camera (?:slowly )?moves?)"
_TURN = r"(?:rolls?|rolling|rotates?|rotating|rotation|spins?|spinning)"
_ORBIT = r"(?:orbits?|orbiting|arcs?|arc shot|circles|circling)"
_SOME = r"(?: \w+){0,3}?"  # "pan slowly to the left"

DRIFT = Motion(zoom=0.05, right=0.025, orbit=0.045)

# The first match for a kind of movement wins: "zoom in and pan left" does both, while "zoom in, then zoom out"
# does not cancel out. So words with a direction come before those without.
WORDS = (
    _word(rf"{_ZOOM}{_SOME} out|pull(?:s|ing)?{_SOME} (?:out|back|away)|dolly (?:out|back)", Motion(zoom=-0.17)),
    _word(rf"{_ZOOM}{_SOME} in(?:to)?|push(?:es|ing)?{_SOME} in|dolly (?:in|forward)|moves? closer", Motion(zoom=0.17)),
    _word(rf"{_ZOOM}|dolly|close up", Motion(zoom=0.17), any_way=True),
    _word(rf"{_PAN}{_SOME} left(?:wards?)?", Motion(right=-0.16)),
    _word(rf"{_PAN}{_SOME} right(?:wards?)?", Motion(right=0.16)),
    _word(r"panning|pan shot|slow pan|camera pans?|pan", Motion(right=0.16), any_way=True),
    _word(rf"{_TILT}{_SOME} up(?:wards?)?|camera (?:slowly )?rises?", Motion(down=-0.16)),
    _word(rf"{_TILT}{_SOME} down(?:wards?)?|camera (?:slowly )?(?:lowers?|descends?)", Motion(down=0.16)),
    _word(r"tilting|tilt shot|camera tilts?|tilt", Motion(down=-0.16), any_way=True),
    _word(rf"{_TURN}{_SOME} (?:left|counter-?clockwise|anti-?clockwise)", Motion(roll=-0.09)),
    _word(rf"{_TURN}{_SOME} (?:right|clockwise)", Motion(roll=0.09)),
    _word(rf"{_TURN}|dutch angle", Motion(roll=0.09), any_way=True),
    _word(rf"{_ORBIT}{_SOME} left", Motion(orbit=-0.12, right=-0.04)),
    _word(rf"{_ORBIT}|parallax", Motion(orbit=0.12, right=0.04), any_way=True),
    _word(r"camera shak(?:es|ing)|shaky|shake(?! hands| (?:his|her|their|its) )", Motion(shake=0.02), any_way=True),
    _word(r"hand-?held|earthquake|trembl(?:es?|ing)|jitter(?:s|y)?", Motion(shake=0.02), any_way=True),
)
_NEGATION = re.compile(r"\b(?:no|not|without|avoid|never|don't|do not)(?: \w+)? $")
_STILL = re.compile(r"\b(?:(?:static|still|fixed|locked|steady|motionless)[ -](?:camera|shot|frame)|tripod)\b")
_ANY_CAMERA = re.compile(r"\bcamera (?:motion|movements?|moves?)\b|\bmoving camera\b")


def read(prompt: str, negative_prompt: str = "", *, drift: bool = True) -> Motion:
    """The movement named in a prompt; without camera words a gentle drift, or none without `drift`.

    A movement named in the negative prompt, or after a "no" in the prompt, is left out.
    """
    asked, avoided = prompt.lower(), negative_prompt.lower()
    if _STILL.search(asked) or _ANY_CAMERA.search(avoided) or _negated(asked, _ANY_CAMERA.search(asked)):
        return Motion()
    wanted: dict[str, float] = {}
    barred: set[tuple[str, bool]] = set()
    for word, match in _named(asked):
        if _negated(asked, match):
            barred |= _bar(word)
        else:
            wanted = word.motion.axes() | wanted
    for word, _ in _named(avoided):
        barred |= _bar(word)
    wanted = wanted or (DRIFT.axes() if drift else {})
    return Motion(**{axis: value for axis, value in wanted.items() if (axis, value > 0) not in barred})


def _named(text: str) -> Iterator[tuple[Word, re.Match[str]]]:
    """The words in a text, at most one for each kind of movement."""
    seen = set()
    for word in WORDS:
        axes = word.motion.axes()
        kind = max(axes, key=lambda axis: abs(axes[axis]))
        if kind not in seen and (match := word.pattern.search(text)):
            seen.add(kind)
            yield word, match


def _negated(text: str, match: re.Match[str] | None) -> bool:
    return match is not None and _NEGATION.search(text[: match.start()]) is not None


def _bar(word: Word) -> set[tuple[str, bool]]:
    """Axes and directions (True is positive) that are banned by an unwanted `word`."""
    axes = word.motion.axes()
    return {(axis, way) for axis, value in axes.items() for way in (True, False) if word.any_way or way == (value > 0)}
