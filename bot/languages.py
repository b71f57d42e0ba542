"""Languages: catalogues of translated sentences, and what Babel knows of dates, numbers and lists.

A language is a Babel locale (`de`, `pt_BR`). Its catalogue is `bot/locale/<language>.po`; a sentence that it lacks is
said in English. The template for translators is `bot/locale/photoplay.pot`, made by `make messages`. People's clients
name the language, so any text may stand for one: what is no locale is English.
Babel is imported where it is needed: a process that says numbers in English alone never does.
"""

import io
import logging
import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from babel import Locale
    from babel.messages.catalog import Catalog

log = logging.getLogger(__name__)

ENGLISH = "en_001"
"""The language of the sentences in `bot/texts`: English with the day before the month."""

MomentForm = Literal["day", "date", "short", "mark", "stamp", "time"]
"""`Friday, 4 December 2026`, `4 December 2026`, `4 Dec 2026`, `4 Dec`, `4 Dec 22:15`, `22:15`."""

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
"""An argument of a sentence, or a command, which begins with a slash."""

catalogues: dict[str, NullTranslations] = {}
"""Catalogues by locale, loaded when first needed."""


def catalogue(language: str) -> NullTranslations:
    """The translations into a language, or into the one that it is a variety of; without any, English remains."""
    found = catalogues.get(language)
    if found is None:
        name = _name(language)
        found = catalogues[name] = catalogues.get(name) or _load(name)
    return found


def _load(language: str) -> NullTranslations:
    if not language or language == ENGLISH:
        return NullTranslations()
    file = resources.files("bot").joinpath("locale", f"{language}.po")
    if not file.is_file():
        return _load(language.rpartition("_")[0])
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    write_mo(compiled, _sound(read_po(io.BytesIO(file.read_bytes()), locale=language), language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def _sound(catalog: "Catalog", language: str) -> "Catalog":
    """The catalogue without translations that would leave out an argument, or show braces."""
    for message in list(catalog):
        ids, forms = _forms(message.id), _forms(message.string)
        may = {name for text in ids for name in PLACEHOLDER.findall(text)}
        must = may - {"count"} if message.pluralizable else may
        if message.id and any(form and not must <= set(PLACEHOLDER.findall(form)) <= may for form in forms):
            log.error("%s.po: a translation with other arguments is left out: %s", language, ids[0])
            catalog.delete(message.id, message.context)
    return catalog


def _forms(text: str | Sequence[str] | None) -> Sequence[str]:
    return (text,) if isinstance(text, str) else text or ()


def tag(language: str) -> str:
    """The language as HTML and browsers name it (BCP 47)."""
    return "en" if (name := _name(language)) == ENGLISH else name.replace("_", "-")


def is_right_to_left(language: str) -> bool:
    """Whether people's words must be isolated from the direction of the sentence."""
    return language != ENGLISH and _locale(language).character_order == "right-to-left"


def number(value: float, language: str, *, grouped: bool = False, places: int = 0) -> str:
    """A number with up to six decimals, or with `places`; `grouped`: with a separator of thousands."""
    if isinstance(value, int) and not (grouped or places) and (language == ENGLISH or _counts_in_latin(language)):
        return str(value)
    from babel.numbers import format_decimal

    pattern = ("#,##0." if grouped else "0.") + ("0" * places or "######")
    return str(format_decimal(value, pattern, _locale(language)))


def moment(at: datetime, form: MomentForm, language: str) -> str:
    """A time in its own zone."""
    from babel.dates import format_date, format_skeleton, format_time

    locale = _locale(language)
    match form:
        case "day":
            return str(format_date(at, "full", locale))
        case "date":
            return str(format_date(at, "long", locale))
        case "short":
            return str(format_date(at, "medium", locale))
        case "mark":
            return str(format_skeleton("MMMd", at, locale=locale))
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
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale.parse(ENGLISH)


def _name(language: str) -> str:
    return ENGLISH if language == ENGLISH else str(_locale(language))


@lru_cache(64)
def _counts_in_latin(language: str) -> bool:
    return _locale(language).default_numbering_system == "latn"
