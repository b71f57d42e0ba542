"""Acts on platforms that an outbox entry asks for: posts, edits with hearts, removals, notices to admins."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from bot import texts
from bot.conversation import Posted, Reply, ShownClip
from bot.errors import StoreDown, TooLarge
from bot.gallery import lookup, notices
from bot.gallery.model import OutboxEntry, Share
from bot.media.fit import Fitting
from bot.media.library import Media
from bot.ports import Chat
from bot.sentence import lines
from storage import Store

log = logging.getLogger(__name__)

SIZES = 3
"""Sizes of a clip that are tried, each smaller, before the post is made without it."""
AGAIN = 0.5
"""Seconds between attempts to save."""
SHOW = "/show "
"""Command prefix of buttons that name a share."""


class Posts:
    """Shares on platforms. `web`: our public URL."""

    def __init__(self, store: Store, media: Media, clock: Callable[[], float], web: str | None) -> None:
        self._store = store
        self._media = media
        self._clock = clock
        self._web = web
        self._fitting = Fitting(media)

    async def act(self, chat: Chat, entry: OutboxEntry) -> None:
        """Perform an entry. Raises `ChatError` and `StoreDown`."""
        match entry.kind:
            case "post":
                await self._post(chat, entry)
            case "refresh":
                await self._refresh(chat, entry)
            case "remove":
                await chat.remove(entry.place, entry.place.message)
            case "tell":
                await self._tell(chat, entry)

    async def _post(self, chat: Chat, entry: OutboxEntry) -> None:
        share = await self._store.gallery.share(entry.share)
        if share is None or share.state != "up" or share.place.message:
            return
        shown = lookup.shown_clip(self._media, share)
        if shown is None:
            log.warning("share %s cannot be posted: its clip is gone", share.id)
            return
        posted = await self._send(chat, entry, share, lookup.post(share, await lookup.after(self._store, share), shown))
        if not await self._save_posted(share, posted):
            await self._queue_removal(entry, posted)

    async def _save_posted(self, share: Share, posted: Posted) -> bool:
        """Save a post's message id, until it succeeds: without it the post could not be removed. False: remove it."""
        while True:
            try:
                return await self._store.gallery.posted(share.id, posted.message, posted.copy)
            except StoreDown as error:
                log.error("the message of share %s could not be saved: %s", share.id, error)
            await asyncio.sleep(AGAIN)

    async def _refresh(self, chat: Chat, entry: OutboxEntry) -> None:
        share = await self._store.gallery.share(entry.share)
        if share is None or share.state != "up" or not share.place.message:
            return
        shown = lookup.shown_clip(self._media, share, missing=True)  # an edit keeps the existing clip
        reply = lookup.post(share, await lookup.after(self._store, share), shown)
        # Without a copy the post has no clip.
        reply = reply if share.copy_id else await self._without_clip(share, reply)
        await chat.edit(share.place, share.place.message, reply)

    async def _tell(self, chat: Chat, entry: OutboxEntry) -> None:
        reply = Reply(entry.text, entry.buttons)
        if not entry.share:
            await self._list(chat, entry, reply)
            return
        share = await self._store.gallery.share(entry.share)
        if share is None:
            return
        shown = lookup.shown_clip(self._media, share)
        if not entry.text:
            await self._show(chat, entry, share, shown)
            return
        if not await self._store.gallery.awaits(share.id):  # decided before this notice's turn came
            return
        posted = await self._send(chat, entry, share, replace(reply, clip=shown))
        await notices.note(self._store, entry, share.id, posted.message, self._clock())
        if not await self._store.gallery.awaits(share.id):  # or before its message was recorded
            await self._queue_removal(entry, posted)

    async def _list(self, chat: Chat, entry: OutboxEntry, reply: Reply) -> None:
        """Send a text; record which shares it shows, so that it is removed with them."""
        named = [button.command.removeprefix(SHOW) for button in entry.buttons if button.command.startswith(SHOW)]
        found = [await self._store.gallery.share(share_id) for share_id in named]
        if not all(share and share.state == "up" for share in found):
            return
        posted = await chat.send(entry.place, reply, nonce=entry.id)
        place = replace(entry.place, message=posted.message)
        if not all([await self._store.gallery.showed(share_id, place) for share_id in named]):
            await self._queue_removal(entry, posted)

    async def _show(self, chat: Chat, entry: OutboxEntry, share: Share, shown: ShownClip | None) -> None:
        """Show a clip again on request."""
        posted = await self._send(chat, entry, share, lookup.post(share, await lookup.after(self._store, share), shown))
        if not await self._store.gallery.showed(share.id, replace(entry.place, message=posted.message)):
            await self._queue_removal(entry, posted)

    async def _send(self, chat: Chat, entry: OutboxEntry, share: Share, reply: Reply) -> Posted:
        for _ in range(SIZES):
            try:
                return await chat.send(entry.place, reply, nonce=entry.id)
            except TooLarge as large:
                smaller = await self._fitting.smaller(reply, large.limit)
            if smaller.clip is None:
                break
            reply = smaller
        return await chat.send(entry.place, await self._without_clip(share, reply), nonce=entry.id)

    async def _without_clip(self, share: Share, reply: Reply) -> Reply:
        """The post without its clip. Links to the share's page, not to the file, whose link would outlive the share."""
        rule = await lookup.rule_of(self._store, share.scope)
        link = lookup.gallery_link(self._web, rule) if share.state == "up" else ""
        words = texts.sharing.at_page(f"{link}/{share.id}" if link else "")
        return replace(reply, text=lines(reply.text, words), clip=None)

    async def _queue_removal(self, entry: OutboxEntry, posted: Posted) -> None:
        """Queue the removal of a post whose share was deleted meanwhile, so that a crash does not lose it."""
        place = replace(entry.place, message=posted.message)
        await self._store.outbox.put(OutboxEntry(f"x{entry.id}", "remove", place, self._clock(), entry.share))
