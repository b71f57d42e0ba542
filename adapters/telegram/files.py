"""Download of pictures from Telegram on demand. File URLs contain the token and never leave this module."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath

from telegram import File

from adapters.shared.fetching import Fetching
from adapters.telegram.client import DOWNLOAD_MB, Rejected, TelegramClient, mapped, says
from adapters.telegram.parse import Picture
from adapters.telegram.request import HEAVIEST_FILE
from bot import texts
from bot.conversation import Attachment
from bot.errors import ChatError, Refusal, TooLarge

log = logging.getLogger(__name__)
_TEMPORARY = "temporarily", "try again", "retry", "timeout", "timed out", "rpc_", "interdc", "file_reference"
"""Words in refusals of files that can be fetched a moment later."""


class Files:
    """Downloads the pictures of messages."""

    def __init__(self, client: TelegramClient, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._client = client
        self._fetching = Fetching(_is_hiccup, sleep)

    def attachment(self, picture: Picture) -> Attachment:
        """The picture as an attachment."""
        return self._fetching.attachment(partial(self._read, picture.file_id), video=picture.video)

    async def _read(self, file_id: str) -> bytes:
        """Raises `Refusal`, `ChatError`."""
        limit = DOWNLOAD_MB
        try:
            with mapped():
                file: File = await self._client.get_file(file_id)
            limit = HEAVIEST_FILE >> 20  # a self-hosted server would return two gigabytes
            if (file.file_size or 0) > HEAVIEST_FILE:
                raise Refusal(texts.pictures.too_heavy(limit))
            return await self._content(file)
        except TooLarge:
            raise Refusal(texts.pictures.too_heavy(limit)) from None

    async def _content(self, file: File) -> bytes:
        """Raises `Refusal`, `ChatError`; `TooLarge` refers to `HEAVIEST_FILE`."""
        path = (file.file_path or "").removeprefix(f"{self._client.base_file_url}/")
        if not _is_absolute(path):
            with mapped():
                return bytes(await file.download_as_bytearray())
        # A self-hosted server with `--local` returns a path on its disk.
        here = Path(path)
        if self._client.self_hosted and await asyncio.to_thread(here.is_file):
            if (await asyncio.to_thread(here.stat)).st_size > HEAVIEST_FILE:
                raise Refusal(texts.pictures.too_heavy(HEAVIEST_FILE >> 20))
            return await asyncio.to_thread(here.read_bytes)
        folder, _, rest = path.partition(f"/{self._client.token}/")
        try:
            with mapped():  # some have a web server for the same folder
                known = {"file_id": file.file_id, "file_unique_id": file.file_unique_id}
                served = File.de_json({**known, "file_path": f"{self._client.base_file_url}/{rest}"}, self._client)
                return bytes(await served.download_as_bytearray())
        except TooLarge:
            raise
        except ChatError:
            log.error(
                "the Bot API server runs with --local and keeps its files in %s, which cannot be read here. Share that "
                "folder with Photoplay under the same path, or start the server without --local.",
                folder if rest else "a folder of its own",
            )
            raise Refusal(texts.pictures.PICTURE_UNREACHABLE) from None


def _is_hiccup(error: Exception) -> bool:
    if isinstance(error, Rejected):
        # Telegram's error is the same for an unknown file and a temporarily unavailable one.
        return says(error, *_TEMPORARY)
    return isinstance(error, ChatError)


def _is_absolute(path: str) -> bool:
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()
