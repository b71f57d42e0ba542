"""Refusals of options and words."""

from collections.abc import Sequence
from typing import Literal

from bot.sentence import Listing, Number, Sentence, _, sentences
from bot.texts.phrases import shorten

FIRST_MODELS = (5, 10)
"""Seconds that a clip of the first model may have."""
DURATION_EXAMPLE = "--duration 10"
EXAMPLES = {
    "duration": DURATION_EXAMPLE,
    "no": "--no blurry, extra hands",
    "cfg": "--cfg 0.7",
    "model": "--model best",
    "sound": "--sound on",
}
OF_THE_FIRST = tuple(EXAMPLES[name] for name in ("duration", "no", "cfg"))
"""Examples of the first model's options."""


def duration_example(seconds: Sequence[int]) -> str:
    """The option for the longest of these clips."""
    return f"--duration {seconds[-1]}"


MODEL = "--model "


def model_example(name: str) -> str:
    """The option for another model."""
    return f"{MODEL}{name}"


def option_unknown(name: str, can: Sequence[str], nearest: str | None = None) -> Sentence:
    """Refusal of an unknown option, with the likely one. `can`: examples of those that the model takes."""
    examples, said = ", ".join(can), shorten(name, 32)
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
        example=EXAMPLES["no"],
    )


def lengths(seconds: Sequence[int]) -> Sentence | Listing:
    """Allowed seconds, ascending: “5 or 10”, “3 to 15”."""
    first, last = seconds[0], seconds[-1]
    if len(seconds) > 3 and list(seconds) == list(range(first, last + 1)):
        return _("{first} to {last}", first=first, last=last)
    return Listing(tuple(map(str, seconds)), "or")


def option_malformed(name: str, value: str, seconds: Sequence[int] = FIRST_MODELS) -> Sentence:
    """Refusal of an option's value; empty if it is missing. `seconds`: allowed lengths of a clip."""
    example = duration_example(seconds) if name == "duration" else EXAMPLES[name]
    may = lengths(seconds)
    if value:
        return {
            "duration": _("--duration can be {seconds} seconds, not “{value}”. For example: {example}", seconds=may),
            "no": _("--no needs the things to avoid, not “{value}”. For example: {example}"),
            "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly), not “{value}”. For example: {example}"),
            "sound": _("--sound can be on or off, not “{value}”. For example: {example}"),
        }[name].fill(value=value, example=example)
    return {
        "duration": _("--duration can be {seconds} seconds. For example: {example}", seconds=may),
        "no": _("--no needs the things to avoid. For example: {example}"),
        "cfg": _("--cfg takes a number from 0 (loosely) to 1 (strictly). For example: {example}"),
        "model": _("--model takes the name of a model. For example: {example}"),
    }[name].fill(example=example)


def option_twice(name: str, first: str, second: str) -> Sentence:
    """Refusal of an option given twice; `first` and `second` as written."""
    first, second, example = shorten(first, 40), shorten(second, 40), EXAMPLES[name]
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


_TOO_WORDY = {
    "prompt": _("The description may have up to {limit} characters, and this has {length}. Please shorten it."),
    "no": _("The list of things to avoid may have up to {limit} characters, and this has {length}. Please shorten it."),
    "message": _("A message may have up to {limit} characters, and this has {length}. Please shorten it."),
}


def too_wordy(length: int, limit: int, what: Literal["prompt", "no", "message"]) -> Sentence:
    """Refusal of a text over a limit of characters; `what` names the text."""
    return _TOO_WORDY[what].fill(limit=Number(limit), length=Number(length))


ONLY_FIVE = _("An end picture, masks and brushes work only with 5-second clips. Make it 5 seconds, or leave them out.")
END_OR_MASKS = _("An end picture can't be combined with masks or brushes. Please choose one of the two.")


_CANNOT = {
    "end": _("{model} takes no end picture. Please leave it out."),
    "static_mask": _("{model} can't hold parts of a photo still. Please leave that mask out."),
    "brushes": _("{model} can't move parts of a photo along a path. Please leave the brushes out."),
    "negative": _("{model} takes no list of things to avoid. Please leave --no out."),
    "cfg": _("{model} can't be told how strictly to follow the words. Please leave --cfg out."),
    "sound": _("{model} makes clips without sound. Please order one without."),
}


def model_cannot(model: str, what: str, other: Sentence) -> Sentence:
    """Refusal of what a model cannot do; `what`: a field of its row, `other`: a model that can, or empty."""
    return sentences(_CANNOT[what].fill(model=model), other)


def model_lengths(model: str, seconds: Sequence[int], asked: int, other: Sentence) -> Sentence:
    """Refusal of a length that a model does not make."""
    return sentences(
        _("Clips of {model} have {seconds} seconds, not {asked}.", model=model, seconds=lengths(seconds), asked=asked),
        other,
    )


def model_wordy(model: str, limit: int, length: int, other: Sentence) -> Sentence:
    """Refusal of a prompt, or a negative prompt, that is too long for a model."""
    return sentences(
        _(
            "{model} takes up to {limit} characters, and there are {length}. Please shorten the words.",
            model=model,
            limit=Number(limit),
            length=Number(length),
        ),
        other,
    )


def other_model(title: str, name: str) -> Sentence:
    """A model that can do all of an order, and the option that orders it."""
    return _("{model} can do all you asked for: {option}", model=title, option=model_example(name))
