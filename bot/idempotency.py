"""Messages that arrive twice: what they change has a name that comes of them, and the first answer is given again.

A platform sends a message again when it cannot know that it arrived, and a crash replays what was not ticked off.
Orders are known by their jobs (`Store.find`); everything else is remembered here.
"""

import hashlib
import hmac
import json
import logging
from typing import Literal

from bot import texts
from bot.context import Context
from bot.errors import StoreDown
from bot.model import Button, Inbound, Reply

log = logging.getLogger(__name__)

Again = Literal["order", "anew", "kept"]
"""What the same message gets a second time: the order that it placed, which is known by its job; an answer that is made
anew, as nothing was changed; or the first answer, which is kept."""
UNSURE = frozenset({texts.chat.TRY_LATER, texts.chat.NOT_SURE})
"""Answers after which the same message may be tried again."""


def identity(inbound: Inbound, what: str) -> str:
    """The name of what a message makes (an act, a share): the same each time that the message comes."""
    return hashlib.sha256(f"{inbound.person} {inbound.key} {what}".encode()).hexdigest()[:16]


def code(ctx: Context, inbound: Inbound, letters: str, length: int) -> str:
    """A secret of so many letters that nobody else can tell: the same each time that the message comes."""
    number = int.from_bytes(hmac.digest(ctx.ids.seed, f"code {inbound.person} {inbound.key}".encode(), "sha256"))
    drawn = []
    for _ in range(length):
        number, index = divmod(number, len(letters))
        drawn.append(letters[index])
    return "".join(drawn)


async def given(ctx: Context, inbound: Inbound) -> Reply | None:
    """The answer that this message got before. Raises `StoreDown`."""
    body = await ctx.store.answers.given(inbound.key, inbound.person)
    return _unpack(body) if body else None


async def command_given(ctx: Context, inbound: Inbound, again: Again) -> Reply | None:
    """The same, for commands that change something. Raises `StoreDown`."""
    return await given(ctx, inbound) if again == "kept" else None


async def keep(ctx: Context, inbound: Inbound, reply: Reply, again: Again) -> None:
    """Remember an answer before it is told: of commands that change something, and of orders that are set aside."""
    if again == "anew" or reply.text in UNSURE or not _is_final(reply) or (again == "order" and reply.refused):
        return
    named = [who.id for who in (*inbound.named, *([inbound.replied_to] if inbound.replied_to else []))]
    try:
        await ctx.store.answers.keep(inbound.key, _pack(reply), inbound.person, [*named, *reply.names], ctx.clock())
    except StoreDown as error:  # it was done, and is to be told
        log.error("an answer could not be kept: %s", error)


def _is_final(reply: Reply) -> bool:
    """Whether it stays true: what shows clips is made anew, a question is asked anew, and a secret is not written."""
    shows = reply.job or reply.film or reply.papers or reply.repeats or reply.shares
    return not (shows or reply.secret or reply.ask is not None)


def _pack(reply: Reply) -> str:
    buttons = [[button.label, button.command] for button in reply.buttons]
    return json.dumps([reply.text, buttons, reply.refused, reply.private, reply.waits])


def _unpack(body: str) -> Reply:
    text, buttons, refused, private, waits = json.loads(body)
    return Reply(text, tuple(Button(*one) for one in buttons), refused=refused, private=private, waits=waits)
