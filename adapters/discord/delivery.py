"""Discord, outbound: the `Chat` port for results and status lines, and the ways in which answers go out."""

import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from typing import Any, cast

import discord

from adapters.discord import media_links, render
from adapters.discord.client import (
    ARCHIVED,
    BAD_FORM,
    CLOSED,
    NO_HISTORY,
    NO_PERMISSION,
    UNKNOWN,
    WORDLESS,
    Denied,
    RestClient,
)
from adapters.discord.edit_queue import EditQueue
from adapters.discord.interaction_tokens import InteractionTokens
from adapters.discord.media_links import MediaLinks
from adapters.discord.parse import LEAST_LIMIT, MEBIBYTE, limit
from adapters.discord.request import APART, PERSON, PLATFORM
from adapters.shared.newest import Newest
from bot import texts
from bot.conversation import Posted, Reply
from bot.errors import ChatError, Gone, TooLarge, Unshowable
from bot.model import Address, Job

log = logging.getLogger(__name__)

STEPS = (50 * MEBIBYTE, 20 * MEBIBYTE, 10 * MEBIBYTE, 8 * MEBIBYTE)
"""Limits that Discord has or had: what is tried next when a file does not fit and nobody says why."""
DEAD = 600.0
"""Seconds for which a channel that refused is not asked again."""
MOST = 10_000
THREADS = (10, 11, 12)
"""The kinds of channels that are as their parent is."""
ORIGINAL = cast(int, "@original")
"""Stands for the id of the message that an interaction made, or of the one whose button was pressed."""


class DiscordChat:
    """The same `nonce` again posts nothing twice, and an edit can be repeated, so a lost answer is no trouble."""

    once = True

    def __init__(self, line: RestClient, tokens: InteractionTokens, *, clock: Callable[[], float] = time.time) -> None:
        self._rest = line
        self._clock = clock
        self._edits = EditQueue(self._say_instead, clock)
        self._dead: Newest[str, float] = Newest(MOST)
        self._media_links = MediaLinks(line, tokens.notes, clock)
        self.tokens = tokens
        self.embeds: Callable[[str], bool] = lambda chat: True
        """Whether links of ours play in a channel; whoever knows the guilds says so."""

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
        if reply.job:  # a status line: another edit of it will come
            self._edits.put((address.chat, name), reply)
        else:
            await self._edits.done((address.chat, name), reply)

    async def remove(self, address: Address, message: str) -> None:
        if address.chat.startswith(APART):
            return None  # the result stands in its place
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

    def alone(self, job: Job) -> Address | None:
        user = job.person.removeprefix(f"{PLATFORM}:")
        return self.person(user) if user.isdecimal() and job.address.chat.isdigit() else None

    async def last_word(self, address: Address, reply: Reply) -> None:
        """Say something by a token that is about to end; other edits come too late."""
        await self._edits.end((address.chat, address.message))
        if token := await self.tokens.find(address.chat, address.message):
            await self.replace(token, reply)

    def reopen(self, address: Address) -> None:
        """There is a new token: edits go on."""
        self._edits.reopen((address.chat, address.message))

    async def replace(self, token: str, reply: Reply) -> Posted:
        """Have the message of an interaction say this, with the clip if there is one; one that it has stays."""
        reply, link = await self._prepared(reply)
        hook = await self._rest.hook(token)
        with _files(reply, link) as files, _refusals(reply), self._rest.mapped():
            message = await hook.edit_message(
                ORIGINAL,
                content=render.content(reply, link),
                view=render.view(reply.buttons),
                attachments=files or discord.utils.MISSING,
            )
        return Posted(str(message.id), reply.clip.copy if reply.clip and link else None)

    async def whisper(self, token: str, reply: Reply) -> None:
        """Tell something to the person alone."""
        reply, link = await self._prepared(reply)
        hook, view = await self._rest.hook(token), render.view(reply.buttons)
        with _files(reply, link) as files, _refusals(reply), self._rest.mapped():
            await hook.send(
                render.content(reply, link), ephemeral=True, view=view or discord.utils.MISSING, files=files, wait=True
            )

    async def delete(self, token: str) -> None:
        """Take the message of an interaction away; one that is gone already is fine."""
        hook = await self._rest.hook(token)
        with suppress(Gone), self._rest.mapped():
            await hook.delete_message(ORIGINAL)

    def shows(self, address: Address, message: str, reply: Reply) -> None:
        """Note what a status line says, so that it is edited only when that changes."""
        name = address.message if address.chat.startswith(APART) else message
        self._edits.shows((address.chat, name), reply)

    async def is_adult(self, chat: str) -> bool:
        """Whether a channel, or that of a thread, is age-restricted. Raises `ChatError` when nobody can tell."""
        client, id = await self._rest.client(), int(chat)
        for _ in range(2):
            with self._rest.mapped():
                data: Mapping[str, Any] = await client.http.get_channel(id)
            if data.get("nsfw") or data.get("type") not in THREADS:
                return bool(data.get("nsfw"))
            id = int(data["parent_id"])
        return False

    def alive(self, chat: str) -> None:
        """Something came from there with the permissions we need: it may be asked again."""
        self._dead.pop(chat, None)

    def gone(self, chat: str) -> None:
        """A channel refuses, or is no more: it is left alone for a while."""
        self._dead[chat] = self._clock() + DEAD

    async def close(self) -> None:
        """Let go of edits that still wait."""
        await self._edits.close()

    async def _post(self, address: Address, reply: Reply, nonce: str) -> Posted:
        if self._is_dead(address.chat):
            raise Gone("it refused a moment ago")
        reply, link = await self._prepared(reply, address.chat)
        if stands := await self._stands(address, reply, link, nonce):
            return stands
        with _refusals(reply):
            try:
                return await self._posted(address, reply, link, nonce)
            except Denied as denied:
                if address.message and denied.code in (NO_HISTORY, BAD_FORM):
                    return await self._posted(Address(address.platform, address.chat), reply, link, nonce)
                if denied.code in CLOSED and not (reply.clip and denied.code == NO_PERMISSION):  # words may pass
                    self.gone(address.chat)
                raise

    async def _stands(self, address: Address, reply: Reply, link: str, nonce: str) -> Posted | None:
        """A clip that was posted before somebody died over it: Discord knows a nonce for some minutes only."""
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
        with _files(reply, link) as files, self._rest.mapped():
            where = await _place(client, address.chat)
            message = await where.send(
                render.content(reply, link),
                files=files,
                nonce=nonce,
                reference=about,  # type: ignore[arg-type]  # None is fine with it
                view=render.view(reply.buttons),  # type: ignore[arg-type]  # and here
                suppress_embeds=reply.clip is None,  # what a prompt links to is no part of it
            )
        if reply.clip and not link and message.attachments:
            return Posted(str(message.id), media_links.name(message.channel.id, message.id))
        return Posted(str(message.id), reply.clip.copy if reply.clip and link else None)

    async def _prepared(self, reply: Reply, chat: str = "") -> tuple[Reply, str]:
        """The reply as it can go out, and a link that stands in for its clip if that is on Discord already."""
        shown = reply.clip
        if shown is None:
            return reply, ""
        if shown.copy and (not chat or self.embeds(chat)) and (link := await self._media_links.link(shown.copy)):
            return reply, link
        if shown.copy and not shown.file.exists():
            return replace(reply, text=texts.chat.CLIP_GONE, clip=None), ""
        _check(reply)
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
        """Change what stands around a clip. It stays; if it was a link to what is gone, it comes back as a file."""
        shown, link, lost = reply.clip, "", False
        if shown and shown.copy and shown.copy != media_links.name(int(chat), int(message)):
            link = await self._media_links.link(shown.copy) if self.embeds(chat) else ""
            lost = not link and shown.file.exists() and not await self._media_links.has_clip(chat, message)
        client, view = await self._rest.client(), render.view(reply.buttons)
        with render.attached(reply if lost else replace(reply, clip=None)) as files:

            async def edit() -> None:
                await _message(client, chat, message).edit(
                    content=render.content(reply, link), view=view, attachments=files or discord.utils.MISSING
                )

            await self._reopened(chat, edit)

    async def _reopened(self, chat: str, act: Callable[[], Awaitable[object]]) -> None:
        """Do something to a message, even if its thread was put away."""
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


