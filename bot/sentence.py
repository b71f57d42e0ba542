"""Sentences: an id, which is the English text, and named arguments; rendered where they are shown.

    SHARED = _("Shared in {place}.")                       a sentence without arguments, or one to be filled later
    _("That file has {size} MB.", size=4)                  with arguments
    _n("{count} credit", "{count} credits", amount)        with a plural; `count` is an argument, too
    _("Your last ones: {/jobs}")                           with a command, in the syntax of the place

A `Sentence` is a `str`: its text, English at first. `into` renders it in another language, or in a place's wording. It
is stored `packed`, as id and arguments. Text that is cut, concatenated or formatted becomes a plain `str`, which the
types of `Reply`, `Button` and `Refusal` reject; `join` combines whole sentences. People's words are arguments of type
`str`, and never translated.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from bot import languages
from bot.languages import ENGLISH, MomentForm


@dataclass(frozen=True, slots=True)
class Command:
    """A command as an argument, without its slash: `quota set default 30 a day`."""

    line: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number, shown with thousands separators; with `places` decimals it has none."""

    value: float
    places: int = 0


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in Unix seconds, shown in a time zone."""

    at: float
    form: MomentForm
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things: `a, b and c`."""

    items: tuple["Argument", ...]
    kind: Literal["and", "or"] = "and"


Argument = str | int | float | Command | Number | Moment | Listing
"""A `Sentence` is a `str`, too; it is rendered in the language of the sentence around it."""


def _slash(line: str) -> str:
    return f"/{line}"


@dataclass(frozen=True, slots=True)
class Wording:
    """A place's wording: its syntax of commands, and its replacements of sentences."""

    command: Callable[[str], str] = _slash
    """Converts a command's line to the syntax of the place."""
    instead: Mapping[str, "Sentence"] = field(default_factory=dict)
    """Replacements by id; they get the arguments of the replaced sentence and their own."""


CHAT = Wording()
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_NOTHING: Mapping[str, Argument] = MappingProxyType({})
_JOINED = ""
"""The id of combined sentences; arguments: the separator, and the parts by number."""
_ISOLATE, _END = "\u2068", "\u2069"
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that would end an isolation, or outlast it."""
_ADDRESS = ("https://", "http://")
"""Addresses are left-to-right in themselves, and clients would include a mark at their end."""


class Sentence(str):
    """`id` and `args`, rendered in `language` and `wording`."""

    __slots__ = ("args", "id", "language", "number", "plural", "wording")
    id: str
    args: Mapping[str, Argument]
    plural: str
    """The id's plural; empty without one."""
    number: int
    """The number that selects the plural form."""
    language: str
    wording: Wording

    def __new__(
        cls,
        id: str,
        args: Mapping[str, Argument] = _NOTHING,
        plural: str = "",
        number: int = 0,
        language: str = ENGLISH,
        wording: Wording = CHAT,
    ) -> Self:
        self = super().__new__(cls, _words(id, args, plural, number, language, wording))
        self.id, self.args, self.plural, self.number = id, args, plural, number
        self.language, self.wording = language, wording
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.packed, self.language)

    def into(self, language: str, wording: Wording = CHAT) -> "Sentence":
        """The sentence in a language and a place's wording."""
        if language == self.language and wording is self.wording:
            return self
        return Sentence(self.id, self.args, self.plural, self.number, language, wording)

    def worded(self, wording: Wording) -> "Sentence":
        """The sentence in its own language and a place's wording."""
        return self.into(self.language, wording)

    def fill(self, **args: Argument) -> "Sentence":
        """The sentence with these arguments added or replaced."""
        return Sentence(self.id, {**self.args, **args}, self.plural, self.number, self.language, self.wording)

    @property
    def packed(self) -> str:
        """Id and arguments as JSON, for storage."""
        return _json(_packed(self))


def _again(stored: str, language: str) -> Sentence:
    return unpacked(stored).into(language)


def _(id: str, **args: Argument) -> Sentence:
    """A sentence; `{name}` in it is an argument, `{/name}` a command. The id must be a literal: translators need it."""
    return Sentence(id, args)


def _n(id: str, plural: str, count: int, **args: Argument) -> Sentence:
    """A sentence with a plural, selected by the argument `{count}`."""
    return Sentence(id, {"count": count, **args}, plural, count)


def join(separator: str, parts: Iterable[str]) -> Sentence:
    """Combine sentences; empty ones are left out."""
    return Sentence(_JOINED, {"": separator, **{str(i): part for i, part in enumerate(p for p in parts if p)}})


def sentences(*parts: str) -> Sentence:
    """A paragraph of whole sentences; empty ones are left out."""
    return join(" ", parts)


def lines(*parts: str) -> Sentence:
    """Lines; empty ones are left out."""
    return join("\n", parts)


