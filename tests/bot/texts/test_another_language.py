"""A language in which every letter of a sentence is another one: what is still English in an answer was glued."""

import re
from collections.abc import Iterator
from dataclasses import replace
from gettext import NullTranslations

import pytest

from bot import languages, texts
from bot.commands import table
from bot.conversation import Inbound, Reply
from bot.model import Address
from tests.houses import House, attached

STRANGE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in (*range(0x41, 0x5B), *range(0x61, 0x7B))})
"""Latin letters, as wide ones."""
NOT_TRANSLATED = re.compile(
    r"/[ -~…]*|--\w+( blurry, extra hands)?|she smiles|Ann|UTC|Telegram|Jan|id\d+|https?://\S+|nosuch"
)
"""Commands, options, names and ids are the same in every language; so are people's own words."""


class Strange(NullTranslations):
    def gettext(self, message: str) -> str:
        return "".join(
            part if part.startswith("{") else part.translate(STRANGE) for part in re.split(r"(\{[^{}]*\})", message)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


@pytest.fixture
def strange() -> Iterator[str]:
    languages.catalogues["eo"] = Strange()
    yield "eo"
    del languages.catalogues["eo"]


def english(reply: Reply) -> list[str]:
    """Words of an answer that nobody has translated."""
    said = "\n".join([reply.text, reply.undated, *(button.label for button in reply.buttons)])
    return re.findall(r"[A-Za-z]{2,}", NOT_TRANSLATED.sub("", said))


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
    assert english(ordered) == []
    await house.finish(await house.job(ordered.job))
    left = {}
    for number, row in enumerate(table.TABLE.values()):
        for more in ("", " nosuch", f" {ordered.job}"):
            key = f"{number}{more}"
            reply = await house.core.handle(replace(asker, key=key, text=f"/{row.name}{more}"))
            if found := english(reply):
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
        assert english(reply) == [], words


async def test_english_is_the_default(house: House) -> None:
    reply = await house.core.handle(Inbound(Address("telegram", "7", "m"), "7", "k", "/nosuch"))
    assert reply.text == texts.chat.unknown_command("nosuch")
