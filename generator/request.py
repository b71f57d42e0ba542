"""Validation of a generation request, field by field. Pure: no address is opened here."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.errors import Refused
from generator.models import DEFAULT, ENDS, MODELS, Model, Models

ANY = Model(range(1, 61), end=ENDS[0])
"""For a model that is no longer known."""
RATIOS = ("16:9", "9:16", "1:1")
TEXT_LIMIT = 2500  # characters, in the prompt and in the negative prompt
MASK_LIMIT = 6
POINT_LIMIT = 77
COORDINATE_LIMIT = 100_000
ADDRESS = re.compile(r"https?://[^\s/?#]|data:image/[a-z0-9.+-]+;base64,", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Point:
    """Pixels of the input image, from its bottom-left corner."""

    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Brush:
    """A dynamic mask: the white part of the image at `mask` moves along `path`; below two points it stays."""

    mask: str
    path: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One clip to render. Images are addresses: http, https or `data:image/…;base64,`."""

    image: str
    prompt: str
    seconds: int = 5
    negative_prompt: str = ""
    cfg_scale: float = 0.5
    tail: str | None = None
    static_mask: str | None = None
    brushes: tuple[Brush, ...] = ()
    model: str = DEFAULT
    sound: bool = False


def parse(raw: bytes, models: Models = MODELS, *, accepted: bool = False) -> Request:
    """Parse a request body. Raises `Refused` (400) with the field, the expected and the given value.

    `accepted`: the body was taken before, perhaps with other models.
    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise Refused(400, "Invalid request: the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise _mismatch("body", "an object", body)
    model = body.get("model")
    if not isinstance(model, str) or not (model in models or accepted):
        raise _mismatch("model", "one of " + ", ".join(f'"{name}"' for name in models), model)
    for name in ("ratio", "aspect_ratio"):  # validated for the first model as in the real service, then ignored
        if model == DEFAULT and body.get(name) not in (None, *RATIOS):
            raise _mismatch(name, "one of " + ", ".join(f'"{ratio}"' for ratio in RATIOS), body[name])
    row = models.get(model, ANY)
    return Request(
        image=_address(body.get("image_url"), "image_url"),
        prompt=_text(body.get("prompt"), "prompt"),
        seconds=_seconds(body.get("duration"), row.seconds),
        negative_prompt=_text(_given(body, "negative_prompt", ""), "negative_prompt"),
        cfg_scale=_scale(_given(body, "cfg_scale", 0.5)),
        tail=_tail(body, row),
        static_mask=_optional_address(body, "static_mask_url", "static_mask"),
        brushes=_brushes(_given(body, "dynamic_masks", [])),
        model=model,
        sound=bool(row.sound) and _switch(body, row.sound),
    )


def _given(body: Mapping[str, Any], name: str, default: object) -> object:
    """The value of an optional field; null counts as missing."""
    value = body.get(name)
    return default if value is None else value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise _mismatch(field, "a string", value)
    if len(value) > TEXT_LIMIT:
        raise Refused(400, f"Invalid request: {field}: expected at most {TEXT_LIMIT} characters, received {len(value)}")
    return value


def _address(value: object, field: str) -> str:
    if not isinstance(value, str) or not ADDRESS.match(value):
        raise _mismatch(field, "an http(s) URL or a data:image/…;base64, URI", value)
    return value


def _optional_address(body: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        if body.get(name) is not None:
            return _address(body[name], name)
    return None


def _tail(body: Mapping[str, Any], model: Model) -> str | None:
    for name in ENDS:
        if name != model.end and body.get(name) is not None:
            raise _mismatch(name, "nothing for this model", body[name])
    return _optional_address(body, model.end) if model.end else None


def _switch(body: Mapping[str, Any], name: str) -> bool:
    """A flag, on where it is not given."""
    value = _given(body, name, True)
    if not isinstance(value, bool):
        raise _mismatch(name, "true or false", value)
    return value


def _seconds(value: object, allowed: Sequence[int]) -> int:
    if value is None:
        return 5 if 5 in allowed else allowed[0]
    for seconds in allowed:
        if (isinstance(value, int) and value == seconds) or value == str(seconds):
            return seconds
    raise _mismatch("duration", " or ".join(map(str, allowed)), value)


def _scale(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:  # NaN fails here too
        raise _mismatch("cfg_scale", "a number from 0 to 1", value)
    return float(value)


def _brushes(value: object) -> tuple[Brush, ...]:
    return tuple(_brush(item, f"dynamic_masks.{n}") for n, item in enumerate(_list(value, "dynamic_masks", MASK_LIMIT)))


def _brush(value: object, field: str) -> Brush:
    if not isinstance(value, dict):
        raise _mismatch(field, "an object", value)
    name = "mask_url" if value.get("mask_url") is not None or "mask" not in value else "mask"
    points = _list(_given(value, "trajectories", []), f"{field}.trajectories", POINT_LIMIT)
    return Brush(
        mask=_address(value.get(name), f"{field}.{name}"),
        path=tuple(_point(item, f"{field}.trajectories.{n}") for n, item in enumerate(points)),
    )


def _point(value: object, field: str) -> Point:
    if not isinstance(value, dict):
        raise _mismatch(field, "an object", value)
    return Point(_coordinate(value.get("x"), f"{field}.x"), _coordinate(value.get("y"), f"{field}.y"))


def _coordinate(value: object, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > COORDINATE_LIMIT:
        raise _mismatch(field, "an integer number of pixels", value)
    return value


def _list(value: object, field: str, limit: int) -> list[object]:
    if not isinstance(value, list) or len(value) > limit:
        raise _mismatch(field, f"an array of at most {limit}", value)
    return value


def _mismatch(field: str, expected: str, received: object) -> Refused:
    return Refused(400, f"Invalid request: {field}: expected {expected}, received {_shown(received)}")


def _shown(value: object) -> str:
    """The given value, shortened: containers by type and size, long strings by their beginning."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return f"an array of {len(value)}"
        case str():
            return json.dumps(value if len(value) <= 60 else value[:60] + "…", ensure_ascii=True)
        case int() if not isinstance(value, bool) and value.bit_length() > 64:
            return "a huge number"
        case _:
            return json.dumps(value)
