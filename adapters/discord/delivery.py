"""Discord, outbound: the `Chat` port for results and status lines, and direct answers."""

import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import discord

from adapters.discord import media_links, render, uploads
from adapters.discord.client import (
    ARCHIVED,
    BAD_FORM,
    CLOSED,
    NO_HISTORY,
    NO_PERMISSION,
    UNKNOWN,
    Denied,
    RestClient,
)
from adapters.discord.edit_queue import EditQueue
from adapters.discord.interaction_tokens import InteractionTokens
from adapters.discord.media_links import MediaLinks
from adapters.discord.request import APART, PERSON, PLATFORM
from adapters.shared.newest import Newest
from bot import texts
from bot.conversation import Posted, Reply
from bot.errors import ChatError, Gone
from bot.model import Address, Job

log = logging.getLogger(__name__)
DEAD = 600.0
"""Seconds for which a channel that refused is not tried again."""
MOST = 10_000
THREADS = (10, 11, 12)
"""Channel types with their parent's properties: threads."""
ORIGINAL = cast(int, "@original")
"""Message id of an interaction's response, or of the message with the pressed button."""


class DiscordChat:
    """The chat port. Posts with the same `nonce` and edits may be repeated, so a lost answer is harmless."""

    once = True

    def __init__(self, rest: RestClient, tokens: InteractionTokens, *, clock: Callable[[], float] = time.time) -> None:
        self._rest = rest
        self._clock = clock
        self._edits = EditQueue(self._say_instead, clock)
        self._dead: Newest[str, float] = Newest(MOST)
        self._media_links = MediaLinks(rest, tokens.notes, clock)
        self.tokens = tokens
        self.embeds: Callable[[str], bool] = lambda chat: True
        """Whether our links are embedded in a channel; set by the gateway, which knows permissions."""

    async def send(self, address: Address, reply: Reply, *, nonce: str) -> Posted:
        if not address.chat.startswith(APART):
            return await self._post(address, reply, nonce)
        token = await self.tokens.find(address.chat, address.message)
        if not token:
            raise Gone("the bot is no member there, and its leave to answer is over: a button gets the clip")
        await self._edits.end((address.chat, address.message))
        return await self.replace(token, reply)

    async def edit(self, address: Address, message: str, reply: Reply) -> None:
        name = address.message if address.chat.startswith(APART) else message
        if reply.job:  # a status line, which is edited again
            self._edits.put((address.chat, name), reply)
        else:
            await self._edits.done((address.chat, name), reply)

    async def remove(self, address: Address, message: str) -> None:
        if address.chat.startswith(APART):
            return None  # the result replaced it
        await self._edits.end((address.chat, message))
        token = self.tokens.get(message)
        self.tokens.drop(message)
        if token:
            return await self.delete(token)
        if self._is_dead(address.chat):
            raise ChatError("it refused a moment ago")
        client = await self._rest.client()
        try:
            await self._reopened(address.chat, _message(client, address.chat, message).delete)
        except Denied as denied:
            if denied.code in UNKNOWN:
                return None
            if denied.code in CLOSED:
                self.gone(address.chat)
            raise ChatError(str(denied)) from None

    def person(self, user: str) -> Address | None:
        return Address(PLATFORM, f"{PERSON}{user}")

    async def private_channel(self, user: str) -> str:
        """The channel of a person's direct messages; known without a request once something was sent to them."""
        client = await self._rest.client()
        with self._rest.mapped():
            return str((await client.create_dm(discord.Object(int(user)))).id)

    def alone(self, job: Job) -> Address | None:
        user = job.person.removeprefix(f"{PLATFORM}:")
        return self.person(user) if user.isdecimal() and job.address.chat.isdigit() else None

    async def last_word(self, address: Address, reply: Reply) -> None:
        """Edit by a token that is about to expire; no further edits are possible."""
        await self._edits.end((address.chat, address.message))
        if token := await self.tokens.find(address.chat, address.message):
            await self.replace(token, reply)

    def reopen(self, address: Address) -> None:
        """Accept edits again, after a new token."""
        self._edits.reopen((address.chat, address.message))

    async def replace(self, token: str, reply: Reply) -> Posted:
        """Edit the response of an interaction, with the reply's clip if any; an existing clip stays."""
        reply, link = await self._prepared(reply)
        hook = await self._rest.hook(token)
        async with uploads.files(reply, without_clip=bool(link)) as files:
            with uploads.refusals(reply), self._rest.mapped():
                message = await hook.edit_message(
                    ORIGINAL,
                    content=render.content(reply, link),
                    view=render.view(reply.buttons),
                    attachments=files or discord.utils.MISSING,
                )
        return Posted(str(message.id), reply.clip.copy if reply.clip and link else None)

    async def whisper(self, token: str, reply: Reply) -> None:
        """Send an ephemeral message."""
        reply, link = await self._prepared(reply)
        hook, view = await self._rest.hook(token), render.view(reply.buttons)
        content, shown = render.content(reply, link), view or discord.utils.MISSING
        async with uploads.files(reply, without_clip=bool(link)) as files:
            with uploads.refusals(reply), self._rest.mapped():
                await hook.send(content, ephemeral=True, view=shown, files=files, wait=True)

    async def delete(self, token: str) -> None:
        """Delete the response of an interaction; a missing one is no error."""
        hook = await self._rest.hook(token)
        with suppress(Gone), self._rest.mapped():
            await hook.delete_message(ORIGINAL)

    def shows(self, address: Address, message: str, reply: Reply) -> None:
        """Record the content of a status line, so that only changes are sent."""
        name = address.message if address.chat.startswith(APART) else message
        self._edits.shows((address.chat, name), reply)

    async def is_adult(self, chat: str) -> bool:
        """Whether a channel, or a thread's parent, is age-restricted. Raises `ChatError` if that is unknown."""
        client, id = await self._rest.client(), int(chat)
        for _ in range(2):
            with self._rest.mapped():
                data: Mapping[str, Any] = await client.http.get_channel(id)
            if data.get("nsfw") or data.get("type") not in THREADS:
                return bool(data.get("nsfw"))
            id = int(data["parent_id"])
        return False

    def alive(self, chat: str) -> None:
        """Mark a channel as usable, after an event with sufficient permissions."""
        self._dead.pop(chat, None)

    def gone(self, chat: str) -> None:
        """Mark a channel as refusing or deleted, for `DEAD` seconds."""
        self._dead[chat] = self._clock() + DEAD

    async def close(self) -> None:
        """Cancel pending edits."""
        await self._edits.close()

    async def _post(self, address: Address, reply: Reply, nonce: str) -> Posted:
        if self._is_dead(address.chat):
            raise Gone("it refused a moment ago")
        reply, link = await self._prepared(reply, address.chat)
        if stands := await self._stands(address, reply, link, nonce):
            return stands
        with uploads.refusals(reply):
            try:
                return await self._posted(address, reply, link, nonce)
            except Denied as denied:
                if address.message and denied.code in (NO_HISTORY, BAD_FORM):
                    return await self._posted(Address(address.platform, address.chat), reply, link, nonce)
                if denied.code in CLOSED and not (reply.clip and denied.code == NO_PERMISSION):  # a text may be allowed
                    self.gone(address.chat)
                raise

    async def _stands(self, address: Address, reply: Reply, link: str, nonce: str) -> Posted | None:
        """The post of an attempt before a crash, if there is one: Discord remembers a nonce for minutes only."""
        if reply.clip is None or not address.chat.isdigit() or (address.message and not reply.job):
            return None
        since = await self._media_links.begun(address.chat, nonce)
        if since is None:
            return None
        content = "" if reply.job else render.content(reply, link)
        found = await self._media_links.standing(address.chat, content, reply.buttons, since)
        return replace(found, copy=found.copy or reply.clip.copy) if found else None

    async def _posted(self, address: Address, reply: Reply, link: str, nonce: str) -> Posted:
        client = await self._rest.client()
        about = None
        if address.message:
            about = discord.MessageReference(
                message_id=int(address.message), channel_id=int(address.chat), fail_if_not_exists=False
            )
        async with uploads.files(reply, without_clip=bool(link)) as files:
            with self._rest.mapped():
                where = await _place(client, address.chat)
                message = await where.send(
                    render.content(reply, link),
                    files=files,
                    nonce=nonce,
                    reference=about,  # type: ignore[arg-type]  # None is accepted
                    view=render.view(reply.buttons),  # type: ignore[arg-type]  # as above
                    suppress_embeds=reply.clip is None,  # no previews of links in a prompt
                )
        if reply.clip and not link and message.attachments:
            return Posted(str(message.id), media_links.name(message.channel.id, message.id))
        return Posted(str(message.id), reply.clip.copy if reply.clip and link else None)

    async def _prepared(self, reply: Reply, chat: str = "") -> tuple[Reply, str]:
        """The reply as it can be sent, and a link that replaces its clip if that was uploaded before."""
        shown = reply.clip
        if shown is None:
            return reply, ""
        if shown.copy and (not chat or self.embeds(chat)) and (link := await self._media_links.link(shown.copy)):
            return reply, link
        if shown.copy and not shown.file.exists():
            return replace(reply, text=texts.chat.CLIP_GONE.into(reply.text.language), clip=None), ""
        uploads.check(reply)
        return reply, ""

    async def _say_instead(self, chat: str, message: str, reply: Reply) -> None:
        apart = chat.startswith(APART)
        if reply.clip and not apart:
            return await self._say_around(chat, message, reply)
        if token := await self.tokens.find(chat, message) if apart else self.tokens.get(message):
            await self.replace(token, reply)
        elif not apart:
            client, view = await self._rest.client(), render.view(reply.buttons)
            with self._rest.mapped():
                await _message(client, chat, message).edit(content=render.content(reply), view=view)
        return None

    async def _say_around(self, chat: str, message: str, reply: Reply) -> None:
        """Edit the text and buttons of a message with a clip. A dead link to the clip is replaced by an upload."""
        shown, link, lost = reply.clip, "", False
        if shown and shown.copy and shown.copy != media_links.name(int(chat), int(message)):
            link = await self._media_links.link(shown.copy) if self.embeds(chat) else ""
            lost = not link and shown.file.exists() and not await self._media_links.has_clip(chat, message)
        client, view = await self._rest.client(), render.view(reply.buttons)
        async with uploads.files(reply, without_clip=not lost) as files:

            async def edit() -> None:
                await _message(client, chat, message).edit(
                    content=render.content(reply, link), view=view, attachments=files or discord.utils.MISSING
                )

            await self._reopened(chat, edit)

    async def _reopened(self, chat: str, act: Callable[[], Awaitable[object]]) -> None:
        """Act on a message, reopening its thread if it is archived."""
        client = await self._rest.client()
        try:
            with self._rest.mapped():
                await act()
                return
        except Denied as denied:
            if denied.code != ARCHIVED:
                raise
        with self._rest.mapped():
            await client.http.edit_channel(int(chat), archived=False)
            await act()

    def _is_dead(self, chat: str) -> bool:
        return self._dead.get(chat, 0.0) > self._clock()


def _message(client: discord.Client, chat: str, message: str) -> discord.PartialMessage:
    return client.get_partial_messageable(int(chat)).get_partial_message(int(message))


async def _place(client: discord.Client, chat: str) -> discord.abc.Messageable:
    """A channel by its id, or a person's direct messages."""
    if chat.startswith(PERSON):
        return await client.create_dm(discord.Object(int(chat.removeprefix(PERSON))))
    return client.get_partial_messageable(int(chat))
