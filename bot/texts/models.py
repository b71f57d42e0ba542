"""Sentences about the choice of a model."""

from collections.abc import Mapping, Sequence

from bot.sentence import EMPTY, Command, Listing, Sentence, _, join, lines, sentences, verbatim
from bot.texts.phrases import about, credits_, numbered, shorten

WORDS: Mapping[str, Sentence] = {"quick": _("Quick"), "best": _("Best"), "sound": _("With sound")}
"""The operator's three choices."""
MORE = _("More …")
AGAIN_WITH = _("Again with …")
USUAL = _("As whoever runs this bot set it")
"""Label of the button that forgets a person's own choice."""
TAP = _("Tap one or write its number, and it makes all your clips until you choose another.")
TELL = _("Please tell them.")
WITH_SOUND = _("with sound")
OF_EARLIER = _("The earlier clip had that; to do without it, send the photo again.")
"""Said below the refusal of what a model cannot, if the person did not ask for it now."""
_LOST = {
    "no": _("{model} takes no list of things to avoid, so that of the earlier clip is left out."),
    "cfg": _("{model} can't be told how strictly to follow the words, so that is left out."),
}
NONE_FITS = _("None of the other models here can do all of that clip. Send the photo again with fewer options.")
"""Refusal of another model for a clip whose options no other one has."""


def _list(names: Sequence[Sentence | str], kind: str = "and") -> Listing:
    return Listing(tuple(names), "or" if kind == "or" else "and")


def unknown(name: str, near: Sequence[Sentence | str]) -> Sentence:
    """Refusal of a name that no model has; `near`: what may be meant."""
    return _(
        "I don't know a model called “{name}”. Did you mean {near}? {command} shows all of them.",
        name=shorten(name, 40),
        near=_list(near, "or"),
        command=Command("model more"),
    )


def not_offered(title: str, offered: Sequence[Sentence | str]) -> Sentence:
    """Refusal of a model that is not sold here, or has no price."""
    return _("{model} is not offered here. You can have {offered}.", model=title, offered=_list(offered, "or"))


def only(titles: Sequence[Sentence]) -> Sentence:
    """Reply to /model where there is one model, or none."""
    if not titles:
        return sentences(_("None of the models that the admins of this community allow is offered here now."), TELL)
    return _("All clips here are made by {model}: there is nothing to choose.", model=titles[0])


def forbidden(title: Sentence, allowed: Sequence[Sentence | str]) -> Sentence:
    """Refusal of a model that a community does not allow."""
    first = _("{model} is not among the models that the admins of this community allow.", model=title)
    if not allowed:
        return sentences(first, _("None of those is offered here now."), TELL)
    return sentences(first, _("Here you can have {allowed}.", allowed=_list(allowed, "or")))


def title(word: str | None, model: str) -> Sentence:
    """A choice in words: “Best (Kling 3.0 Pro)”."""
    return _("{word} ({model})", word=WORDS[word], model=model) if word else verbatim(model)


def short(word: str | None, model: str) -> Sentence:
    """A choice in a word, or its model's title."""
    return WORDS[word] if word else verbatim(model)


def option(title: Sentence, seconds: int, price: int, wait: float | None, *, estimate: bool = False) -> Sentence:
    """A choice with what a clip of so many seconds costs, and its usual time in seconds, None if unknown."""
    costs = _("{price} for {seconds} s", price=credits_(price), seconds=seconds)
    if estimate:
        costs = _("{price} (estimated) for {seconds} s", price=credits_(price), seconds=seconds)
    return join(" · ", [title, costs, EMPTY if wait is None else _("usually {wait}", wait=about(wait))])


def length(seconds: int, price: int) -> Sentence:
    """A length to choose, with its price in credits."""
    return join(" · ", [_("{seconds} seconds", seconds=seconds), credits_(price)])


def label(title: Sentence, price: int) -> Sentence:
    """Label of a choice's button."""
    return join(" · ", [title, credits_(price)])


def yours(choice: Sentence, options: Sequence[Sentence], *, own: bool) -> Sentence:
    """Reply to /model: what a person's clips are made by, and what else there is, a line each."""
    now = _("Your clips are made by {model}, as you chose.") if own else _("Your clips are made by {model}.")
    return lines(now.fill(model=choice), *numbered(options), TAP)


def chosen(choice: Sentence) -> Sentence:
    """Confirmation of a person's choice."""
    return _("From now on your clips are made by {model}", model=choice)


CHOSEN_AS_SET = _("From now on your clips are made as whoever runs this bot set it.")


def again_with(options: Sequence[Sentence]) -> Sentence:
    """Question which other model shall make a clip of the same photo and words."""
    return lines(_("The same photo and words, made by another model:"), *numbered(options))


def lost(model: str, names: Sequence[str]) -> Sentence:
    """What of an earlier clip's options is left out, as the other model has it not; empty if nothing is."""
    return sentences(*(_LOST[name].fill(model=model) for name in names))


def risen(seen: int, price: int) -> Sentence:
    """What is said above any question about an order whose price is higher than the one that the person saw."""
    return _(
        "The price has changed: this clip was shown at {seen}, and now costs {price}.",
        seen=credits_(seen),
        price=credits_(price),
    )


SHALL_I = _("Shall I make it?")


def dearer(seen: int, price: int) -> Sentence:
    """Question about a price that is higher than the one that the person saw."""
    return sentences(risen(seen, price), SHALL_I)


def crop(model: str, width: int, height: int) -> Sentence:
    """Question whether a photo may be cropped to the aspect ratio of a model's clips."""
    return _(
        "{model} makes clips of {width}:{height}, and your photo has another shape: what is over at its edges would be "
        "cut off. Shall it be?",
        model=model,
        width=width,
        height=height,
    )


def crop_shell(model: str, width: int, height: int) -> Sentence:
    """Refusal in a shell, which has no buttons."""
    return _(
        "{model} makes clips of {width}:{height}, and your photo has another shape. With --crop what is over at its "
        "edges is cut off.",
        model=model,
        width=width,
        height=height,
    )


def allowed(models: Sequence[Sentence | str]) -> Sentence:
    """Confirmation of /limits models; empty for all of them."""
    return (
        _("Clips may be made by {models}.", models=_list(models))
        if models
        else _("Clips may be made by any model that is offered.")
    )


def not_offered_now(models: Sequence[Sentence | str]) -> Sentence:
    """Said below the confirmation of /limits models: some of them cannot be ordered."""
    return _("Not offered here at present: {models}.", models=_list(models))


def none_offered(models: Sequence[Sentence | str], offered: Sequence[Sentence | str]) -> Sentence:
    """Refusal of /limits models with none that can be ordered."""
    return sentences(not_offered_now(models), _("You can allow {offered}.", offered=_list(offered)))
