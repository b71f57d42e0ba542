"""Storage of clips and of files derived from them: posters, last frames, smaller copies, joined clips."""

import asyncio
import hashlib
import logging
import math
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bot import texts
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media.files import Drafts, aged, disk, make_folder, older, pour, settle
from bot.media.sandbox.client import Decoder
from bot.media.stored import StoredFile
from bot.media.vault import Vault, lock
from bot.model import Clip
from bot.sealing import files
from bot.sealing.model import DataKey, Locked

log = logging.getLogger(__name__)

HEAVIEST_CLIP = 500 * 1024**2  # bytes
CLIP_TASKS, CUT_TASKS = "bot.media.sandbox.clip_tasks", "bot.media.sandbox.cut_tasks"
CUT = 300.0  # timeout in seconds for making a copy or a joined clip

_JOINED = "joined_"  # prefix of the names of joined clips
_JOINED_EVER = (_JOINED, "film_")  # files of earlier versions are swept, too
_TOUCHED = 3600.0  # seconds between updates of a joined clip's time of last use
_NAME = re.compile(r"([A-Za-z0-9_-]{1,64})(\.[0-9]{1,12})?\.mp4")


class Clips:
    """The clips under `root`.

    They are opened by `processes` decoder processes, each request limited to `timeout` seconds.
    """

    def __init__(
        self,
        root: Path,
        drafts: Drafts,
        vault: Vault,
        processes: int,
        timeout: float,
        decoder: type[Decoder] = Decoder,
    ) -> None:
        self._clips, self._fitted = root / "clips", root / "fitted"
        self._drafts, self._vault = drafts, vault
        # Separate from uploads, whose queue must not delay a paid clip; re-encoding, which takes minutes, is separate
        # from both.
        self._projector, self._cutter = (
            decoder(tasks, count, seconds, lock(vault, drafts))
            for tasks, count, seconds in ((CLIP_TASKS, processes, timeout), (CUT_TASKS, 1, CUT))
        )
        self._framing, self._cutting = asyncio.Lock(), asyncio.Lock()
        with disk():
            for folder in (self._clips, self._fitted):
                make_folder(folder)

    def path(self, name: str) -> Path:
        """The path of a clip or a copy, existing or not. Raises `ValueError` for an invalid name.

        A copy has its limit in bytes in its name, after a dot: `k7m2p9q4xw.10000000.mp4`.
        """
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError("not the name of a clip")
        return (self._fitted if match[2] else self._clips) / name

    def poster(self, name: str) -> StoredFile | None:
        """A clip's first frame: a JPEG of at most 320 pixels a side and 200 kB. None if there is none."""
        file = StoredFile(self._poster(f"{self.path(name).name.partition('.')[0]}.mp4"), self._vault)
        return file if file.exists() else None

    async def keep(self, stream: AsyncIterator[bytes], person: str) -> Clip:
        """Store a person's finished clip.

        Raises `BrokenClip` if it is not playable, `StoreDown`, and the errors of `stream`.
        """
        making = self._vault.key_meanwhile(person)
        with self._drafts.draft() as draft, self._drafts.draft() as poster, self._drafts.draft() as copy:
            size, raw = await pour(stream, draft, making, HEAVIEST_CLIP)
            key = await making
            if size > HEAVIEST_CLIP:
                raise BrokenClip(f"larger than {HEAVIEST_CLIP} bytes")
            path = self._clips / f"{self._drafts.new_id()}.mp4"
            try:
                shape = await self._projector.clip(raw, files.new(poster, key), files.new(copy, key))
                draft = copy
                with disk():
                    size = self._vault.size(copy)
            except BrokenClip as broken:  # a playable clip is kept in any case
                shape = await self._projector.clip(raw, files.new(poster, key))
                log.warning("the clip %s stays as it came, without the words that AI made it: %s", path.name, broken)
            await self._settle(draft, poster, path, key)
            return Clip(path.name, *shape[:3], size, shape[3])

    async def last_frame(self, clip: Clip) -> bytes:
        """The last frame, as a JPEG. Raises `Refusal` if the clip is missing or broken."""
        return await self._still(clip, self._frame(clip.name), self._projector.last_frame)

    async def first_frame(self, clip: Clip) -> bytes:
        """The first frame, as `last_frame`."""
        return await self._still(clip, self._first(clip.name), self._projector.first_frame)

    async def _still(self, clip: Clip, frame: Path, take: Callable[[Path, Path | Locked], Awaitable[None]]) -> bytes:
        source = self.path(clip.name)
        try:
            async with self._framing:  # made once, then kept with the clip
                if not await asyncio.to_thread(frame.exists):
                    key = await self._vault.key_like(source)
                    with self._drafts.draft() as draft:
                        await take(source, files.new(draft, key))
                        os.replace(draft, frame)
            picture = await asyncio.to_thread(self._vault.read, frame)
            if not await asyncio.to_thread(source.exists):  # deleted meanwhile
                await asyncio.to_thread(frame.unlink, missing_ok=True)
                raise Refusal(texts.chat.CLIP_GONE)
        except (BrokenClip, StoreDown, OSError):
            raise Refusal(texts.chat.CLIP_GONE) from None
        return picture

    async def fit(self, clip: Clip, limit: int) -> Clip | None:
        """A copy of at most `limit` bytes, made once; None if it would be unwatchable. Raises `StoreDown`.

        Also None if the clip is missing or not playable, or if it takes longer than `CUT`.
        """
        if clip.size <= limit:
            return clip
        stem = self.path(clip.name).name.partition(".")[0]
        source, target = self._clips / f"{stem}.mp4", self._fitted / f"{stem}.{max(limit, 0)}.mp4"
        try:
            return await self._made(target) or await self._fit(source, target, limit)
        except BrokenClip as broken:
            log.warning("the clip %s cannot be made smaller: %s", clip.name, broken)
            return None

    async def _fit(self, source: Path, target: Path, limit: int) -> Clip | None:
        async with self._cutting:
            if made := await self._made(target):  # by an earlier caller
                return made
            key = await self._vault.key_like(source)
            with self._drafts.draft() as draft:
                if not await self._cutter.fit(source, files.new(draft, key), limit):
                    return None
                await settle(draft, target)
        if not await asyncio.to_thread(source.exists):  # deleted meanwhile with its copies
            await asyncio.to_thread(target.unlink, missing_ok=True)
        return await self._made(target)

    async def join(self, clips: Sequence[Clip]) -> Clip:
        """Concatenate clips, once; a single one stays as it is. Raises `Refusal` if one is missing, `StoreDown`."""
        parts = [self.path(clip.name) for clip in clips]
        if not all(part.is_file() for part in parts):
            raise Refusal(texts.chat.CLIP_GONE)
        if len(clips) == 1:
            return clips[0]
        names = "\n".join(part.name for part in parts)
        target = self._clips / f"{_JOINED}{hashlib.sha256(names.encode()).hexdigest()[:40]}.mp4"
        try:
            joined = await self._made(target) or await self._join(parts, target)
            if joined:
                await asyncio.to_thread(_touch, target)
        except BrokenClip as broken:
            log.warning("clips cannot be joined: %s", broken)
            joined = None
        if joined is None:
            raise Refusal(texts.chat.CLIP_GONE)
        return joined

    async def _join(self, parts: Sequence[Path], target: Path) -> Clip | None:
        async with self._cutting:
            if made := await self._made(target):
                return made
            key = await self._vault.key_like(parts[-1])
            with self._drafts.draft() as draft, self._drafts.draft() as poster:
                await self._cutter.join(parts, files.new(draft, key), files.new(poster, key))
                await self._settle(draft, poster, target)
        if not all(part.is_file() for part in parts):  # one was deleted meanwhile
            await asyncio.to_thread(self._remove, [target.name])
        return await self._made(target)

    async def _made(self, path: Path) -> Clip | None:
        """An existing copy or joined clip, or None. Raises `BrokenClip`, `StoreDown`."""
        try:
            with disk():
                size = await asyncio.to_thread(self._vault.size, path)
        except StoreDown as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise
        width, height, seconds, sound = await self._projector.clip(path)
        return Clip(path.name, width, height, seconds, size, sound)

    def beside(self, name: str) -> list[Path]:
        """The files derived from a clip, to be deleted with it."""
        path = self.path(name)
        copies = self._fitted.glob(f"{path.name.removesuffix('.mp4')}.*.mp4")
        return [self._frame(name), self._first(name), self._poster(name), *copies]

    async def drop_joined(self) -> int:
        """Delete all joined clips and their derived files; returns the number of clips. Raises `StoreDown`."""
        return await self.sweep_joined(math.inf)

    async def sweep_joined(self, before: float) -> int:
        """Delete joined clips last used before then (Unix seconds); returns their number. Raises `StoreDown`."""
        with disk():
            return await asyncio.to_thread(self._sweep_joined, before)

    async def sweep_orphans(self) -> int:
        """Delete files derived from clips that no longer exist; returns their number. Raises `StoreDown`."""
        with disk():
            return await asyncio.to_thread(self._sweep_orphans)

    async def aged(self, before: float) -> list[str]:
        """Names of clips, without joined ones, last written before then (Unix seconds). Raises `StoreDown`."""
        with disk():
            names = await asyncio.to_thread(aged, self._clips, before)
        return [name for name in names if _NAME.fullmatch(name) and not name.startswith(_JOINED_EVER)]

    def _sweep_joined(self, before: float) -> int:
        names = [name for name in os.listdir(self._clips) if name.startswith(_JOINED_EVER) and name.endswith(".mp4")]
        joined = [name for name in names if older(self._clips / name, before)]
        self._remove(joined)
        return len(joined)

    def _sweep_orphans(self) -> int:
        names = os.listdir(self._clips)
        clips = {name.partition(".")[0] for name in names if name.endswith(".mp4")}
        orphans = [(self._clips, name) for name in names if name.endswith(".jpg")]
        orphans += [(self._fitted, name) for name in os.listdir(self._fitted)]
        gone = 0
        for folder, name in orphans:
            stem = name.partition(".")[0]
            # Checked again: a clip may have been added while the folder was read.
            if stem not in clips and not (self._clips / f"{stem}.mp4").exists():
                (folder / name).unlink(missing_ok=True)
                gone += 1
        return gone

    def _remove(self, names: Sequence[str]) -> None:
        for name in names:
            for path in (self.path(name), *self.beside(name)):
                path.unlink(missing_ok=True)

    async def close(self) -> None:
        """Stop the decoder processes."""
        await self._projector.close()
        await self._cutter.close()

    def _frame(self, clip: str) -> Path:
        return self._clips / f"{clip}.jpg"

    def _first(self, clip: str) -> Path:
        return self._clips / f"{clip}.first.jpg"

    def _poster(self, clip: str) -> Path:
        return self._clips / f"{clip}.poster.jpg"

    async def _settle(self, draft: Path, poster: Path, path: Path, key: DataKey | None = None) -> None:
        await self._vault.settle(draft, path, key)
        with suppress(OSError):  # the poster is optional
            os.replace(poster, self._poster(path.name))


def _touch(path: Path) -> None:
    """Update a joined clip's time of last use, so that it is not swept while being sent."""
    with suppress(OSError):
        if older(path, time.time() - _TOUCHED):  # the real clock, as the file system uses it
            os.utime(path)
