"""Reactions to messages. Telegram sends them only where the bot is an admin."""

from collections.abc import Sequence

from telegram import MessageReactionUpdated, ReactionType, ReactionTypeEmoji

from adapters.telegram import PLATFORM, parse
from bot.conversation import Inbound, Reaction
from bot.core import Core
from bot.model import Address


class Reactions:
    """Passes reactions to the core."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def reacted(self, change: MessageReactionUpdated, number: int) -> None:
        """Handle a change of a person's reactions; `number`: the update's. Anonymous ones are ignored."""
        user = change.user
        if user is None or user.is_bot:
            return
        inbound = Inbound(
            Address(PLATFORM, str(change.chat.id), str(change.message_id)),
            str(user.id),
            f"{PLATFORM}:reaction:{number}",
            shared=True,
            label=user.full_name,
            scope=parse.scope(change.chat),
            community=change.chat.title or "",
            reaction=Reaction(_emoji(change.old_reaction), _emoji(change.new_reaction)),
        )
        await self._core.handle(inbound)


def _emoji(reactions: Sequence[ReactionType]) -> tuple[str, ...]:
    return tuple(one.emoji for one in reactions if isinstance(one, ReactionTypeEmoji))
