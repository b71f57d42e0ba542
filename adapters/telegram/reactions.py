"""Reactions that people put under messages. Telegram tells of them where the bot is an admin."""

from collections.abc import Sequence

from telegram import MessageReactionUpdated, ReactionType, ReactionTypeEmoji

from adapters.telegram import PLATFORM, parse
from bot.conversation import Inbound, Reaction
from bot.core import Core
from bot.model import Address


class Reactions:
    """Tells the core of them."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def reacted(self, change: MessageReactionUpdated, number: int) -> None:
        """Somebody's reactions to a message changed, as the update with this number says. Who is nobody has none."""
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
