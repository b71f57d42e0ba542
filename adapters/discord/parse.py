"""Conversion of Discord's messages and interactions to our values. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import discord

from adapters.discord.render import PRESS
from adapters.discord.request import Picture
from adapters.shared.file_kinds import kind_of
from bot.commands import invocation, table
from bot.commands.invocation import SIGN
from bot.languages import ENGLISH

HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
"""Discord's file hosts."""
MEBIBYTE = 2**20
LEAST_LIMIT = 20 * MEBIBYTE
"""Upload limit of all accounts; the library's figures for guilds are outdated."""
SHARE = 0.95
"""Usable part of an upload limit; the rest is for the request around the file."""

_LINK = re.compile(r"(?:^|\n)(?:\|\|)?(?P<url>https?://\S+/attachments/\d+/\d+/(?P<name>[\w.-]+)\?[\w=&]+)(?:\|\|)?$")
"""A link at the end of a message, as `render.content` writes it."""


def language(interaction: discord.Interaction[Any]) -> str:
    """The language in which somebody is answered, a Babel locale; English for now."""
    return ENGLISH


def picture(file: discord.Attachment, *, end: bool = False) -> Picture | None:
    """A file, if it is a picture or video."""
    return _picture(file.url, file.filename, file.content_type, file.is_spoiler(), end)


def pictures(files: Iterable[discord.Attachment]) -> tuple[Picture, ...]:
    """The files to use: pictures if there are any, else a video, else a possible one."""
    files = list(files)
    kinds = [kind_of(file.content_type, file.filename) for file in files]
    for kind in ("picture", "video", "perhaps"):
        if found := [one for file, its in zip(files, kinds, strict=True) if its == kind and (one := picture(file))]:
            return tuple(found[:1] if kind == "video" else found)
    return ()


def shown(message: discord.Message) -> tuple[Picture, ...]:
    """The pictures attached to a message, or to the one it forwards."""
    forwarded = [file for snapshot in message.message_snapshots for file in snapshot.attachments]
    return pictures([*message.attachments, *forwarded]) or _linked(message)


def anything(message: discord.Message) -> tuple[Picture, ...]:
    """The pictures of a message, as attachments, in its layout, or in embeds."""
    return shown(message) or tuple(_unfolded([message, *message.message_snapshots]))[:1]


def _unfolded(sources: Sequence[discord.Message | discord.MessageSnapshot]) -> Iterator[Picture]:
    for source in sources:
        for media in _media(source.components):
            name = urlsplit(media.url).path
            if found := _picture(_served(media.url, media.proxy_url), name, media.content_type, False, False):
                yield found
        for embed in source.embeds:
            for image in (embed.image, embed.thumbnail):
                if image.url:
                    yield Picture(_served(image.url, image.proxy_url), False, False, False)


def _media(parts: Iterable[Any]) -> Iterator[Any]:
    """The pictures and videos of a layout, at any depth."""
    for part in parts:
        if (media := getattr(part, "media", None)) and getattr(media, "url", ""):
            yield media
        yield from _media(getattr(part, "items", ()) or ())
        yield from _media(getattr(part, "children", ()) or ())
        yield from _media([one] if (one := getattr(part, "accessory", None)) else ())


def _served(url: str, proxy: str | None) -> str:
    """A URL at Discord; for external media that of its proxy."""
    return url if (urlsplit(url).hostname or "") in HOSTS or not proxy else proxy


def _linked(message: discord.Message) -> tuple[Picture, ...]:
    """The clip that a bot's message links to, as our messages with uploaded clips do."""
    found = _LINK.search(message.content) if message.author.bot else None
    if found is None:
        return ()
    covered = message.content.endswith("||")
    one = _picture(found["url"], found["name"], None, covered, False)
    return (one,) if one else ()


def is_for_people(message: discord.Message) -> bool:
    """Whether a person wrote the message."""
    kinds = (discord.MessageType.default, discord.MessageType.reply)
    return not message.author.bot and message.webhook_id is None and message.type in kinds


def without_mention(text: str, me: int, roles: Sequence[int] = ()) -> str | None:
    """The text without a mention of the bot or its own roles (`roles`); None if it has none."""
    names = "|".join([f"!?{me}", *(f"&{one}" for one in roles)])
    bare, times = re.subn(rf"<@(?:{names})>{SIGN}", " ", text)
    # Messages that mention only the role may arrive without their content.
    return invocation.canonical(invocation.opened(bare)) if times or roles else None


def pings(message: discord.Message, me: int) -> bool:
    """Whether a message is a reply to the bot that pings it: then its content is included."""
    return message.type is discord.MessageType.reply and any(one.id == me for one in message.mentions)


def asks(message: object) -> bool:
    """Whether a message is a question of ours: about a parked order, or with several buttons of one command."""
    rows = message.components if isinstance(message, discord.Message) else []
    buttons = [one for row in rows if isinstance(row, discord.ActionRow) for one in row.children]
    said = [str(getattr(one, "custom_id", "") or "").removeprefix(PRESS) for one in buttons]
    names = [row.name for row in map(table.of, said) if row]
    return any(table.TABLE[name].answers for name in names) or len(names) > len(set(names))


def is_guest(interaction: discord.Interaction[Any]) -> bool:
    """Whether the app is there by a user install only."""
    if interaction.guild_id:
        return not interaction.is_guild_integration()
    return not interaction.context.dm_channel


def is_adult(channel: object) -> bool:
    """Whether a channel, or a thread's parent, is age-restricted."""
    known = (discord.abc.GuildChannel, discord.Thread)
    return isinstance(channel, known) and bool(getattr(channel, "is_nsfw", bool)())


def limit(allowed: int) -> int:
    """Maximum bytes of a clip for Discord's limit in bytes."""
    return int(allowed * SHARE)


def missing(held: discord.Permissions, thread: bool) -> list[str]:
    """Names of the missing permissions for a delivery."""
    speak = "send_messages_in_threads" if thread else "send_messages"
    return [name for name in ("view_channel", speak, "attach_files") if not getattr(held, name)]


def options(
    duration: int | None, negative: str | None, strength: float | None, model: str | None, sound: bool | None
) -> dict[str, str]:
    """Picked options, by the core's names."""
    picked = {
        "duration": str(duration) if duration else "",
        "no": negative or "",
        "cfg": "" if strength is None else f"{strength:.3f}",
        "model": model or "",
        "sound": "" if sound is None else "on" if sound else "off",
    }
    return {name: value for name, value in picked.items() if value}


def filled(data: Mapping[str, Any]) -> tuple[str, tuple[Picture, ...]]:
    """Text and pictures of a submitted modal."""
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
    its = kind_of(kind, name)
    return None if its == "other" else Picture(url, its == "video", spoiler, end)
