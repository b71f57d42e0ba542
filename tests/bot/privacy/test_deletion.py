"""One clip is deleted: nothing of it is left but what it cost. On both databases where SQL decides."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.conversation import Inbound, Reply
from bot.media.library import Media
from bot.model import Address
from bot.privacy import deletion
from bot.privacy.retention import delete
from storage.jobs import Store
from tests.bookkeeping import check, rows
from tests.clock import Clock
from tests.houses import House, attached
from tests.traces import a_past, a_share, everywhere

pytestmark = pytest.mark.databases

ANN = "telegram:900100200"


@pytest.fixture
def clip(large_clip: bytes) -> bytes:
    """One that can be gone on from."""
    return large_clip


def labels(reply: Reply) -> list[str]:
    return [button.label for button in reply.buttons]


async def test_it_asks_and_then_nothing_is_left(house: House) -> None:
    job = await house.finish(await house.order("she sings xyzzy"))
    other = await house.finish(await house.order("she waves"))
    clip, photo = (house.media.path(name) for name in (job.clip.name if job.clip else "", job.order.photo.name))
    asked = await house.say(f"/delete {job.id}")
    assert (asked.text, labels(asked)) == (texts.chat.DELETE_WHAT, [texts.chat.DELETE, texts.chat.KEEP])
    assert (await house.say(asked.buttons[1].command)).text == texts.chat.KEPT
    assert clip.is_file()
    used = await house.used()
    done = await house.say(asked.buttons[0].command)
    assert done.text == texts.chat.DELETED
    assert not clip.is_file()
    assert not photo.is_file()
    assert house.media.poster(clip.name) is None
    listed = await house.say("/jobs")
    assert "xyzzy" not in listed.text
    assert other.id in listed.text
    assert await house.used() == used, "no fresh credits"
    moved = (await house.say("/quota")).text
    assert "spent on what you have had removed" in moved
    assert "spent on “she waves”" in moved
    assert (await house.say(f"/delete {job.id} yes")).text == texts.chat.DELETED_ALREADY
    for command in ("clip", "again", "continue", "join"):
        assert (await house.say(f"/{command} {job.id}")).refused
    assert await everywhere(house.store, clip.parents[2], [b"xyzzy"]) == {}
    await check(house.store)


async def test_which_one_is_asked_where_none_is_named(house: House) -> None:
    assert (await house.say("/delete")).text == texts.chat.NOTHING_TO_DELETE
    job = await house.finish(await house.order())
    asked = await house.say("/delete")
    assert [button.command for button in asked.buttons] == [f"/delete {job.id}"]
    assert asked.repeats == (job.id,), "its words go from there, too"
    assert (await house.say("/jobs")).buttons[-1].command == "/delete"


@pytest.mark.parametrize(("said", "what"), [("/delete", "Delete"), ("/cancel", "Cancel")])
async def test_two_clips_of_the_same_words_are_told_apart(house: House, said: str, what: str) -> None:
    async def made(words: str) -> None:
        job = await house.order(words)
        if said == "/delete":
            await house.finish(job)

    await made("she smiles")
    house.clock.tick(7200)
    await made("she smiles")
    await made("she waves")
    labels = [button.label for button in (await house.say(said)).buttons]
    assert sorted(labels)[2] == f"{what} “she waves”"
    assert labels[-1] == f"{what} “she smiles” · 2 h ago"
    assert len(set(labels)) == 3


async def test_only_ones_own_and_only_once_it_has_ended(house: House) -> None:
    job = await house.order()
    assert (await house.say(f"/delete {job.id} yes")).text == texts.chat.DELETE_LATER
    job = await house.finish(job)
    assert (await house.say(f"/delete {job.id} yes", user="8")).text == texts.chat.NOT_YOURS
    for name in ("nothing", "..%2f", "yes"):
        assert (await house.say(f"/delete {name}")).text == texts.chat.UNKNOWN_JOB
    assert (await house.job(job.id)).clip


async def test_what_failed_can_go_as_well(house: House) -> None:
    job = await house.order()
    await house.say(f"/cancel {job.id}")
    job = await house.finish(job)
    assert (await house.say(f"/delete {job.id} yes")).text == texts.chat.DELETED
    assert await house.kept() == []
    await check(house.store)


async def test_what_continued_it_stands_alone(house: House) -> None:
    first = await house.finish(await house.order())
    second = await house.finish(await house.job((await house.say(f"/continue {first.id} she waves")).job or ""))
    assert (await house.say(f"/join {second.id}")).clip
    joined = sorted(house.media.path("x.mp4").parent.parent.rglob("*.mp4"))
    await house.say(f"/delete {first.id} yes")
    assert len(sorted(house.media.path("x.mp4").parent.parent.rglob("*.mp4"))) == len(joined) - 2, "clip and film"
    assert (await house.job(second.id)).follows is None
    assert (await house.say(f"/join {second.id}")).text == texts.chat.NOTHING_TO_JOIN


async def test_an_export_that_holds_it_goes(house: House) -> None:
    job = await house.finish(await house.order())
    await house.say("/mydata")
    exports = house.media.path("x.zip").parent
    assert list(exports.iterdir())
    await house.say(f"/delete {job.id} yes")
    assert list(exports.iterdir()) == []


async def test_shares_messages_and_books(store: Store, tmp_path: Path, clock: Clock) -> None:
    media = Media(tmp_path / "media", new_id=lambda: "x")
    job = await a_past(store, media, "one", ANN, clock())
    await a_past(store, media, "two", ANN, clock())
    await store.gallery.add(a_share(job, "shared", clock()))
    await delete(store, media, job, [ANN], clock())
    assert await rows(store, "SELECT 1 FROM shares") == []
    assert [row["id"] for row in await rows(store, f"SELECT id FROM jobs WHERE person = '{ANN}'")] == ["two"]
    entries = await store.outbox.claim(clock(), 60.0, 50, ["telegram", "discord"])
    assert any(entry.kind == "remove" for entry in entries)
    await check(store)
    await delete(store, media, job, [ANN], clock())  # after a crash
    await check(store)
    await media.close()


async def test_open_pages_hear_of_it_for_a_day(house: House) -> None:
    user = "a" * 16
    gone = []
    for number in range(deletion.MOST + 1):
        said = Inbound(Address("web", user, f"m{number}"), user, f"web:{user}:{number}", "she smiles", (attached(),))
        job = await a_past(house.store, house.media, f"j{number}", f"web:{user}", house.clock())
        await house.core.handle(replace(said, text=f"/delete {job.id} yes", attachments=()))
        gone.append(job.id)
    assert await deletion.noted(house.core.context, said) == gone[1:]
    house.clock.tick(deletion.NOTED + 1)
    assert await deletion.noted(house.core.context, said) == []
