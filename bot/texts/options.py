"""Refusals of options and words."""

from collections.abc import Sequence

from bot.sentence import Listing, Number, Sentence, _
from bot.texts.phrases import shorten

DURATION_EXAMPLE = "--duration 10"
_EXAMPLES = {"duration": DURATION_EXAMPLE, "no": "--no blurry, extra hands", "cfg": "--cfg 0.7"}


def option_unknown(name: str, known: Sequence[str], nearest: str | None = None) -> Sentence:
    """Refusal of an unknown option, with the likely one. `known`: options to give examples of."""
    examples, said = ", ".join(_EXAMPLES[k] for k in known), shorten(name, 32)
    if nearest:
        return _(
            "I don't know the option --{said}. Did you mean --{nearest}? These work: {examples}.",
            said=said,
            nearest=nearest,
            examples=examples,
        )
    return _(
        "“--{said}” looks like an option, and I have none of that name. If it belongs to the sentence, write "
        "it without the dashes, or with one and a blank on both sides: “- {said}”. The options are: "
        "{examples}.",
        said=said,
        examples=examples,
    )


def option_unclear(found: str) -> Sentence:
    """Refusal of an ambiguous dash: an option, or prose."""
    return _(
        "I can't tell whether “{found}” is an option. If it is, begin it with a blank and two hyphens, as in "
        "{example}. If it belongs to the sentence, leave a blank on both sides of the dash.",
        found=shorten(found, 60),
        example=_EXAMPLES["no"],
    )


def option_malformed(name: str, value: str) -> Sentence:
    """Refusal of an option's value; empty if it is missing."""
    example = _EXAMPLES[name]
    if value:
        return {
            "duration": _("--duration can be 5 or 10 seconds, not “{value}”. For example: {example}"),
            "no": _("--no needs the things to avoid, not “{value}”. For example: {example}"),
            "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly), not “{value}”. For example: {example}"),
        }[name].fill(value=value, example=example)
    return {
        "duration": _("--duration can be 5 or 10 seconds. For example: {example}"),
        "no": _("--no needs the things to avoid. For example: {example}"),
        "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly). For example: {example}"),
    }[name].fill(example=example)


def option_twice(name: str, first: str, second: str) -> Sentence:
    """Refusal of an option given twice; `first` and `second` as written."""
    first, second, example = shorten(first, 40), shorten(second, 40), _EXAMPLES[name]
    if first == second:
        return _(
            "“{option}” stands there twice. Please keep one, for example: {example}", option=first, example=example
        )
    return _(
        "“{first}” and “{second}” are the same option. Please keep one, for example: {example}",
        first=first,
        second=second,
        example=example,
    )


def option_elsewhere(names: Sequence[str]) -> Sentence:
    """Refusal of other options in a form's field for the negative prompt."""
    return _(
        "What to avoid is a list like “blurry, extra hands”; {options} has a place of its own. Please take it "
        "out there.",
        options=Listing(tuple(f"--{name}" for name in names)),
    )


DESCRIPTION = _("The description")
TO_AVOID = _("The list of things to avoid")
MESSAGE = _("A message")


def too_wordy(length: int, limit: int, what: Sentence) -> Sentence:
    """Refusal of a text over a limit of characters; `what` names the text."""
    return _(
        "{what} may have up to {limit} characters, and this has {length}. Please shorten it.",
        what=what,
        limit=Number(limit),
        length=Number(length),
    )


ONLY_FIVE = _("An end picture, masks and brushes work only with 5-second clips. Make it 5 seconds, or leave them out.")
END_OR_MASKS = _("An end picture can't be combined with masks or brushes. Please choose one of the two.")
