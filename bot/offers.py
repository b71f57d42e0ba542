"""What can be ordered: the models that have a price here, and the operator's three words for them. Pure.

A person says a word (`quick`, `best`, `sound`), a title or an id. A community may allow some of them only.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from typing import Literal, get_args

from bot import catalogue, texts
from bot.catalogue import DEFAULT, Model
from bot.errors import Refusal
from bot.model import Order
from bot.sentence import Sentence, verbatim

Word = Literal["quick", "best", "sound"]
WORDS: tuple[Word, ...] = get_args(Word)
_MEANT: Mapping[str, Word] = {**{word: word for word in WORDS}, "withsound": "sound"}
NAMES = (*WORDS, "with sound")
"""The words, as they may be written."""
_WITH_TITLE = re.compile(r"(.*\S) \(.*\)")
"""A word as it is shown, with its model: “Best (Kling 3.0 Pro)”."""
_BETWEEN = re.compile(r"[,;|&+\n]| and | or ", re.IGNORECASE)
_NOT = re.compile(r"[-–—−]\S")
"""A dash that touches a name: perhaps all but that one are meant."""
_RATE = re.compile(r"(\d{1,9})(?:/([1-9]\d{0,8}))?", re.ASCII)
_ON, _OFF = frozenset({"", "on", "yes", "true", "1"}), frozenset({"off", "no", "none", "false", "0"})
SWITCHES = tuple(sorted(filter(None, _ON | _OFF)))
"""Values of a switch, as they may be written; without one it is on."""
LONGEST = 100
"""Characters of a name that are looked at; those near to it take time to find."""
SEEN = "@"
"""Between a choice and the credits a second that its button or form showed: `best@25/6`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A model, and whether its clip has sound. `seen`: the credits a second that the person was shown, if any."""

    model: Model
    sound: bool = False
    seen: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Offers:
    """Models with prices. `default` is ordered without a choice; `allowed`: ids of a community's models, None: all."""

    every: tuple[Model, ...]
    default: Choice
    words: Mapping[Word, Choice] = field(default_factory=dict)
    allowed: frozenset[str] | None = None

    @property
    def models(self) -> Sequence[Model]:
        """The models that may be ordered here."""
        return [one for one in self.every if self._allows(one)]

    @property
    def choices(self) -> Mapping[Word, Choice]:
        """The words that may be said here; of two for the same, the first."""
        found: dict[Word, Choice] = {}
        for word, choice in self.words.items():
            if self._allows(choice.model) and choice not in found.values():
                found[word] = choice
        return found

    def ranked(self, *, sound: bool) -> Sequence[Model]:
        """The models that may be ordered here; first those that words mean with, or without, sound."""
        worded = [choice.model for choice in self.choices.values() if choice.sound == sound]
        return [*worded, *(one for one in self.models if one not in worded)]

    @property
    def loud(self) -> Choice | None:
        """What makes a clip with sound where no model was named."""
        found = self.words.get("sound")
        return found if found and self._allows(found.model) else None

    @property
    def several(self) -> bool:
        """Whether there is anything to choose."""
        return len(self.models) > 1 or len(self.choices) > 1

    def here(self, names: Collection[str] | None) -> "Offers":
        """What a community allows by words and ids; None allows all. Its default is then the first that is allowed."""
        if names is None:
            return self
        ids = {choice.model.id for word, choice in self.words.items() if word in names}
        found = replace(self, allowed=frozenset(ids | set(names)))
        if self.default.model in found.models or not found.models:
            return found
        return replace(found, default=next(iter(found.choices.values()), Choice(found.models[0])))

    def preferring(self, name: str) -> "Offers":
        """With a person's own default, if it may be ordered here."""
        found = self.find(name) if name else None
        return replace(self, default=found) if found and self._allows(found.model) else self

    def like(self, order: Order) -> "Offers":
        """With an earlier order's model as the default, if it may be ordered here."""
        model = next((one for one in self.models if one.id == order.model), None)
        return replace(self, default=Choice(model, order.sound)) if model else self

    def model(self, order: Order) -> Model:
        """An earlier order's model: as it is offered now, else the row that it was placed with."""
        rows = (one for one in self.every if one.id == order.model)
        return next(rows, catalogue.row(order.model, order.version))

    def find(self, name: str) -> Choice | None:
        """What a word, a title or an id names, allowed or not; None if it is not offered."""
        shown = _WITH_TITLE.fullmatch(name)
        word = _MEANT.get(catalogue.squeezed(shown[1] if shown else name))
        if word and word in self.words:
            return self.words[word]
        model = catalogue.named(name, self.every)
        return Choice(model) if model else None

    def pick(self, value: str) -> Choice:
        """What a person wrote or tapped: a name, perhaps with the price seen. Raises `Refusal` for an unknown one."""
        name, _, seen = value[:LONGEST].strip(" \"'“”").partition(SEEN)
        if found := self.find(name):
            return replace(found, seen=_rate(seen))
        if known := catalogue.named(name):
            raise Refusal(texts.models.not_offered(known.title, self.titles()))
        raise Refusal(texts.models.unknown(name, self.near(name)))

    def near(self, name: str) -> Sequence[Sentence | str]:
        """What may be meant by an unknown name; the words that may be said here if nothing is like it."""
        return _near(name, list(self.choices), self.models) or self.titles()[: len(self.choices) or 3]

    def titles(self) -> Sequence[Sentence | str]:
        """What can be ordered here: the words, and the titles of the other models."""
        worded = [choice.model for choice in self.choices.values()]
        return [
            *(texts.models.WORDS[word] for word in self.choices),
            *(one.title for one in self.models if one not in worded),
        ]

    def names(self, model: str) -> frozenset[str]:
        """All names by which a community may allow a model: its id, and the words that mean it."""
        return frozenset({model, *(word for word, choice in self.words.items() if choice.model.id == model)})

    def name(self, choice: Choice) -> str:
        """The name that a button or form sends for a choice: a word, or a title in small letters."""
        return self.word(choice) or choice.model.slug

    def value(self, choice: Choice) -> str:
        """What a button or form sends for a choice: its name, and the price that is shown with it."""
        rate = choice.model.price.a_second if choice.model.price else 0
        return f"{self.name(choice)}{SEEN}{rate}"

    def title(self, model: Model) -> Sentence:
        """A model in words, with the first word that means it."""
        word = next((word for word, one in self.words.items() if one.model.id == model.id), None)
        return texts.models.title(word, model.title)

    def word(self, choice: Choice) -> Word | None:
        """The word for a choice, if it has one."""
        return next((word for word, one in self.words.items() if one == replace(choice, seen=None)), None)

    def examples(self) -> Sequence[str]:
        """Examples of the options that the default model takes, and of those that choose another."""
        model = self.default.model
        others = [self.name(one) for one in self.choices.values() if one.model != model]
        others += [one.slug for one in self.models if one != model]
        named = texts.options.model_example(others[0]) if others else ""
        wanted = {
            texts.options.duration_example(model.seconds): True,
            texts.options.EXAMPLES["no"]: model.negative,
            texts.options.EXAMPLES["cfg"]: model.cfg,
            named: bool(named),
            texts.options.EXAMPLES["sound"]: bool(model.sound or self.loud),
        }
        return [example for example, can in wanted.items() if can]

    def _allows(self, model: Model) -> bool:
        return self.allowed is None or model.id in self.allowed


