"""A language in which every letter of a sentence is another one: what is still English in an answer was glued."""

import re
from gettext import NullTranslations
from typing import Any

from bot.conversation import Reply

STRANGE = "eo"
_LETTERS = str.maketrans({chr(n): chr(n + 0xFEE0) for n in (*range(0x41, 0x5B), *range(0x61, 0x7B))})
"""Latin letters, as wide ones."""
_NOT_TRANSLATED = re.compile(
    r"/[ -~…]*|--\w+( blurry, extra hands)?|she (smiles|waves)|Ann|UTC|Telegram|Discord|Photoplay|\d+ (?:Jan|Feb|Mar|Apr|Maj|Jun|Jul|Aŭg|Sep|Okt|Nov|Dec)[a-z]*|id\d+|https?://\S+"
    r"|nosuch|Lake Town|kling"
)
"""Commands, options, names and ids are the same in every language; so are people's own words.
Months are Esperanto's."""


class Strange(NullTranslations):
    """Every sentence in wide letters."""

    def gettext(self, message: str) -> str:
        return "".join(
            part if part.startswith("{") else part.translate(_LETTERS) for part in re.split(r"(\{[^{}]*\})", message)
        )

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def english(said: str) -> list[str]:
    """Words without a translation."""
    return re.findall(r"[A-Za-z]{2,}", _NOT_TRANSLATED.sub("", said))


def english_in(reply: Reply) -> list[str]:
    """The same of an answer and its buttons."""
    return english("\n".join([reply.text, reply.undated, *(button.label for button in reply.buttons)]))


def strings(data: Any, *, but: frozenset[str]) -> list[str]:
    """All texts in JSON, without those under these names."""
    match data:
        case str():
            return [data]
        case list():
            return [text for value in data for text in strings(value, but=but)]
        case dict():
            return [text for name, value in data.items() if name not in but for text in strings(value, but=but)]
    return []
