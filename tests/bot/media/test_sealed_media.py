"""Encrypted files: everything works on them as on plain ones, and nothing on the disk can be read without its key."""

import asyncio
import errno
import json
import os
import shutil
import threading
import zipfile
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from boxes import clip, ids, mask, picture, sent, stream
from PIL import Image

from bot.conversation import Attachment
from bot.errors import BrokenClip, Refusal, StoreDown
from bot.media.library import Media
from bot.media.vault import Vault
from bot.model import Clip, Order
from bot.sealing.keys import open_keys
from bot.sealing.masters import Masters
from bot.sealing.model import HEADER, MAGIC, DataKey
from tests.bot.media.videos import video
from tests.decoders import Shared

ANNA, BORIS = "telegram:1", "discord:2"
PLAIN = (b"\x89PNG\r", b"ftypisom", b"moov\0\0", b"JFIF\0", b"PK\x03\x04\x14")
"""What pictures, clips and archives have in their first bytes; five, or noise would have them by chance."""


def readable(folder: Path) -> list[str]:
    """The media files in which something of a picture or a clip can be seen."""
    folders = ("photos", "clips", "fitted", "exports", "incoming")
    found = [path for name in folders for path in (folder / name).iterdir()]
    return [path.name for path in found if any(sign in path.read_bytes() for sign in PLAIN)]


class Watching(Shared):
    """A decoder that looks at the disk before and after each request."""

    seen: ClassVar[list[str]] = []
    asked: ClassVar[list[bytes]] = []
    folder: Path

    async def _answer(self, line: bytes) -> list[Any] | None:
        Watching.seen += readable(self.folder)
        Watching.asked.append(line)
        answer = await super()._answer(line)
        Watching.seen += readable(self.folder)
        return answer


def a_vault(folder: Path, *, seal: bool = True) -> Vault:
    return Vault(open_keys(folder, Masters(folder), make=seal), seal=seal)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Media]:
    Watching.seen, Watching.asked, Watching.folder = [], [], tmp_path
    made = Media(tmp_path, new_id=ids(), decoder=Watching, vault=a_vault(tmp_path))
    yield made
    await made.close()
    assert Watching.seen == []
    assert readable(tmp_path) == []


def order(box: Media, photo: Any) -> Order:
    return Order(model="kling", photo=photo, prompt="she smiles")


async def a_clip(box: Media, person: str = ANNA, **how: Any) -> Clip:
    return await box.keep_clip(stream(clip(**how)), person)


async def test_pictures_and_masks(box: Media) -> None:
    found = await box.keep([sent(picture()), sent(picture(300, 300)), sent(mask(), "static_mask")], ANNA)
    assert found.end
    assert found.static_mask
    for photo in (found.photo, found.end, found.static_mask):
        stored = box.stored(photo.name)
        with stored.open() as file, Image.open(file) as image:
            assert image.size == (photo.width, photo.height)
        assert stored.size() == len(stored.read()) < stored.local_path.stat().st_size
    assert (await box.data_uri(found.photo.name)).startswith("data:image/jpeg;base64,/9j/")
    assert (await box.redrawn_uri(found.photo.name)).startswith("data:image/jpeg;base64,/9j/")


async def test_a_picture_is_fetched_while_its_key_is_made(box: Media, monkeypatch: pytest.MonkeyPatch) -> None:
    fetching, keys = threading.Event(), box.vault.keys
    assert keys
    current = keys.current

    def made(person: str) -> DataKey:
        assert fetching.wait(10)
        return current(person)

    async def fetch() -> AsyncIterator[bytes]:
        fetching.set()
        yield picture()

    monkeypatch.setattr(keys, "current", made)
    assert (await box.keep([Attachment(fetch)], ANNA)).photo


