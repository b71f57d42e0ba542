"""What is taken back, hidden or forgotten is gone wherever it was: lists, notices, exports, the outbox."""

import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreDown
from bot.gallery.best import post_best
from bot.gallery.model import Share
from bot.model import Address
from bot.privacy import export
from bot.privacy.retention import Retention
from storage.gallery import Gallery
from tests.bookkeeping import check
from tests.bot.gallery.gallery_house import WALL, Square, parked
from tests.houses import configure
from tests.traces import cells, everywhere

DAY = 86_400.0


@pytest.fixture
def clip(large_clip: bytes) -> bytes:
    """Large enough to go on from."""
    return large_clip


@pytest.fixture
def keeper(square: Square) -> Retention:
    house = square.house
    return Retention(house.store, house.media, clock=house.clock, photos=DAY, clips=30 * DAY, platforms=["telegram"])


async def forget(square: Square, user: str = "7") -> None:
    asked = await square.say("/forgetme", user=user, scope="")
    assert not (await square.say(asked.buttons[0].command, user=user, scope="")).refused


async def posted_best(square: Square) -> None:
    """The best are posted on Monday at nine."""
    clock = square.house.clock
    for _ in range(8 * 24):
        clock.tick(3600)
        await post_best(square.house.core.context)
        await square.work()
        if any("most liked" in post.text for post in square.posts()):
            return
    raise AssertionError("nothing was posted")


@pytest.mark.parametrize("how", ["unshare", "forget", "hide", "banish", "report"])
async def test_the_list_of_the_best_goes_with_what_is_in_it(square: Square, how: str) -> None:
    await square.say("/gallery best week", user="1")
    share = await square.shared(text="zebras knit umbrellas")
    await posted_best(square)
    assert any("zebras" in post.text for post in square.wall.at(WALL))
    if how == "forget":
        await forget(square)
    elif how == "report":
        for user in ("8", "9", "10"):
            await square.say(f"/report {share.id} spam", user=user)
    else:
        await square.say(f"/{how} {share.id}", user="7" if how == "unshare" else "1")
    await square.work()
    assert not any("zebras" in reply.text for _, reply in square.wall.stands.values() if reply.job is None)


async def test_a_list_that_is_being_posted_goes_too(square: Square) -> None:
    await square.say("/gallery best week", user="1")
    share = await square.shared(text="zebras knit umbrellas")
    send = square.wall.send

    async def slow(address: Address, reply: Any, *, nonce: str) -> Any:
        posted = await send(address, reply, nonce=nonce)
        if "most liked" in reply.text:
            await square.say(f"/unshare {share.job}")
        return posted

    square.wall.send = slow
    with pytest.raises(AssertionError, match="nothing was posted"):
        await posted_best(square)
    assert not any("zebras" in reply.text for _, reply in square.wall.stands.values() if reply.job is None)


async def test_a_clip_that_is_shared_while_its_maker_is_forgotten_goes_too(
    square: Square, keeper: Retention, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await square.clip("zebras knit umbrellas")
    add = Gallery.add

    async def slow(gallery: Gallery, share: Share) -> Share:
        await forget(square)
        square.house.clock.tick(5)
        return await add(gallery, replace(share, at=square.house.clock()))

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "add", slow)
        await square.say(f"/share {job.id} name words")
    await square.work()
    square.house.clock.tick(600)
    await keeper.round()
    await square.work()
    assert square.posts() == []
    await square.house.store._db.scrub()
    assert await everywhere(square.house.store, tmp_path, [b"zebras knit", b"User 7"]) == {}
    await check(square.house.store)


async def test_a_crash_amid_unsharing_leaves_admins_nothing(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their notice is removed first: after the removal it would be unknown."""
    await square.reviewed()
    share = await square.shared()
    await square.say(f"/report {share.id} spam", user="8")
    await square.work()
    assert square.notices()

    async def killed(*_: Any) -> list[Share]:
        raise StoreDown

    with monkeypatch.context() as patch:
        patch.setattr(Gallery, "remove", killed)
        await square.say(f"/unshare {share.job}")
    await square.work()
    assert square.notices() == []


async def test_an_export_of_two_does_not_outlive_their_parting(square: Square) -> None:
    """What the other then has removed must not stay in a file that only the first knows of."""
    house = square.house
    await square.clip("zebras knit umbrellas", scope="")
    await house.store.accounts.offer("telegram:7", "code", house.clock() + 600)
    assert (await house.store.accounts.join("discord:70", "code", house.clock(), 5))[0] == "joined"
    configure(house.core, clip=lambda name: f"https://clips.example/media/{name}")
    await square.say("/mydata", user="70", platform="discord", scope="")
    exports = house.media.path("x.zip").parent
    assert len(list(exports.iterdir())) == 1
    assert not (await square.say("/unlink", scope="")).refused
    assert list(exports.iterdir()) == []


async def test_the_export_has_what_waits_for_a_yes(square: Square) -> None:
    house = square.house
    configure(house.core, ask_consent=True)
    await square.say("zebras knit umbrellas", photo=True, scope="")
    found = await export.gather(house.store, house.media, "telegram:7", ("telegram:7",))
    await house.media.write_export("made.zip", partial(export.write, found, ""))
    made = zipfile.ZipFile(house.media.path("made.zip"))
    assert "zebras knit" in made.read("clips.json").decode()
    assert any(name.startswith("photos/") for name in made.namelist())
    assert house.media.path("made.zip").stat().st_mode & 0o077 == 0


async def test_what_waits_to_be_said_or_ordered_keeps_no_name(square: Square, tmp_path: Path) -> None:
    """Neither a list that cannot be posted at the moment nor a remix that was not approved."""
    await square.say("/gallery best week", user="1")
    share = await square.shared(text="zebras knit umbrellas")
    clock = square.house.clock
    while not any("zebras" in value for _, _, value in await outbox_of(square)):
        clock.tick(3600)
        await post_best(square.house.core.context)
    await parked(square, share)
    await forget(square)
    await square.house.store._db.scrub()
    assert await everywhere(square.house.store, tmp_path, [b"zebras knit", b"User 7"]) == {}


async def outbox_of(square: Square) -> list[tuple[str, str, str]]:
    return [cell for cell in await cells(square.house.store) if cell[0] == "outbox"]
