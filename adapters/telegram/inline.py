"""Results in chats without the bot: they replace the status line by an edit, which cannot upload files."""

import logging
from collections.abc import Awaitable, Callable

from telegram import InputMediaVideo

from adapters.telegram.client import UNCHANGED, Moved, Rejected, TelegramClient, mapped, says
from adapters.telegram.rate_limit import RateLimiter
from adapters.telegram.render import CAPTION, NO_PREVIEW, TEXT, cut, is_group, length
from bot import texts
from bot.conversation import Posted, Reply, ShownClip
from bot.errors import ChatError, Flood, Gone, Unconfirmed

log = logging.getLogger(__name__)

INLINE = "inline"
"""The chat part of addresses in chats without the bot; their messages have inline ids."""

Upload = Callable[[str, Reply, ShownClip], Awaitable[Posted]]


class Inline:
    """`page` returns the public URL of a clip; `upload` posts a clip to the storage chat."""

    def __init__(
        self,
        client: TelegramClient,
        limiter: RateLimiter,
        upload: Upload,
        *,
        page: Callable[[ShownClip, str], Awaitable[str]],
        storage_chat: str | None,
    ) -> None:
        self._client = client
        self._limiter = limiter
        self._upload = upload
        self._page = page
        self._storage_chat = storage_chat

    async def replace(self, message: str, reply: Reply, nonce: str) -> Posted:
        """Replace a message by a reply; its clip becomes a link without a storage chat, or if that refuses it.

        Raises `Gone`, `Flood`, or another `ChatError` if a retry may work; repeating an edit is harmless.
        """
        try:
            copy = await self._stored(reply, nonce)
            if copy and await self._shown(message, copy, reply):
                return Posted(message, copy)
            where = ""
            if reply.clip:
                there = texts.chat.clip_waits(await self._page(reply.clip, nonce))
                where = f"\n{there.into(reply.text.language)}"
            with mapped():
                await self._client.call(
                    "editMessageText",
                    text=cut(reply.text, TEXT - length(where)) + where,
                    inline_message_id=message,
                    link_preview_options=NO_PREVIEW,
                )
        except Rejected as error:
            if not says(error, UNCHANGED):
                raise Gone(str(error)) from None
        except Unconfirmed as error:
            raise ChatError(str(error)) from None
        return Posted(message)

    async def _shown(self, message: str, copy: str, reply: Reply) -> bool:
        media = InputMediaVideo(copy, caption=cut(reply.text, CAPTION), supports_streaming=True)
        try:
            with mapped():
                await self._client.edit_message_media(media, inline_message_id=message)
        except Rejected as error:
            log.warning("a message takes no clip: %s", error)
            return says(error, UNCHANGED)
        return True

    async def _stored(self, reply: Reply, nonce: str) -> str | None:
        """File id of a clip in the storage chat; None if there is no such chat, or it accepts no clip."""
        chat = self._storage_chat
        if reply.clip is None or chat is None:
            return None
        wait = self._limiter.book(chat, is_group(chat), nonce)
        if wait > 0:
            raise Flood(wait)
        try:
            return (await self._upload(chat, reply, reply.clip)).copy
        except (Gone, Moved, Rejected) as error:
            log.error("TELEGRAM_STORAGE_CHAT takes no clip: %s", error)
            return None
