"""What a provider quotes of an order is neither in the log nor in an incident."""

import logging

import pytest

from bot.jobs.quotes import unquoted
from bot.model import Pending, Refused
from tests.houses import House
from tests.samples import an_order


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ('prompt "A boat drifts, over the LAKE" is refused', "prompt [words] is refused"),
        ("drifts over the lake and more", "[words] and more"),
        ("HTTP 400: the lake is refused", "HTTP 400: the lake is refused"),
        ("near “rainy days”: refused", "near [words] refused"),
        ("", ""),
    ],
)
def test_what_is_quoted_is_taken_out(said: str, left: str) -> None:
    assert unquoted(said, an_order(prompt="a boat drifts over the lake", negative="rainy days")) == left


def test_without_words_nothing_is() -> None:
    assert unquoted("  HTTP  400 ", an_order(prompt="", negative="!")) == "  HTTP  400 "


@pytest.mark.parametrize("bought", [False, True])
async def test_an_incident_and_the_log_hold_no_words(
    house: House, caplog: pytest.LogCaptureFixture, bought: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    refused = Refused("moderation", "the prompt “she smiles at the marzipan lighthouse” is risky")
    if bought:
        house.provider.polls[:] = [Pending(), refused]
    else:
        house.provider.creates[:] = [refused]
    job = await house.order("she smiles at the marzipan lighthouse")
    await house.finish(job)
    (incident,) = await house.store.incidents()
    assert str(incident.detail) == "the prompt [words] is risky"
    assert "marzipan" not in caplog.text
