"""What an order needs of a model, and why a model cannot do it. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from bot import texts
from bot.catalogue import Model, rows
from bot.sentence import EMPTY, Sentence


@dataclass(frozen=True, slots=True)
class Needs:
    """What an order asks of a model. `words`: characters of its prompt or negative prompt, the longer one."""

    seconds: int
    words: int = 0
    end: bool = False
    static_mask: bool = False
    brushes: bool = False
    negative: bool = False
    cfg: bool = False
    sound: bool = False


def fits(
    needs: Needs,
    model: Model,
    among: Sequence[Model] | None = None,
    *,
    any_length: bool = False,
    called: Callable[[Model], str] = attrgetter("slug"),
) -> Sentence | None:
    """Why the model cannot do it, with one that can, `among` those, and how it is ordered; None if it can.

    `any_length`: these seconds were not asked for, so another model may have its own. `called`: what people write for a
    model.
    """
    models = rows() if among is None else among

    def wanted(one: Model) -> Needs:
        return replace(needs, seconds=one.preset) if any_length else needs

    can = next((one for one in models if lacks(wanted(one), one) is None), None)
    able = texts.options.other_model(can.title, called(can)) if can else EMPTY
    match lacks(needs, model):
        case None:
            return None
        case "seconds":
            return texts.options.model_lengths(model.title, model.seconds, needs.seconds, able)
        case "five_only":
            return texts.options.ONLY_FIVE
        case "both":
            return texts.options.END_OR_MASKS
        case "longest":
            return texts.options.model_wordy(model.title, model.longest, needs.words, able)
        case str(what):
            return texts.options.model_cannot(model.title, what, able)


def lacks(needs: Needs, model: Model) -> str | None:
    """The first thing that the model cannot do, as `fits` names it; None if it can do it all."""
    masked = needs.static_mask or needs.brushes
    for what in ("end", "static_mask", "brushes", "negative", "cfg", "sound"):
        if getattr(needs, what) and not getattr(model, what):
            return what
    if needs.seconds not in model.seconds:
        return "seconds"
    if model.five_only and needs.seconds != 5 and (needs.end or masked):
        return "five_only"
    if needs.end and masked:
        return "both"
    return "longest" if needs.words > model.longest else None
