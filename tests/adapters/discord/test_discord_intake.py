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
from tests.adapters.discord.discord_rig import Now, Rig, a_rig, kept
from tests.eventually import eventually
from tests.fakes import breaks
from tests.houses import picture
from tests.loopback.discord.faults import broken, error, hang
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
CALLBACK = "POST /interactions/{interaction}/{token}/callback"


async def test_the_acknowledgement_does_not_wait_for_a_slow_database(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.discord.interactions.SWIFT", 0.05)
    inbox, take, going = rig.house.store.inbox, rig.house.store.inbox.take, asyncio.Event()

    async def slowly(*args: object) -> bool:
        await going.wait()
        return await take(*args)

    with patch.object(type(inbox), "take", side_effect=slowly):
        asked = rig.slash(options=SMILES)
        await rig.api.until(lambda: asked.callbacks)
        assert asked.answered_after is not None
        assert asked.answered_after < 1
        going.set()
        await rig.clips()


async def test_what_cannot_be_kept_is_not_promised(rig: Rig) -> None:
    with patch.object(type(rig.house.store.inbox), "take", side_effect=StoreDown("full")):
        asked = rig.slash(options=SMILES)
        assert "can't take orders" in (await rig.whispers(asked))[0]
    assert "kept" in rig.discord.trouble()
    assert not rig.house.provider.orders
    rig.slash(options=SMILES)
    await rig.clips()
    assert not rig.discord.trouble()


async def test_a_message_whose_keeping_was_not_confirmed_is_begun_all_the_same(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.interactions.SWIFT", 0.05)
    breaks(rig.house.store.inbox, "take", 1, done=True)
    rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    await rig.clips()
    assert len(rig.house.provider.orders) == 1


async def test_old_keys_go_while_it_runs(rig: Rig) -> None:
    inbox = rig.house.store.inbox
    await inbox.take("discord:1", "discord", "{}", 0.0)
    await inbox.handled("discord:1", 0.0)
    rig.discord._intake._swept_at = 0.0
    rig.slash("help")
    await rig.discord._intake.idle()
    await rig.api.until(lambda: rig.discord._intake._swept_at)
    await rig.discord._intake.idle()
    assert await inbox.take("discord:1", "discord", "{}", time.time())


async def test_many_at_once_are_all_acknowledged(rig: Rig) -> None:
    people = [rig.api.user(f"person{number}") for number in range(20)]
    asked = [rig.slash(options=SMILES, user=one) for one in people]
    await rig.api.until(lambda: all(one.callbacks for one in asked))
    assert max(one.answered_after or 9 for one in asked) < 2
    await rig.clips(20, within=30)


async def test_what_was_acknowledged_outlives_a_crash(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            with patch.object(type(rig.discord._front._intake), "begin"):  # it dies before it begins
                asked = rig.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
                said = api.say(rig.ann, rig.channel, "he waves", [PHOTO], mention_bot=True)
                await eventually(lambda: kept(rig, 2))
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            videos = await rig.clips(2)
            assert {one.reply_to for one in videos} == {None, said}
            assert len(rig.house.provider.orders) == 2
            await api.until(lambda: asked.original and asked.original.deleted)
            assert not await rig.house.store.inbox.waiting("discord")


async def test_after_a_long_outage_the_answer_stands_in_the_channel(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            with patch.object(type(rig.discord._front._intake), "begin"):
                asked = rig.slash(options=SMILES)
                await api.until(lambda: asked.callbacks)
        now.later += 3600
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            (video,) = await rig.clips()
            assert "she smiles" in video.content


async def test_buttons_and_forms_outlive_a_restart(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            rig.slash(options=SMILES)
            (video,) = await rig.clips()
            asked = rig.slash(options={"image": PHOTO})
            modal = await api.until(lambda: asked.modal)
            await rig.discord._modals.settle()
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            api.submit(modal, {"What should happen?": "she laughs"})
            rig.api.press(rig.ann, video, "Again · 5 credits")
            await rig.clips(3)
            assert len(api.synced) == 1  # the commands are as they were


async def test_every_event_is_handled_once(rig: Rig) -> None:
    asked = rig.slash(options=SMILES)
    said = rig.api.say(rig.ann, rig.channel, "he waves", [PHOTO], mention_bot=True)
    await rig.clips(2)
    rig.api.again(asked)
    rig.api.again(said)
    rig.api.drop()
    await rig.api.until(lambda: rig.api.resumes and rig.api.connected)
    late = rig.api.say(rig.ann, rig.channel, "they dance", [PHOTO], mention_bot=True)
    await rig.api.until(lambda: any(one.reply_to is late and one.attachments for one in rig.posts()))
    assert len(rig.house.provider.orders) == 3


async def test_what_happens_while_the_socket_is_down_is_not_lost(rig: Rig) -> None:
    rig.api.drop()
    rig.api.say(rig.ann, rig.channel, "she smiles", [PHOTO], mention_bot=True)
    await rig.clips()
    rig.api.invalidate()
    await rig.api.until(lambda: len(rig.api.identifies) == 2 and rig.api.connected)
    rig.slash(options=SMILES)
    await rig.clips(2)


async def test_a_crash_around_the_acknowledgement(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            api.script(CALLBACK, hang("after"))
            asked = rig.slash(options=SMILES)
            await asyncio.wait_for(api.reached.get(), 60)
            assert [key for key, _ in await rig.house.store.inbox.waiting("discord")] == [f"discord:{asked.id}"]
        api.let_go()
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            await rig.clips()
            assert len(rig.house.provider.orders) == 1


async def test_nothing_of_a_token_is_logged(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    for name in logs.QUIET:
        caplog.set_level("WARNING", name)
    asked = rig.slash(options=SMILES)
    await rig.clips()
    assert asked.token not in caplog.text
    assert rig.api.token not in caplog.text


@pytest.mark.parametrize("done", [False, True])
async def test_an_acknowledgement_that_breaks_loses_nothing(rig: Rig, done: bool) -> None:
    rig.api.script(CALLBACK, broken(502, done=done))
    asked = rig.slash(options=SMILES)
    await rig.clips()
    assert asked.callbacks
    assert len(rig.house.provider.orders) == 1


async def test_an_acknowledgement_that_is_refused_is_answered_in_the_channel(rig: Rig) -> None:
    rig.house.provider.polls[0:0] = [Pending()] * 5
    rig.api.script(CALLBACK, error(404, 10062, "Unknown interaction"))
    asked = rig.slash(options=SMILES)
    (line,) = await rig.api.until(rig.posts)
    assert "5 credits" in line.content
    await rig.clips()
    assert not asked.callbacks
    await rig.api.until(lambda: line.deleted)
