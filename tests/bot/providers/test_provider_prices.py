"""A host's public list of prices and durations, over real sockets."""

import json
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from provider_desk import Make, other, row

from bot.billing import CREDIT, Listed, PriceList, changes
from bot.catalogue import DEFAULT, Price, rows
from bot.catalogue import row as row_of
from bot.providers.price_list import listed, medians, usd_a_second
from tests.loopback.provider.scripted import Scripted
from tests.published import SERVICE, problems

VEO, KLING_3, HAILUO = map(row_of, ("google/veo-3.1-i2v", "klingai/video-v3-pro-image-to-video", "minimax/hailuo-2.3"))


def entry(id: str, *aliases: str, price: float = 0.1, **more: Any) -> dict[str, Any]:
    """An entry in the documented shape."""
    pricing = {"kind": "fixed", "currency": "USD", "units": [{"price": price, "per": "second"}]}
    info = {"name": id, "developer": "x"}
    whole = {"id": id, "aliases": [*aliases], "type": "video", "info": info, "tags": [], "pricing": pricing}
    return whole | more


def says(*entries: object) -> dict[str, Any]:
    return {"object": "list", "data": [*entries]}


def timed(alias: str, p50: object) -> dict[str, Any]:
    return {"alias": alias, "endpoint": "/v2", "metrics": {"duration_ms": {"p50": p50, "p75": 1, "p90": 1, "p99": 1}}}


def durations(*models: object) -> dict[str, Any]:
    return {"window_seconds": 300, "generated_at": "2026-08-19T12:00:05.000Z", "models": [*models]}


async def test_the_list_is_asked_as_documented_and_again_by_its_tag(first: Scripted, make: Make) -> None:
    said = says(entry(DEFAULT.id, price=0.05), entry(VEO.id, "veo"), entry("other/model"))
    assert problems(SERVICE["/v1/models"], said) == []
    times = durations(timed(VEO.id, 84_000))
    assert problems(SERVICE["/models/metrics"], times) == []
    first.say(200, said, ETag='"one"')
    first.say(200, times)
    providers = make(row(first))
    found = await providers.prices("aimlapi")
    assert found == PriceList(
        "aimlapi",
        (Listed(DEFAULT.id, (), Fraction(1, 20)), Listed(VEO.id, (), Fraction(1, 10))),
        '"one"',
        {VEO.id: 84.0},
    )
    assert first.seen[0].query == {
        "capabilities": ["image_to_video"],
        "include": ["pricing,modalities,capabilities"],
    }
    assert first.seen[1].query == {"aliases": [one.id for one in rows()]}
    first.say(304, b"", ETag='"one"')
    first.say(500)
    assert await providers.prices("aimlapi", found) == replace(found, medians={})
    assert first.seen[2].headers["if-none-match"] == '"one"'


async def test_a_tag_that_cannot_be_sent_is_not(first: Scripted, make: Make) -> None:
    said = says(entry(DEFAULT.id, price=0.05))
    first.say(200, said, ETag='"é"')
    first.say(500)
    providers = make(row(first))
    found = await providers.prices("aimlapi")
    first.say(200, said)
    first.say(500)
    assert found
    again = await providers.prices("aimlapi", found)
    assert again
    assert again.models == found.models
    assert "if-none-match" not in first.seen[2].headers


@pytest.mark.parametrize(
    "answer",
    [
        says(),
        says(entry("other/model")),
        {"data": {}},
        [],
        b"<html>",
        says("x", 5, {}),
        says(entry("x" * 201, VEO.id)),
        says(entry("a\nb", VEO.id)),
    ],
)
async def test_an_answer_that_is_no_list_changes_nothing(first: Scripted, make: Make, answer: object) -> None:
    first.say(200, answer)
    assert await make(row(first)).prices("aimlapi") is None


async def test_a_host_that_is_silent_refuses_or_has_no_list(first: Scripted, second: Scripted, make: Make) -> None:
    providers = make(row(first), other(second))
    first.reset()
    first.reset()
    assert await providers.prices("aimlapi") is None
    first.say(403)
    assert await providers.prices("aimlapi") is None
    assert await providers.prices("apilaplas") is None
    assert second.seen == []


def variants(*rates: object, dimensions: list[str] | None = None) -> dict[str, Any]:
    return {"kind": "variants", "currency": "USD", "dimensions": dimensions or [], "variants": [*rates]}


