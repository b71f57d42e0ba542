"""Discord through the real library: where the bot is no member."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot import texts
from bot.model import Pending
from tests.adapters.discord.discord_rig import Now, Rig, a_rig, ended
from tests.eventually import eventually
from tests.houses import configure, picture
from tests.loopback.discord.permissions import USE_EXTERNAL_APPS, USUAL_PERMISSIONS
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}
POST = "POST /channels/{channel}/messages"


async def test_installed_by_a_person_alone(rig: Rig) -> None:
    rig.api.keeps_files = True
    eve = rig.api.user("eve", installed=True)
    far = rig.api.channel(rig.api.guild("far", bot=False))
    asked = rig.slash(options=SMILES, user=eve, channel=far)
    await rig.api.until(lambda: asked.original and asked.original.attachments)
    assert asked.original
    assert "AI-generated" in asked.original.content
    assert asked.original.labels == ["Again · 5 credits", "New words", "Continue"]
    again = rig.api.press(eve, asked.original, "Again · 5 credits")
    await rig.api.until(lambda: again.original and again.original.attachments)
    group = rig.api.group(eve, rig.ann)
    private = rig.slash(options=SMILES, user=eve, channel=group)
    await rig.api.until(lambda: private.original and private.original.attachments)
    assert not rig.api.called(POST)


async def test_each_question_there_has_a_tap_of_its_own_and_says_nothing_else(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    eve = rig.api.user("eve", installed=True)
    far = rig.api.channel(rig.api.guild("far", bot=False))
    for _ in range(2):
        asked = rig.slash(options=SMILES, user=eve, channel=far)
        await rig.api.until(lambda: asked.original and asked.original.labels)  # noqa: B023  # awaited here
        assert asked.original
        assert asked.original.content == texts.consent.ASK


async def test_after_a_quarter_of_an_hour_a_button_gets_the_clip(rig: Rig) -> None:
    eve = rig.api.user("eve", installed=True)
    far = rig.api.channel(rig.api.guild("far", bot=False))
    provider = rig.house.provider
    slow, provider.polls = provider.polls, [Pending()]
    asked = rig.slash(options=SMILES, user=eve, channel=far)
    await rig.api.until(lambda: asked.original and asked.original.content)
    assert asked.original
    rig.now.later += 15 * 60 - 60
    await rig.api.until(lambda: asked.original and "Get the clip" in asked.original.labels)
    rig.now.later += 120
    pressed = rig.api.press(eve, asked.original, "Get the clip")
    await rig.api.until(lambda: asked.original and "Get the clip" not in asked.original.labels)
    rig.now.later += 15 * 60 - 60
    await rig.api.until(lambda: asked.original and "Get the clip" in asked.original.labels)
    rig.now.later += 120
    provider.polls = slow
    await eventually(lambda: ended(rig, eve))
    assert not asked.original.attachments
    rig.api.press(eve, asked.original, "Get the clip")
    await rig.api.until(lambda: asked.original and asked.original.attachments)
    assert "AI-generated" in asked.original.content
    assert pressed.user is eve
    assert not rig.api.called(POST)
    assert rig.api.served["POST /users/@me/channels"] == 0


async def test_the_button_is_for_whoever_ordered_the_clip(rig: Rig) -> None:
    eve, mal = (rig.api.user(name, installed=True) for name in ("eve", "mal"))
    far = rig.api.channel(rig.api.guild("far", bot=False))
    rig.house.provider.polls = [Pending()]
    asked = rig.slash(options=SMILES, user=eve, channel=far)
    await rig.api.until(lambda: asked.original and asked.original.content)
    assert asked.original
    rig.now.later += 15 * 60 - 60
    await rig.api.until(lambda: asked.original and "Get the clip" in asked.original.labels)
    (refused,) = await rig.whispers(rig.api.press(mal, asked.original, "Get the clip"))
    assert refused == texts.chat.NOT_YOURS
    assert "Get the clip" in asked.original.labels
    rig.api.press(eve, asked.original, "Get the clip")
    await rig.api.until(lambda: asked.original and "Get the clip" not in asked.original.labels)


async def test_the_button_comes_after_a_restart_too(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    now = Now()
    api = DiscordApi(clock=now)
    eve = api.user("eve", installed=True)
    async with api.serve() as base:
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
            far = api.channel(api.guild("far", bot=False))
            rig.house.provider.polls = [Pending()]
            asked = rig.slash(options=SMILES, user=eve, channel=far)
            await api.until(lambda: asked.original and asked.original.content)
            await asyncio.sleep(0.05)
        now.later += 15 * 60 - 60
        async with a_rig(tmp_path, large_clip, new_id, api=api, base=base, start=False) as rig:
            rig.house.provider.polls = [Pending()]
            await rig.open()
            await api.until(lambda: asked.original and "Get the clip" in asked.original.labels)


async def test_where_apps_of_ones_own_may_only_whisper(rig: Rig) -> None:
    eve = rig.api.user("eve", installed=True)
    far = rig.api.channel(rig.api.guild("far", bot=False, everyone=USUAL_PERMISSIONS & ~USE_EXTERNAL_APPS))
    asked = rig.slash(options=SMILES, user=eve, channel=far)
    await rig.api.until(lambda: asked.original and asked.original.attachments)
    assert asked.original
    assert asked.original.ephemeral
    assert not far.messages
    again = rig.api.press(eve, asked.original, "Again · 5 credits")
    await rig.api.until(lambda: again.original and again.original.attachments)
    assert again.original
    assert again.original.ephemeral
