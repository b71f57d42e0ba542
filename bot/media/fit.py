"""Shrinks a clip to a chat's upload limit; if that is impossible, a link or a sentence replaces it."""

from collections.abc import Callable
from dataclasses import replace

from bot import texts
from bot.conversation import Button, Reply, ShownClip
from bot.media.library import Media
from bot.sentence import lines


class Fitting:
    """`link` returns the public URL of a stored clip, or None."""

    def __init__(self, media: Media, link: Callable[[str], str] | None = None) -> None:
        self._media = media
        self._link = link

    async def smaller(self, reply: Reply, limit: int) -> Reply:
        """The reply with its clip in at most `limit` bytes, or without one."""
        shown = reply.clip
        if shown is None:
            return reply
        clip = await self._media.fit(shown.clip, limit)
        if clip and clip.size < shown.clip.size:
            fitted = ShownClip(self._media.stored(clip.name), clip, shown.spoiler, shown.limit, shown.poster)
            return replace(reply, clip=fitted)
        return self.linked(reply)

    def linked(self, reply: Reply) -> Reply:
        """The reply with a link in place of its clip."""
        if reply.clip is None:
            return reply
        where = texts.chat.clip_at(self._link(reply.clip.clip.name)) if self._link else texts.chat.CLIP_TOO_LARGE
        return replace(reply, text=lines(reply.text, where), clip=None)

    def told(self, reply: Reply, job_id: str) -> Reply:
        """The reply with a sentence in place of a clip that the chat refuses, and other ways to get it."""
        if reply.clip is None:
            return reply
        where = texts.chat.clip_refused(job_id, self._link(reply.clip.clip.name) if self._link else "")
        again = Button(texts.chat.SEND_AGAIN, f"/clip {job_id}")
        return replace(reply, text=lines(reply.text, where), clip=None, buttons=(again, *reply.buttons))