@pytest.mark.parametrize(
    ("pricing", "usd"),
    [
        ({"kind": "fixed", "currency": "USD", "units": [{"price": 0.0315, "per": "second"}]}, "0.0315"),
        ({"kind": "fixed", "units": [{"price": 1, "per": "Second"}]}, "1"),
        ({"kind": "fixed", "units": [{"price": 0.3, "per": "video"}]}, None),
        ({"kind": "fixed", "units": []}, None),
        ({"kind": "fixed", "currency": "EUR", "units": [{"price": 1, "per": "second"}]}, None),
        ({"kind": "variable"}, None),
        (variants({"price": 0.1, "per": "second"}, {"price": 0.2, "per": "second", "generate_audio": True}), "0.2"),
        (
            variants(
                {"price": 0.1, "per": "second", "resolution": "720P"},
                {"price": 0.4, "per": "second", "params": {"resolution": "1080p"}},
            ),
            "0.1",
        ),
        (variants({"price": 0.1, "per": "second", "resolution": "480p"}), None),
        (variants({"price": 0.1, "per": "second"}, {"price": 3, "per": "video"}), None),
        *(({"kind": "fixed", "units": [{"price": wrong, "per": "second"}]}, None) for wrong in (0, -1, 101, "1", True)),
        *((wrong, None) for wrong in (None, [], "fixed", {}, {"kind": ["fixed"]}, {"kind": "fixed", "units": "x"})),
    ],
)
def test_a_price_is_never_read_too_low(pricing: object, usd: str | None) -> None:
    assert usd_a_second(pricing, "720p") == (Fraction(usd) if usd else None)


@pytest.mark.parametrize("p50", [9_999, 7_200_001, -1, None, "x", True, 1e400])
def test_a_duration_that_is_no_render_is_left_out(p50: object) -> None:
    answer = json.dumps(durations(timed("a", p50), timed("b", 60_000), "x", {"alias": 5})).encode()
    assert medians(answer) == {"b": 60.0}
    assert medians(b"[]") == medians(b'{"models": 5}') == {}


def a_list(*entries: Listed) -> PriceList:
    return PriceList("aimlapi", entries)


def test_credits_are_reckoned_by_the_first_model() -> None:
    quoted = a_list(Listed(DEFAULT.id, (), Fraction(1, 20)), Listed(VEO.id, (), Fraction(1, 5)), Listed(KLING_3.id))
    assert [quoted.price(model) for model in (DEFAULT, VEO, KLING_3, HAILUO)] == [1, 4, None, None]
    assert a_list(Listed(VEO.id, (), Fraction(63, 1000))).price(VEO) == Fraction(63, 1000) / CREDIT == 2
    assert PriceList.load("aimlapi", quoted.dump()) == quoted
    twice = a_list(Listed(VEO.id), Listed(VEO.id, (), CREDIT), Listed(VEO.id, (), 3 * CREDIT), Listed("x", (VEO.id,)))
    assert twice.price(VEO) == 3


def test_what_the_list_says_against_our_rows() -> None:
    ours = [replace(DEFAULT, price=Price(Fraction(1))), replace(VEO, price=Price(Fraction(3))), KLING_3, HAILUO]
    said = a_list(
        Listed(DEFAULT.id, (), Fraction(1, 20)), Listed("google/veo-3.1", (VEO.id,), Fraction(1, 5)), Listed(KLING_3.id)
    )
    assert ("risen", 3, 4) in [(one.what, one.was, one.now) for one in changes(ours, said)]
    found = {(one.what, one.model.title): (one.was, one.now) for one in changes(ours, said, fixed={VEO.id})}
    assert found == {
        ("base", "Kling 1 Standard"): (CREDIT, Fraction(1, 20)),
        ("renamed", "Veo 3.1"): (None, "google/veo-3.1"),
        ("dearer", "Veo 3.1"): (3, 4),
        ("gone", "Hailuo 2.3"): (None, ""),
    }
    assert [one.what for one in changes(ours[:1], said, said)] == []  # it cost as much the last time
    assert changes(ours, PriceList("apilaplas", ())) == [*changes(ours[:1], PriceList("apilaplas", ()))]


def test_the_stand_ins_list_is_read_as_the_real_ones() -> None:
    rate = {"kind": "fixed", "currency": "USD", "units": [{"price": 0.0315, "per": "second"}]}
    found = listed(json.dumps(says(entry(DEFAULT.id, pricing=rate))).encode(), "aimlapi")
    assert found == [Listed(DEFAULT.id, (), CREDIT)]
