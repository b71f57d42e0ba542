"""Hearts that people put under shared clips as reactions."""

from collections.abc import Iterable

from bot.context import Context
from bot.gallery import sharing
from bot.model import Inbound, Reaction

HEARTS = frozenset(["❤", "♥", "❣", *"🩷🧡💛💚💙🩵💜🖤🩶🤍🤎", *"💖💗💓💕💞💘💝💟", "❤\u200d🔥"])
"""Hearts of every colour, and those with a ribbon, an arrow or a spark; a broken one is none."""
_LOOK = "\ufe0f"
"""Stands behind some, and only says how they are drawn."""


async def reacted(ctx: Context, inbound: Inbound, reaction: Reaction) -> None:
    """Count a heart that came or went; any other reaction changes nothing. Raises `StoreDown`."""
    before, after = _loves(reaction.before), _loves(reaction.after)
    if inbound.scope and before != after:
        await sharing.reacted(ctx, inbound, after)


def _loves(signs: Iterable[str]) -> bool:
    return any(sign.replace(_LOOK, "") in HEARTS for sign in signs)
