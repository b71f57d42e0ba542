"""Discord through the real library: what is acknowledged is kept and worked off once, whatever happens."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import logs
from bot.errors import StoreDown
from bot.model import Pending
from tests.adapters.discord.discord_room import Now, Room, a_room, kept
from tests.eventually import eventually
from tests.fakes import breaks
from tests.houses import picture
from tests.loopback.discord.faults import broken, error, hang
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


async def test_the_acknowledgement_does_not_wait_for_a_slow_database(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.interactions.SWIFT", 0.05)
    inbox, take, going = room.house.store.inbox, room.house.store.inbox.take, asyncio.Event()

    async def slowly(*args: object) -> bool:
        await going.wait()
        return await take(*args)

    with patch.object(type(inbox), "take", side_effect=slowly):
        asked = room.slash(options=SMILES)
        await room.api.until(lambda: asked.callbacks)
        assert asked.answered_after is not None
        assert asked.answered_after < 1
        going.set()
        await room.clips()


async def test_what_cannot_be_kept_is_not_promised(room: Room) -> None:
    with patch.object(type(room.house.store.inbox), "take", side_effect=StoreDown("full")):
        asked = room.slash(options=SMILES)
        assert "can't take orders" in (await room.whispers(asked))[0]
    assert "kept" in room.discord.trouble()
    assert not room.house.provider.orders
    room.slash(options=SMILES)
    await room.clips()
    assert not room.discord.trouble()


async def test_a_message_whose_keeping_was_not_confirmed_is_begun_all_the_same(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.interactions.SWIFT", 0.05)
    breaks(room.house.store.inbox, "take", 1, done=True)
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.clips()
    assert len(room.house.provider.orders) == 1


async def test_old_keys_go_while_it_runs(room: Room) -> None:
    inbox = room.house.store.inbox
    await inbox.take("discord:1", "discord", "{}", 0.0)
    await inbox.handled("discord:1", 0.0)
    room.discord._intake._swept_at = 0.0
    room.slash("help")
    await room.discord._intake.idle()
    await room.api.until(lambda: room.discord._intake._swept_at)
    await room.discord._intake.idle()
    assert await inbox.take("discord:1", "discord", "{}", time.time())


async def test_many_at_once_are_all_acknowledged(room: Room) -> None:
    people = [room.api.user(f"person{number}") for number in range(20)]
    asked = [room.slash(options=SMILES, user=one) for one in people]
    await room.api.until(lambda: all(one.callbacks for one in asked))
    assert max(one.answered_after or 9 for one in asked) < 2
    await room.clips(20, within=30)


async def test_what_was_acknowledged_outlives_a_crash(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            with patch.object(type(room.discord._front._intake), "begin"):  # it dies before it begins
                asked = room.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
                said = api.say(room.ann, room.channel, "he waves", [PHOTO], mention_bot=True)
                await eventually(lambda: kept(room, 2))
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            videos = await room.clips(2)
            assert {one.reply_to for one in videos} == {None, said}
            assert len(room.house.provider.orders) == 2
            await api.until(lambda: asked.original and asked.original.deleted)
            assert not await room.house.store.inbox.waiting("discord")


async def test_after_a_long_outage_the_answer_stands_in_the_channel(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            with patch.object(type(room.discord._front._intake), "begin"):
                asked = room.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
        now.later += 3600
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            (video,) = await room.clips()
            assert "she smiles" in video.content


async def test_buttons_and_forms_outlive_a_restart(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            room.slash(options=SMILES)
            (video,) = await room.clips()
            asked = room.slash(options={"image": PHOTO})
            modal = await api.until(lambda: asked.modal)
            await room.discord._modals.settle()
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            api.submit(modal, {"What should happen?": "she laughs"})
            room.api.press(room.ann, video, "Again · 5 credits")
            await room.clips(3)
            assert len(api.synced) == 1  # the commands are as they were


async def test_every_event_is_handled_once(room: Room) -> None:
    asked = room.slash(options=SMILES)
    said = room.api.say(room.ann, room.channel, "he waves", [PHOTO], mention_bot=True)
    await room.clips(2)
    room.api.again(asked)
    room.api.again(said)
    room.api.drop()
    await room.api.until(lambda: room.api.resumes and room.api.connected)
    late = room.api.say(room.ann, room.channel, "they dance", [PHOTO], mention_bot=True)
    await room.api.until(lambda: any(one.reply_to is late and one.attachments for one in room.posts()))
    assert len(room.house.provider.orders) == 3


async def test_what_happens_while_the_socket_is_down_is_not_lost(room: Room) -> None:
    room.api.drop()
    room.api.say(room.ann, room.channel, "she smiles", [PHOTO], mention_bot=True)
    await room.clips()
    room.api.invalidate()
    await room.api.until(lambda: len(room.api.identifies) == 2 and room.api.connected)
    room.slash(options=SMILES)
    await room.clips(2)


async def test_a_crash_around_the_acknowledgement(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            api.script(CALLBACK, hang("after"))
            asked = room.slash(options=SMILES)
            await asyncio.wait_for(api.reached.get(), 60)
            assert [key for key, _ in await room.house.store.inbox.waiting("discord")] == [f"discord:{asked.id}"]
        api.let_go()
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            await room.clips()
            assert len(room.house.provider.orders) == 1


async def test_nothing_of_a_token_is_logged(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for name in logs.QUIET:
        caplog.set_level("WARNING", name)
    asked = room.slash(options=SMILES)
    await room.clips()
    assert asked.token not in caplog.text
    assert room.api.token not in caplog.text


@pytest.mark.parametrize("done", [False, True])
async def test_an_acknowledgement_that_breaks_loses_nothing(room: Room, done: bool) -> None:
    room.api.script(CALLBACK, broken(502, done=done))
    asked = room.slash(options=SMILES)
    await room.clips()
    assert asked.callbacks
    assert len(room.house.provider.orders) == 1


async def test_an_acknowledgement_that_is_refused_is_answered_in_the_channel(room: Room) -> None:
    room.house.provider.polls[0:0] = [Pending()] * 5
    room.api.script(CALLBACK, error(404, 10062, "Unknown interaction"))
    asked = room.slash(options=SMILES)
    (line,) = await room.api.until(room.posts)
    assert "5 credits" in line.content
    await room.clips()
    assert not asked.callbacks
    await room.api.until(lambda: line.deleted)
