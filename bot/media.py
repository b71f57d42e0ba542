"""Keeps pictures and clips as files with names of our own. What came in is checked and rewritten before it is kept."""

import asyncio
import base64
import logging
import os
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from bot import texts
from bot.decoder import Decoder, Size
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.model import Attachment, Brush, Clip, Order, Photo, Point

log = logging.getLogger(__name__)

HEAVIEST_PICTURE = 32 * 1024**2  # bytes, as it arrives
HEAVIEST_CLIP = 500 * 1024**2
INTAKE = 16  # messages whose pictures are taken in at once: what they weigh together is bounded

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.(jpg|png|mp4)")
_MIME = {"jpg": "image/jpeg", "png": "image/png"}
_STALE = 3600.0  # seconds; nothing takes so long to arrive


@dataclass(frozen=True, slots=True)
class Pictures:
    """All pictures of one order, as `Order` takes them."""

    photo: Photo
    end: Photo | None = None
    static_mask: Photo | None = None
    brushes: tuple[Brush, ...] = ()


class Media:
    """The files under `folder`. `new_id` gives names: up to 64 of A-Z a-z 0-9 _ -, never the same twice.

    Pictures and clips are opened by `processes` processes apart, each given up after `timeout` seconds.
    """

    def __init__(self, folder: Path, *, new_id: Callable[[], str], processes: int = 1, timeout: float = 30.0) -> None:
        root = folder.resolve()
        self._photos, self._clips, self._incoming = root / "photos", root / "clips", root / "incoming"
        self._new_id = new_id
        # Apart, so that no queue of odd pictures holds up a clip that is paid for.
        self._decoder, self._projector = Decoder(processes, timeout), Decoder(processes, timeout)
        self._intake = asyncio.Semaphore(INTAKE)
        self._framing = asyncio.Lock()
        with _disk():
            for place in (self._photos, self._clips, self._incoming):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sweep(self._incoming)

    async def keep(self, attachments: Sequence[Attachment]) -> Pictures:
        """Fetch, check, normalise and keep the pictures of one message: all of them or none.

        The second `photo`, or the one called `end`, is the last frame. Masks and paths are drawn on the photo as it was
        sent, held upright, and come back in the pixels of the one we keep. Raises `Refusal`, `StoreDown`.
        """
        async with self._intake:
            return await self._keep(*_sorted(attachments))

    async def _keep(
        self, frames: list[Attachment], static_masks: list[Attachment], brushes: list[Attachment]
    ) -> Pictures:
        kept: list[Photo] = []
        try:
            photo, original = await self._photo(frames[0])
            kept.append(photo)
            paths = [_scaled(brush.path, original, (photo.width, photo.height)) for brush in brushes]
            for frame in frames[1:]:
                kept.append((await self._photo(frame))[0])
            for mask in (*static_masks, *brushes):
                kept.append(await self._mask(mask, original, photo))
        except BaseException:
            for picture in kept:
                with suppress(OSError):
                    self.path(picture.name).unlink(missing_ok=True)
            raise
        rest = iter(kept[1:])
        return Pictures(
            photo,
            end=next(rest) if len(frames) == 2 else None,
            static_mask=next(rest) if static_masks else None,
            brushes=tuple(Brush(mask, path) for mask, path in zip(rest, paths, strict=True)),
        )

    async def copy(self, order: Order) -> Pictures:
        """An earlier order's pictures, under names of their own. Raises `Refusal` if they are gone, `StoreDown`."""
        names: dict[str, str] = {}
        try:
            for photo in order.photos:
                names[photo.name] = f"{self._new_id()}{Path(photo.name).suffix}"
                with _disk():
                    await asyncio.to_thread(os.link, self.path(photo.name), self.path(names[photo.name]))
        except BaseException as error:
            await self.discard(names.values())
            if isinstance(error, StoreDown) and isinstance(error.__cause__, FileNotFoundError):
                raise Refusal(texts.PHOTO_GONE) from None
            raise

        def renamed(photo: Photo) -> Photo:
            return replace(photo, name=names[photo.name])

        return Pictures(
            renamed(order.photo),
            order.end and renamed(order.end),
            order.static_mask and renamed(order.static_mask),
            tuple(replace(brush, mask=renamed(brush.mask)) for brush in order.brushes),
        )

    async def last_frame(self, clip: Clip) -> bytes:
        """The picture that a clip ends on, as a JPEG. Raises `Refusal` if it is gone or broken, `StoreDown`."""
        frame = self._frame(clip.name)
        async with self._framing:  # made once, and then kept beside the clip
            if not frame.exists():
                with self._draft() as draft:
                    try:
                        await self._decoder.last_frame(self.path(clip.name), draft)
                        os.replace(draft, frame)
                    except (BrokenClip, StoreDown, OSError):
                        raise Refusal(texts.CLIP_GONE) from None
        with _disk():
            return await asyncio.to_thread(frame.read_bytes)

    async def keep_clip(self, stream: AsyncIterator[bytes]) -> Clip:
        """Keep a finished clip. Raises `BrokenClip` if it does not play, `StoreDown`, and whatever `stream` raises."""
        with self._draft() as draft:
            size = await _pour(stream, draft, HEAVIEST_CLIP)
            if size > HEAVIEST_CLIP:
                raise BrokenClip(f"larger than {HEAVIEST_CLIP} bytes")
            width, height, seconds, sound = await self._projector.clip(draft)
            return Clip(await self._settle(draft, "mp4"), width, height, seconds, size, sound)

    async def discard(self, names: Iterable[str]) -> None:
        """Delete files; those that are gone already are fine. Raises `StoreDown`, `ValueError` for a name not ours."""
        paths = [self.path(name) for name in names]
        with _disk():
            for path in [*paths, *(self._frame(path.name) for path in paths if path.parent == self._clips)]:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    def path(self, name: str) -> Path:
        """Where a picture or clip stands, or would stand. Raises `ValueError` for what cannot be a name of ours."""
        match = _NAME.fullmatch(name)
        if match is None:
            raise ValueError("not the name of a picture or clip")
        return (self._clips if match[1] == "mp4" else self._photos) / name

    def _frame(self, clip: str) -> Path:
        return self._clips / f"{clip}.jpg"

    async def data_uri(self, name: str) -> str:
        """A picture as text. Raises `ValueError` for a name that is no picture's, `KeyError` for one that is gone."""
        path = self.path(name)
        if path.parent != self._photos:
            raise ValueError("not the name of a picture")
        with _disk():
            try:
                data = await asyncio.to_thread(path.read_bytes)
            except FileNotFoundError:
                raise KeyError(name) from None
        text = await asyncio.to_thread(base64.b64encode, data)
        return f"data:{_MIME[path.suffix[1:]]};base64,{text.decode()}"

    async def close(self) -> None:
        """End the decoding processes."""
        await self._decoder.close()
        await self._projector.close()

    async def _photo(self, attachment: Attachment) -> tuple[Photo, Size]:
        """A kept photo, and the size it had before, held upright."""
        with self._draft() as raw, self._draft() as fitted:
            await _download(attachment, raw)
            size, original = await self._decoder.photo(raw, fitted)
            return Photo(await self._settle(fitted, "jpg"), *size), original

    async def _mask(self, attachment: Attachment, original: Size, photo: Photo) -> Photo:
        with self._draft() as raw, self._draft() as fitted:
            await _download(attachment, raw)
            size = photo.width, photo.height
            await self._decoder.mask(raw, fitted, original, size)
            return Photo(await self._settle(fitted, "png"), *size)

    @contextmanager
    def _draft(self) -> Iterator[Path]:
        """A file that is gone after the block unless it was settled."""
        path = self._incoming / self._new_id()
        try:
            yield path
        finally:
            with suppress(OSError):  # the next start sweeps what we cannot delete now
                path.unlink(missing_ok=True)

    async def _settle(self, draft: Path, suffix: str) -> str:
        """Give a whole file its name; from then on it survives a power cut."""
        name = f"{self._new_id()}.{suffix}"
        path = self.path(name)
        with _disk():
            await asyncio.to_thread(_sync, draft)
            os.replace(draft, path)
            try:
                await asyncio.to_thread(_sync, path.parent)
            except BaseException:  # nobody will know the name
                path.unlink(missing_ok=True)
                raise
        return name


