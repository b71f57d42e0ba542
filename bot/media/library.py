"""Storage of pictures and clips under generated names."""

import asyncio
import base64
import math
import re
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from bot import texts
from bot.conversation import Attachment
from bot.errors import Refusal, StoreDown
from bot.media.clips import Clips
from bot.media.files import Drafts, aged, disk, make_folder, sweep, weight
from bot.media.sandbox.client import Decoder
from bot.media.sandbox.confine import Held
from bot.media.stored import StoredFile
from bot.media.uploads import Pictures, Uploads
from bot.media.vault import Vault
from bot.model import Clip, Order, Photo
from bot.sealing.files import Sink
from bot.sealing.model import DataKey

LEAST_FREE = 50 * 2**20  # bytes: a few clips, and what the database writes meanwhile
CACHED = 24 * 3600.0  # lifetime of joined clips and exports, in seconds

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.(jpg|png)")
_EXPORT = re.compile(r"[A-Za-z0-9_-]{1,64}\.zip")
_MIME = {"jpg": "image/jpeg", "png": "image/png"}


class Media:
    """The files under `folder`. `new_id` generates unique names: up to 64 of A-Z a-z 0-9 _ -.

    Pictures and clips are opened by `processes` decoder processes, each request limited to `timeout` seconds. `vault`:
    how files are encrypted; they are not, without one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        new_id: Callable[[], str],
        vault: Vault | None = None,
        processes: int = 1,
        timeout: float = 30.0,
        decoder: type[Decoder] = Decoder,
    ) -> None:
        root = folder.resolve()
        self._photos, self._exports = root / "photos", root / "exports"
        self._folders = [root / name for name in ("photos", "exports", "incoming", "clips", "fitted")]
        self._new_id = new_id
        self._drafts = Drafts(root / "incoming", new_id)
        self.vault = vault or Vault()
        """How files are encrypted."""
        self._uploads = Uploads(self._photos, self._drafts, self.vault, new_id, processes, timeout, decoder)
        self._clips = Clips(root, self._drafts, self.vault, processes, timeout, decoder)
        self.spool = partial(self._drafts.spool, seal=self.vault.seals)
        with disk():
            make_folder(self._photos)
            make_folder(self._exports)

    async def keep(self, attachments: Sequence[Attachment], person: str = "") -> Pictures:
        """Download, validate, normalise and store the pictures of one message: all or none.

        The second `photo`, or role `end`, is the last frame. Masks and paths are in pixels of the upright original, and
        are returned in pixels of the stored photo. An overlong picture is cropped to its middle, except with masks.
        Waiting calls are served in turn by `person`. Raises `Refusal`, `StoreDown`.
        """
        return await self._uploads.keep(attachments, person)

    async def copy(self, order: Order, person: str = "") -> Pictures:
        """A person's copies of an earlier order's pictures. Raises `Refusal` if one is missing, `StoreDown`."""
        names: dict[str, str] = {}
        key = await self.vault.key(person)
        try:
            for photo in order.photos:
                names[photo.name] = f"{self._new_id()}{Path(photo.name).suffix}"
                with disk():
                    await asyncio.to_thread(self.vault.copy, self.path(photo.name), self.path(names[photo.name]), key)
        except BaseException as error:
            await self.discard(names.values())
            if isinstance(error, StoreDown) and isinstance(error.__cause__, FileNotFoundError):
                raise Refusal(texts.chat.PHOTO_GONE) from None
            raise

        def renamed(photo: Photo) -> Photo:
            return replace(photo, name=names[photo.name])

        return Pictures(
            renamed(order.photo),
            order.end and renamed(order.end),
            order.static_mask and renamed(order.static_mask),
            tuple(replace(brush, mask=renamed(brush.mask)) for brush in order.brushes),
        )

    async def keep_clip(self, stream: AsyncIterator[bytes], person: str = "") -> Clip:
        """Store a person's finished clip.

        Raises `BrokenClip` if it is not playable, `StoreDown`, and the errors of `stream`.
        """
        return await self._clips.keep(stream, person)

    async def last_frame(self, clip: Clip) -> bytes:
        """The last frame, as a JPEG. Raises `Refusal` if the clip is missing or broken."""
        return await self._clips.last_frame(clip)

    async def first_frame(self, clip: Clip) -> bytes:
        """The first frame in full size, as a JPEG. Raises `Refusal` if the clip is missing or broken."""
        return await self._clips.first_frame(clip)

    def poster(self, name: str) -> StoredFile | None:
        """A clip's first frame: a JPEG of at most 320 pixels a side and 200 kB. None if there is none."""
        return self._clips.poster(name)

    async def fit(self, clip: Clip, limit: int) -> Clip | None:
        """A copy of at most `limit` bytes, made once; None if it would be unwatchable. Raises `StoreDown`."""
        return await self._clips.fit(clip, limit)

    async def join(self, clips: Sequence[Clip]) -> Clip:
        """Concatenate clips, once; a single one stays as it is. Raises `Refusal` if one is missing, `StoreDown`."""
        return await self._clips.join(clips)

    async def discard(self, names: Iterable[str]) -> None:
        """Delete files and their derived ones; missing ones are ignored. Raises `StoreDown`, `ValueError`."""
        paths = [self.path(name) for name in names]
        with disk():
            for path in paths:
                await asyncio.to_thread(path.unlink, missing_ok=True)
                if path.suffix == ".mp4":
                    for made in await asyncio.to_thread(self._clips.beside, path.name):
                        await asyncio.to_thread(made.unlink, missing_ok=True)

    async def drop_joined(self) -> int:
        """Delete all joined clips, as one may contain a deleted clip. Returns their number. Raises `StoreDown`."""
        return await self._clips.drop_joined()

    async def sweep(self, now: float) -> int:
        """Delete expired files and files derived from missing clips; returns their number. Raises `StoreDown`."""
        with disk():
            gone = await asyncio.to_thread(sweep, self._exports, now - CACHED)
            gone += await asyncio.to_thread(self._drafts.sweep)
        return gone + await self._clips.sweep_joined(now - CACHED) + await self._clips.sweep_orphans()

    async def aged(self, before: float) -> list[str]:
        """Names of pictures and clips last written before then (Unix seconds). Raises `StoreDown`."""
        with disk():
            pictures = await asyncio.to_thread(aged, self._photos, before)
        return [name for name in pictures if _NAME.fullmatch(name)] + await self._clips.aged(before)

    async def size(self) -> int:
        """Bytes of all files. Raises `StoreDown`."""
        with disk():
            return await asyncio.to_thread(weight, self._folders)

    def free_space(self) -> int:
        """Free bytes for more files; with fewer than `LEAST_FREE` nothing is bought. Raises `StoreDown`."""
        with disk():
            return shutil.disk_usage(self._photos).free

    def has(self, name: str) -> bool:
        """Whether a picture, clip or export exists. Raises `ValueError` for an invalid name."""
        return self.stored(name).exists()

    def stored(self, name: str) -> StoredFile:
        """A handle of a picture, clip or export, existing or not. Raises `ValueError` for an invalid name."""
        return StoredFile(self.path(name), self.vault)

    async def read(self, name: str) -> bytes:
        """A picture, clip or export as bytes. Raises `StoreDown`, `ValueError` for an invalid name."""
        with disk():
            return await asyncio.to_thread(self.stored(name).read)

    async def write_export(self, name: str, write: Callable[[Sink], object], person: str = "") -> None:
        """Write a person's export; `write` may block. Raises `StoreDown`, `ValueError` for an invalid name."""
        path, key = self.path(name), await self.vault.key(person)

        def run() -> None:
            with self.vault.writing(path, key) as sink:
                write(sink)

        with disk():
            await asyncio.to_thread(run)

    def path(self, name: str) -> Path:
        """The path of a picture, clip or export (`x.zip`), existing or not. Raises `ValueError` for an invalid name.

        For this package and tests; other packages open `stored`.
        """
        if name.endswith(".mp4"):
            return self._clips.path(name)
        if _EXPORT.fullmatch(name):
            return self._exports / name
        if _NAME.fullmatch(name) is None:
            raise ValueError("not the name of a picture, clip or export")
        return self._photos / name

    async def plain(self) -> list[str]:
        """Names of pictures and clips that are not encrypted. Raises `StoreDown`."""
        names = await self.aged(math.inf)
        with disk():
            return await asyncio.to_thread(lambda: [name for name in names if self._is_plain(self.path(name))])

    async def seal(self, name: str, person: str) -> bool:
        """Encrypt a plain picture or clip with what was made of it; False if nothing was to be done.

        Raises `StoreDown`.
        """
        path, key = self.path(name), await self.vault.key(person)
        if key is None:
            return False
        with disk():
            made = await asyncio.to_thread(self._clips.beside, name) if path.suffix == ".mp4" else []
            # The file first: what is made of it from then on is encrypted as it is.
            done = [await asyncio.to_thread(self._seal, each, key) for each in (path, *made)]
        return done[0]

    def _seal(self, path: Path, key: DataKey) -> bool:
        with self._drafts.draft() as draft:
            return self.vault.encrypt(path, draft, key)

    def _is_plain(self, path: Path) -> bool:
        with suppress(FileNotFoundError):
            return not self.vault.is_sealed(path)
        return False

    async def retire_keys(self, people: Iterable[str]) -> None:
        """New files of these people get new keys, as the former will be dropped. Raises `StoreDown`."""
        await self.vault.retire(people)

    async def drop_keys(self, people: Iterable[str]) -> int:
        """Delete these people's retired keys: what is left of their files cannot be read. Raises `StoreDown`."""
        return await self.vault.drop(people)

    async def data_uri(self, name: str) -> str:
        """A picture as a data URI. Raises `ValueError` for an invalid name, `KeyError` for a missing one."""
        path = self.path(name)
        if path.parent != self._photos:
            raise ValueError("not the name of a picture")
        try:
            with disk():
                text = await asyncio.to_thread(lambda: base64.b64encode(self.stored(name).read()))
        except StoreDown as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise KeyError(name) from None
            raise
        return f"data:{_MIME[path.suffix[1:]]};base64,{text.decode()}"

    async def redrawn_uri(self, name: str) -> str:
        """As `data_uri`, of a picture that we encoded: for whoever opens it outside the sandbox."""
        if not name.endswith(".jpg"):  # all masks are ours
            return await self.data_uri(name)
        try:
            data = await self._uploads.redrawn(self.path(name))
        except Refusal:  # it is missing, or its decoder dies
            raise KeyError(name) from None
        return f"data:{_MIME['jpg']};base64,{base64.b64encode(data).decode()}"

    async def held(self) -> frozenset[Held]:
        """The restrictions of a decoder process on this machine. Raises `StoreDown`."""
        return await self._uploads.held()

    async def close(self) -> None:
        """Stop the decoder processes."""
        await self._uploads.close()
        await self._clips.close()