def alone(model: Model = DEFAULT) -> Offers:
    """One model, and nothing to choose."""
    return Offers((model,), Choice(model), {"quick": Choice(model)})


def switched(value: str) -> bool:
    """`--sound on` or `off`; without a value it is on. Raises `Refusal` for another one."""
    said = catalogue.plain(value.strip(" \"'“”"))
    if said not in _ON | _OFF:
        raise Refusal(texts.options.option_malformed("sound", texts.phrases.shorten(value, 40)))
    return said in _ON


def said_names(text: str) -> Sequence[str]:
    """Words and ids of models listed by an admin: `quick, best and Veo 3.1`. Raises `Refusal` for an unknown one."""
    found: list[str] = []
    for part in _BETWEEN.split(text[: LONGEST * len(NAMES)]):
        said = part.strip(" \"'“”.:=")[:LONGEST]
        if not catalogue.plain(said):
            continue
        if not (names := () if _NOT.match(said) else _said(said)):
            near = _near(said, WORDS, catalogue.rows()) or list(texts.models.WORDS.values())
            raise Refusal(texts.models.unknown(said, near))
        found += names
    return list(dict.fromkeys(found))


def _said(name: str) -> Sequence[str]:
    """The word or id that a name means, or several words with blanks between them."""
    if word := _MEANT.get(catalogue.squeezed(name)):
        return (word,)
    if model := catalogue.named(name):
        return (model.id,)
    words = [_MEANT.get(one, "") for one in catalogue.plain(name).split()]
    return words if all(words) else ()


def _near(name: str, words: Collection[Word], models: Sequence[Model]) -> Sequence[Sentence | str]:
    """What may be meant by an unknown name, among these; empty if nothing is like it."""
    like = [texts.models.WORDS[word] for word in words if get_close_matches(catalogue.plain(name), [word], 1, 0.6)]
    return [*like, *catalogue.near(name, models)][:3]


def said_title(name: str) -> Sentence:
    """A word or an id, as people know it."""
    return texts.models.WORDS[name] if name in WORDS else verbatim(catalogue.row(name).title)


def _rate(text: str) -> Fraction | None:
    """Credits a second, as sent by a button or a form; None for anything else."""
    found = _RATE.fullmatch(text)
    return Fraction(int(found[1]), int(found[2] or 1)) if found else None