def _sorted(attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[Attachment], list[Attachment]]:
    """Frames, static masks and brushes. What goes together is for `orders.check` to say, before anything is fetched."""
    photos, ends, static_masks, brushes = (
        [a for a in attachments if a.role == role] for role in ("photo", "end", "static_mask", "brush")
    )
    return photos + ends, static_masks, brushes


def _scaled(path: Sequence[Point], original: Size, size: Size) -> tuple[Point, ...]:
    """A path in the pixels of the scaled photo. Rounding down keeps the last pixel inside."""
    for x, y in path:
        if not (0 <= x < original[0] and 0 <= y < original[1]):
            raise Refusal(texts.brush_outside(x, y, *original))
    return tuple((x * size[0] // original[0], y * size[1] // original[1]) for x, y in path)


async def _download(attachment: Attachment, target: Path) -> None:
    size = await _pour(_fetched(attachment), target, HEAVIEST_PICTURE)
    if size > HEAVIEST_PICTURE:
        raise Refusal(texts.too_heavy(HEAVIEST_PICTURE // 1024**2))
    if size == 0:
        raise Refusal(texts.EMPTY_PICTURE)


async def _fetched(attachment: Attachment) -> AsyncGenerator[bytes, None]:
    """The bytes of a picture; every failure to get them is the same to the person who sent it."""
    try:
        chunks = attachment.fetch()
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await _hang_up(chunks)
    except Refusal:
        raise
    except Exception as error:
        log.warning("a picture could not be fetched: %s", type(error).__name__)  # its message may hold a secret URL
        raise Refusal(texts.PICTURE_UNREACHABLE) from None


async def _pour(chunks: AsyncIterator[bytes], target: Path, most: int) -> int:
    """Write a stream to a new file; returns its size, or, having stopped reading, some number above `most`."""
    size = 0
    with _disk():
        file = await asyncio.to_thread(target.open, "xb")
    try:
        async for chunk in chunks:
            size += len(chunk)
            if size > most:
                break
            with _disk():
                await asyncio.to_thread(file.write, chunk)
        with _disk():
            await asyncio.to_thread(file.flush)
    finally:
        with suppress(OSError):
            file.close()
        await _hang_up(chunks)
    return size


async def _hang_up(chunks: AsyncIterator[bytes]) -> None:
    """Close a stream that may not have been read to its end, and the connection behind it."""
    if isinstance(chunks, AsyncGenerator):
        await chunks.aclose()


def _sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _sweep(folder: Path) -> None:
    """Delete what a crash left behind. Not what is new: another process may be writing it, in the same folder."""
    limit = time.time() - _STALE  # the real clock, since the file system goes by it
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < limit:
                path.unlink()


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreDown(f"the disk: {error.strerror or type(error).__name__}") from error
