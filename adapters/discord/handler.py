"""Requests, put to the core."""

from dataclasses import replace

from adapters.discord.delivery import DiscordChat
from adapters.discord.files import Files
from adapters.discord.replies import Replies
from adapters.discord.request import PERSON, PLATFORM, Request
from adapters.discord.user_install import CLIP, UserInstall
from bot import texts
from bot.commands import table
from bot.core import Core
from bot.model import Address, Inbound, Job, Reply
from bot.quotas.rules import Rule

FOREVER = 4e9
"""Unix seconds that never come."""
SHARED = frozenset({"/show", "/remix"})
"""Of these, those that are about a shared clip."""
SHOWING = frozenset({"/clip", "/join", "/again", "/continue", *SHARED})
"""Commands that bring an earlier clip, or what is made of it, to where they are said."""


class Handler:
    """Works off what the intake hands over; a second time for what a crash cut off."""

    def __init__(self, core: Core, chat: DiscordChat, replies: Replies, guests: UserInstall, files: Files) -> None:
        self._core = core
        self._chat = chat
        self._replies = replies
        self._guests = guests
        self._files = files
        self._adult: set[str] = set()

    async def apologise(self, request: Request) -> None:
        """Something broke."""
        await self._replies.tell(request, Reply(texts.chat.BROKE, refused=True))

    async def work(self, request: Request) -> None:
        """Have it answered. Raises `StoreDown`."""
        if request.guest:
            if await self._guests.renewed(request):
                return
            if not request.text.startswith(CLIP):
                await self._guests.begin(request)
        request = await self._about_own(request)
        if request.late and _is_act(request.text):
            known = await self._core.answered(inbound(request, self._files))
            reply = known or Reply(texts.admin.CUT_OFF, refused=True, private=True)
        elif await self._out_of_place(request) or await self._into_the_open(request):
            reply = Reply(texts.chat.AGE_RESTRICTED, refused=True)
        elif not request.pictures and not request.text.startswith("/"):
            reply = Reply(texts.chat.DISCORD_WHICH if request.shared else texts.chat.NO_PHOTO, refused=True)
        else:
            reply = await self._core.handle(inbound(request, self._files))
        if not reply.text and request.text.startswith("/heart "):
            return  # its number says it
        if not reply.text and request.manner != "post":  # an interaction is owed an answer, and only the person sees it
            reply = replace(reply, text=texts.admin.TOLD)
        if reply.private and request.manner == "post" and request.shared:
            await self._in_private(request, reply)
        elif reply.text:
            await self._replies.respond(request, reply)

    async def _in_private(self, request: Request, reply: Reply) -> None:
        """Answer a message in a channel where only the writer reads it."""
        alone = replace(request, channel=f"{PERSON}{request.user}", about="")
        if await self._replies.tell(alone, reply) is None:
            await self._replies.tell(request, Reply(texts.admin.NO_PRIVATE))

    async def _out_of_place(self, request: Request) -> bool:
        """Whether a clip of an age-restricted channel is called up where everybody would see it."""
        inbox = self._core.context.store.inbox
        if request.adult:
            if request.address.chat not in self._adult:
                await inbox.remember(PLATFORM, request.address.chat, "adult", "yes", FOREVER)
                self._adult.add(request.address.chat)
            return False
        name, _, argument = request.text.partition(" ")
        if not request.shared or name not in SHOWING or not argument:
            return False
        job = await self._job(name, argument.split()[0])
        if job is None or job.address.chat == request.address.chat:
            return False
        return await self._is_adult(job)

    async def _into_the_open(self, request: Request) -> bool:
        """Whether a clip of an age-restricted channel would be shared where everybody could see it."""
        name, _, argument = request.text.partition(" ")
        if name != "/share":
            return False
        job = await self._job(name, argument.split()[0]) if argument.split() else await self._latest(request)
        if job is None or not await self._is_adult(job):
            return False
        scope = await self._core.context.store.books.scope(request.scope or job.scope)
        rule = (await self._core.context.store.books.rules(scope)).get("", Rule())
        if rule.web:
            return True
        place = (rule.gallery or "").partition("/")[0]
        return bool(place) and not await self._chat.is_adult(place)

    async def _latest(self, request: Request) -> Job | None:
        """What is shared when nobody says what."""
        here = request.address if request.shared else None
        latest = await self._core.context.store.jobs(f"{PLATFORM}:{request.user}", 100, here)
        return next((job for job in latest if job.clip), None)

    async def _job(self, name: str, id: str) -> Job | None:
        """The job that a command is about."""
        if name in SHARED:
            share = await self._core.context.store.gallery.share(id)
            return await self._core.context.store.job(share.job) if share else None
        return await self._core.context.store.job(id)

    async def _is_adult(self, job: Job) -> bool:
        inbox, now = self._core.context.store.inbox, self._core.context.clock()
        here = job.address.platform == PLATFORM
        return here and await inbox.recall(PLATFORM, job.address.chat, "adult", now) is not None

    async def _about_own(self, request: Request) -> Request:
        """What is said about a clip of one's own continues it; about a shared one, it is a remix."""
        if not request.source or not request.text.startswith("/animate"):
            return request
        words = request.text.removeprefix("/animate").strip()
        if share := await self._core.context.store.gallery.at(Address(PLATFORM, request.channel, request.source)):
            return replace(request, text=f"/remix {share.id} {words}".strip(), pictures=(), source="")
        job = await self._core.context.store.sent(Address(PLATFORM, request.channel, request.source))
        if job is None or job.clip is None or job.person != f"{PLATFORM}:{request.user}":
            return request
        text = f"/continue {job.id} {words}" if words else f"/next {job.id}"
        return replace(request, text=text, pictures=(), source="")


def inbound(request: Request, files: Files) -> Inbound:
    """A request as the core takes it."""

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
    )


def _is_act(text: str) -> bool:
    """Whether it is an admin's word: done twice, it would give or take twice."""
    return text.startswith("/undo") or (table.takes_names(text) and text.strip() != "/quota")
