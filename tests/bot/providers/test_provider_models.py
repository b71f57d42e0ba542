"""Every row of the catalogue, against what is published of its model."""

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from provider_desk import FULL, KEY, REQUEST, SCHEMAS, Make, link, row
from pydantic import SecretStr

from bot import catalogue
from bot.catalogue import DEFAULT, ROWS, Model
from bot.model import Accepted, Order, Photo, Refused
from bot.providers.hosts import DIALECTS, UNIVERSAL, aimlapi, apilaplas, local
from bot.providers.wire import body
from tests.loopback.provider.scripted import Scripted
from tests.published import problems

PUBLISHED: dict[str, Any] = json.loads((Path(__file__).parent / "universal.json").read_text())
AIMLAPI, APILAPLAS = aimlapi(SecretStr(KEY)), apilaplas(SecretStr(KEY))
HOSTS = {host.name: host for host in (AIMLAPI, APILAPLAS, local("http://127.0.0.1:1"))}
SHAPES = [Photo("photo.jpg", *size) for size in ((640, 480), (480, 640), (500, 500), (2500, 1000), (300, 750))]


def orders(model: Model) -> Iterator[Order]:
    """All that the model can, in all its lengths."""
    plain = Order(model.id, FULL.photo, "she smiles", model.preset, version=model.version)
    whole = replace(
        plain,
        negative="blur" if model.negative else "",
        cfg=0.25 if model.cfg else None,
        static_mask=FULL.static_mask if model.static_mask else None,
        brushes=FULL.brushes if model.brushes else (),
        sound=bool(model.sound),
    )
    yield from (replace(plain, seconds=seconds) for seconds in model.seconds)
    yield whole
    if model.end:
        yield replace(whole, end=FULL.end, static_mask=None, brushes=())
    yield from (replace(plain, photo=photo) for photo in SHAPES)


def schema_of(model: Model, host: str) -> dict[str, Any]:
    """The schema that a host publishes for the model, in the dialect in which it is ordered there."""
    if model.sold[host].dialect == "universal":
        return PUBLISHED[model.sold[host].id]
    old = SCHEMAS[host]
    return {**old, "properties": {**old["properties"], "model": {"enum": [model.sold[host].id]}}}


@pytest.mark.parametrize("host", ["aimlapi", "apilaplas"])
@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.title)
def test_all_that_a_row_allows_fits_its_schema(model: Model, host: str) -> None:
    if host not in model.sold:
        assert not HOSTS[host].sells(model)
        return
    assert HOSTS[host].sells(model)
    for order in orders(model):
        assert problems(schema_of(model, host), body(order, HOSTS[host], link)) == []


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.title)
def test_a_row_can_what_its_newest_schema_has_and_no_more(model: Model) -> None:
    """The first two models have one, too, though they are ordered in the older dialect."""
    said = PUBLISHED[model.id]["properties"]
    ends = [name for name in ("tail_image_url", "last_image_url") if name in said]
    assert ([model.end] if model.end else []) == ends
    assert tuple(said["duration"]["enum"]) == model.seconds
    assert model.static_mask == (UNIVERSAL.static_mask in said)
    assert model.brushes == ("dynamic_masks" in said)
    assert (model.negative, model.cfg) == ("negative_prompt" in said, "cfg_scale" in said)
    assert (model.sound, model.enhance) == (
        "generate_audio" * ("generate_audio" in said),
        "enhance_prompt" * ("enhance_prompt" in said),
    )
    assert bool(model.resolution) == ("resolution" in said)
    assert [f"{width}:{height}" for width, height in model.ratios] == said.get("aspect_ratio", {}).get("enum", [])
    documented = said["prompt"].get("maxLength")
    if model.sold["aimlapi"].dialect == "universal":
        assert (documented is None) == ("longest" in model.unverified)
    assert documented in (None, model.longest)