@contextmanager
def _refusals(reply: Reply) -> Iterator[None]:
    """What a refusal says of a clip: it is too large, or not to be shown there."""
    try:
        yield
    except TooLarge:
        raise _too_large(reply) from None
    except Denied as denied:
        if reply.clip is None or denied.code in WORDLESS:
            raise
        raise Unshowable(str(denied)) from None


def _files(reply: Reply, link: str) -> AbstractContextManager[list[discord.File]]:
    """What is uploaded: a clip that is linked is not."""
    return render.attached(replace(reply, clip=None) if link else reply)


def _message(client: discord.Client, chat: str, message: str) -> discord.PartialMessage:
    return client.get_partial_messageable(int(chat)).get_partial_message(int(message))


async def _place(client: discord.Client, chat: str) -> discord.abc.Messageable:
    """A channel by its id, or where a person and the bot are alone."""
    if chat.startswith(PERSON):
        return await client.create_dm(discord.Object(int(chat.removeprefix(PERSON))))
    return client.get_partial_messageable(int(chat))


def _check(reply: Reply) -> None:
    shown = reply.clip
    if shown and shown.clip.size > (most := shown.limit or limit(LEAST_LIMIT)):
        raise TooLarge(most)


def _too_large(reply: Reply) -> ChatError:
    """What to try next when a clip was refused for its size; papers can't be made smaller."""
    if reply.clip is None:
        return Gone("a file is too large")
    size = reply.clip.clip.size
    return TooLarge(next((fitting for step in STEPS if (fitting := limit(step)) < size), size // 2))
