"""What Discord tells of a message or an interaction, in our words. Pure: nothing is asked and nothing is sent."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import discord

from adapters.discord.requests import Picture

MEBIBYTE = 2**20
LEAST_LIMIT = 20 * MEBIBYTE
"""What everybody may upload; what the library knows of guilds is older than that."""
SHARE = 0.95
"""The part of an upload limit that we use: some of it goes for what is around the file."""

_LINK = re.compile(r"(?:^|\n)(?:\|\|)?(?P<url>https?://\S+/attachments/\d+/\d+/(?P<name>[\w.-]+)\?[\w=&]+)(?:\|\|)?$")
"""At the end of a message, as `looks.content` puts it there."""
_PICTURES = re.compile(r"\.(jpe?g|png|webp|heic|heif|avif|gif|bmp)$", re.IGNORECASE)
_VIDEOS = re.compile(r"\.(mp4|mov|webm|m4v)$", re.IGNORECASE)


def picture(file: discord.Attachment, *, end: bool = False) -> Picture | None:
    """A file, if it shows something."""
    return _picture(file.url, file.filename, file.content_type, file.is_spoiler(), end)


def pictures(files: Iterable[discord.Attachment]) -> tuple[Picture, ...]:
    """What files show: pictures if there are any, else a clip."""
    seen = [found for file in files if (found := picture(file))]
    stills = [one for one in seen if not one.video]
    return tuple(stills or seen[:1])


def shown(message: discord.Message) -> tuple[Picture, ...]:
    """What a message shows, itself or as one passed on."""
    forwarded = [file for snapshot in message.message_snapshots for file in snapshot.attachments]
    return pictures([*message.attachments, *forwarded]) or _linked(message)


def _linked(message: discord.Message) -> tuple[Picture, ...]:
    """The clip that a message of a bot's shows by a link, which is how we send one that is on Discord already."""
    found = _LINK.search(message.content) if message.author.bot else None
    if found is None:
        return ()
    covered = message.content.endswith("||")
    one = _picture(found["url"], found["name"], None, covered, False)
    return (one,) if one else ()


def is_for_people(message: discord.Message) -> bool:
    """A message that a person wrote."""
    kinds = (discord.MessageType.default, discord.MessageType.reply)
    return not message.author.bot and message.webhook_id is None and message.type in kinds


def without_mention(text: str, me: int) -> str | None:
    """The text without our name; None if it does not call us."""
    bare, times = re.subn(rf"<@!?{me}>", " ", text)
    return " ".join(bare.split()) if times else None


def is_guest(interaction: discord.Interaction[Any]) -> bool:
    """Whether the bot is there only because the person has it on their account."""
    if interaction.guild_id:
        return not interaction.is_guild_integration()
    return not interaction.context.dm_channel


def is_adult(channel: object) -> bool:
    """Whether a channel, or that of a thread, is age-restricted."""
    known = (discord.abc.GuildChannel, discord.Thread)
    return isinstance(channel, known) and bool(getattr(channel, "is_nsfw", bool)())


def limit(allowed: int) -> int:
    """Bytes that a clip may have where Discord allows so many."""
    return int(allowed * SHARE)


def missing(held: discord.Permissions, thread: bool) -> list[str]:
    """The permissions that a delivery needs and that we do not have, by their names."""
    speak = "send_messages_in_threads" if thread else "send_messages"
    return [name for name in ("view_channel", speak, "attach_files") if not getattr(held, name)]


def options(duration: int | None, negative: str | None, strength: float | None) -> dict[str, str]:
    """What was picked, by the names that the core knows."""
    picked = {
        "duration": str(duration) if duration else "",
        "no": negative or "",
        "cfg": "" if strength is None else f"{strength:.3f}",
    }
    return {name: value for name, value in picked.items() if value}


def filled(data: Mapping[str, Any]) -> tuple[str, tuple[Picture, ...]]:
    """The words and the pictures of a form that was sent."""
    words, ids = "", list[str]()
    for row in data.get("components", ()):
        for part in [row.get("component", {}), *row.get("components", ())]:
            if part.get("type") == discord.ComponentType.text_input.value:
                words = str(part.get("value") or "").strip()
            ids += part.get("values") or ()
    files = data.get("resolved", {}).get("attachments", {})
    return words, _uploaded([files[one] for one in ids if one in files])


def _uploaded(files: Sequence[Mapping[str, Any]]) -> tuple[Picture, ...]:
    found = [
        _picture(file["url"], name, file.get("content_type"), name.startswith("SPOILER_"), False)
        for file in files
        if (name := str(file.get("filename", "")))
    ]
    return tuple(one for one in found if one)


def _picture(url: str, name: str, kind: str | None, spoiler: bool, end: bool) -> Picture | None:
    kind = kind or ""
    if kind.startswith("image/") or _PICTURES.search(name):
        return Picture(url, False, spoiler, end)
    if kind.startswith("video/") or _VIDEOS.search(name):
        return Picture(url, True, spoiler, end)
    return None
