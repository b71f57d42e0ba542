"""Parsing of calls: a command or the bot's name, and the separators before the words. Pure."""

import re
from dataclasses import dataclass

from bot.characters import END, UNSPACED, is_unseen, plain, trim

_COMMAND = re.compile(rf"/([a-z0-9_]{{1,32}})(?:@([a-z0-9_]{{1,64}}))?{END}(?![/\\@])")
_AFTER = re.compile(rf":?(?:[\s,;|·•、،؛]|:(?=\s|$|[{UNSPACED}])|[.!?=>~]++(?=\s|$|[{UNSPACED}])|[-—](?=\s))*+")
"""Separators between a call and the words; two dashes begin an option."""
SIGN = r"(?:[,;，；、]|[:：](?![)(-]))?"
"""Pattern of punctuation next to a name, part of neither name nor words."""

_YES = frozenset(
    (
        *("yes", "y", "yeah", "yep", "yup", "sure", "ok", "okay", "k", "agree", "agreed", "i agree", "yes i agree"),
        *("they agree", "they do", "go", "go on", "go ahead", "do it", "make it", "yes make it", "crop", "crop it"),
        *("crop to the middle", "fine", "of course", "ja", "oui", "si", "sí", "sì", "sim", "да", "так", "tak", "evet"),
        *("はい", "好", "好的", "是", "네", "예", "نعم", "כן"),
    )
)
_NO = frozenset(
    (
        *("no", "n", "nope", "nah", "don't", "dont", "do not", "stop", "cancel", "drop it", "never mind", "no way"),
        *("nein", "non", "não", "нет", "ні", "nie", "hayır", "いいえ", "不", "不要", "아니요", "لا", "לא"),
    )
)
_COURTESY = re.compile(r"\b(?:please|thanks|thank you)\b")
_THANKS = frozenset(
    (
        *("thanks", "thank you", "thanks a lot", "thank you so much", "thank you very much", "many thanks", "thx"),
        *("danke", "merci", "gracias", "grazie", "obrigado", "obrigada", "спасибо", "дякую", "dziękuję", "teşekkürler"),
        *("ありがとう", "谢谢", "謝謝", "감사합니다", "شكرا", "תודה"),
    )
)
_PRICED = re.compile(r"\byes \d+ credits?\Z")


def assent(text: str) -> bool | None:
    """True for a mere yes, False for a mere no, None for other text."""
    signs = {sign for sign in text if not sign.isspace() and sign not in "\ufe0f🏻🏼🏽🏾🏿"}
    if signs and signs <= set("👍👌✅🆗"):
        return True
    if signs and signs <= set("👎❌🚫"):
        return False
    words = " ".join(_COURTESY.sub("", _plain_words(text)).split())
    if words in _YES or _PRICED.fullmatch(words):
        return True
    return False if words in _NO else None


def is_talk(text: str) -> bool:
    """Whether a text is merely a yes, a no or thanks, and so describes no clip."""
    return assent(text) is not None or _plain_words(text) in _THANKS


def _plain_words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.casefold().replace("’", "'")[:80]))


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
    return Call(match[1], match[2] or "", opened(text[read.places[match.end()] :]))


def canonical(text: str) -> str:
    """Canonical form for comparisons: a command as `/name argument`, other text stripped."""
    said = command(text)
    return trim(text) if said is None else f"/{said.name} {said.argument}".rstrip()


def opened(text: str) -> str:
    """The words after a call, without separators."""
    read = plain(text)
    match = _AFTER.match(read.text)
    return trim(text[read.places[match.end() if match else 0] :])


def without_name(text: str, name: str) -> str:
    """The text without a leading repetition of the bot's name."""
    bare = text.removeprefix("＠").removeprefix("@")
    if bare == text or not re.match(rf"{re.escape(name)}{END}", bare, re.IGNORECASE):
        return text
    return opened(bare[len(name) :])
