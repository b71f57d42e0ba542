"""Conversion of Telegram messages to our values. Pure."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from telegram import Chat, ExternalReplyInfo, Message, User

from adapters.shared.file_kinds import kind_of
from adapters.telegram import PLATFORM
from bot.characters import END
from bot.commands import invocation
from bot.commands.invocation import SIGN
from bot.languages import ENGLISH
from bot.model import Address

ANOTHERS = "", ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file at Telegram, or a video, of which the last frame is used."""

    file_id: str
    video: bool = False
    spoiler: bool = False


def address(message: Message) -> Address:
    """Address of a message."""
    thread = message.message_thread_id if message.is_topic_message else None
    return Address(PLATFORM, str(message.chat.id), str(message.message_id), str(thread or ""))


def key(message: Message) -> str:
    """A message's key: the same for each repetition, and for all parts of an album."""
    name = f"album:{message.media_group_id}" if message.media_group_id else message.message_id
    return f"{PLATFORM}:{message.chat.id}:{name}"


def person(message: Message) -> str | None:
    """Id of the author: a person, or the group or channel of an anonymous one; None for bots and service messages."""
    if message.is_automatic_forward:
        return None
    if message.sender_chat:
        return str(message.sender_chat.id)
    sender = message.from_user
    return None if sender is None or sender.is_bot else str(sender.id)


def language(user: User | None) -> str:
    """The language in which somebody is answered, a Babel locale; English for now."""
    return ENGLISH


def label(message: Message) -> str:
    """Display name of the author."""
    if message.sender_chat:
        return message.sender_chat.effective_name or ""
    return message.from_user.full_name if message.from_user else ""


def scope(chat: Chat) -> str:
    """The community of a chat; empty for private chats."""
    return f"{PLATFORM}:{chat.id}" if chat.type in (Chat.GROUP, Chat.SUPERGROUP) else ""


def is_private(chat: Chat) -> bool:
    """Whether it is a private chat with the bot."""
    return chat.type == Chat.PRIVATE


def words(message: Message) -> str:
    """Text or caption."""
    return message.text or message.caption or ""


def picture(message: Message | ExternalReplyInfo, *, videos: bool = False) -> Picture | None:
    """The picture of a message, a photo or a file; with `videos`, also a video."""
    spoiler = bool(message.has_media_spoiler)
    if message.photo:
        return Picture(message.photo[-1].file_id, spoiler=spoiler)
    video = message.video or message.animation or message.video_note
    if video:
        return Picture(video.file_id, video=True, spoiler=spoiler) if videos else None
    if message.document:
        kind = kind_of(message.document.mime_type, message.document.file_name)
        if kind in ("picture", "perhaps") or (kind == "video" and videos):
            return Picture(message.document.file_id, video=kind == "video")
    return None


def command(text: str, username: str) -> tuple[str, str] | None:
    """Name and argument of a command; `ANOTHERS` if it addresses another bot; None for other texts."""
    said = invocation.command(text)
    if said is None:
        return None
    if said.whose and said.whose != username.lower():
        return ANOTHERS
    return said.name, invocation.without_name(said.argument, username)


def without_mention(text: str, username: str) -> str | None:
    """The text without a leading mention of the bot and separators; None if it has none."""
    bare, times = re.subn(rf"(?<!\w)[@＠]{re.escape(username)}{END}{SIGN}", " ", text, flags=re.IGNORECASE)
    return invocation.canonical(invocation.opened(bare)) if times else None


def pack(pictures: Sequence[Picture]) -> list[dict[str, object]]:
    """Pictures as JSON values, for a note."""
    return [asdict(picture) for picture in pictures]
