"""Notices to the operators, wherever they are connected."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from bot.conversation import Reply
from bot.errors import ChatError
from bot.ids import new_id
from bot.ports import Chat
from bot.sentence import Sentence

log = logging.getLogger(__name__)


def to_operators(owners: Sequence[str], chats: Mapping[str, Chat]) -> Callable[[Sentence], Awaitable[None]]:
    """A function that writes to every operator whose platform is connected."""

    async def tell(words: Sentence) -> None:
        for owner in owners:
            platform, _, user = owner.partition(":")
            if platform in chats and (place := chats[platform].person(user)):
                try:
                    await chats[platform].send(place, Reply(words), nonce=new_id())
                except ChatError as error:
                    log.warning("operator %s could not be told: %s", owner, error)

    return tell
