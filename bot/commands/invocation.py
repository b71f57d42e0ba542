"""Parsing of calls: a command or the bot's name, and the separators before the words. Pure."""

import re
from dataclasses import dataclass

from bot.characters import END, UNSPACED, is_unseen, plain, trim

_COMMAND = re.compile(rf"/([a-z0-9_]{{1,32}})(?:@([a-z0-9_]{{1,64}}))?{END}(?![/\\@])")
_AFTER = re.compile(rf":?(?:[\s,;|·•、،؛]|:(?=\s|$|[{UNSPACED}])|[.!?=>~]++(?=\s|$|[{UNSPACED}])|[-—](?=\s))*+")
"""Separators between a call and the words; two dashes begin an option."""
SIGN = r"(?:[,;，；、]|[:：](?![)(-]))?"
"""Pattern of punctuation next to a name, part of neither name nor words."""


@dataclass(frozen=True, slots=True)
class Call:
    """`/name@whose argument`; `name` and `whose` in lower case."""

    name: str
    whose: str
    argument: str


def command(text: str) -> Call | None:
    """The command at the start of a text, ignoring surrounding blanks and separators; None without one."""
    text = trim(text)
    read = plain("".join(" " if is_unseen(sign) else sign for sign in text))  # ends a name, like a blank
    match = _COMMAND.match(read.text)
    if match is None:
        return None
    return Call(match[1], match[2] or "", opened(text[read.offsets[match.end()] :]))


def canonical(text: str) -> str:
    """Canonical form for comparisons: a command as `/name argument`, other text stripped."""
    said = command(text)
    return trim(text) if said is None else f"/{said.name} {said.argument}".rstrip()


def opened(text: str) -> str:
    """The words after a call, without separators."""
    read = plain(text)
    match = _AFTER.match(read.text)
    return trim(text[read.offsets[match.end() if match else 0] :])


def without_name(text: str, name: str) -> str:
    """The text without a leading repetition of the bot's name."""
    bare = text.removeprefix("＠").removeprefix("@")
    if bare == text or not re.match(rf"{re.escape(name)}{END}", bare, re.IGNORECASE):
        return text
    return opened(bare[len(name) :])
