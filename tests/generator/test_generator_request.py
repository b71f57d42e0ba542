"""What a request body may be, field by field."""

import contextlib
import json
from typing import Any

import pytest
from generator_drawings import body
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import Refused
from generator.models import DEFAULT as MODEL
from generator.request import Brush, Point, parse


def parsed(**fields: Any) -> Any:
    return parse(json.dumps(body(image_url="https://example.com/a.jpg") | fields).encode())


@pytest.mark.parametrize(("given", "seconds"), [(5, 5), (10, 10), ("5", 5), ("10", 10), (None, 5)])
def test_duration_may_be_a_number_or_a_string(given: object, seconds: int) -> None:
    assert parsed(duration=given).seconds == seconds


def test_the_documented_sample_is_accepted() -> None:
    mask = {"mask_url": "https://example.com", "trajectories": [{"x": 1, "y": 1}]}
    request = parsed(
        tail_image_url="https://example.com", static_mask_url="https://example.com", dynamic_masks=[mask], cfg_scale=1
    )
    assert request.brushes == (Brush("https://example.com", (Point(1, 1),)),)
    assert request.cfg_scale == 1


def test_newer_names_of_the_masks_are_accepted() -> None:
    request = parsed(static_mask="https://example.com/s", dynamic_masks=[{"mask": "https://example.com/d"}])
    assert request.static_mask == "https://example.com/s"
    assert request.brushes == (Brush("https://example.com/d"),)


WRONG: list[tuple[str, object]] = [
    ("model", None),
    ("model", "kling-video/v9"),
    ("model", [MODEL]),
    ("image_url", None),
    ("image_url", 5),
    ("image_url", ""),
    ("image_url", "photo.jpg"),
    ("image_url", "/etc/passwd"),
    ("image_url", "file:///etc/passwd"),
    ("image_url", "ftp://example.com/a.jpg"),
    ("image_url", "https://"),
    ("image_url", "data:text/html;base64,AAAA"),
    ("tail_image_url", "file:///etc/passwd"),
    ("static_mask_url", "//example.com/a.png"),
    ("static_mask", 1),
    ("prompt", None),
    ("prompt", 5),
    ("prompt", "x" * 2501),
    ("negative_prompt", ["zoom"]),
    ("duration", 7),
    ("duration", "five"),
    ("duration", 5.5),
    ("duration", True),
    ("duration", [5]),
    ("cfg_scale", 1.01),
    ("cfg_scale", -0.1),
    ("cfg_scale", "0.5"),
    ("cfg_scale", True),
    ("cfg_scale", float("nan")),
    ("aspect_ratio", "4:3"),
    ("ratio", {}),
    ("dynamic_masks", {}),
    ("dynamic_masks", [1]),
    ("dynamic_masks", [{}]),
    ("dynamic_masks", [{"mask_url": "file:///x"}]),
    ("dynamic_masks", [{"mask_url": "https://e.com", "trajectories": [1]}]),
    ("dynamic_masks", [{"mask_url": "https://e.com", "trajectories": [{"x": 1}]}]),
    ("dynamic_masks", [{"mask_url": "https://e.com", "trajectories": [{"x": 1.5, "y": 2}]}]),
    ("dynamic_masks", [{"mask_url": "https://e.com", "trajectories": [{"x": 10**30, "y": 2}]}]),
    ("dynamic_masks", [{"mask_url": "https://e.com"}] * 7),
    ("dynamic_masks", [{"mask_url": "https://e.com", "trajectories": [{"x": 1, "y": 1}] * 78}]),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(Refused) as refused:
        parsed(**{field: value})
    assert refused.value.status == 400
    assert field in refused.value.message
    assert "expected" in refused.value.message
    assert "received" in refused.value.message


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'"text"', b"[]", b"null", b"1" * 5000])
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Refused):
        parse(raw)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from(["model", "image_url", "prompt", "duration", "cfg_scale", "static_mask", "dynamic_masks"])


@given(st.dictionaries(names, anything))
def test_no_body_does_worse_than_being_refused(fields: dict[str, object]) -> None:
    with contextlib.suppress(Refused):
        parsed(**fields)
