"""Requests, put to the core."""

from dataclasses import replace

from adapters.discord.answers import Answers
from adapters.discord.files import Files
from adapters.discord.guests import CLIP, Guests
from adapters.discord.requests import PERSON, PLATFORM, Request
from bot import commands, texts, texts_admin
from bot.core import Core
from bot.model import Address, Inbound, Reply

FOREVER = 4e9
"""Unix seconds that never come."""
SHOWING = frozenset({"/clip", "/join", "/again", "/continue"})
"""Commands that bring an earlier clip, or what is made of it, to where they are said."""


class Desk:
    """Works off what the intake hands over; a second time for what a crash cut off."""

    def __init__(self, core: Core, answers: Answers, guests: Guests, files: Files) -> None:
        self._core = core
        self._answers = answers
        self._guests = guests
        self._files = files
        self._adult: set[str] = set()

    async def work(self, request: Request) -> None:
        """Have it answered. Raises `StoreDown`."""
        if request.guest:
            if await self._guests.renewed(request):
                return
            if not request.text.startswith(CLIP):
                await self._guests.begin(request)
        request = await self._about_own(request)
        if request.late and _is_act(request.text):
            reply = Reply(texts_admin.CUT_OFF, refused=True, private=True)
        elif await self._out_of_place(request):
            reply = Reply(texts.AGE_RESTRICTED, refused=True)
        elif not request.pictures and not request.text.startswith("/"):
            reply = Reply(texts.DISCORD_WHICH, refused=True)
        else:
            reply = await self._core.handle(inbound(request, self._files))
        if not reply.text and request.manner != "post":  # an interaction is owed an answer, and only the person sees it
            reply = replace(reply, text=texts_admin.TOLD)
        if reply.private and request.manner == "post" and request.shared:
            await self._in_private(request, reply)
        elif reply.text:
            await self._answers.respond(request, reply)

    async def _in_private(self, request: Request, reply: Reply) -> None:
        """Answer a message in a channel where only the writer reads it."""
        alone = replace(request, channel=f"{PERSON}{request.user}", about="")
        if await self._answers.tell(alone, reply) is None:
            await self._answers.tell(request, Reply(texts_admin.NO_PRIVATE))

    async def _out_of_place(self, request: Request) -> bool:
        """Whether a clip of an age-restricted channel is called up where everybody would see it."""
        inbox, now = self._core.store.inbox, self._core.clock()
        if request.adult:
            if request.address.chat not in self._adult:
                await inbox.remember(PLATFORM, request.address.chat, "adult", "yes", FOREVER)
                self._adult.add(request.address.chat)
            return False
        name, _, argument = request.text.partition(" ")
        if not request.shared or name not in SHOWING or not argument:
            return False
        job = await self._core.store.job(argument.split()[0])
        if job is None or job.address.chat == request.address.chat:
            return False
        return await inbox.recall(PLATFORM, job.address.chat, "adult", now) is not None

    async def _about_own(self, request: Request) -> Request:
        """What is said about a clip of one's own continues it."""
        if not request.source or not request.text.startswith("/animate"):
            return request
        job = await self._core.store.sent(Address(PLATFORM, request.channel, request.source))
        if job is None or job.clip is None or job.person != f"{PLATFORM}:{request.user}":
            return request
        words = request.text.removeprefix("/animate").strip()
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
        tiers=frozenset(request.tiers),
        administers=administers,
        named=request.named,
        replied_to=request.replied_to,
    )


def _is_act(text: str) -> bool:
    """Whether it is an admin's word: done twice, it would give or take twice."""
    return text.startswith("/undo") or (commands.takes_names(text) and text.strip() != "/quota")
