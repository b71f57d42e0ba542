"""Hearts that people put under messages as reactions. Telegram tells of them where the bot is an admin."""

from collections.abc import Sequence

from telegram import MessageReactionUpdated, ReactionType, ReactionTypeEmoji

from adapters.telegram import parse
from adapters.telegram.parse import PLATFORM
from bot.core import Core
from bot.model import Address, Inbound

HEARTS = frozenset(["❤", "❤\u200d🔥", "💘"])
"""Those among Telegram's reactions; a broken one is none."""
_LOOK = "\ufe0f"
"""Stands behind some, and only says how they are drawn."""


class Reactions:
    """Tells the core of them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def reacted(self, change: MessageReactionUpdated, number: int) -> None:
        """Somebody's reactions to a message changed, as the update with this number says. Who is nobody has none."""
        user, scope = change.user, parse.scope(change.chat)
        before, after = _loves(change.old_reaction), _loves(change.new_reaction)
        if user is None or user.is_bot or not scope or before == after:
            return
        inbound = Inbound(
            Address(PLATFORM, str(change.chat.id), str(change.message_id)),
            str(user.id),
            f"{PLATFORM}:reaction:{number}",
            shared=True,
            label=user.full_name,
            scope=scope,
            community=change.chat.title or "",
        )
        await self._core.reacted(inbound, after)


def _loves(reactions: Sequence[ReactionType]) -> bool:
    return any(one.emoji.replace(_LOOK, "") in HEARTS for one in reactions if isinstance(one, ReactionTypeEmoji))