@pytest.mark.parametrize("model", ROWS, ids=lambda model: model.title)
def test_what_costs_unless_it_is_declined_is_always_sent(model: Model) -> None:
    silent = body(Order(model.id, FULL.photo, "she smiles", model.preset), AIMLAPI, link)
    switches = {name: value for name, value in silent.items() if isinstance(value, bool)}
    assert switches == dict.fromkeys(filter(None, (model.sound, model.enhance)), False)
    loud = body(Order(model.id, FULL.photo, "she smiles", model.preset, sound=True), AIMLAPI, link)
    assert loud == silent | ({model.sound: True} if model.sound else {})


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((640, 480), "4:3"), ((480, 640), "3:4"), ((500, 500), "1:1"), ((2500, 1000), "21:9"), ((300, 750), "9:16"),
     ((1920, 1080), "16:9"), ((1000, 880), "1:1"), ((880, 1000), "1:1")],
)  # fmt: skip
def test_the_ratio_that_crops_least_is_sent(size: tuple[int, int], ratio: str) -> None:
    order = Order("bytedance/seedance-2-0", Photo("photo.jpg", *size), "she smiles")
    assert body(order, AIMLAPI, link)["aspect_ratio"] == ratio


def test_ids_titles_and_unverified_names_are_what_they_should_be() -> None:
    newest = catalogue.rows()
    assert newest[0] is DEFAULT
    assert len({model.id for model in newest}) == len({model.title.casefold() for model in newest}) == len(newest)
    assert len({(model.id, model.version) for model in ROWS}) == len(ROWS)
    names = {field.name for field in fields(Model)}
    for model in ROWS:
        assert model.unverified <= names
        assert model.seconds == tuple(sorted(model.seconds))
        assert model.preset in model.seconds
        assert model.sold.keys() <= HOSTS.keys()
        assert {sold.dialect for sold in model.sold.values()} <= DIALECTS.keys()


def test_an_order_is_bought_by_the_row_it_was_placed_with(monkeypatch: pytest.MonkeyPatch) -> None:
    before = next(model for model in ROWS if model.title == "Hailuo 2.3")
    renamed = {"aimlapi": catalogue.Sold("minimax/hailuo-2.3-b", "universal")}
    monkeypatch.setattr(catalogue, "ROWS", (*ROWS, replace(before, version=2, resolution="1080P", sold=renamed)))
    old = Order(before.id, FULL.photo, "she smiles", 6)
    assert body(old, AIMLAPI, link)["resolution"] == "768P"
    assert body(old, AIMLAPI, link)["model"] == "minimax/hailuo-2.3"
    new = replace(old, version=catalogue.row(before.id).version)
    assert (new.version, body(new, AIMLAPI, link)["resolution"]) == (2, "1080P")
    assert body(new, AIMLAPI, link)["model"] == "minimax/hailuo-2.3-b"
    assert [model.version for model in catalogue.rows() if model.id == before.id] == [2]
    assert catalogue.row(before.id, 9).version == 2  # from a later Photoplay


def test_a_model_that_is_in_no_row_is_bought_as_before_there_were_rows() -> None:
    order = replace(FULL, model="kling-video/v1.5/pro/image-to-video")
    for host in (AIMLAPI, APILAPLAS):
        assert body(order, host, link) == body(FULL, host, link) | {"model": order.model}


async def test_a_model_is_bought_and_asked_for_on_its_own_path(first: Scripted, make: Make) -> None:
    first.say(201, {"id": "x"})
    first.say(200, {"status": "queued"})
    first.say(200, {"status": "queued"})
    order, providers = Order("google/veo-3.1-i2v", FULL.photo, "she smiles", 4), make(row(first))
    assert await providers.create(order, REQUEST) == Accepted("aimlapi", "x")
    await providers.poll("aimlapi", "x", 1.0, order)
    await providers.poll("aimlapi", "x", 1.0, FULL)
    assert [seen.path for seen in first.seen] == [UNIVERSAL.path] * 2 + [DIALECTS["legacy"].path]


async def test_a_host_that_does_not_sell_a_model_is_not_asked(first: Scripted, second: Scripted, make: Make) -> None:
    order = Order("google/veo-3.1-i2v", FULL.photo, "she smiles", 4)
    laplas = apilaplas(SecretStr(KEY), second.base)
    assert await make(laplas).create(order, REQUEST) == Refused("rejected", "no configured host sells Veo 3.1")
    first.say(201, {"id": "x"})
    assert await make(laplas, row(first)).create(order, REQUEST) == Accepted("aimlapi", "x")
    assert second.seen == []
