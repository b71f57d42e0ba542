"""The words of an order with a wrong option, as they were most likely meant. Pure."""

from contextlib import suppress

from bot import catalogue, offers
from bot.characters import plain, trim
from bot.errors import Refusal
from bot.offers import Offers
from bot.ordering import options, prompt

MOST = 4
"""Options that are put right."""


def mended(text: str, can: Offers) -> str:
    """The text with its wrong options put right, or left out where they say nothing; empty if that is a guess."""
    for _ in range(MOST):
        try:
            words, values = options.split(text, can.examples())
        except Refusal as refusal:
            wrong, right = refusal.mend
            if not wrong or wrong not in text:
                return ""
            text = text.replace(wrong, right, 1)
        else:
            return _written(words, values, can)
    return ""


def _written(words: str, values: dict[str, str], can: Offers) -> str:
    model = _model(values.get("model", ""), can)
    if model is None:
        return ""
    said = {name: value if _reads(words, name, value, can) else "" for name, value in values.items()}
    said |= {"model": model}
    if "duration" in said and not said["duration"]:
        said["duration"] = _seconds(values["duration"], model, can)
    order = sorted(filter(said.get, said), key=lambda name: name == "no")  # which goes on to the end
    return " ".join([words, *(f"--{name} {said[name]}" for name in order)])


def _reads(words: str, name: str, value: str, can: Offers) -> bool:
    with suppress(Refusal):
        return bool(prompt.read(words, {name: value}, can))
    return False


def _model(name: str, can: Offers) -> str | None:
    """A name as it is offered; empty if none was said, None if it is like no other."""
    if not trim(name):
        return ""
    with suppress(Refusal):
        return can.name(can.pick(name))
    near = [*catalogue.near(name, can.models)]
    return can.name(offers.Choice(next(one for one in can.models if one.title == near[0]))) if len(near) == 1 else None


def _seconds(value: str, name: str, can: Offers) -> str:
    """The length next to a number; empty for other text."""
    number = plain(trim(value)).text.rstrip("s ")
    model = (can.find(name) or can.default).model
    return str(model.nearest(int(number))) if number.isdecimal() and len(number) < 4 else ""
