"""What hosts say is left of our money."""

import pytest
from provider_desk import Make
from pydantic import SecretStr

from bot.providers.hosts import aimlapi, apilaplas
from tests.loopback.provider.scripted import Scripted


async def test_the_balance_is_asked_of_the_host_that_tells_it(first: Scripted, second: Scripted, make: Make) -> None:
    first.say(200, {"balance": 1234567, "lowBalance": False})
    providers = make(aimlapi(SecretStr("sk-test"), first.base), apilaplas(SecretStr("sk-other"), second.base))
    assert await providers.balances() == {"aimlapi": 1234567.0}
    (asked,) = first.seen
    assert (asked.method, asked.path) == ("GET", "/v1/billing/balance")
    assert asked.headers["authorization"] == "Bearer sk-test"
    assert not second.seen


@pytest.mark.parametrize("said", [{"balance": "much"}, {"balance": True}, {}, [], b"<html>", b'{"balance": 1e999}'])
async def test_what_is_no_balance_is_left_out(first: Scripted, make: Make, said: object) -> None:
    first.say(200, said)
    assert await make(aimlapi(SecretStr("sk-test"), first.base)).balances() == {}


async def test_a_host_that_does_not_say_is_left_out(first: Scripted, make: Make) -> None:
    first.say(403, {"balance": 5})
    assert await make(aimlapi(SecretStr("sk-test"), first.base)).balances() == {}


def test_the_key_goes_to_the_vendors_billing_only_with_the_vendors_address() -> None:
    assert aimlapi(SecretStr("k")).balance == "https://billing.aimlapi.com/v1/billing/balance"
    assert aimlapi(SecretStr("k"), "https://proxy.example").balance == "https://proxy.example/v1/billing/balance"
