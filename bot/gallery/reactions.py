"""Hearts given as emoji reactions to shared clips."""

from collections.abc import Iterable

from bot.context import Context
from bot.conversation import Inbound, Reaction
from bot.gallery import sharing

HEARTS = frozenset(["❤", "♥", "❣", *"🩷🧡💛💚💙🩵💜🖤🩶🤍🤎", *"💖💗💓💕💞💘💝💟", "❤\u200d🔥"])
"""Hearts of every colour, and decorated ones; not the broken one."""
_LOOK = "\ufe0f"
"""Variation selector: emoji presentation."""


async def reacted(ctx: Context, inbound: Inbound, reaction: Reaction) -> None:
    """Count a heart added or removed; other reactions are ignored. Raises `StoreDown`."""
    before, after = _loves(reaction.before), _loves(reaction.after)
    if inbound.scope and before != after:
        await sharing.reacted(ctx, inbound, after)


def _loves(signs: Iterable[str]) -> bool:
    return any(sign.replace(_LOOK, "") in HEARTS for sign in signs)
