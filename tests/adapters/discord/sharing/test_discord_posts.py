"""Posts on Discord that are sent, edited and deleted once, whatever breaks meanwhile."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot import texts
from bot.conversation import Button, Reply, ShownClip
from bot.errors import ChatError, Gone
from bot.gallery import outbox
from bot.model import Address
from tests.adapters.discord.discord_room import Now, Room, a_room
from tests.adapters.discord.sharing.club import (
    DELETE,
    EDIT,
    POST,
    Club,
    address_of,
    answers,
    put_off,
    settled,
)
from tests.bookkeeping import rows
from tests.eventually import eventually
from tests.loopback.discord.faults import broken, cut
from tests.loopback.discord.permissions import VIEW_CHANNEL
from tests.loopback.discord.server import DiscordApi


async def forever(*args: Any) -> bool:
    return await asyncio.Event().wait()


async def test_a_list_of_the_best_that_somebody_asked_for_goes_with_a_clip_in_it(room: Room, club: Club) -> None:
    """It says the maker's words and name, to everybody there."""
    share = await club.share(await club.shared(await club.clip()))
    asked = room.slash("best")
    listing = await room.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    assert "smiles" in listing.content
    await eventually(lambda: rows(room.house.store, "SELECT 1 FROM showings"))
    room.slash("unshare", {"clip": share.job})
    await room.api.until(lambda: listing.deleted)


async def test_killed_in_the_middle_of_a_post_it_is_there_once(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "GRACE", 0.05)
    api = DiscordApi(clock=Now())
    api.keeps_files = True
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            club = Club(room)
            await club.open()
            video = await club.clip()
            with patch.object(room.house.store.gallery, "posted", side_effect=forever) as posted:
                asked = api.press(room.ann, video, texts.sharing.SHARE)
                (question,) = await answers(room, asked)
                api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
                await room.clips(1, club.gallery)
                await api.until(lambda: posted.called)
        room.now.later += 600  # longer than Discord knows a nonce
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as again:
            await settled(again)
            (post,) = again.posts(club.gallery)
            share = await again.house.store.gallery.at(address_of(post))
            assert share
            assert share.copy_id == (await again.house.store.job(share.job)).copy_id
            api.press(club.bob, post, "♥ 0")
            await api.until(lambda: "♥ 1" in post.labels)
            assert club.film_stays(post, video)


async def test_a_clip_that_is_shown_again_is_not_the_post_that_is_about_to_go(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    room.api.script(DELETE, broken(503))
    for state in ("hidden", "up"):
        await room.house.store.gallery.judge(share.id, state, room.now())
        room.house.core.context.wake.outbox()
    (again,) = (await room.clips(2, club.gallery))[1:]
    await room.api.until(lambda: room.api.called(DELETE))
    await put_off(room)
    room.now.later += 600
    room.runner.poke()
    await room.api.until(lambda: post.deleted)
    assert (await club.share(again)).id == share.id
    assert not again.deleted


@pytest.mark.parametrize("fault", [broken(503, done=True), cut("after"), broken(502)])
async def test_an_answer_that_is_lost_posts_nothing_twice(room: Room, club: Club, fault: Any) -> None:
    video = await club.clip()
    asked = room.api.press(room.ann, video, texts.sharing.SHARE)
    (question,) = await answers(room, asked)
    room.api.script(POST, fault)
    room.api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
    await room.clips(1, club.gallery)
    room.now.later += 60
    room.runner.poke()
    await settled(room)
    assert len(room.posts(club.gallery)) == 1
    assert all(len(one.body["nonce"]) <= 25 and one.body["enforce_nonce"] for one in room.api.called(POST))


async def test_an_edit_that_fails_is_made_up_for(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    room.api.script(EDIT, broken(503))
    room.api.press(club.bob, post, "♥ 0")
    await room.api.until(lambda: len(room.api.called(EDIT)) >= 1)
    await put_off(room)
    room.now.later += 600
    room.runner.poke()
    await club.says(post, "♥ 1")


async def test_a_film_message_is_taken_away_or_said_to_stand(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    place = Address("discord", str(club.gallery.id))
    room.api.overwrite(club.gallery, room.api.me, deny=VIEW_CHANNEL)
    with pytest.raises(ChatError) as refused:
        await room.chat.remove(place, str(post.id))
    assert not isinstance(refused.value, Gone)  # it still stands there: to be tried again
    asked = len(room.api.called(DELETE))
    with pytest.raises(ChatError):
        await room.chat.remove(place, str(post.id))
    assert len(room.api.called(DELETE)) == asked  # not asked again at once
    room.api.overwrite(club.gallery, room.api.me)
    room.chat.alive(place.chat)
    await room.chat.remove(place, str(post.id))
    assert post.deleted
    await room.chat.remove(place, str(post.id))  # gone is fine


async def test_an_edit_of_a_film_that_is_gone_is_told(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    room.api.delete(post)
    film = ShownClip(room.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    with pytest.raises(Gone):
        await room.chat.edit(share.place, str(post.id), Reply("x", clip=film))


async def test_the_latest_of_many_edits_wins(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    film = ShownClip(room.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    replies = [Reply("x", (Button(f"♥ {n}", f"/heart {share.id}"),), clip=film) for n in range(1, 21)]
    await asyncio.gather(*(room.chat.edit(share.place, str(post.id), one) for one in replies))
    assert post.labels == ["♥ 20"]
    assert len(room.api.called(EDIT)) < 5
