"""Providers' error texts: extraction, cause, and redaction.

Pure and total: no input raises. Provider texts reach a log or the store only through `redact`.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bot.model import Reason

DETAIL = 300
"""Characters kept of a provider's text."""

OBJECTS = 20_000
"""Objects in an answer, at most: each costs microseconds, and an answer of a megabyte may have 300,000."""

_TEXT_FIELDS = ("code", "name", "type", "message", "msg", "detail", "error", "errors")
"""Fields with text. Not `input`, which repeats the picture's link; ids, paths and times say nothing about the cause."""

CODES: Mapping[str, Reason] = {
    "1100": "unavailable",  # the account behind the provider is abnormal,
    "1101": "unavailable",  # in arrears,
    "1102": "unavailable",  # or out of its resource pack
    "1300": "moderation",
    "1301": "moderation",
    "1302": "busy",
    "1303": "busy",
}
"""Kling's error codes, as passed on by some hosts."""

SIGNS: tuple[tuple[str, Reason], ...] = (
    ("risk control", "moderation"),
    ("content policy", "moderation"),
    ("content_policy", "moderation"),
    ("content safety", "moderation"),
    ("moderation", "moderation"),
    ("resolution or aspect ratio", "image"),
    ("face_detection_error", "image"),
    ("image_too_large", "image"),
    ("feature_not_supported", "rejected"),
    ("parallel task", "busy"),
)
"""Words and error types that name a cause, in lower case; the first match decides."""

_PLAIN = re.compile(r"[a-z0-9_]*")
_CODE = re.compile(r"\bcode\W{0,4}(\d{4})\b")  # not any four digits: pictures may be 1300 pixels wide
_APART = re.compile(r"""([\s"'<>`\\]+)""")
_BEARER = re.compile(r"""\bbearer\s+[^\s"'<>`\\]+""", re.IGNORECASE)
_LABELLED = re.compile(
    r"""\b([\w-]{0,30}(?:key|token|secret|password|signature)|authorization)["'\\]*\s{0,9}[:=]["'\\\s]*[^\s"'<>`\\]+""",
    re.IGNORECASE,
)
_KEY = re.compile(r"\b(?:sk|pk)[-_]\w[^\s,;)]*", re.IGNORECASE)
_ID = re.compile(r"(?=[a-z_+=.-]{0,60}\d)[\w+=.-]{20,}|[\w+/=-]{60,}", re.IGNORECASE)


class Named(dict[str, object]):
    """A JSON object whose keys ignore case and separators: `videoUrl`, `VideoURL` are `video_url`."""

    def __init__(self, pairs: Sequence[tuple[str, object]]) -> None:
        # The documented spelling is written last, so that it wins.
        super().__init__((_bare(name), value) for name, value in sorted(pairs, key=lambda pair: _is_plain(pair[0])))

    def __getitem__(self, name: str) -> object:
        return super().__getitem__(_bare(name))

    def get(self, name: str, default: object = None) -> object:
        """As of `dict`."""
        return super().get(_bare(name), default)


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None


def _bare(name: str) -> str:
    return (name if name.isalnum() else "".join(filter(str.isalnum, name))).lower()


def parse(body: bytes) -> object:
    """JSON with objects as `Named`; None if invalid, or of more objects than any answer has."""
    if body.count(b"{") > OBJECTS:
        return None
    try:
        return json.loads(body, object_pairs_hook=Named)
    except (ValueError, RecursionError):  # bad bytes, bad JSON; deeply nested brackets
        return None


def words(error: object) -> str:
    """The text of an error in any of its shapes: `{name, message}`, `{detail: [{loc, msg, type, input}]}`, text."""
    return "; ".join(_words(error, 0))


def _words(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str) and value:
        yield value
    elif depth > 5:
        return
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _words(item, depth + 1)
    elif isinstance(value, dict):
        for key in _TEXT_FIELDS:
            inner = value.get(key)
            if key in ("code", "name", "type") and _numeric(inner):
                yield f"code {inner}"
            else:
                yield from _words(inner, depth + 1)


def _numeric(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, str) and value.isascii() and value.isdigit())


def reason(text: str, otherwise: Reason) -> Reason:
    """The cause of a refusal, if the text names it; else `otherwise`."""
    text = text.lower()
    for code in _CODE.findall(text):
        if code in CODES:
            return CODES[code]
    return next((why for sign, why in SIGNS if sign in text), otherwise)


def redact(text: str) -> str:
    """Text without links, data URIs, keys, ids and unprintable characters, in one line of at most `DETAIL` characters.

    Errs on the side of removal: anything that may be a credential, or identify a picture.
    """
    if len(text) > 10 * DETAIL:  # the last word may be half a key
        text = text[: 10 * DETAIL].rpartition(" ")[0]
    text = "".join(c if c.isprintable() else " " for c in text)
    text = "".join(_kept(word) for word in _APART.split(text))
    for secret, instead in ((_BEARER, "[key]"), (_LABELLED, r"\1: [key]"), (_KEY, "[key]"), (_ID, "[id]")):
        text = secret.sub(instead, text)
    line = " ".join(text.split())
    return line if len(line) <= DETAIL else line[: DETAIL - 1] + "…"


def _kept(word: str) -> str:
    """The part of a word that may be kept. Words end only at blanks and quotes: links may hold anything else."""
    lower = word.lower()
    if "data:" in lower and ("," in lower or ";" in lower):
        return "[data]"
    if "//" in word or lower.startswith("www.") or ("?" in word and "=" in word):
        return "[link]"
    return word
