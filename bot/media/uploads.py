"""Pictures of messages: downloaded, validated, fitted, and stored under generated names."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot import texts
from bot.conversation import Attachment
from bot.errors import Refusal
from bot.media import arrival
from bot.media.files import Drafts, disk
from bot.media.sandbox.client import Decoder, Size
from bot.media.sandbox.confine import Held
from bot.media.sandbox.turns import Turns
from bot.media.vault import Vault, lock
from bot.model import Brush, Photo, Point
from bot.sealing import files
from bot.sealing.model import DataKey

LONGEST_TO_SHORTEST = 2.5  # maximum aspect ratio of a picture; longer ones are cropped to their middle
PHOTO_TASKS, STILL_TASKS = "bot.media.sandbox.photo_tasks", "bot.media.sandbox.still_tasks"
INTAKE = 16  # concurrent messages with downloads, a quarter of them per person: bounds memory and disk


@dataclass(frozen=True, slots=True)
class Pictures:
    """The stored pictures of one order, for the fields of `Order`."""

    photo: Photo
    end: Photo | None = None
    static_mask: Photo | None = None
    brushes: tuple[Brush, ...] = ()
    cropped: bool = False
    """One was overlong and cropped to its middle."""


class Uploads:
    """What people send, kept in the folder `photos`. `new_id` generates unique names.

    It is opened by `processes` decoder processes, each request limited to `timeout` seconds.
    """

    def __init__(
        self,
        photos: Path,
        drafts: Drafts,
        vault: Vault,
        new_id: Callable[[], str],
        processes: int,
        timeout: float,
        decoder: type[Decoder] = Decoder,
    ) -> None:
        self._photos, self._drafts, self._vault, self._new_id = photos, drafts, vault, new_id
        # Separate, so that videos do not delay photos.
        self._decoder, self._stills = (
            decoder(PHOTO_TASKS, processes, timeout, lock(vault, drafts)),
            decoder(STILL_TASKS, 1, timeout, lock(vault, drafts)),
        )
        # By platform, as one may hang; videos separately, as they occupy a slot while waiting for their decoder.
        self._intake = defaultdict[tuple[str, bool], Turns](lambda: Turns(INTAKE, INTAKE // 4))

    async def keep(self, attachments: Sequence[Attachment], person: str) -> Pictures:
        """As `Media.keep`."""
        videos = any(attachment.video for attachment in attachments)
        async with self._intake[person.partition(":")[0], videos].turn(person):
            return await self._keep(person, *_sorted(attachments))

    async def _keep(
        self, person: str, frames: list[Attachment], static_masks: list[Attachment], brushes: list[Attachment]
    ) -> Pictures:
        kept: list[Photo] = []
        key = self._vault.key_meanwhile(person)
        try:
            photo, original = await self._photo(frames[0], person, key)
            kept.append(photo)
            cropped = _too_long(original)
            if cropped and (static_masks or brushes):
                raise Refusal(texts.pictures.too_long(*original))
            paths = [_scaled(brush.path, original, (photo.width, photo.height)) for brush in brushes]
            for frame in frames[1:]:
                picture, before = await self._photo(frame, person, key)
                kept.append(picture)
                cropped |= _too_long(before)
            for mask in (*static_masks, *brushes):
                kept.append(await self._mask(mask, original, photo, person, key))
        except BaseException:
            for picture in kept:
                with suppress(OSError):
                    (self._photos / picture.name).unlink(missing_ok=True)
            raise
        rest = iter(kept[1:])
        return Pictures(
            photo,
            end=next(rest) if len(frames) == 2 else None,
            static_mask=next(rest) if static_masks else None,
            brushes=tuple(Brush(mask, path) for mask, path in zip(rest, paths, strict=True)),
            cropped=cropped,
        )

    async def redrawn(self, path: Path) -> bytes:
        """A kept photo, encoded by us. Raises `Refusal` where it cannot be, `StoreDown`."""
        key = await self._vault.key_like(path)
        with self._drafts.draft() as drawn:
            await self._decoder.redrawn(path, files.new(drawn, key))
            with disk():
                return await asyncio.to_thread(self._vault.read, drawn)

    async def held(self) -> frozenset[Held]:
        """The restrictions of a decoder process. Raises `StoreDown`."""
        return await self._decoder.held()

    async def close(self) -> None:
        """Stop the decoder processes."""
        await self._decoder.close()
        await self._stills.close()

    async def _photo(
        self, attachment: Attachment, person: str, making: Awaitable[DataKey | None]
    ) -> tuple[Photo, Size]:
        """A stored photo, and the size of its upright original."""
        with self._drafts.draft() as raw, self._drafts.draft() as fitted:
            source = await arrival.download(attachment, raw, making)
            key = await making
            develop = self._stills.still if attachment.video else self._decoder.photo
            size, original = await develop(source, files.new(fitted, key), person)
            return Photo(await self._settle(fitted, "jpg", key), *size), original

    async def _mask(
        self, attachment: Attachment, original: Size, photo: Photo, person: str, making: Awaitable[DataKey | None]
    ) -> Photo:
        with self._drafts.draft() as raw, self._drafts.draft() as fitted:
            source = await arrival.download(attachment, raw, making)
            key = await making
            size = photo.width, photo.height
            await self._decoder.mask(source, files.new(fitted, key), original, size, person)
            return Photo(await self._settle(fitted, "png", key), *size)

    async def _settle(self, draft: Path, suffix: str, key: DataKey | None) -> str:
        name = f"{self._new_id()}.{suffix}"
        await self._vault.settle(draft, self._photos / name, key)
        return name


def _sorted(attachments: Sequence[Attachment]) -> tuple[list[Attachment], list[Attachment], list[Attachment]]:
    """Frames, static masks and brushes. `orders.check` has validated the combination before."""
    photos, ends, static_masks, brushes = (
        [a for a in attachments if a.role == role] for role in ("photo", "end", "static_mask", "brush")
    )
    return photos + ends, static_masks, brushes


def _too_long(size: Size) -> bool:
    return max(size) > LONGEST_TO_SHORTEST * min(size)


def _scaled(path: Sequence[Point], original: Size, size: Size) -> tuple[Point, ...]:
    """A path in pixels of the scaled photo, rounded down to stay inside."""
    for x, y in path:
        if not (0 <= x < original[0] and 0 <= y < original[1]):
            raise Refusal(texts.pictures.brush_outside(x, y, *original))
    return tuple((x * size[0] // original[0], y * size[1] // original[1]) for x, y in path)
