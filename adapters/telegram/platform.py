"""Telegram, inbound: long polling or a webhook, and the dispatch of updates."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from telegram import WebhookInfo

from adapters.shared.intake import Intake
from adapters.shared.notes import Notes
from adapters.shared.questions import Questions
from adapters.telegram import PLATFORM, menus, parse, updates
from adapters.telegram.albums import Albums
from adapters.telegram.callbacks import Callbacks
from adapters.telegram.client import BadToken, Rejected, Taken, TelegramClient, mapped
from adapters.telegram.comments import Comments
from adapters.telegram.delivery import TelegramChat
from adapters.telegram.dialogs import Dialogs
from adapters.telegram.files import Files
from adapters.telegram.guests import Guests
from adapters.telegram.members import Members
from adapters.telegram.messages import Messages
from adapters.telegram.people import People
from adapters.telegram.prompts import Prompts
from adapters.telegram.reactions import Reactions
from adapters.telegram.replies import Replies
from adapters.telegram.updates import RawUpdate
from bot import texts
from bot.conversation import Reply
from bot.core import Core
from bot.errors import ChatError, Flood, Misconfigured, StoreDown

log = logging.getLogger(__name__)

HEARD = ["message", "edited_message", "callback_query", "my_chat_member", "guest_message", "message_reaction"]
"""The requested kinds of updates; sent at every start, as Telegram remembers the last request."""
POLL = 25
"""Timeout of a long poll, in seconds."""
BATCH = 100
"""Maximum updates per poll; a smaller batch means that there are no more."""
SILENT = 90.0
"""Seconds without an answer to a poll or webhook check after which the platform is in trouble."""
LOOK, AGAIN = 60.0, 5.0
"""Seconds between checks of the webhook, and between attempts to set it."""
LONGEST_PAUSE = 30.0
FLOOR = 1.0
"""Minimum seconds between polls that return nothing new."""


@dataclass(frozen=True, slots=True)
class Hook:
    """URL and secret of the webhook."""

    url: str
    secret: str


class Telegram:
    """The platform. `clock`: monotonic seconds; `hook`: use a webhook instead of long polling."""

    name = PLATFORM

    def __init__(
        self,
        core: Core,
        client: TelegramClient,
        chat: TelegramChat,
        *,
        clock: Callable[[], float],
        hook: Hook | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._core = core
        self._client = client
        self._clock = clock
        self._hook = hook
        self._sleep = sleep
        members, files = Members(client, clock), Files(client, sleep)
        self._inbox, now = core.context.store.inbox, core.context.clock
        self._notes = notes = Notes(PLATFORM, self._inbox, now)
        people, prompts, dialogs = People(notes, members, now), Prompts(Questions(notes)), Dialogs(notes)
        answers = Replies(core, client, chat, prompts, dialogs, sleep)
        self._caught_up = asyncio.Event()
        together = Albums(self._caught_up, sleep), Comments(sleep)
        self._messages = Messages(core, chat, answers, prompts, files, members, people, *together)
        self._replies = answers
        self._guests = Guests(core, client, chat, files, people, notes)
        self._reactions = Reactions(core)
        self._callbacks = Callbacks(core, client, chat, answers, dialogs, members, people)
        self._intake = Intake(
            PLATFORM, self._inbox, self._work, self._apologise, updates.unpack, clock=now, sleep=sleep
        )
        chat.on_move = self._messages.moved
        self._heard_at = clock()
        self._trouble = ""
        self._open = False

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` for a rejected token, `ChatError` without Telegram."""
        try:
            with mapped():
                me = await self._client.get_me()
        except BadToken as error:
            raise Misconfigured(str(error)) from None
        self._messages.username = self._guests.username = me.username or ""
        self._messages.reads_all = bool(me.can_read_all_group_messages)
        self._heard_at = self._clock()
        log.info("on Telegram as @%s", me.username)
        self._open = True
        self._caught_up.clear()
        try:
            await self._intake.replay()
            await menus.publish(self._client, self._core, self._notes)
            await (self._be_told(self._hook) if self._hook else self._poll())
        except BadToken as error:
            raise Misconfigured(str(error)) from None
        finally:
            self._open = False
            await self._intake.close()
            await self._messages.close()

    def trouble(self) -> str:
        """The current trouble in a few words; empty if it works."""
        if self._intake.trouble or self._trouble:
            return self._intake.trouble or self._trouble
        silence = self._clock() - self._heard_at
        return f"nothing heard from Telegram for {silence:.0f} s" if silence > SILENT else ""

    def connections(self) -> Mapping[str, bool]:
        """None: each request is for itself."""
        return {}

    async def hook(self, headers: Mapping[str, str], body: Callable[[], Awaitable[bytes]]) -> int:
        """Handle a webhook request; returns the HTTP status. 200: the update is saved."""
        secret = headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if self._hook is None or not hmac.compare_digest(secret.encode("utf-8", "replace"), self._hook.secret.encode()):
            return 403
        if not self._open:
            return 503
        try:
            await self._intake.take(updates.unpack(await body()))
        except ValueError:
            return 400
        except StoreDown:
            return 503
        self._heard_at = self._clock()
        return 200

    async def _apologise(self, raw: RawUpdate) -> None:
        """Inform the sender that their update failed."""
        sorry = Reply(texts.chat.BROKE, refused=True)
        update = raw.read(self._client)
        if update is None:
            return None
        if update.callback_query:
            return await self._callbacks.close(update.callback_query, sorry)
        if update.guest_message:
            return await self._guests.apologise(update.guest_message)
        message = update.message
        if message and (parse.is_private(message.chat) or self._messages.is_called(message)):
            await self._replies.tell(parse.address(message), sorry.into(parse.language(message.from_user)))
        return None

    async def _work(self, raw: RawUpdate) -> None:
        update = raw.read(self._client)
        if update is None:
            return
        if update.callback_query:
            await self._callbacks.tapped(update.callback_query)
        elif update.message:
            await self._messages.message(update.message)
        elif update.edited_message:
            await self._messages.edited(update.edited_message)
        elif update.my_chat_member:
            await self._messages.membership(update.my_chat_member)
        elif update.message_reaction:
            await self._reactions.reacted(update.message_reaction, update.update_id)
        elif update.guest_message:
            await self._guests.message(update.guest_message)

    async def _poll(self) -> None:
        """Poll until cancelled. The library's own polling would confirm updates before they are saved."""
        offset, pause, hooked = None, 1.0, True
        while True:
            asked_at, patience = self._clock(), POLL if self._caught_up.is_set() else 0
            try:
                if hooked:
                    hooked = not await self._unhooked()
                with mapped():
                    found = await self._client.updates(offset, patience, HEARD)
            except BadToken:
                raise
            except ChatError as error:
                self._note(_plain(error))
                hooked |= isinstance(error, Taken) and "webhook" in str(error)  # left by an earlier process
                await self._sleep(max(FLOOR, error.retry_after) if isinstance(error, Flood) else pause)
                pause = min(LONGEST_PAUSE, 2 * pause)
                continue
            pause, self._heard_at = 1.0, self._clock()
            self._note("")
            fresh = False
            if found:
                fresh = await self._intake.take_all([RawUpdate(one) for one in found])
                self._heard_at, offset = self._clock(), found[-1]["update_id"] + 1
            if len(found) < BATCH:
                self._caught_up.set()
            # A server or proxy that does not hold polls open would be asked without a pause.
            if (patience or found) and not fresh and (early := FLOOR - (self._clock() - asked_at)) > 0:
                await self._sleep(early)

    async def _unhooked(self) -> bool:
        try:
            with mapped():
                return await self._client.delete_webhook()
        except Rejected as error:
            log.info("a webhook could not be removed: %s", error)
            return True  # a server without webhooks has none set

    async def _be_told(self, hook: Hook) -> None:
        """Keep the webhook set, until cancelled."""
        told = False
        self._caught_up.set()
        while True:
            try:
                with mapped():
                    info = await self._client.get_webhook_info()
                    # At every start, as Telegram does not reveal whether the secret is unchanged.
                    if not told or info.url != hook.url or set(info.allowed_updates or ()) != set(HEARD):
                        await self._client.set_webhook(
                            hook.url, secret_token=hook.secret, allowed_updates=HEARD, max_connections=100
                        )
                told = True
                self._note(_hook_trouble(info, self._core.context.clock()))
                self._heard_at = self._clock()
            except BadToken:
                raise
            except ChatError as error:
                self._note(_plain(error))
            await self._sleep(LOOK if told else AGAIN)

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            log.error("Telegram: %s", trouble)
        self._trouble = trouble


def _plain(error: ChatError) -> str:
    if isinstance(error, Taken):
        return (
            "another program is receiving this bot's messages; each bot can have one receiver, so stop the other one "
            "or use another token"
        )
    return str(error)


def _hook_trouble(info: WebhookInfo, now: float) -> str:
    failed = info.last_error_date
    if failed is None or now - failed.timestamp() > 2 * LOOK:
        return ""
    return f"Telegram cannot reach PUBLIC_URL: {info.last_error_message}"
