"""Commands, menus, buttons and forms of the loopback Discord, driven by the real discord.py."""

import time
import warnings
from typing import Any

import pytest

from tests.loopback.discord.permissions import USE_EXTERNAL_APPS, USUAL_PERMISSIONS
from tests.loopback.discord.refusals import Impossible
from tests.loopback.discord.server import DiscordApi
from tests.loopback.discord_client import PNG, film, running

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord


async def test_a_command_with_a_photo_is_answered(api: DiscordApi) -> None:
    api.keeps_files = True
    ann, channel = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:

        async def answer(interaction: discord.Interaction) -> None:
            await interaction.response.defer(thinking=True)
            interaction.extras["bytes"] = await interaction.extras["image"].read()
            await interaction.edit_original_response(content="done", attachments=[film()])
            await interaction.followup.send("more", ephemeral=True)

        bot.answer = answer
        asked = api.slash(ann, channel, "animate", {"prompt": "wave", "image": ("me.png", PNG)})
        await api.until(lambda: len(asked.responses) == 2)
        got = bot.got[0]
        assert got.extras["prompt"] == "wave"
        assert got.extras["bytes"] == PNG
        assert got.extras["image"].content_type == "image/png"
        assert (got.extras["image"].width, got.extras["image"].height) == (64, 48)
        assert got.guild == bot.client.get_guild(channel.guild.id)
        assert isinstance(got.user, discord.Member)
        assert got.channel == bot.channel(channel.id)
        assert got.permissions.send_messages
        assert got.app_permissions.attach_files
        assert not got.app_permissions.manage_messages
        assert got.context.guild
        assert got.is_guild_integration()
    original, more = asked.responses
    assert asked.original is original
    assert original.content == "done"
    assert [one.data for one in original.attachments] == [b"f" * 1000]
    assert original.history[0].flags & 128
    assert not original.loading
    assert more.ephemeral
    assert channel.messages == [original]
    assert {one["name"] for one in api.synced[-1][1]} == {"animate", "Animate this"}
    with pytest.raises(Impossible, match="required"):
        api.slash(ann, channel, "animate", {"prompt": "wave"})
    with pytest.raises(Impossible, match="finds no"):
        api.slash(ann, channel, "burn")


async def test_the_menu_of_a_message_and_buttons_and_forms(api: DiscordApi) -> None:
    ann, channel = api.user("ann"), api.channel(api.guild())
    said = api.say(ann, channel, "look", [("me.png", PNG, True)])
    async with running(api) as bot:
        bot.answer = _ask_more
        asked = api.menu(ann, said, "Animate this")
        original = await api.until(lambda: asked.original)
        assert bot.got[0].extras["message"].attachments[0].is_spoiler()
        assert original.labels == ["More"]
        pressed = api.press(ann, original, "More")
        modal = await api.until(lambda: pressed.modal)
        assert [one["label"] for one in modal.fields] == ["Prompt", "Photo"]
        with pytest.raises(Impossible, match="characters"):
            api.submit(modal, {"prompt": "x" * 51, "Photo": PNG})
        sent = api.submit(modal, {"prompt": "jump", "Photo": ("me.png", PNG)})
        await api.until(lambda: sent.callbacks)
        assert original.content == f"jump {len(PNG)}"
        assert original.labels == []
        assert original.history[0].content == "what?"
        with pytest.raises(Impossible, match="press"):
            api.press(ann, original, "More")


async def _ask_more(interaction: discord.Interaction) -> None:
    class Form(discord.ui.Modal, title="More"):
        prompt: Any = discord.ui.Label(text="Prompt", component=discord.ui.TextInput(custom_id="prompt", max_length=50))
        photo: Any = discord.ui.Label(text="Photo", component=discord.ui.FileUpload(custom_id="photo"))

        async def on_submit(self, interaction: discord.Interaction) -> None:
            file = self.photo.component.values[0]
            text = f"{self.prompt.component.value} {len(await file.read())}"
            await interaction.response.edit_message(content=text, view=None)

    async def press(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    view = discord.ui.View()
    button: discord.ui.Button[discord.ui.View] = discord.ui.Button(label="More", custom_id="more")
    button.callback = press
    view.add_item(button)
    await interaction.response.send_message("what?", view=view)


async def test_interactions_wait_three_seconds_and_live_fifteen_minutes(api: DiscordApi) -> None:
    now = [time.time()]
    api.clock = lambda: now[0]
    ann, channel = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:

        async def twice(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            other = discord.InteractionResponse(interaction)
            await other.send_message("again")

        bot.answer = twice
        asked = api.slash(ann, channel, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: bot.errors)
        assert bot.errors[0].code == 40060
        more = await bot.got[0].followup.send("here", wait=True)
        assert asked.original
        assert more.id == asked.original.id
        assert asked.original.ephemeral
        assert channel.messages == []
        now[0] += 15 * 60
        with pytest.raises(discord.HTTPException) as failed:
            await bot.got[0].edit_original_response(content="late")
        assert (failed.value.status, failed.value.code) == (401, 50027)
        api.first_answer_within = 0
        api.slash(ann, channel, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: len(bot.errors) == 2)
        assert bot.errors[1].code == 10062


async def test_an_app_of_ones_own_works_where_the_bot_is_not(api: DiscordApi) -> None:
    ann, bob = api.user("ann", installed=True), api.user("bob")
    guild = api.guild("far", bot=False)
    channel = api.channel(guild)
    async with running(api) as bot:
        with pytest.raises(Impossible):
            api.slash(bob, channel, "animate", {"prompt": "a", "image": PNG})
        asked = api.slash(ann, channel, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: asked.original)
        got = bot.got[0]
        assert got.is_user_integration()
        assert not got.is_guild_integration()
        assert not got.app_permissions.send_messages
        await got.followup.send("seen by all")
        assert channel.messages == [asked.responses[1]]
        assert isinstance(got.channel, discord.TextChannel)
        with pytest.raises(discord.Forbidden) as failed:
            await got.channel.send("no")
        assert failed.value.code == 50001
        api.set_permissions(guild.everyone, guild, USUAL_PERMISSIONS & ~USE_EXTERNAL_APPS)
        await got.followup.send("whisper")
        assert asked.responses[2].ephemeral
        both = api.slash(ann, api.group(ann, bob), "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: both.original)
        assert bot.got[1].context.private_channel
        mine = api.slash(ann, api.dm(ann), "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: mine.original)
        assert bot.got[2].context.dm_channel
