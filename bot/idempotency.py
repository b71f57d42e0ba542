"""Idempotency: a repeated message changes nothing, and gets its first reply.

Platforms repeat a message that may not have arrived, and a crash replays unfinished ones. Orders are recognised by
their jobs (`Store.find`); replies of other commands are stored here.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bot import texts
from bot.context import Context
from bot.conversation import Button, Inbound, Reply
from bot.errors import StoreDown
from bot.sentence import unpacked

log = logging.getLogger(__name__)

Again = Literal["order", "anew", "kept"]
"""Reply to a repeated message: the order's, found by its job; a new one, as nothing was changed; or the stored first
one."""
UNSURE = frozenset({texts.chat.TRY_LATER, texts.chat.NOT_SURE})
"""Replies after which the same message may be tried again."""


def identity(inbound: Inbound, what: str) -> str:
    """The id of what a message creates (an act, a share), the same for each repetition."""
    return hashlib.sha256(f"{inbound.person} {inbound.key} {what}".encode()).hexdigest()[:16]


def code(ctx: Context, inbound: Inbound, letters: str, length: int) -> str:
    """A secret of this length that only we can derive, the same for each repetition of the message."""
    number = int.from_bytes(hmac.digest(ctx.ids.seed, f"code {inbound.person} {inbound.key}".encode(), "sha256"))
    drawn = []
    for _ in range(length):
        number, index = divmod(number, len(letters))
        drawn.append(letters[index])
    return "".join(drawn)


async def given(ctx: Context, inbound: Inbound) -> Reply | None:
    """The stored reply to this message. Raises `StoreDown`."""
    body = await ctx.store.answers.given(inbound.key, inbound.person)
    return _unpack(body) if body else None


async def command_given(ctx: Context, inbound: Inbound, again: Again) -> Reply | None:
    """The stored reply to a command that changes something. Raises `StoreDown`."""
    return await given(ctx, inbound) if again == "kept" else None


async def keep(ctx: Context, inbound: Inbound, reply: Reply, again: Again) -> None:
    """Store a reply before it is sent: of changing commands, and of parked orders."""
    if again == "anew" or reply.text in UNSURE or not _is_final(reply) or (again == "order" and reply.refused):
        return
    named = [who.id for who in (*inbound.named, *([inbound.replied_to] if inbound.replied_to else []))]
    try:
        await ctx.store.answers.keep(inbound.key, _pack(reply), inbound.person, [*named, *reply.names], ctx.clock())
    except StoreDown as error:  # the change was made, and must be confirmed
        log.error("an answer could not be kept: %s", error)


def _is_final(reply: Reply) -> bool:
    """Whether a reply may be stored: not if it shows clips or asks a question (made anew), or holds a secret."""
    shows = reply.job or reply.clip or reply.papers or reply.repeats or reply.shares
    return not (shows or reply.secret or (reply.ask is not None and not reply.parked))


def _pack(reply: Reply) -> str:
    asked = [reply.chooser, _packed(reply.lines), reply.ask] if reply.chooser or reply.ask is not None else []
    return json.dumps([reply.text.packed, _packed(reply.buttons), reply.refused, reply.private, reply.parked, *asked])


def _packed(buttons: Sequence[Button]) -> list[list[str]]:
    return [[button.label.packed, button.command] for button in buttons]


def _unpack(body: str) -> Reply:
    text, buttons, refused, private, parked, *asked = json.loads(body)
    chooser, lines, *ask = asked or ("", [])
    reply = Reply(unpacked(text), _unpacked(buttons), refused=refused, private=private, parked=parked)
    return replace(reply, chooser=chooser, lines=_unpacked(lines), ask=ask[0] if ask else None)


def _unpacked(buttons: Sequence[Sequence[str]]) -> tuple[Button, ...]:
    return tuple(Button(unpacked(label), command) for label, command in buttons)
