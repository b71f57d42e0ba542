"""Lists that the bot asks with: a written answer counts as the tap on a line, by its number, its name or its words.

`Reply.chooser` is the person asked. The words of clips are not recorded with a list, but read from the clips.
"""

import json
import re
from collections.abc import Sequence
from difflib import get_close_matches

from bot import catalogue, rights, texts
from bot.commands import talk
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.model import UNREADABLE
from bot.offers import SEEN
from bot.ordering import choosing, picking
from bot.ordering.picking import Line
from bot.sentence import Sentence, verbatim

DROP = "/no"
"""The command of an answer that means no line."""
MOST = 30
"""Lines of a list that are looked at, and models that are shown again."""
_OF_A_CLIP = re.compile(r"/(?:cancel|delete|unshare) ([\w-]{1,32})", re.ASCII)
"""Commands of lines whose labels quote a clip's words."""
_OF_A_MODEL = re.compile(r"(/model|/with ([\w-]{1,32})) \S+", re.ASCII)

Recorded = Sequence[tuple[str, str, int]]
"""Label, command and number of each line, and of each button that is no line, whose number is 0."""


def recorded(reply: Reply) -> Recorded:
    """A list in a form for JSON."""
    lines = {line.command for line in reply.lines}
    found = [*enumerate(reply.lines, 1), *((0, button) for button in reply.buttons if button.command not in lines)]
    return [
        ("" if _OF_A_CLIP.fullmatch(button.command) else str(button.label), button.command, number)
        for number, button in found
    ]


def parsed(body: str) -> Recorded:
    """A recorded list as a page sends it back; empty if it is none."""
    try:
        found = [(str(label), str(command), int(number)) for label, command, number in json.loads(body)[:MOST]]
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return []
    return [line for line in found if line[1].startswith("/") and line[1].isprintable()]


async def answer(ctx: Context, inbound: Inbound, text: str, found: Recorded) -> str | Reply | None:
    """The command that a text means as an answer to a list; the list again if that is unclear.

    None for a text that is no answer. Raises `StoreDown`.
    """
    lines = [await _line(ctx, inbound, *one) for one in found]
    assent = talk.assent(text)
    if assent is False or picking.is_none(text):
        return DROP
    if assent:
        return lines[0].command if len(lines) == 1 else None
    try:
        named = picking.called(text, lines) or picking.numbered(text, lines)
    except LookupError:
        return _again(inbound, texts.chat.NO_SUCH_LINE, lines)
    if named:
        return _one_of(inbound, named)
    if picking.is_several(text, lines) and len(lines) > 1:
        return _again(inbound, texts.chat.ONE_AT_A_TIME, lines)
    if picking.is_pointing(text):
        return _one_of(inbound, lines)
    if talk.is_talk(text) and any(_OF_A_CLIP.fullmatch(line.command) for line in lines):
        return None  # as praise, whatever some clip's words begin with
    of_a_model = next(filter(None, (_OF_A_MODEL.fullmatch(line.command) for line in lines)), None)
    return (
        await _model(ctx, inbound, text, lines, of_a_model)
        if of_a_model
        else _one_of(inbound, picking.beginning(text, lines))
    )


async def _line(ctx: Context, inbound: Inbound, label: str, command: str, number: int) -> Line:
    """A line with the words of its clip; without a label if that is deleted, or another person's."""
    clip = _OF_A_CLIP.fullmatch(command)
    job = await ctx.store.job(clip[1]) if clip else None
    if job and not await rights.is_own(ctx, inbound, job.person):
        job = None
    prompt = job.order.prompt if job and job.order.prompt != UNREADABLE else ""
    said = str(texts.phrases.quoted(prompt, 30)) if job else ""
    return Line(said if clip else label, command, number, [label, prompt, _value(command)])


async def _model(
    ctx: Context, inbound: Inbound, text: str, lines: Sequence[Line], command: re.Match[str]
) -> str | Reply | None:
    """A model by any of its names, in the list or not, or the models whose names begin like this."""
    can, name = await choosing.offers(ctx, inbound), picking.name(text, lines)
    if choice := can.find(name) if name else None:
        # A line's command has the price that it shows.
        seen = (line.command for line in lines if can.find(_value(line.command)) == choice)
        return next(seen, f"{command[1]} {can.name(choice)}")
    job = await ctx.store.job(command[2]) if command[2] else None
    shown = await choosing.options(ctx, can, every=True, seconds=job.order.seconds if job else 0)
    every = [
        Line(str(one.label), f"{command[1]} {one.value}", number, [one.title, one.choice.model.title])
        for number, one in enumerate(shown, 1)
    ]
    if found := picking.beginning(text, every):
        return _one_of(inbound, found)
    known = [catalogue.squeezed(str(known)) for line in every for known in line.names]
    alike = name and get_close_matches(catalogue.squeezed(name), known, 1, 0.8)
    return f"{command[1]} {name}" if alike else None  # which is refused, with what may be meant


def _value(command: str) -> str:
    """The last word of a command, without the price that was seen."""
    return command.rpartition(" ")[2].partition(SEEN)[0]


def _one_of(inbound: Inbound, found: Sequence[Line]) -> str | Reply | None:
    commands = list(dict.fromkeys(line.command for line in found))
    return _again(inbound, texts.chat.WHICH_OF_THESE, found) if len(commands) > 1 else next(iter(commands), None)


def _again(inbound: Inbound, text: Sentence, lines: Sequence[Line]) -> Reply | None:
    """These lines once more, with numbers that count from one, as a list of its own; None if all clips are deleted."""
    lines = [line for line in lines if line.label]
    if not lines:
        return None
    clips = filter(None, (_OF_A_CLIP.fullmatch(line.command) for line in lines))
    counted, others = [line for line in lines if line.number], [line for line in lines if not line.number]
    labels = texts.phrases.numbered(verbatim(line.label.removeprefix(f"{line.number}. ")) for line in counted)
    numbered = tuple(Button(label, line.command) for label, line in zip(labels, counted, strict=True))
    buttons = (*numbered, *(Button(verbatim(line.label), line.command) for line in others))
    return Reply(
        text,
        buttons,
        private=True,
        repeats=tuple(clip[1] for clip in clips),
        chooser=inbound.person,
        lines=numbered,
        answered=inbound.text,
    )
