"""Shared clips that are taken away on Telegram: tried until it is done, however old the message."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from unittest.mock import AsyncMock

import pytest

from bot import texts
from bot.conversation import Button, Reply, ShownClip
from bot.errors import ChatError, Gone
from bot.media.stored import StoredFile
from bot.model import Address
from tests.adapters.telegram.sharing.club import ME, Club, gathered
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.loopback.telegram.faults import Cut, Flood, Refuse
from tests.loopback.telegram.server import BotApi


@pytest.mark.parametrize("how", ["unshare", "hide"])
async def test_a_list_of_the_best_that_somebody_asked_for_goes_with_a_clip_in_it(club: Club, how: str) -> None:
    """It says the maker's words and name, to everybody there."""
    share = await club.share(await club.shared(await club.clip()))
    assert share
    lists = [
        await club.says(club.cem, f"/best@{ME} {span}", f"The most liked this {span}") for span in ("week", "month")
    ]
    assert all("“she smiles” · by Bob" in one.words for one in lists)
    store = club.rig.house.store
    await club.until(lambda: store._db.read(lambda tx: tx.one("SELECT 1 FROM showings GROUP BY 1 HAVING count(*) = 2")))
    if how == "unshare":
        await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    else:
        await club.says(club.ann, f"/hide@{ME} {share.id}", texts.sharing.HIDDEN)
    await club.api.until(lambda: all(one.deleted for one in lists))


async def test_after_two_days_the_clip_makes_way_for_a_grey_picture(club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    share = await club.share(post)
    assert share
    film = post.clip
    club.api.later = 49 * 3600
    await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    await club.api.until(lambda: post.words == texts.chat.TAKEN_BACK)
    assert not post.deleted
    assert "video" not in post
    assert "photo" in post
    assert post.clip
    assert post.clip.startswith(b"\x89PNG")
    assert post.clip != film
    assert post.labels == []
    await club.settled()
    # An edit that comes late does not bring its words back.
    late = Reply("“she smiles”", (Button("♥ 1", "/heart x"),), clip=ShownClip(StoredFile(Path("x.mp4")), share.clip))
    await club.rig.chat.edit(club.place(post), str(post.id), late)
    await club.settled()
    assert (post.words, post.labels) == (texts.chat.TAKEN_BACK, [])


async def test_taking_away_is_tried_until_it_is_done(club: Club) -> None:
    post = await club.shared(await club.clip())
    place, message = club.place(post), str(post.id)
    club.api.later = 49 * 3600
    chat, api = club.rig.chat, club.api
    for trouble in (
        Refuse(400, "Bad Request: not enough rights to send photos to the chat"),
        Refuse(400, "Bad Request: message can't be edited"),
        Refuse(502),
        Cut("unread"),
        Flood(1),
    ):
        api.trouble["editMessageMedia"] += [trouble]
        with pytest.raises(ChatError) as raised:
            await chat.remove(place, message)
        assert not isinstance(raised.value, Gone)
    assert "video" in post
    await asyncio.sleep(0)
    chat._limiter.hush(place.chat, 0)
    await until_removed(club, place, message)
    assert post.words == texts.chat.TAKEN_BACK
    api.delete(post)
    edits = len(api.called("editMessageMedia", "editMessageText"))
    await chat.remove(place, message)
    assert len(api.called("editMessageMedia", "editMessageText")) == edits


async def until_removed(club: Club, place: Address, message: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await club.rig.chat.remove(place, message)
            except ChatError:
                await asyncio.sleep(0.05)


async def test_a_runner_that_fails_to_take_a_clip_away_tries_again(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        club = gathered(rig)
        await club.open()
        post = await club.shared(await club.clip())
        share = await club.share(post)
        assert share
        api.trouble["deleteMessage"] += [Refuse(502)]
        await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
        await api.until(lambda: any(call.code == 502 for call in api.called("deleteMessage")))
        assert not post.deleted
        api.later += 60
        rig.runner.poke()
        await api.until(lambda: post.deleted)


async def test_what_stood_in_a_group_that_moved_is_out_of_reach(rig: Rig) -> None:
    group = rig.api.group(rig.ann, creator=rig.ann)
    said = await rig.chat.send(Address("telegram", str(group.id)), Reply("hello"), nonce="n")
    group.moved_to = rig.api.supergroup(rig.ann, creator=rig.ann)
    await rig.chat.remove(Address("telegram", str(group.id)), said.message)


async def test_whoever_is_forgotten_has_no_clip_left_in_the_group(club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    club.api.later = 49 * 3600
    late = await club.clip(words="she waves")
    asked = await club.says(club.bob, f"/forgetme@{ME}", "removes for good")
    club.api.press(club.bob, asked, "Remove all of it")
    await club.api.until(lambda: late.deleted)
    await club.api.until(lambda: video.words == post.words == texts.chat.TAKEN_BACK)
    assert "video" not in video
    assert "video" not in post


async def test_nor_one_that_was_sent_once_more(club: Club) -> None:
    first = await club.clip()
    (job,) = await club.rig.house.store.jobs(f"telegram:{club.bob.id}", 10)
    count = len(club.rig.videos(club.forum))
    club.api.say(club.bob, club.forum, f"/continue@{ME} {job.id} she waves")
    second = (await club.rig.clips(club.forum, count + 1))[-1]
    latest, _ = await club.rig.house.store.jobs(f"telegram:{club.bob.id}", 10)
    again = await club.says(club.bob, f"/clip@{ME} {job.id}", "smiles", thread=club.office)
    joined = await club.says(club.bob, f"/join@{ME} {latest.id}", "2 clips")
    asked = await club.says(club.bob, f"/forgetme@{ME}", "removes for good")
    club.api.press(club.bob, asked, "Remove all of it")
    await club.api.until(lambda: all(post.deleted for post in (first, second, again, joined)))


async def test_nor_one_that_came_as_its_maker_was_forgotten(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    await club.clip()
    (job,) = await club.rig.house.store.jobs(f"telegram:{club.bob.id}", 10)
    monkeypatch.setattr(club.rig.house.store.retention, "repeated", AsyncMock(return_value=False))
    again = await club.says(club.bob, f"/clip@{ME} {job.id}", "smiles")
    await club.api.until(lambda: again.deleted)
