"""Telegram, outbound: the `Chat` port for results and status lines, and direct answers."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from telegram import InputFile, InputMediaPhoto, MessageEntity, User

from adapters.shared.edit_queue import EditQueue, MessageKey
from adapters.telegram import PLATFORM
from adapters.telegram.client import (
    BAD_COPY,
    NO_CAPTION,
    NO_MESSAGE,
    NO_TEXT,
    NO_TOPIC,
    UNCHANGED,
    UPLOAD,
    Moved,
    Rejected,
    TelegramClient,
    mapped,
    says,
)
from adapters.telegram.inline import INLINE, Inline
from adapters.telegram.rate_limit import RateLimiter
from adapters.telegram.render import (
    CAPTION,
    FORCE_REPLY,
    NO_PREVIEW,
    TEXT,
    blank,
    cut,
    is_group,
    keyboard,
    length,
    parts,
)
from adapters.telegram.uploads import opened
from bot import texts
from bot.conversation import Paper, Posted, Reply, ShownClip
from bot.errors import ChatError, Flood, Gone, TooLarge, Unshowable
from bot.model import Address, Job

JSON = dict[str, Any]


class TelegramChat:
    """`page` returns the public URL of a clip; `on_move` is called when a group gets another id."""

    once = False

    def __init__(
        self,
        client: TelegramClient,
        limiter: RateLimiter,
        *,
        page: Callable[[ShownClip, str], Awaitable[str]],
        upload: int = UPLOAD,
        storage_chat: str | None = None,
    ) -> None:
        self._client = client
        self._limiter = limiter
        self._edits: EditQueue[tuple[Address, Reply]] = EditQueue(self._turn, self._edited)
        self._inline = Inline(client, limiter, self._uploaded, page=page, storage_chat=storage_chat)
        self.on_move: Callable[[str, str], Awaitable[None]] | None = None
        self._upload = upload

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        if address.chat == INLINE:
            await self._edits.drop((INLINE, address.message))
            return await self._inline.replace(address.message, reply, nonce)
        wait = self._limiter.book(address.chat, is_group(address.chat), nonce)
        if wait > 0:
            raise Flood(wait)
        posted = [await self._post(address, part) for part in parts(reply) or [reply]]
        return posted[0]

    async def answer(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        """Post a reply when the rate limiter permits; `to` is mentioned in it."""
        await self._limiter.turn(address.chat, is_group(address.chat), "reply")
        return await self._post(address, reply, to)

    def moved(self, old: str, new: str) -> None:
        """Handle a chat's change of id."""
        self._limiter.move(old, new)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        key, edit = (address.chat, message), (address, reply)
        if reply.job or address.chat == INLINE:  # a status line, which is edited again
            return self._edits.put(key, edit)
        try:
            await self._edits.done(key, edit)
        except Moved as moved:
            if self.on_move:
                await self.on_move(address.chat, moved.chat)
        except Rejected as error:
            if not says(error, UNCHANGED, *NO_MESSAGE):
                raise

    async def become(self, address: Address, message: str, reply: Reply) -> bool:
        """Edit a message of ours when the rate limiter permits; False if that failed."""
        await self._limiter.turn(address.chat, is_group(address.chat), "reply")
        try:
            await self._say_instead(address, message, reply)
        except Flood as flood:
            self._limiter.hush(address.chat, flood.retry_after)
            return False
        except ChatError as error:
            return says(error, UNCHANGED)
        return True

    async def remove(self, address: Address, message: str) -> None:
        if address.chat == INLINE:
            return  # the result replaced it
        await self._edits.end((address.chat, message))
        try:
            with mapped():
                await self._client.delete_message(int(address.chat), int(message))
        except Moved as moved:  # messages of the old chat cannot be edited
            if self.on_move:
                await self.on_move(address.chat, moved.chat)
        except Rejected as error:
            if not says(error, *NO_MESSAGE):
                await self._empty(address, message)

    def person(self, user: str) -> Address | None:
        return Address(PLATFORM, user)

    def alone(self, job: Job) -> Address | None:
        user = job.person.removeprefix(f"{PLATFORM}:")
        return Address(PLATFORM, user) if user.isdecimal() and job.address.chat not in (user, INLINE) else None

    async def close(self) -> None:
        """Cancel pending edits."""
        await self._edits.close()

    async def _turn(self, key: MessageKey) -> None:
        await self._limiter.turn(key[0], is_group(key[0]), "edit")

    async def _edited(self, key: MessageKey, edit: tuple[Address, Reply]) -> bool:
        address, reply = edit
        change = self._caption if reply.clip and address.chat != INLINE else self._say_instead
        try:
            await change(address, key[1], reply)
        except Flood as flood:
            self._limiter.hush(address.chat, flood.retry_after)
            return False
        return True

    async def _empty(self, address: Address, message: str) -> None:
        """Empty a message that is too old to be deleted."""
        try:
            await self._say_instead(address, message, Reply(texts.jobs.DONE))
        except Rejected as error:
            if says(error, NO_TEXT):
                await self._blot(address, message)
            elif not says(error, UNCHANGED, *NO_MESSAGE):
                raise

    async def _blot(self, address: Address, message: str) -> None:
        """Replace a clip by a grey picture, and remove its buttons."""
        wait = self._limiter.book(address.chat, is_group(address.chat), f"blot:{message}")
        if wait > 0:
            raise Flood(wait)
        media = InputMediaPhoto(blank(), caption=texts.chat.TAKEN_BACK, filename="taken_back.png")
        try:
            with mapped():
                await self._client.edit_message_media(media, int(address.chat), int(message))
        except Flood as flood:
            self._limiter.hush(address.chat, flood.retry_after)
            raise
        except Gone as error:  # the chat is open: a right is missing, which may be granted again
            raise ChatError(str(error)) from None
        except Rejected as error:
            if not says(error, UNCHANGED, *NO_MESSAGE):
                raise

    async def _caption(self, address: Address, message: str, reply: Reply) -> None:
        place = {"chat_id": int(address.chat), "message_id": int(message), "reply_markup": keyboard(reply.buttons)}
        try:
            with mapped():
                await self._client.call("editMessageCaption", caption=cut(reply.text, CAPTION), **place)
        except Rejected as error:
            if not says(error, NO_CAPTION):
                raise
            with mapped():  # the clip was too large, and the message is a text with its link
                await self._client.call("editMessageReplyMarkup", **place)

    async def _say_instead(self, address: Address, message: str, reply: Reply) -> None:
        inline = address.chat == INLINE
        with mapped():
            await self._client.call(
                "editMessageText",
                text=cut(reply.text, TEXT),
                chat_id=None if inline else int(address.chat),
                message_id=None if inline else int(message),
                inline_message_id=message if inline else None,
                reply_markup=keyboard(reply.buttons),
                link_preview_options=NO_PREVIEW,
            )

    async def _post(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        left: set[str] = set()
        while True:  # each iteration removes a cause of refusal
            try:
                return await self._told(address, reply, to)
            except Moved as moved:
                left.add(address.chat)
                if moved.chat in left:
                    raise Gone(str(moved)) from None
                if self.on_move:
                    await self.on_move(address.chat, moved.chat)
                address = Address(PLATFORM, moved.chat)
            except Flood as flood:
                self._limiter.hush(address.chat, flood.retry_after)
                raise
            except Rejected as error:
                shown = replace(reply.clip, copy=None) if reply.clip and reply.clip.copy else None
                if address.message and address.thread and says(error, *NO_TOPIC):
                    address = Address(PLATFORM, address.chat)
                elif shown and says(error, *BAD_COPY) and (shown.file.exists() or address.message):
                    reply = replace(reply, clip=shown) if shown.file.exists() else _gone(reply)
                elif reply.clip:
                    raise Unshowable(str(error)) from None
                else:
                    raise Gone(str(error)) from None  # a retry would be refused, too

    async def _told(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        name = f"{cut(to.first_name, 64)}: " if to and reply.ask is not None else ""
        entities = [MessageEntity(MessageEntity.TEXT_MENTION, 0, length(name) - 2, user=to)] if name else None
        about = {"message_id": int(address.message), "allow_sending_without_reply": True} if address.message else None
        where: JSON = {
            "chat_id": int(address.chat),
            "message_thread_id": int(address.thread) if address.thread else None,
            "reply_parameters": about,
            "reply_markup": keyboard(reply.buttons) or (FORCE_REPLY if reply.ask is not None else None),
        }
        if reply.papers:
            return await self._paper(where, reply, reply.papers[0])
        if reply.clip:
            return await self._send_clip(where, reply, reply.clip)
        text = cut(name + reply.text, TEXT)
        with mapped():
            return _posted(
                await self._client.call(
                    "sendMessage", **where, text=text, entities=entities, link_preview_options=NO_PREVIEW
                )
            )

    async def _paper(self, where: JSON, reply: Reply, paper: Paper) -> Posted:
        kind = "photo" if paper.picture else "document"
        file, caption = InputFile(paper.data, paper.name), reply.text or None
        try:
            with mapped():
                return _posted(await self._client.call(f"send{kind.title()}", **where, **{kind: file}, caption=caption))
        except TooLarge as error:
            raise Gone(str(error)) from None  # the file cannot be shrunk

    async def _uploaded(self, chat: str, reply: Reply, shown: ShownClip) -> Posted:
        return await self._send_clip({"chat_id": chat}, reply, shown)

    async def _send_clip(self, where: JSON, reply: Reply, shown: ShownClip) -> Posted:
        limit = min(shown.limit or self._upload, self._upload)
        if shown.copy is None and shown.clip.size > limit:
            raise TooLarge(limit)
        async with opened(shown) as (video, poster):
            with mapped():
                return _posted(
                    await self._client.call(
                        "sendVideo",
                        **where,
                        video=video,
                        caption=cut(reply.text, CAPTION),
                        width=shown.clip.width,
                        height=shown.clip.height,
                        duration=round(shown.clip.seconds),
                        thumbnail=poster,
                        supports_streaming=True,
                        has_spoiler=shown.spoiler,
                    )
                )


def _posted(message: JSON) -> Posted:
    """The place of a message that was sent, and its clip."""
    sent = message.get("video") or message.get("animation") or message.get("document") or {}
    return Posted(str(message["message_id"]), sent.get("file_id"))


def _gone(reply: Reply) -> Reply:
    return Reply(texts.chat.CLIP_GONE.into(reply.text.language))
