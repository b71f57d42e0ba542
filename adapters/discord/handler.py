"""Requests, passed to the core."""

from dataclasses import replace

from adapters.discord.delivery import DiscordChat
from adapters.discord.files import Files
from adapters.discord.replies import Replies
from adapters.discord.request import Request
from adapters.discord.user_install import CLIP, UserInstall
from bot import texts
from bot.conversation import Inbound, Reply
from bot.core import Core


class Handler:
    """Processes requests of the intake; again after a crash."""

    def __init__(self, core: Core, chat: DiscordChat, replies: Replies, guests: UserInstall, files: Files) -> None:
        self._core = core
        self._chat = chat
        self._replies = replies
        self._guests = guests
        self._files = files

    async def apologise(self, request: Request) -> None:
        """Inform the person of an error."""
        await self._replies.tell(request, Reply(texts.chat.BROKE, refused=True))

    async def work(self, request: Request) -> None:
        """Process a request, and send the reply. Raises `StoreDown`."""
        if request.guest:
            if await self._guests.renewed(request):
                return
            if not request.text.startswith(CLIP):
                await self._guests.begin(request)
        reply = await self._core.handle(inbound(request, self._files, self._chat))
        if reply.bare:
            request = replace(request, pictures=(), source="")
        if not reply.text and request.text.startswith("/heart "):
            return  # its error code says so
        if not reply.text and request.response != "message":  # an interaction must be answered, ephemerally
            reply = replace(reply, text=texts.chat.TOLD)
        if reply.private and request.response == "message" and request.shared:
            await self._replies.in_private(request, reply)
        elif reply.text:
            await self._replies.respond(request, reply)


def inbound(request: Request, files: Files, chat: DiscordChat) -> Inbound:
    """A request as an `Inbound`."""

    async def moderates() -> bool:
        return request.moderates

    async def administers() -> bool:
        return request.administers and not request.late

    return Inbound(
        request.address,
        request.user,
        request.key,
        request.text,
        tuple(map(files.attachment, request.pictures)),
        request.options,
        shared=request.shared,
        spoiler=any(picture.spoiler for picture in request.pictures),
        limit=request.limit,
        moderates=moderates,
        label=request.label,
        scope=request.scope,
        community=request.community,
        tiers=frozenset(request.tiers),
        administers=administers,
        named=request.named,
        replied_to=request.replied_to,
        pressed=request.is_press,
        source="" if request.guest else request.source,
        called=request.called,
        no_photo=texts.discord.DISCORD_WHICH if request.shared else texts.chat.NO_PHOTO,
        adult=request.adult,
        is_adult=chat.is_adult,
        late=request.late,
        language=request.language,
    )
