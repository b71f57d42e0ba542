"""Markdown around options, as people type it where it is rendered: `**--10s**`, `--no _blur_`, `\\-\\-10s`. Pure."""

import re

from bot.characters import Plain, plain
from bot.ordering.names import pattern

_RUN = r"(\*{1,3}|_{1,3}|~~|\|\||`{1,3})"
_NAME = rf"(?:{pattern()})"
_NUMBER = r"(?:\d+(?:[.,/]\d+)?|[.,]\d+)"
_WRAPPED = re.compile(rf"(?<!\w){_RUN}([-—]{{1,4}} ?(?:{_NAME}|\d)[^\n]*?)\1(?![^\W_])")
_INSIDE = re.compile(
    rf"(?<![-—])[-—]{{1,4}} ?(?:(?:{pattern('number')})\s*[=:]?\s*)?{_RUN}({_NAME}|{_NUMBER}[ \w%]{{0,12}}?)\1(?!\w)|"
    rf"(?<![-—])[-—]{{1,4}} ?(?:{pattern('choice')})\s*[=:]?\s*{_RUN}([\w. ()-]{{1,60}}?)\3(?!\w)"
)
_ESCAPED = re.compile(r"\\(?=[-—])")
_ONLY_NAME = re.compile(rf"[-—]+ ?{_NAME}\s*[=:]?")
_WHOLLY = re.compile(rf"{_RUN}([^*_~|`]+)\1")


def unmarked(text: str) -> str:
    """Remove markup around an option; markup around an option with its value becomes brackets."""
    signs = list(text)
    if escapes := list(_ESCAPED.finditer((read := plain(text)).text)):
        for found in escapes:
            _replace(signs, read, found.start(), found.end(), "")
        return unmarked("".join(signs))
    for found in _WRAPPED.finditer(read.text):
        bare = _ONLY_NAME.fullmatch(found[2])
        for (start, end), sign in ((found.span(1), "("), ((found.end(2), found.end()), ")")):
            _replace(signs, read, start, end, "" if bare else sign)
    for found in _INSIDE.finditer(read.text):
        run, value = (1, 2) if found[1] else (3, 4)
        for start, end in (found.span(run), (found.end(value), found.end())):
            _replace(signs, read, start, end, "")
    return "".join(signs)


def _replace(signs: list[str], read: Plain, start: int, end: int, sign: str) -> None:
    offsets = sorted({*read.offsets[start:end]})
    for offset in offsets:
        signs[offset] = sign if offset == offsets[0] else ""


def unwrapped(value: str) -> str:
    """A value without markup around its parts."""
    return _WHOLLY.sub(r"\2", value)
