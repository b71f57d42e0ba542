"""Languages: catalogues of translated sentences, and what Babel knows of dates, numbers and lists.

A language is a Babel locale (`de`, `pt_BR`). Its catalogue is `bot/locale/<language>.po`; a sentence that it lacks is
said in English. The template for translators is `bot/locale/photoplay.pot`, made by `make messages`.
Babel is imported where it is needed: a process that says numbers in English alone never does.
"""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from babel import Locale


ENGLISH = "en_001"
"""The language of the sentences in `bot/texts`: English with the day before the month."""

MomentForm = Literal["day", "date", "stamp", "time"]
"""`Friday, 4 December 2026`, `4 December 2026`, `4 Dec 22:15`, `22:15`."""

catalogues: dict[str, NullTranslations] = {}
"""Catalogues by language, loaded when first needed."""


def catalogue(language: str) -> NullTranslations:
    """The translations into a language; without any, English remains."""
    if language not in catalogues:
        catalogues[language] = _load(language)
    return catalogues[language]


def _load(language: str) -> NullTranslations:
    file = resources.files("bot").joinpath("locale", f"{language}.po")
    if language == ENGLISH or not file.is_file():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(file.read_bytes()), locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def tag(language: str) -> str:
    """The language as HTML and browsers name it (BCP 47)."""
    return "en" if language == ENGLISH else language.replace("_", "-")


def is_right_to_left(language: str) -> bool:
    """Whether people's words must be isolated from the direction of the sentence."""
    return language != ENGLISH and _locale(language).character_order == "right-to-left"


def number(value: float, language: str, *, grouped: bool = False) -> str:
    """A number with up to six decimals; `grouped`: with a separator of thousands."""
    if isinstance(value, int) and not grouped and (language == ENGLISH or _counts_in_latin(language)):
        return str(value)
    from babel.numbers import format_decimal

    return str(format_decimal(value, "#,##0.######" if grouped else "0.######", _locale(language)))


def moment(at: datetime, form: MomentForm, language: str) -> str:
    """A time in its own zone."""
    from babel.dates import format_date, format_skeleton, format_time

    locale = _locale(language)
    match form:
        case "day":
            return str(format_date(at, "full", locale))
        case "date":
            return str(format_date(at, "long", locale))
        case "time":
            return str(format_time(at, "HH:mm", locale=locale))
        case "stamp":
            return f"{format_skeleton('MMMd', at, locale=locale)} {format_time(at, 'HH:mm', locale=locale)}"


def listed(items: Sequence[str], kind: Literal["and", "or"], language: str) -> str:
    """`a, b and c`."""
    from babel.lists import format_list

    return str(format_list(items, "standard" if kind == "and" else "or", _locale(language)))


@lru_cache(64)
def _locale(language: str) -> "Locale":
    from babel import Locale

    return Locale.parse(language)


@lru_cache(64)
def _counts_in_latin(language: str) -> bool:
    return _locale(language).default_numbering_system == "latn"
