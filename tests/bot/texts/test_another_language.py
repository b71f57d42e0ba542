"""Answers in a language in which every letter of a sentence is another one."""

from dataclasses import replace

import pytest

from bot import texts
from bot.commands import table
from bot.conversation import Inbound
from bot.model import Address
from tests.houses import House, attached
from tests.strange import english_in


async def yes() -> bool:
    return True


@pytest.mark.parametrize("private", [True, False])
async def test_every_command_answers_in_the_language_it_was_asked_in(house: House, strange: str, private: bool) -> None:
    where = Address("telegram", "7" if private else "-1", "m")
    asker = Inbound(where, "7", "k", label="Ann", language=strange, shared=not private, administers=yes)
    if not private:
        asker = replace(asker, scope="telegram:-1", community="Lake Town", moderates=yes)
    ordered = await house.core.handle(replace(asker, key="order", text="she smiles", attachments=(attached(),)))
    assert ordered.job
    assert english_in(ordered) == []
    await house.finish(await house.job(ordered.job))
    left = {}
    for number, row in enumerate(table.TABLE.values()):
        for more in ("", " nosuch", f" {ordered.job}"):
            key = f"{number}{more}"
            reply = await house.core.handle(replace(asker, key=key, text=f"/{row.name}{more}"))
            if found := english_in(reply):
                left[f"/{row.name}{more}"] = found
    assert left == {}


async def test_refusals_of_orders_and_of_decoders_are_told_in_it(house: House, strange: str) -> None:
    asker = Inbound(Address("telegram", "7", "m"), "7", "k", language=strange)
    for number, (words, pictures) in enumerate(
        [
            ("she smiles", ()),
            ("", (attached(),)),
            ("she smiles", (attached(b"garbage"),)),
            ("she smiles", (attached(b""),)),
            ("she smiles --duration 7", (attached(),)),
            ("she smiles --nosuch", (attached(),)),
            ("she smiles", (attached(), attached(), attached())),
            ("/nosuch", ()),
            ("x" * 9000, (attached(),)),
        ]
    ):
        reply = await house.core.handle(replace(asker, key=str(number), text=words, attachments=pictures))
        assert reply.text
        assert english_in(reply) == [], words


async def test_english_is_the_default(house: House) -> None:
    reply = await house.core.handle(Inbound(Address("telegram", "7", "m"), "7", "k", "/nosuch"))
    assert reply.text == texts.chat.unknown_command("nosuch")
