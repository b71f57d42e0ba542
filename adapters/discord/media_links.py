"""Links to clips that were uploaded to Discord before; they are embedded like an upload.

A clip's name here is `channel/message`. Links are signed for about a day; Discord's clients renew displayed ones. A
clip is deleted with its message.
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
"""Seconds for which the time of a post's first attempt is remembered."""
SKEW = 30.0
"""Maximum difference between our clock and Discord's, in seconds."""
LATEST = 50
"""Messages of a channel that are searched."""
MOST = 5_000
FRESH = 3600.0
"""Minimum remaining seconds of a reused link: an unchanged link is not reloaded by clients."""


class MediaLinks:
    """Links to uploaded clips."""

    def __init__(self, rest: RestClient, notes: Notes, clock: Callable[[], float]) -> None:
        self._rest = rest
        self._notes = notes
        self._clock = clock
        self._links: Newest[str, str] = Newest(MOST)

    async def link(self, name: str) -> str:
        """A valid link; empty if the clip is deleted or inaccessible. Raises `ChatError`."""
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
        """Whether a message has an uploaded clip."""
        return any(map(_is_clip, await self._files(int(chat), int(message))))

    async def begun(self, chat: str, nonce: str) -> float | None:
        """Time of a send's first attempt, Unix seconds; None if this is the first. Raises `StoreDown`."""
        if began := await self._notes.get(chat, f"post:{nonce}"):
            return float(began)
        await self._notes.put(chat, f"post:{nonce}", str(self._clock()), TRIED)
        return None

    async def standing(self, chat: str, content: str, buttons: tuple[Button, ...], since: float) -> Posted | None:
        """A message of our own with this content and these buttons, among the latest of a channel.

        Without `content` the first button suffices: it names the job, and results have varying texts.
        """
        client = await self._rest.client()
        try:
            with self._rest.mapped():
                latest: list[Any] = await client.http.logs_from(int(chat), LATEST)
        except Gone:
            return None  # history is not readable; posting may still be allowed
        me, said = client.user.id if client.user else 0, [f"{PRESS}{one.command}" for one in buttons]
        for message in latest:
            if int(message["author"]["id"]) != me or "interaction_metadata" in message:
                continue
            if discord.utils.snowflake_time(int(message["id"])).timestamp() < since - SKEW:
                continue  # an earlier message, perhaps about to be removed
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
                return list((await client.http.get_message(channel, message))["attachments"])  # type: ignore[arg-type]  # ids are strings here
        except Gone:
            return []


def name(channel: int, message: int) -> str:
    """The name of a message's clip."""
    return f"{channel}/{message}"


def _words(content: str) -> str:
    """A message's text without a link at its end."""
    return _LAST_LINK.sub("", content).strip()


def _is_clip(file: dict[str, Any]) -> bool:
    return str(file.get("content_type", "")).startswith("video/") or str(file["filename"]).endswith(".mp4")


def _ends(link: str) -> float:
    """Expiry of a signed link, Unix seconds."""
    try:
        return float(int(parse_qs(urlsplit(link).query)["ex"][0], 16))
    except (KeyError, ValueError):
        return 0.0
