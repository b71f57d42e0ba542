"""What hosts say is left of our money."""

import pytest
from provider_desk import Make
from pydantic import SecretStr

from bot.model import Finished
from bot.providers.hosts import aimlapi, apilaplas
from tests.loopback.provider.scripted import Scripted


async def test_the_balance_is_asked_of_the_host_that_tells_it(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(200, {"current_balance": 123.45, "currency": "USD"})
    providers = make(aimlapi(SecretStr("sk-test"), first.base), apilaplas(SecretStr("sk-other"), second.base))
    assert await providers.balances() == {"aimlapi": 123.45}
    (asked,) = first.seen
    assert (asked.method, asked.path) == ("GET", "/v2/billing")
    assert asked.headers["authorization"] == "Bearer sk-test"
    assert not second.seen


async def test_the_old_balance_is_asked_where_there_is_no_new_one(first: Scripted, make: Make) -> None:
    first.say(404, {"message": "Cannot GET /v2/billing"})
    first.say(200, {"balance": 1_234_567, "lowBalance": False})
    assert await make(aimlapi(SecretStr("sk-test"), first.base)).balances() == {"aimlapi": 0.6172835}
    assert [seen.path for seen in first.seen] == ["/v2/billing", "/v1/billing/balance"]


@pytest.mark.parametrize(
    "said",
    [
        {"balance": "much"},
        {"balance": True},
        {"current_balance": 5, "currency": "EUR"},
        {"current_balance": None, "currency": "USD"},
        {},
        [],
        b"<html>",
        b'{"balance": 1e999}',
    ],
)
async def test_what_is_no_balance_is_left_out(first: Scripted, make: Make, said: object) -> None:
    first.say(200, said)
    first.say(200, said)
    assert await make(aimlapi(SecretStr("sk-test"), first.base)).balances() == {}


async def test_a_host_that_does_not_say_is_left_out(first: Scripted, make: Make) -> None:
    first.say(403, {"balance": 5})
    first.say(403, {"balance": 5})
    assert await make(aimlapi(SecretStr("sk-test"), first.base)).balances() == {}


def test_the_key_goes_to_the_vendors_billing_only_with_the_vendors_address() -> None:
    new, old = "https://api.aimlapi.com/v2/billing", "https://billing.aimlapi.com/v1/billing/balance"
    assert aimlapi(SecretStr("k")).balances == (new, old)
    proxied = aimlapi(SecretStr("k"), "https://proxy.example/v2").balances
    assert proxied == ("https://proxy.example/v2/billing", "https://proxy.example/v1/billing/balance")


# ── What a clip cost ─────────────────────────────────────────────────────────────────────────────────────────────────


DONE = {"id": "x", "status": "completed", "video": {"url": "https://clips.example/x.mp4"}}


@pytest.mark.parametrize(
    ("headers", "more", "usd"),
    [
        ({"x-aimlapi-usd-spent": "0.1575", "x-aimlapi-credits-used": "1"}, {}, 157_500),
        ({"x-aimlapi-credits-used": "315000"}, {}, 157_500),
        ({"x-aimlapi-usd-spent": "0", "x-aimlapi-credits-used": "0"}, {"usage": {"credits_used": 315_000}}, 157_500),
        ({}, {"usage": {"credits_used": 315_000.0}}, 157_500),
        ({"x-aimlapi-usd-spent": "0.00000015"}, {}, 1),
        ({}, {}, None),
        ({"x-aimlapi-usd-spent": "0"}, {"usage": {"credits_used": 0}}, None),
        ({"x-aimlapi-usd-spent": "-1", "x-aimlapi-credits-used": "nan"}, {"usage": {"credits_used": "9"}}, None),
        ({"x-aimlapi-usd-spent": "1e300", "x-aimlapi-credits-used": "x"}, {"usage": None}, None),
    ],
)
async def test_a_finished_clip_says_what_it_cost(
    first: Scripted, make: Make, headers: dict[str, str], more: object, usd: int | None
) -> None:
    billed = []

    async def bill(host: str, remote_id: str, usd: int) -> None:
        billed.append((host, remote_id, usd))

    first.say(200, {"id": "x", "status": "generating"}, **headers)
    first.say(200, DONE | {"meta": more}, **headers)
    providers = make(aimlapi(SecretStr("sk-test"), first.base), bill=bill)
    await providers.poll("aimlapi", "x", 9.0)
    assert billed == []
    assert await providers.poll("aimlapi", "x", 9.0) == Finished("https://clips.example/x.mp4")
    assert billed == ([("aimlapi", "x", usd)] if usd else [])
