"""Texts as long as a message may be, of one character again and again: read in linear time, by each command."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import SecretStr

from bot.commands.table import TABLE
from bot.conversation import Inbound
from bot.errors import Unreachable
from bot.model import Address
from bot.providers import download, results
from bot.providers.hosts import aimlapi
from tests.houses import House, attached, configure

LENGTH = 7000
"""Characters; some more are refused."""
MOST = 0.5
"""Seconds of processor time. A quadratic expression takes a second and more, a linear one some thousandths."""


@contextmanager
def quick(what: str) -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < MOST, what


@pytest.mark.parametrize("unit", [" ", "=", "- ", "for "])
async def test_no_command_is_slow(house: House, unit: str) -> None:
    configure(house.core, owners=frozenset({"telegram:7"}))
    for name in (*TABLE, "operator price", "operator cap", "quota set", "grant @8 5"):
        with quick(f"/{name} {unit!r}"):
            await house.say(f"/{name} x{(unit * LENGTH)[:LENGTH]}!")


@pytest.mark.parametrize("unit", [" ", "-", "—", "--no ", "\\-", "*", "`a", "5 s ", "model "])
async def test_no_order_is_slow(house: House, unit: str) -> None:
    for begin in ("", "1", "again", "she smiles --no "):
        with quick(f"{begin} {unit!r}"):
            await house.say(f"{begin}{(unit * LENGTH)[:LENGTH]}!x", attached())


@pytest.mark.parametrize("unit", [" ", ".", "-", "1 ", "one ", "again but ", "model ", "ﷺ"])
async def test_no_answer_is_slow(house: House, unit: str) -> None:
    job = await house.finish(await house.order())
    asked = json.dumps([["", f"/delete {job.id}", 1], ["Best", "/model best", 2]])
    for begin in ("", "1", "again", "more"):
        text = f"{begin}{(unit * LENGTH)[:LENGTH]}x"
        with quick(text[:20]):
            await house.core.handle(Inbound(Address("telegram", "chat", "m"), "7", text, text, asked=asked))
            await house.core.handle(
                Inbound(Address("telegram", "chat", "m"), "7", text, text, source=job.sent_id or "")
            )


@pytest.mark.parametrize("unit", [" ", "\0", "\u3000", "%", "a", "@", "/", ":"])
def test_no_link_of_a_provider_is_slow(unit: str) -> None:
    clips = download.Clips.__new__(download.Clips)
    clips._names = ()
    with quick(repr(unit)):
        for link in (f"https://a.example/{unit * results.LONGEST}x", unit * results.LONGEST + "x"):
            with suppress(ValueError, Unreachable):
                clips.admit(aimlapi(SecretStr("k")), link)


def test_what_is_around_a_link_is_cut_off() -> None:
    around = re.compile(r"[\s\0-\x1f\u200b-\u200f\u2060\ufeff]")
    odd = "".join(character for code in range(0x11000) if around.match(character := chr(code)))
    assert str(download._url(f"{odd}https://a.example/x{odd}")) == "https://a.example/x"