def verbatim(value: Argument) -> Sentence:
    """A sentence of one argument: people's words, an address, a time."""
    return Sentence(_JOINED, {"": "", "0": value} if value != "" else {"": ""})


def packed(text: str) -> str:
    """Text for storage: a sentence as id and arguments; other text unchanged, unless it could be taken for those."""
    if not isinstance(text, Sentence) and text.startswith("["):
        text = verbatim(text)
    return text.packed if isinstance(text, Sentence) else text


def unpacked(stored: str) -> Sentence:
    """A stored sentence, in English; text of versions without ids unchanged."""
    try:
        found = _unpacked(json.loads(stored)) if stored.startswith("[") else None
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError, OSError):  # the last of time zones
        found = None
    return found if isinstance(found, Sentence) else verbatim(stored)


def _words(id: str, args: Mapping[str, Argument], plural: str, number: int, language: str, wording: Wording) -> str:
    if id == _JOINED:
        isolated = languages.is_right_to_left(language)
        # The separator's name is empty.
        return str(args[""]).join([_said(args[name], language, wording, isolated) for name in args if name])
    if other := wording.instead.get(id):
        id, plural, args = other.id, other.plural, {**other.args, **args}
    catalogue = languages.catalogue(language)
    form = catalogue.ngettext(id, plural, number) if plural else catalogue.gettext(id)
    if "{" not in form:
        return form
    isolated = languages.is_right_to_left(language)
    said = list(_parsed(form))
    for i in range(1, len(said), 2):
        name = said[i]
        if name.startswith("/"):
            said[i] = _isolate(wording.command(name[1:])) if isolated else wording.command(name[1:])
        else:
            said[i] = _said(args[name], language, wording, isolated) if name in args else f"{{{name}}}"
    return "".join(said)


@lru_cache(4096)
def _parsed(form: str) -> tuple[str, ...]:
    """Text and placeholders' names, alternating."""
    return tuple(languages.PLACEHOLDER.split(form))


def _said(value: Argument, language: str, wording: Wording, isolated: bool) -> str:
    if isinstance(value, Sentence):  # most are, and mostly in this language already
        return value if value.language == language and value.wording is wording else value.into(language, wording)
    match value:
        case str():
            return _isolate(value) if isolated else value
        case int() | float():
            return languages.number(value, language)
        case Number(number, places):
            return languages.number(number, language, grouped=not places, places=places)
        case Command(line):
            return _isolate(wording.command(line)) if isolated else wording.command(line)
        case Moment(at, form, zone):
            return languages.moment(datetime.fromtimestamp(at, ZoneInfo(zone)), form, language)
        case Listing(items, kind):
            return languages.listed([_said(item, language, wording, isolated) for item in items], kind, language)


def _isolate(text: str) -> str:
    """Isolate the direction of a text from its surroundings."""
    if not text.strip() or text.startswith(_ADDRESS):
        return text
    return f"{_ISOLATE}{text.translate(_TURNING)}{_END}"


def _packed(value: Argument) -> Any:
    match value:
        case Sentence(id=""):
            separator, *parts = value.args.values()
            return ["", separator, *map(_packed, parts)]
        case Sentence():
            args = {name: _packed(arg) for name, arg in value.args.items()}
            return [value.id, args, value.plural, value.number] if value.plural else [value.id, args]
        case Command(line):
            return {"command": line}
        case Number(number, places):
            return {"number": number, "places": places} if places else {"number": number}
        case Moment(at, form, zone):
            return {"at": at, "form": form, "zone": zone}
        case Listing(items, kind):
            return {"items": [_packed(item) for item in items], "kind": kind}
        case _:
            return value


def _unpacked(body: Any) -> Argument:
    match body:
        case ["", str(separator), *parts]:
            return Sentence(_JOINED, {"": separator, **{str(i): _unpacked(part) for i, part in enumerate(parts)}})
        case [str(id), {**args}]:
            return Sentence(id, _arguments(args))
        case [str(id), {**args}, str(plural), int(number)]:
            return Sentence(id, _arguments(args), plural, number)
        case {"command": str(line)}:
            return Command(line)
        case {"number": int() | float() as number, "places": 1 | 2 | 4 as places}:
            return Number(number, places)
        case {"number": int() | float() as number}:
            return Number(number)
        case {
            "at": int() | float() as at,
            "form": "day" | "date" | "short" | "mark" | "stamp" | "time" as form,
            "zone": str(zone),
        }:
            return Moment(at, form, zone)
        case {"items": list(items), "kind": "and" | "or" as kind}:
            return Listing(tuple(_unpacked(item) for item in items), kind)
        case str() | int() | float():
            return body
    raise ValueError("not an argument of a sentence")


def _arguments(packed: Mapping[Any, Any]) -> dict[str, Argument]:
    return {str(name): _unpacked(arg) for name, arg in packed.items()}


EMPTY = verbatim("")
