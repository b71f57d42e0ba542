"""Admins of a chat. Telegram's answer is reliable only if the bot is an admin; otherwise there are none."""

from collections.abc import Callable

from telegram import ChatMember, ChatMemberAdministrator, ChatMemberOwner, ChatMemberRestricted

from adapters.shared.newest import Newest
from adapters.telegram.client import TelegramClient, mapped
from bot import texts
from bot.errors import ChatError
from bot.sentence import EMPTY, Sentence

FRESH = 60.0
"""Lifetime of a cached answer, in seconds."""
MOST = 10_000


class Members:
    """Membership queries, cached for a minute."""

    def __init__(self, client: TelegramClient, clock: Callable[[], float]) -> None:
        self._client = client
        self._clock = clock
        self._known: Newest[tuple[str, str], tuple[float, bool, bool]] = Newest(MOST)
        self._shut: Newest[str, tuple[float, bool]] = Newest(MOST)

    async def show_us_all(self, chat: str) -> bool:
        """Whether the bot is an admin there, and so receives all messages despite privacy mode."""
        try:
            with mapped():
                me = await self._client.get_me()
        except ChatError:
            return False
        return await self.moderates(chat, str(me.id))

    async def moderates(self, chat: str, user: str) -> bool:
        """Whether `user` is an admin of the group `chat`, or the group itself (an anonymous admin)."""
        if not chat.startswith("-"):
            return False
        return user == chat or (await self._found(chat, user))[0]

    async def administers(self, chat: str, user: str) -> bool:
        """As `moderates`, uncached, so that a demoted admin loses the right immediately."""
        if not chat.startswith("-"):
            return False
        return user == chat or isinstance(await self._member(chat, user), ChatMemberAdministrator | ChatMemberOwner)

    async def username(self, chat: str, user: str) -> str | None:
        """A person's current username, empty for none; None if Telegram does not answer."""
        member = await self._member(chat, user)
        return None if member is None else member.user.username or ""

    async def shows(self, chat: str, user: str) -> bool:
        """Whether the membership of `user` in the group `chat` is public: not for an anonymous admin."""
        return (await self._found(chat, user))[1]

    async def obstacle(self, chat: str) -> Sentence:
        """The reason why clips cannot be sent to a chat; empty if they can, or if that is unknown."""
        if not chat.startswith("-"):
            return EMPTY
        try:
            with mapped():
                return texts.chat.no_videos(await self._client.own_name()) if await self._is_shut(chat) else EMPTY
        except ChatError:
            return EMPTY

    async def _is_shut(self, chat: str) -> bool:
        """Whether the bot may not send videos: admins may, others by the permissions of the group and their own."""
        since, shut = self._shut.get(chat, (-FRESH, False))
        if self._clock() - since < FRESH and not shut:
            return False
        me = await self._client.get_chat_member(int(chat), (await self._client.get_me()).id)
        if isinstance(me, ChatMemberAdministrator | ChatMemberOwner):
            shut = False
        elif isinstance(me, ChatMemberRestricted) and not me.can_send_videos:
            shut = True
        else:
            allowed = (await self._client.get_chat(int(chat))).permissions
            shut = allowed is not None and allowed.can_send_videos is False
        self._shut[chat] = self._clock(), shut
        return shut

    async def _member(self, chat: str, user: str) -> ChatMember | None:
        """Somebody's membership now; None if Telegram does not answer."""
        try:
            with mapped():
                return await self._client.get_chat_member(int(chat), int(user))
        except ChatError:
            return None

    async def _found(self, chat: str, user: str) -> tuple[bool, bool]:
        since, *known = self._known.get((chat, user), (-FRESH, False, False))
        if self._clock() - since < FRESH:
            return known[0], known[1]
        member = await self._member(chat, user)
        if member is None:
            return False, False
        admin, shown = False, True
        if isinstance(member, ChatMemberAdministrator | ChatMemberOwner):
            admin, shown = True, not member.is_anonymous
        self._known[chat, user] = self._clock(), admin, shown
        return admin, shown
