"""Clips that are on Discord already: sent again as a link to the message that has them, which plays like the clip.

A clip's name here is `channel/message`. Links are signed for about a day; Discord's own clients renew those that they
show. A clip is gone with its message.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import discord

from adapters.discord.client import RestClient
from adapters.discord.render import PRESS
from adapters.shared.newest import Newest
from adapters.shared.notes import Notes
from bot.conversation import Button, Posted
from bot.errors import Gone

_NAME = re.compile(r"(\d{1,20})/(\d{1,20})", re.ASCII)

_LAST_LINK = re.compile(r"\n(\|\|)?https?://\S+$")

TRIED = 2 * 86_400.0
"""Seconds for which the first try of a post is remembered."""
SKEW = 30.0
"""Seconds by which our clock and Discord's may differ."""
LATEST = 50
"""Messages of a channel that are looked through."""
MOST = 5_000
FRESH = 3600.0
"""Seconds that a link is still good for when it is used once more: a post that keeps its link does not load again."""


class MediaLinks:
    """Links by the names of clips."""

    def __init__(self, line: RestClient, notes: Notes, clock: Callable[[], float]) -> None:
        self._rest = line
        self._notes = notes
        self._clock = clock
        self._links: Newest[str, str] = Newest(MOST)

    async def link(self, name: str) -> str:
        """A link that is good now; empty when the clip is gone, or not to be read. Raises `ChatError`."""
        if not (found := _NAME.fullmatch(name)):
            return ""
        files = await self._files(int(found[1]), int(found[2]))
        clip = next((one for one in files if _is_clip(one)), None)
        if clip is None:
            self._links.pop(name, None)
            return ""
        known, new = self._links.get(name, ""), str(clip["url"])
        if known.partition("?")[0] == new.partition("?")[0] and _ends(known) > self._clock() + FRESH:
            return known
        self._links[name] = new
        return new

    async def has_clip(self, chat: str, message: str) -> bool:
        """Whether a message has a clip of its own."""
        return any(map(_is_clip, await self._files(int(chat), int(message))))

    async def begun(self, chat: str, nonce: str) -> float | None:
        """When this very send was tried first, Unix seconds; None if that is now. Raises `StoreDown`."""
        if began := await self._notes.get(chat, f"post:{nonce}"):
            return float(began)
        await self._notes.put(chat, f"post:{nonce}", str(self._clock()), TRIED)
        return None

    async def standing(self, chat: str, content: str, buttons: tuple[Button, ...], since: float) -> Posted | None:
        """A message of our own with this content and these buttons, among the latest of a channel.

        Without `content` the first of the buttons is enough: it names a job, and the result is told in several ways.
        """
        client = await self._rest.client()
        try:
            with self._rest.mapped():
                latest: list[Any] = await client.http.logs_from(int(chat), LATEST)
        except Gone:
            return None  # nothing can be read there; whether something can be said shows when it is
        me, said = client.user.id if client.user else 0, [f"{PRESS}{one.command}" for one in buttons]
        for message in latest:
            if int(message["author"]["id"]) != me or "interaction_metadata" in message:
                continue
            if discord.utils.snowflake_time(int(message["id"])).timestamp() < since - SKEW:
                continue  # of an earlier time, and perhaps about to go
            there = [part.get("custom_id") for row in message["components"] for part in row.get("components", ())]
            if content and ("message_reference" in message or _words(message["content"]) != _words(content)):
                continue
            if there == said or (not content and said[0] in there):
                own = name(int(chat), int(message["id"])) if message["attachments"] else None
                return Posted(str(message["id"]), own)
        return None

    async def _files(self, channel: int, message: int) -> list[dict[str, Any]]:
        client = await self._rest.client()
        try:
            with self._rest.mapped():
                return list((await client.http.get_message(channel, message))["attachments"])  # type: ignore[arg-type]  # ids are text here
        except Gone:
            return []


def name(channel: int, message: int) -> str:
    """What a clip is called that is attached to a message."""
    return f"{channel}/{message}"


def _words(content: str) -> str:
    """What a message says, without a link at its end."""
    return _LAST_LINK.sub("", content).strip()


def _is_clip(file: dict[str, Any]) -> bool:
    return str(file.get("content_type", "")).startswith("video/") or str(file["filename"]).endswith(".mp4")


def _ends(link: str) -> float:
    """Until when a link is signed, Unix seconds."""
    try:
        return float(int(parse_qs(urlsplit(link).query)["ex"][0], 16))
    except (KeyError, ValueError):
        return 0.0
