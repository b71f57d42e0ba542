"""Client of Telegram: the library's `Bot`, and the only place that maps its errors to ours."""

import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from telegram import Bot
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from adapters.telegram.request import AiohttpRequest, Silence
from bot.errors import ChatError, Flood, Gone, TooLarge, Unconfirmed

log = logging.getLogger(__name__)

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's switch for the type that `retry_after` will have anyway

PUBLIC = "https://api.telegram.org"
UPLOAD = 50 * 10**6
"""Maximum bytes of a clip at Telegram's own server, slightly below its 50 MB."""
UPLOAD_SELF_HOSTED = 2000 * 10**6
DOWNLOAD_MB = 20

_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)
"""Errors of the library for an answer of unknown shape."""
_CLOSED_TO_US = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights",
    "deactivated",
)

_NO_CLIPS = re.compile(
    r"not enough rights to send (?!text|messages)|chat_send_(?!plain)\w+_forbidden|voice_messages_forbidden"
)
"""Errors of chats that accept text, but not this kind of file."""
_TOO_LARGE = re.compile(r"too large|too big|file_parts_invalid")
_SLOW_MODE = re.compile(r"slow ?mode\D*(\d*)")
SLOW = 30.0
"""Seconds of slow mode, if Telegram gives none."""

NO_TOPIC = ("message thread not found", "topic_closed", "topic_deleted", "topic closed")
NO_MESSAGE = ("not found", "message_id_invalid")
NO_TEXT = "there is no text in the message"
NO_CAPTION = "there is no caption in the message"
UNCHANGED = "message is not modified"
BAD_COPY = (
    "wrong file identifier",
    "wrong remote file identifier",
    "file reference",
    "file_reference",
    "file_id",
    "can't use file of type",
)
"""Telegram's error texts, in lower case."""


class Rejected(ChatError):
    """Telegram will never accept this request; the message is Telegram's, for the log."""


class BadToken(ChatError):
    """Telegram rejects the token."""

    def __init__(self) -> None:
        super().__init__("Telegram does not accept TELEGRAM_TOKEN. Ask BotFather for the token again and set it.")


class Taken(ChatError):
    """Another process receives this bot's updates."""


class Moved(ChatError):
    """The group became a supergroup with another id."""

    def __init__(self, chat: str) -> None:
        super().__init__("the group became a supergroup")
        self.chat = chat


class TelegramClient(Bot):
    """A `Bot` whose `repr` does not contain its token."""

    def __init__(self, token: str, api_url: str = PUBLIC) -> None:
        self._requests = AiohttpRequest(), AiohttpRequest()
        self._own = api_url != PUBLIC
        self._name = ""
        self._floods = 0
        super().__init__(
            token,
            base_url=f"{api_url}/bot",
            base_file_url=f"{api_url}/file/bot",
            get_updates_request=self._requests[0],
            request=self._requests[1],
        )

    def __repr__(self) -> str:
        return "TelegramClient()"

    @property
    def floods(self) -> int:
        """How often Telegram told us to slow down."""
        return self._floods

    @property
    def self_hosted(self) -> bool:
        """Whether the Bot API server is not Telegram's own."""
        return self._own

    async def updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[dict[str, Any]]:
        """As `get_updates`, but unparsed: one that the library cannot parse must not block the others."""
        asked = {"offset": offset, "timeout": seconds, "allowed_updates": kinds}
        found = await self._post("getUpdates", asked, read_timeout=self._requests[0].read_timeout + seconds)
        return [one for one in found if isinstance(one, dict) and isinstance(one.get("update_id"), int)]

    async def call(self, method: str, **said: Any) -> Any:
        """The result of one of Telegram's methods, unparsed. Parameters are JSON or files, or left out if None.

        The library's own methods make objects of each part of a message, there and back.
        """
        return await self._do_post(method, {name: value for name, value in said.items() if value is not None})

    async def _do_post(self, endpoint: str, data: dict[str, Any], **patience: Any) -> Any:
        """The library takes every 404 for a rejected token; a self-hosted server may lack a method instead."""
        try:
            return await super()._do_post(endpoint, data, **patience)
        except RetryAfter:
            self._floods += 1
            raise
        except InvalidToken as error:
            if endpoint == "getMe" or error.__cause__ is not None or "unauthorized" in str(error).lower():
                raise
        await super()._do_post("getMe", {})  # raises if it is the token after all
        raise BadRequest(f"this server has no {endpoint}")

    async def own_name(self) -> str:
        """The bot's username. Raises `ChatError`."""
        if not self._name:
            with mapped():
                self._name = (await self.get_me()).username or ""
        return self._name

    async def hang_up(self) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()


@contextmanager
def mapped() -> Iterator[None]:
    """Map the library's errors to ours. None is chained: some contain URLs with the token."""
    try:
        yield
    except TelegramError as error:
        raise _ours(error) from None
    except _UNREADABLE as error:  # the request was executed, but the library cannot parse the answer
        log.error("an answer of Telegram's cannot be read: %s", type(error).__name__, exc_info=error)
        raise Unconfirmed("its answer cannot be read") from None


def says(error: ChatError, *signs: str) -> bool:
    """Whether Telegram's error text contains one of these."""
    reason = str(error).lower()
    return any(sign in reason for sign in signs)


def _ours(error: TelegramError) -> ChatError:
    text, foreign, _ = str(error).partition(". Parsing the server")  # a proxy's error page may contain the URL
    low = text.lower()
    match error:
        case RetryAfter():
            wait = error.retry_after
            return Flood(wait if isinstance(wait, int) else wait.total_seconds())
        case ChatMigrated():
            return Moved(str(error.new_chat_id))
        case NetworkError() if _TOO_LARGE.search(low):
            return TooLarge(UPLOAD)
        case Forbidden() | BadRequest() if foreign:  # from a proxy: Telegram itself may accept it
            return ChatError(text)
        case Forbidden() | BadRequest() if _NO_CLIPS.search(low):
            return Rejected(text)
        case Forbidden() | BadRequest() if slow := _SLOW_MODE.search(low):
            return Flood(float(slow[1] or SLOW))
        case Forbidden():
            return Gone(text)
        case BadRequest():
            return Gone(text) if any(sign in low for sign in _CLOSED_TO_US) else Rejected(text)
        case InvalidToken() if error.__cause__ is None:  # from Telegram, not a 404 of a proxy
            return BadToken()
        case Conflict():
            return Taken(text)
        case TelegramError() if "Invalid server response" in text or "Gateway Time" in text:  # a gateway timeout
            return Unconfirmed(text)
        case NetworkError() if isinstance(error.__cause__, Silence):
            return Unconfirmed("no answer") if error.__cause__.sent else ChatError("no connection")
    return ChatError(text)
