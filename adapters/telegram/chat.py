"""Telegram, outbound: the `Chat` port for results and status lines, and answers to what people just said."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from telegram import (
    ForceReply,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    InputMediaVideo,
    LinkPreviewOptions,
    Message,
    MessageEntity,
    ReplyParameters,
    User,
)

from adapters.telegram.edits import Edits
from adapters.telegram.limiter import Limiter
from adapters.telegram.line import UPLOAD, Line, Moved, Rejected, mapped
from adapters.telegram.reading import PLATFORM
from bot import texts
from bot.errors import ChatError, Flood, Gone, TooLarge, Unconfirmed
from bot.model import Address, Button, Film, Paper, Posted, Reply

INLINE = "inline"
"""The chat of messages that stand where the bot is no member; they are known by an id of their own."""
TEXT = 4096
CAPTION = 1024
ROW = {"▶": 5}
"""Buttons side by side, by how they begin; others stand two in a row."""

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_NO_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic closed")
_BAD_COPY = ("wrong file identifier", "wrong remote file identifier", "file reference", "file_id")


class TelegramChat:
    """`page` gives the address under which a clip can be had; `on_move` is told when a group got another id."""

    once = False

    def __init__(
        self,
        line: Line,
        limiter: Limiter,
        *,
        page: Callable[[Film, str], Awaitable[str]],
        upload: int = UPLOAD,
        storage_chat: str | None = None,
    ) -> None:
        self._line = line
        self._limiter = limiter
        self._edits = Edits(limiter)
        self._page = page
        self.on_move: Callable[[str, str], Awaitable[None]] | None = None
        self._upload = upload
        self._storage_chat = storage_chat

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        if address.chat == INLINE:
            return await self._replace(address, reply, nonce)
        wait = self._limiter.book(address.chat, _is_group(address.chat), nonce)
        if wait > 0:
            raise Flood(wait)
        posted = [await self._post(address, part) for part in parts(reply) or [reply]]
        return posted[0]

    async def answer(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        """Post a reply as soon as it is its turn; `to` is named in it."""
        await self._limiter.turn(address.chat, _is_group(address.chat), "reply")
        return await self._post(address, reply, to)

    def moved(self, old: str, new: str) -> None:
        """A chat has another id now."""
        self._limiter.move(old, new)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        async def edit() -> None:
            try:
                await self._say_instead(address, message, reply)
            except Flood as flood:
                self._limiter.hush(address.chat, flood.retry_after)
                raise

        self._edits.put(address.chat, _is_group(address.chat), message, edit)

    async def remove(self, address: Address, message: str) -> None:
        if address.chat == INLINE:
            return  # the result stands in its place
        await self._edits.drop(address.chat, message)
        try:
            with mapped():
                await self._line.delete_message(int(address.chat), int(message))
        except Rejected:  # gone already, or too old to be deleted: then it should at least not say “rendering”
            with suppress(ChatError):
                await self._say_instead(address, message, Reply(texts.DONE))

    async def close(self) -> None:
        """Let go of edits that still wait."""
        await self._edits.close()

    async def _say_instead(self, address: Address, message: str, reply: Reply) -> None:
        inline = address.chat == INLINE
        with mapped():
            await self._line.edit_message_text(
                _cut(reply.text, TEXT),
                chat_id=None if inline else int(address.chat),
                message_id=None if inline else int(message),
                inline_message_id=message if inline else None,
                reply_markup=keyboard(reply.buttons),
                link_preview_options=_NO_PREVIEW,
            )

    async def _post(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        left: set[str] = set()
        while True:  # each time round there is less that can be refused
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
                reason = str(error).lower()
                if address.thread and any(sign in reason for sign in _NO_TOPIC):
                    address = Address(PLATFORM, address.chat)
                elif reply.film and reply.film.copy and any(sign in reason for sign in _BAD_COPY):
                    film = replace(reply.film, copy=None)
                    reply = replace(reply, film=film) if film.path.is_file() else Reply(texts.CLIP_GONE)
                else:
                    raise Gone(str(error)) from None  # the same again would be refused again

    async def _told(self, address: Address, reply: Reply, to: User | None = None) -> Posted:
        name = f"{_cut(to.first_name, 64)}: " if to and reply.ask is not None else ""
        entities = [MessageEntity(MessageEntity.TEXT_MENTION, 0, _length(name) - 2, user=to)] if name else None
        chat, thread = int(address.chat), int(address.thread) if address.thread else None
        about = ReplyParameters(int(address.message), allow_sending_without_reply=True) if address.message else None
        markup = ForceReply(selective=True) if reply.ask is not None else keyboard(reply.buttons)
        if reply.papers:
            return await self._paper(chat, thread, about, reply, reply.papers[0], markup)
        if reply.film is None:
            with mapped():
                message = await self._line.send_message(
                    chat,
                    _cut(name + reply.text, TEXT),
                    entities=entities,
                    message_thread_id=thread,
                    reply_parameters=about,
                    reply_markup=markup,
                    link_preview_options=_NO_PREVIEW,
                )
            return Posted(str(message.message_id))
        return _posted(await self._film(chat, thread, about, reply, reply.film, markup))

    async def _paper(
        self,
        chat: int,
        thread: int | None,
        about: ReplyParameters | None,
        reply: Reply,
        paper: Paper,
        markup: InlineKeyboardMarkup | ForceReply | None,
    ) -> Posted:
        send = self._line.send_photo if paper.picture else self._line.send_document
        with mapped():
            message = await send(
                chat,
                paper.data,
                caption=reply.text or None,
                filename=paper.name,
                message_thread_id=thread,
                reply_parameters=about,
                reply_markup=markup,
            )
        return Posted(str(message.message_id))

    async def _film(
        self,
        chat: int | str,
        thread: int | None,
        about: ReplyParameters | None,
        reply: Reply,
        film: Film,
        markup: InlineKeyboardMarkup | ForceReply | None,
    ) -> Message:
        limit = min(film.limit or self._upload, self._upload)
        if film.copy is None and film.clip.size > limit:
            raise TooLarge(limit)
        with _Files(film) as (video, poster), mapped():
            return await self._line.send_video(
                chat,
                video,
                caption=_cut(reply.text, CAPTION),
                width=film.clip.width,
                height=film.clip.height,
                duration=round(film.clip.seconds),
                thumbnail=poster,
                supports_streaming=True,
                has_spoiler=film.spoiler,
                message_thread_id=thread,
                reply_parameters=about,
                reply_markup=markup,
            )

    async def _replace(self, address: Address, reply: Reply, nonce: str) -> Posted:
        """A result where the bot is no member: it takes the place of the status line."""
        message = address.message
        await self._edits.drop(INLINE, message)
        copy = None
        if reply.film and self._storage_chat:
            # An edit there cannot upload; what is in the storage chat has a name that it can use.
            chat = self._storage_chat
            wait = self._limiter.book(chat, _is_group(chat), nonce)
            if wait > 0:
                raise Flood(wait)
            stored = await self._film(chat, None, None, reply, reply.film, None)
            copy = stored.video.file_id if stored.video else None
        try:
            with mapped():
                if copy:
                    media = InputMediaVideo(copy, caption=_cut(reply.text, CAPTION), supports_streaming=True)
                    await self._line.edit_message_media(media, inline_message_id=message)
                else:
                    where = f"\n{texts.clip_waits(await self._page(reply.film, nonce))}" if reply.film else ""
                    await self._line.edit_message_text(
                        _cut(reply.text, TEXT - len(where)) + where,
                        inline_message_id=message,
                        link_preview_options=_NO_PREVIEW,
                    )
        except Rejected as error:
            raise Gone(str(error)) from None
        except Unconfirmed as error:  # the same edit again changes nothing
            raise ChatError(str(error)) from None
        return Posted(message, copy)


class _Files:
    """Video and poster of a film, open while they are sent."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._open: list[InputFile] = []

    def __enter__(self) -> tuple[InputFile | str, InputFile | None]:
        if self._film.copy:
            return self._film.copy, None
        poster = self._film.poster if self._film.poster and self._film.poster.is_file() else None
        return self._file(self._film.path), self._file(poster) if poster else None

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            content = file.input_file_content
            if not isinstance(content, bytes):
                content.close()

    def _file(self, path: Path) -> InputFile:
        # Read while it is sent, not before: fifty films of fifty megabytes would not fit into memory.
        file = InputFile(path.open("rb"), f"photoplay{path.suffix}", read_file_handle=False)
        self._open.append(file)
        return file


