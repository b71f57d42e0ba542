"""A host's list of charges, over real sockets."""

import json
from dataclasses import replace
from typing import Any

import pytest
from provider_desk import Make, row

from bot.billing import Charge
from bot.providers.books import page_of
from bot.providers.hosts import Host
from tests.loopback.provider.scripted import Scripted
from tests.published import SERVICE, problems

AT = 1_785_000_000.0


def charged(id: object = "i1", usd: object = 0.1575, **more: Any) -> dict[str, Any]:
    """An entry in the documented shape, at `AT`."""
    return {
        "created_at": "2026-07-25T17:20:00.000Z",
        "direction": "CHARGE",
        "type": "MODEL_USAGE",
        "amount": {"usd": usd, "credits": 315_000},
        "model": "kling-video/v1/standard/image-to-video",
        "reference_id": id,
        **more,
    }


def page(*rows: object, next: str | None = None) -> dict[str, Any]:
    return {"data": [*rows], "pagination": {"next_cursor": next, "has_more": next is not None}}


def quick(script: Scripted) -> Host:
    return replace(row(script), log_pause=0.0)


async def test_all_pages_are_read_as_documented(first: Scripted, make: Make) -> None:
    said = page(charged(), charged("i2", 1), next="eyJ2IjoxfQ==")
    assert problems(SERVICE["/v2/billing/transactions"], said) == []
    first.say(200, said)
    first.say(200, page(charged("i3", 0)))
    found = await make(quick(first)).charges("aimlapi", AT, AT + 60)
    model = "kling-video/v1/standard/image-to-video"
    assert found == [
        Charge("i1", 157_500, AT, model),
        Charge("i2", 1_000_000, AT, model),
        Charge("i3", 0, AT, model),
    ]
    query = {
        "from": ["2026-07-25T17:20:00Z"],
        "to": ["2026-07-25T17:21:01Z"],
        "type": ["MODEL_USAGE"],
        "limit": ["100"],
    }
    assert [seen.query for seen in first.seen] == [query, query | {"cursor": ["eyJ2IjoxfQ=="]}]


async def test_a_list_that_cannot_be_had_whole_is_none(first: Scripted, make: Make) -> None:
    providers = make(quick(first))
    for answers, why in (
        ([(200, page(charged(), next="x")), (500, {})], "HTTP 500"),
        ([(403, {})], "HTTP 403"),
        ([(200, {"data": []})], "no list of charges"),
        ([(200, {"data": [], "pagination": {"has_more": True, "next_cursor": None}})], "no list of charges"),
        ([(200, page(charged(), next="x" * 1001))], "no list of charges"),
        ([(200, b"<html>")], "no list of charges"),
    ):
        for status, body in answers:
            first.say(status, body)
        assert await providers.charges("aimlapi", AT, AT + 60) == why


@pytest.mark.parametrize(
    "row",
    [
        "x",
        {},
        charged(None),
        charged(""),
        charged("a\nb"),
        charged("x" * 1001),
        charged(type="PAYMENT"),
        charged(type="REFUND"),
        charged(usd="1"),
        charged(usd=-1),
        charged(usd=True),
        charged(usd=1e300),
        charged(usd=10_001),
        charged(usd=float("nan")),
        charged(amount=None),
        charged(created_at="yesterday"),
        charged(created_at="0001-01-01T00:00:00+14:00"),
        charged(created_at="9999-12-31T23:59:59-14:00"),
    ],
)
def test_what_is_no_charge_for_a_generation_is_left_out(row: object) -> None:
    found = page_of(json.dumps(page(row, charged("fine"))).encode())
    assert found is not None
    assert [charge.id for charge in found.charges] == ["fine"]


def test_an_amount_is_rounded_up_to_a_millionth() -> None:
    rows = [charged(f"i{n}", usd) for n, usd in enumerate((0.0000001, 0.1 + 0.2, 0.0315, 1e-10))]
    found = page_of(json.dumps(page(*rows)).encode())
    assert found is not None
    assert [charge.usd for charge in found.charges] == [1, 300_000, 31_500, 0]