@pytest.mark.parametrize("kind", ["picture", "clip"])
async def test_a_key_that_cannot_be_made_leaves_nothing_of_what_is_fetched_meanwhile(
    box: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    closed, keys = [False], box.vault.keys
    assert keys

    def full(_: str) -> DataKey:
        raise OSError(errno.ENOSPC, "No space left on device")

    async def fetch() -> AsyncIterator[bytes]:
        try:
            for _ in range(3):
                yield picture() if kind == "picture" else clip()
        finally:
            closed[0] = True

    monkeypatch.setattr(keys, "current", full)
    with pytest.raises(StoreDown, match="No space"):
        await (box.keep([Attachment(fetch)], ANNA) if kind == "picture" else box.keep_clip(fetch(), ANNA))
    assert closed[0]
    left = [path for name in ("photos", "clips", "incoming") for path in (tmp_path / name).iterdir()]
    assert left == []


async def test_a_clip_with_all_that_is_made_of_it(box: Media) -> None:
    made = await a_clip(box, sound=True)
    stored = box.stored(made.name)
    data = stored.read()
    assert len(data) == made.size == stored.size()
    assert b"trainedAlgorithmicMedia" in data or b"TrainedAlgorithmicMedia" in data
    with stored.open() as file:
        file.seek(70_000)
        assert file.read(5) == data[70_000:70_005]
    poster = box.poster(made.name)
    assert poster
    assert poster.read().startswith(b"\xff\xd8")
    assert (await box.first_frame(made)).startswith(b"\xff\xd8")
    assert (await box.last_frame(made)) == (await box.last_frame(made))
    smaller = await box.fit(made, made.size * 2 // 3)
    assert smaller
    assert len(box.stored(smaller.name).read()) == smaller.size <= made.size * 2 // 3
    assert await box.fit(made, made.size * 2 // 3) == smaller
    joined = await box.join([made, await a_clip(box, BORIS)])
    assert joined.seconds == pytest.approx(2.0, abs=0.2)
    assert box.stored(joined.name).size() == joined.size


async def test_a_decoder_gets_keys_of_single_files_alone(box: Media, tmp_path: Path) -> None:
    made = await a_clip(box)
    await box.first_frame(made)
    assert box.vault.keys
    key = box.vault.keys.current(ANNA)
    master = (tmp_path / "master.key").read_text().strip()
    keys = {place[2] for line in Watching.asked for places in json.loads(line)[1:3] for place in places if place}
    assert len(keys) == 4  # the download, the poster, the clip, its first frame
    for line in Watching.asked:
        assert key.secret.hex() not in line.decode()
        assert master not in line.decode()


async def test_a_video_whose_last_frame_is_the_picture(box: Media) -> None:
    found = await box.keep([Attachment(lambda: stream(video((400, 300))), video=True)], ANNA)
    assert (found.photo.width, found.photo.height) == (400, 300)


async def test_a_broken_clip_and_a_broken_picture_leave_nothing(box: Media, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        await box.keep([sent(picture()), sent(b"\xff\xd8\xff no picture")], ANNA)
    assert list((tmp_path / "photos").iterdir()) == []
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_a_copy_is_a_second_name_for_the_same_person_only(box: Media) -> None:
    found = await box.keep([sent(picture())], ANNA)
    mine = (await box.copy(order(box, found.photo), ANNA)).photo.name
    theirs = (await box.copy(order(box, found.photo), BORIS)).photo.name
    assert box.path(mine).samefile(box.path(found.photo.name))
    assert not box.path(theirs).samefile(box.path(found.photo.name))
    assert box.stored(theirs).read() == box.stored(mine).read()
    await box.retire_keys([ANNA])
    await box.drop_keys([ANNA])
    with pytest.raises(OSError, match="missing"):
        box.stored(mine).read()
    assert box.stored(theirs).read().startswith(b"\xff\xd8")


async def test_an_export_is_written_and_opened(box: Media) -> None:
    def write(target: Any) -> None:
        with zipfile.ZipFile(target, "w") as made:
            made.writestr("words.txt", "she smiles" * 20_000)

    await box.write_export("x.zip", write, ANNA)
    with box.stored("x.zip").open() as file, zipfile.ZipFile(file) as opened:
        assert opened.read("words.txt").decode() == "she smiles" * 20_000
    assert box.stored("x.zip").zip_info("y").file_size == box.stored("x.zip").size()


async def test_whoever_is_forgotten_while_a_file_is_written_gets_it_under_the_new_key(box: Media) -> None:
    async def forgotten() -> AsyncIterator[bytes]:
        yield clip()
        await box.retire_keys([ANNA])

    with pytest.raises(StoreDown, match="retired"):
        await box.keep_clip(forgotten(), ANNA)
    made = await a_clip(box)
    await box.drop_keys([ANNA])
    assert box.stored(made.name).size() == made.size
    assert box.stored(made.name).read()


async def test_a_key_that_is_missing_is_told_and_comes_back(box: Media, tmp_path: Path) -> None:
    made = await a_clip(box)
    data = box.stored(made.name).read()
    shutil.move(tmp_path / "keys", tmp_path / "elsewhere")
    (tmp_path / "keys").mkdir()
    shutil.copy(tmp_path / "elsewhere" / "salt", tmp_path / "keys" / "salt")
    shutil.copy(tmp_path / "elsewhere" / "master", tmp_path / "keys" / "master")
    other = Media(tmp_path, new_id=ids(), decoder=Shared, vault=a_vault(tmp_path))  # its memory is empty
    with pytest.raises(OSError, match="the key of an encrypted file is missing"):
        other.stored(made.name).open()
    with pytest.raises(StoreDown, match="the key of an encrypted file is missing"):
        await other.read(made.name)
    with pytest.raises(Refusal):
        await other.last_frame(made)
    assert other.has(made.name)
    assert other.stored(made.name).size() == made.size
    shutil.rmtree(tmp_path / "keys")
    shutil.move(tmp_path / "elsewhere", tmp_path / "keys")
    assert other.stored(made.name).read() == data
    await other.close()


async def test_a_damaged_file_is_refused(box: Media) -> None:
    made = await a_clip(box)
    path = box.path(made.name)
    stored = bytearray(path.read_bytes())
    stored[HEADER + 40] ^= 1
    path.write_bytes(stored)
    with pytest.raises(OSError, match="damaged"):
        box.stored(made.name).read()
    with pytest.raises(Refusal):
        await box.first_frame(made)


async def test_without_encryption_what_is_encrypted_is_read_and_nothing_new_is(tmp_path: Path) -> None:
    box = Media(tmp_path, new_id=iter(["a", "b", "c", "d", "e"]).__next__, decoder=Shared, vault=a_vault(tmp_path))
    found = await box.keep([sent(picture())], ANNA)
    await box.close()
    off = Media(tmp_path, new_id=iter("fghijk").__next__, decoder=Shared, vault=a_vault(tmp_path, seal=False))
    assert off.stored(found.photo.name).read().startswith(b"\xff\xd8")
    plain = await off.keep([sent(picture())], ANNA)
    assert off.path(plain.photo.name).read_bytes().startswith(b"\xff\xd8")
    again = await off.copy(order(off, found.photo), ANNA)
    assert off.path(again.photo.name).read_bytes().startswith(b"\xff\xd8")
    await off.close()


@pytest.mark.parametrize("keys", [True, False])
async def test_a_strangers_bytes_are_never_decrypted_for_them(tmp_path: Path, *, keys: bool) -> None:
    """Also not when nothing new is encrypted: bytes that begin like an encrypted file are no picture and no clip."""
    box = Media(tmp_path, new_id=ids(), decoder=Shared, vault=a_vault(tmp_path))
    photo = box.path((await box.keep([sent(picture())], ANNA)).photo.name).read_bytes()
    film = box.path((await a_clip(box)).name).read_bytes()
    await box.close()
    folder = tmp_path if keys else tmp_path / "other"
    closed = a_vault(folder, seal=False)
    off = Media(folder, new_id=map("new_{}".format, range(99)).__next__, decoder=Shared, vault=closed)
    for stolen in (photo, MAGIC, MAGIC + bytes(100), MAGIC + b"\0\1\0\0" + bytes(200)):
        for sort in (sent(stolen), replace(sent(stolen), video=True)):
            with pytest.raises(Refusal):
                await off.keep([sort], BORIS)
    with pytest.raises(BrokenClip):
        await off.keep_clip(stream(film), BORIS)
    await off.close()


class Late(Vault):
    """One whose decoder finds the file encrypted, after it was plain when its key was looked for."""

    meanwhile: Sequence[bytes] = ()

    def locked(self, path: Path) -> Any:
        place = super().locked(path)
        if self.meanwhile and path.suffix == ".mp4":
            (sealed, self.meanwhile) = self.meanwhile[0], self.meanwhile[1:]
            draft = path.with_suffix(".draft")
            draft.write_bytes(sealed)
            os.replace(draft, path)
        return place


async def test_a_file_that_is_encrypted_while_a_decoder_waits_for_it_is_looked_at_again(tmp_path: Path) -> None:
    vault = Late(open_keys(tmp_path, Masters(tmp_path), make=True))
    box = Media(tmp_path, new_id=ids(), decoder=Shared, vault=vault)
    made = await a_clip(box)
    path = box.path(made.name)
    one = path.read_bytes()
    path.write_bytes(box.stored(made.name).read())
    (path.parent / f"{made.name}.first.jpg").unlink(missing_ok=True)
    vault.meanwhile = [one]
    assert (await box.first_frame(made)).startswith(b"\xff\xd8")
    assert path.read_bytes().startswith(MAGIC)
    assert vault.meanwhile == []
    await box.close()


async def test_many_at_once(box: Media) -> None:
    people = [f"web:{n}" for n in range(6)]
    found = await asyncio.gather(*(box.keep([sent(picture())], person) for person in people))
    assert len({one.photo.name for one in found}) == 6
    assert all(box.stored(one.photo.name).read().startswith(b"\xff\xd8") for one in found)


async def test_a_form_on_its_way_is_not_readable(box: Media, tmp_path: Path) -> None:
    with box.spool() as spool:
        spool.write(picture())
        spool.seek(0)
        assert spool.read() == picture()