def keyboard(buttons: tuple[Button, ...]) -> InlineKeyboardMarkup | None:
    """Buttons as Telegram has them: what a tap says travels with it."""
    if not buttons:
        return None
    width = ROW.get(buttons[0].label[:1], 2)
    made = [InlineKeyboardButton(button.label, callback_data=button.command) for button in buttons]
    return InlineKeyboardMarkup([made[i : i + width] for i in range(0, len(made), width)])


def parts(reply: Reply) -> list[Reply]:
    """A reply as the messages that it takes: each has one paper at most, and words that fit; none for silence."""
    if not reply.papers:
        return [reply] if reply.text or reply.film or reply.ask is not None else []
    first, *others = [Reply("", papers=(paper,)) for paper in reply.papers]
    if _length(reply.text) <= CAPTION:
        return [replace(reply, papers=first.papers), *others]
    return [replace(reply, papers=()), first, *others]


def _is_group(chat: str) -> bool:
    return chat.startswith(("-", "@"))


def _posted(message: Message) -> Posted:
    film = message.video or message.animation or message.document
    return Posted(str(message.message_id), film.file_id if film else None)


def _length(text: str) -> int:
    """As Telegram counts: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _cut(text: str, length: int) -> str:
    """At most so much of a text as Telegram takes."""
    if _length(text) <= length:
        return text
    return text.encode("utf-16-le")[: 2 * (length - 1)].decode("utf-16-le", "ignore") + "…"
