"""The body of a create, against what the hosts' own schemas say."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_desk import FULL, KEY, MASK, ORDER, SCHEMAS, link
from pydantic import SecretStr

from bot.model import Brush, Order, Photo
from bot.providers.hosts import UNIVERSAL, Host, aimlapi, apilaplas, local
from bot.providers.wire import body
from tests.published import problems

HOSTS = {"aimlapi": aimlapi(SecretStr(KEY)), "apilaplas": apilaplas(SecretStr(KEY))}


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize(
    "order", [ORDER, replace(ORDER, seconds=10), FULL, replace(FULL, cfg=0.0), replace(FULL, cfg=1)]
)
def test_every_order_fits_the_hosts_schema(name: str, order: Order) -> None:
    assert problems(SCHEMAS[name], body(order, HOSTS[name], link)) == []


def test_the_validator_bites() -> None:
    wrong = {"model": "x", "image_url": "x", "duration": "5", "cfg_scale": 2, "ratio": "1:1", "size": 1}
    assert len(problems(SCHEMAS["aimlapi"], wrong)) == 7
    bounds = {
        "properties": {
            "a": {"type": "boolean"},
            "b": {"maxLength": 2},
            "c": {"type": "array", "items": {}, "maxItems": 1},
        }
    }
    assert len(problems(bounds, {"a": 1, "b": "abc", "c": [1, 2]})) == 3
    assert problems(bounds, {"a": True, "b": "ab", "c": [1]}) == []


def test_every_field_is_sent_under_its_name() -> None:
    assert body(FULL, HOSTS["apilaplas"], link) == {
        "model": "kling-video/v1/standard/image-to-video",
        "image_url": "https://photos.example/photo.jpg?sig=1",
        "prompt": "she smiles",
        "duration": "5",
        "negative_prompt": "blur",
        "cfg_scale": 0.25,
        "tail_image_url": "https://photos.example/end.jpg?sig=1",
        "static_mask_url": "https://photos.example/still.png?sig=1",
        "dynamic_masks": [
            {
                "mask_url": "https://photos.example/mask.png?sig=1",
                "trajectories": [{"x": 0, "y": 479}, {"x": 639, "y": 0}],
            },
            {
                "mask_url": "https://photos.example/two.png?sig=1",
                "trajectories": [{"x": 5, "y": 379}, {"x": 6, "y": 378}, {"x": 7, "y": 380}],
            },
        ],
    }


def test_what_is_not_set_is_not_sent() -> None:
    assert set(body(ORDER, HOSTS["aimlapi"], link)) == {"model", "image_url", "prompt", "duration"}


@pytest.mark.parametrize("seconds", [5, 10])
def test_duration_has_the_type_of_the_hosts_schema(seconds: Any) -> None:
    order = replace(ORDER, seconds=seconds)
    assert body(order, HOSTS["aimlapi"], link)["duration"] is seconds
    assert body(order, HOSTS["apilaplas"], link)["duration"] == str(seconds)
    assert body(order, local("http://127.0.0.1:1"), link)["duration"] is seconds


def test_mask_names_are_the_dialects() -> None:
    modern: Host = replace(HOSTS["aimlapi"], dialects={"legacy": UNIVERSAL})
    said = body(FULL, modern, link)
    assert "static_mask" in said
    assert "static_mask_url" not in said
    assert {key for mask in said["dynamic_masks"] for key in mask} == {"mask", "trajectories"}


@given(st.integers(1, 5000), st.data())
def test_turning_a_point_over_twice_gives_it_back(height: int, data: st.DataObject) -> None:
    y = data.draw(st.integers(0, height - 1))
    order = replace(ORDER, photo=Photo("p", 9, height), brushes=(Brush(MASK, ((3, y), (3, y))),))
    point = body(order, HOSTS["aimlapi"], link)["dynamic_masks"][0]["trajectories"][0]
    assert point == {"x": 3, "y": height - 1 - y}
    assert 0 <= point["y"] < height
