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
from tests.adapters.discord.discord_rig import Now, Rig, a_rig
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


async def test_a_list_of_the_best_that_somebody_asked_for_goes_with_a_clip_in_it(rig: Rig, club: Club) -> None:
    """It says the maker's words and name, to everybody there."""
    share = await club.share(await club.shared(await club.clip()))
    asked = rig.slash("best")
    listing = await rig.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    assert "smiles" in listing.content
    await eventually(lambda: rows(rig.house.store, "SELECT 1 FROM showings"))
    rig.slash("unshare", {"clip": share.job})
    await rig.api.until(lambda: listing.deleted)


async def test_killed_in_the_middle_of_a_post_it_is_there_once(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "GRACE", 0.05)
    api = DiscordApi(clock=Now())
    api.keeps_files = True
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            club = Club(rig)
            await club.open()
            video = await club.clip()
            with patch.object(rig.house.store.gallery, "posted", side_effect=forever) as posted:
                asked = api.press(rig.ann, video, texts.sharing.SHARE)
                (question,) = await answers(rig, asked)
                api.press(rig.ann, question, texts.sharing.PREFERENCES["plain"])
                await rig.clips(1, club.gallery)
                await api.until(lambda: posted.called)
        rig.now.later += 600  # longer than Discord knows a nonce
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as again:
            await settled(again)
            (post,) = again.posts(club.gallery)
            share = await again.house.store.gallery.at(address_of(post))
            assert share
            assert share.copy_id == (await again.house.store.job(share.job)).copy_id
            api.press(club.bob, post, "♥ 0")
            await api.until(lambda: "♥ 1" in post.labels)
            assert club.film_stays(post, video)


async def test_a_clip_that_is_shown_again_is_not_the_post_that_is_about_to_go(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    rig.api.script(DELETE, broken(503))
    for state in ("hidden", "up"):
        await rig.house.store.gallery.judge(share.id, state, rig.now())
        rig.house.core.context.wake.outbox()
    (again,) = (await rig.clips(2, club.gallery))[1:]
    await rig.api.until(lambda: rig.api.called(DELETE))
    await put_off(rig)
    rig.now.later += 600
    rig.runner.poke()
    await rig.api.until(lambda: post.deleted)
    assert (await club.share(again)).id == share.id
    assert not again.deleted


@pytest.mark.parametrize("fault", [broken(503, done=True), cut("after"), broken(502)])
async def test_an_answer_that_is_lost_posts_nothing_twice(rig: Rig, club: Club, fault: Any) -> None:
    video = await club.clip()
    asked = rig.api.press(rig.ann, video, texts.sharing.SHARE)
    (question,) = await answers(rig, asked)
    rig.api.script(POST, fault)
    rig.api.press(rig.ann, question, texts.sharing.PREFERENCES["plain"])
    await rig.clips(1, club.gallery)
    rig.now.later += 60
    rig.runner.poke()
    await settled(rig)
    assert len(rig.posts(club.gallery)) == 1
    assert all(len(one.body["nonce"]) <= 25 and one.body["enforce_nonce"] for one in rig.api.called(POST))


async def test_an_edit_that_fails_is_made_up_for(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    rig.api.script(EDIT, broken(503))
    rig.api.press(club.bob, post, "♥ 0")
    await rig.api.until(lambda: len(rig.api.called(EDIT)) >= 1)
    await put_off(rig)
    rig.now.later += 600
    rig.runner.poke()
    await club.says(post, "♥ 1")


async def test_a_film_message_is_taken_away_or_said_to_stand(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    place = Address("discord", str(club.gallery.id))
    rig.api.overwrite(club.gallery, rig.api.me, deny=VIEW_CHANNEL)
    with pytest.raises(ChatError) as refused:
        await rig.chat.remove(place, str(post.id))
    assert not isinstance(refused.value, Gone)  # it still stands there: to be tried again
    asked = len(rig.api.called(DELETE))
    with pytest.raises(ChatError):
        await rig.chat.remove(place, str(post.id))
    assert len(rig.api.called(DELETE)) == asked  # not asked again at once
    rig.api.overwrite(club.gallery, rig.api.me)
    rig.chat.alive(place.chat)
    await rig.chat.remove(place, str(post.id))
    assert post.deleted
    await rig.chat.remove(place, str(post.id))  # gone is fine


async def test_an_edit_of_a_film_that_is_gone_is_told(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    rig.api.delete(post)
    film = ShownClip(rig.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    with pytest.raises(Gone):
        await rig.chat.edit(share.place, str(post.id), Reply("x", clip=film))


async def test_the_latest_of_many_edits_wins(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    film = ShownClip(rig.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    replies = [Reply("x", (Button(f"♥ {n}", f"/heart {share.id}"),), clip=film) for n in range(1, 21)]
    await asyncio.gather(*(rig.chat.edit(share.place, str(post.id), one) for one in replies))
    assert post.labels == ["♥ 20"]
    assert len(rig.api.called(EDIT)) < 5
