"""The loopback Discord, driven by the real discord.py: what the tests of the adapter stand on."""

import asyncio
import io
import logging
import time
import warnings
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

import aiohttp
import pytest

from tests.loopback.discord.faults import FINE, broken, cut, error, hang, too_many
from tests.loopback.discord.messages import COMPONENTS_V2
from tests.loopback.discord.permissions import (
    ATTACH_FILES,
    MANAGE_MESSAGES,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    USE_EXTERNAL_APPS,
    USUAL_PERMISSIONS,
    VIEW_CHANNEL,
)
from tests.loopback.discord.refusals import Impossible
from tests.loopback.discord.server import DiscordApi
from tests.loopback.discord_client import Alone, Sharded, film, running

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

POST = "POST /channels/{channel}/messages"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (64).to_bytes(4, "big") + (48).to_bytes(4, "big") + b"\x08\x02\0\0\0"


@pytest.fixture(autouse=True)
def elsewhere() -> Iterator[None]:
    """Put back where discord.py looks."""
    base, gateway = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    yield
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def api() -> AsyncIterator[DiscordApi]:
    api = DiscordApi()
    async with api.serve() as base:
        Route.BASE = base
        yield api


async def test_a_command_with_a_photo_is_answered(api: DiscordApi) -> None:
    api.keeps_files = True
    ann, room = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:

        async def answer(interaction: discord.Interaction) -> None:
            await interaction.response.defer(thinking=True)
            interaction.extras["bytes"] = await interaction.extras["image"].read()
            await interaction.edit_original_response(content="done", attachments=[film()])
            await interaction.followup.send("more", ephemeral=True)

        bot.answer = answer
        asked = api.slash(ann, room, "animate", {"prompt": "wave", "image": ("me.png", PNG)})
        await api.until(lambda: len(asked.responses) == 2)
        got = bot.got[0]
        assert got.extras["prompt"] == "wave"
        assert got.extras["bytes"] == PNG
        assert got.extras["image"].content_type == "image/png"
        assert (got.extras["image"].width, got.extras["image"].height) == (64, 48)
        assert got.guild == bot.client.get_guild(room.guild.id)
        assert isinstance(got.user, discord.Member)
        assert got.channel == bot.channel(room.id)
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
    assert room.messages == [original]
    assert {one["name"] for one in api.synced[-1][1]} == {"animate", "Animate this"}
    with pytest.raises(Impossible, match="required"):
        api.slash(ann, room, "animate", {"prompt": "wave"})
    with pytest.raises(Impossible, match="finds no"):
        api.slash(ann, room, "burn")


async def test_the_menu_of_a_message_and_buttons_and_forms(api: DiscordApi) -> None:
    ann, room = api.user("ann"), api.channel(api.guild())
    said = api.say(ann, room, "look", [("me.png", PNG, True)])
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


async def test_messages_reach_the_bot_as_its_intents_allow(api: DiscordApi) -> None:
    ann, room = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:
        plain = api.say(ann, room, "secret", [("a.png", PNG)])
        named = api.say(ann, room, "move", mention_bot=True, reply_to=plain)
        private = api.say(ann, api.dm(ann), "hush")
        api.again(named)
        await api.until(lambda: len(bot.messages) == 4)
        assert [one.id for one in bot.messages] == [plain.id, named.id, private.id, named.id]
        assert (bot.messages[0].content, bot.messages[0].attachments) == ("", [])
        assert bot.messages[1].content == f"{api.me.mention} move"
        assert bot.messages[1].reference.message_id == plain.id
        assert bot.messages[2].content == "hush"
        api.edit(named, "other")
        api.delete(named)
        await api.until(lambda: "MESSAGE_DELETE" in bot.events)
        hidden = api.channel(room.guild, "attic", bot_sees=False)
        api.say(ann, hidden, "psst", mention_bot=True)
        await asyncio.sleep(0.05)
        assert len(bot.messages) == 4
    told = discord.Intents.default()
    told.message_content = True
    async with running(api, intents=told) as bot:
        api.say(ann, room, "open")
        await api.until(lambda: bot.messages)
        assert bot.messages[0].content == "open"


async def test_a_nonce_makes_one_message_of_two(api: DiscordApi) -> None:
    now = [time.time()]
    api.clock = lambda: now[0]
    room = api.channel(api.guild())
    async with running(api) as bot:
        channel = bot.channel(room.id)
        first = await channel.send("once", nonce="job:1", file=film())
        second = await channel.send("once", nonce="job:1", file=film())
        assert first.id == second.id
        assert len(room.messages) == 1
        assert room.messages[0].nonce == "job:1"
        assert room.messages[0].attachments[0].data is None
        assert room.messages[0].attachments[0].size == 1000
        assert len(api.called(POST)) == 2
        with pytest.raises(discord.HTTPException, match="25 or fewer"):
            await channel.send("long", nonce="x" * 26)
        now[0] += 600
        third = await channel.send("once", nonce="job:1")
        assert third.id != first.id  # it is known for some minutes only
        await third.delete()
        with pytest.raises(discord.NotFound):  # as the library's own documentation says
            await channel.send("once", nonce="job:1")


async def test_a_message_read_again_has_links_that_are_good_until_it_is_deleted() -> None:
    now = [time.time()]
    api = DiscordApi(clock=lambda: now[0])
    api.keeps_files = True
    async with api.serve() as base, aiohttp.ClientSession() as web:
        Route.BASE = base
        room = api.channel(api.guild())
        async with running(api) as bot:
            channel = bot.channel(room.id)
            sent = await channel.send("film", file=discord.File(io.BytesIO(b"f" * 1000), "film.mp4"))
            old = sent.attachments[0].url
            now[0] += api.cdn_lifetime + 1
            async with web.get(old) as answer:
                assert answer.status == 404
            new = (await channel.fetch_message(sent.id)).attachments[0].url
            assert new.partition("?")[0] == old.partition("?")[0]
            assert new != old
            async with web.get(new.replace("ex=", "ex=f")) as answer:
                assert answer.status == 404  # nobody makes it good for longer
            async with web.get(new) as answer:
                assert await answer.read() == b"f" * 1000

            linked = await channel.send(f"look\n||{new}||")
            shown = api.messages[linked.id]
            assert api.plays(shown) == api.messages[sent.id].attachments
            now[0] += api.cdn_lifetime + 1
            assert api.plays(shown)  # Discord's clients renew what they show
            quiet = await channel.send(new, suppress_embeds=True)
            wrong = await channel.send(new.replace("hm=", "hm=0"))
            bare = await channel.send(f"<{new}>")
            assert not any(api.plays(api.messages[one.id]) for one in (quiet, wrong, bare))

            await sent.edit(content="other words")
            assert api.plays(api.messages[sent.id])
            await sent.delete()
            assert not api.plays(shown)
            async with web.get(api.attachment_url(api.messages[sent.id].attachments[0])) as answer:
                assert answer.status == 404
            with pytest.raises(discord.NotFound):
                await channel.fetch_message(sent.id)


@pytest.mark.parametrize("asked", [True, False])
async def test_reactions_reach_the_bot_if_it_asked_for_them(api: DiscordApi, asked: bool) -> None:
    ann, room = api.user("ann"), api.channel(api.guild())
    said = api.say(ann, room, "hello")
    intents = discord.Intents(guilds=True, guild_messages=True, guild_reactions=asked)
    async with running(api, intents=intents) as bot:
        events: list[discord.RawReactionActionEvent] = []

        async def heard(event: discord.RawReactionActionEvent) -> None:
            events.append(event)

        bot.client.on_raw_reaction_add = bot.client.on_raw_reaction_remove = heard
        api.react(ann, said, "❤️")
        with pytest.raises(Impossible):
            api.react(ann, said, "❤️")
        api.unreact(ann, said, "❤️")
        api.say(ann, room, "and now", mention_bot=True)
        await api.until(lambda: bot.messages)
        if not asked:
            assert not events
            return
        came, went = sorted(events, key=lambda event: event.event_type)
        assert (came.user_id, came.message_id, str(came.emoji)) == (ann.id, said.id, "❤️")
        assert came.message_author_id == ann.id
        assert came.member
        assert not came.member.bot
        assert (went.event_type, went.member, went.message_author_id) == ("REACTION_REMOVE", None, None)


async def test_a_thread_that_was_put_away_is_opened_to_change_what_stands_there(api: DiscordApi) -> None:
    room = api.channel(api.guild())
    thread = api.thread(api.user("ann"), room)
    async with running(api) as bot:
        where = bot.client.get_partial_messageable(thread.id)
        sent = await where.send("hello")
        api.archive(thread)
        with pytest.raises(discord.HTTPException, match="archived"):
            await sent.edit(content="other")
        await bot.client.http.edit_channel(thread.id, archived=False)
        await sent.edit(content="other")
        api.archive(thread, locked=True)
        with pytest.raises(discord.Forbidden):
            await bot.client.http.edit_channel(thread.id, archived=False)


async def test_permissions_decide(api: DiscordApi) -> None:
    ann = api.user("ann")
    guild = api.guild()
    room = api.channel(guild)
    async with running(api) as bot:
        channel = bot.channel(room.id)
        mine = guild.members[api.me.id].roles[0]

        async def code(work: Awaitable[Any]) -> int:
            with pytest.raises(discord.HTTPException) as failed:
                await work
            return failed.value.code

        api.overwrite(room, mine, deny=ATTACH_FILES)
        assert await code(channel.send(file=film())) == 50013
        assert await channel.send("words")
        api.overwrite(room, mine, deny=SEND_MESSAGES)
        assert await code(channel.send("words")) == 50013
        assert await code(channel.typing().__aenter__()) == 50013
        api.overwrite(room, mine, deny=VIEW_CHANNEL)
        assert await code(channel.send("words")) == 50001
        api.overwrite(room, mine, deny=READ_MESSAGE_HISTORY)
        said = api.say(ann, room, "hi")
        assert await code(channel.send("yes", reference=channel.get_partial_message(said.id))) == 160002
        api.overwrite(room, mine)
        assert (await channel.send("yes", reference=channel.get_partial_message(said.id))).reference
        assert room.messages[-1].reply_to is said
        assert await code(channel.get_partial_message(said.id).delete()) == 50013
        assert await code(channel.get_partial_message(said.id).edit(content="no")) == 50005
        api.set_permissions(mine, guild, USUAL_PERMISSIONS | MANAGE_MESSAGES)
        await channel.get_partial_message(said.id).delete()
        assert said.deleted
        reference = channel.get_partial_message(said.id).to_reference(fail_if_not_exists=True)
        assert await code(channel.send("gone", reference=reference)) == 50035
        reference.fail_if_not_exists = False
        assert (await channel.send("gone", reference=reference)).reference is None
        assert await code(channel.fetch_message(said.id)) == 10008
        assert await code(channel.send(file=film(10 * 2**20 + 1))) == 40005
        assert await code(channel.send("")) == 50006
        ann.takes_dms = False
        assert await code((await bot.client.fetch_user(ann.id)).send("psst")) == 50007
        api.delete_channel(room)
        assert await code(channel.send("words")) == 10003


async def test_threads_open_again_unless_locked(api: DiscordApi) -> None:
    ann = api.user("ann")
    guild = api.guild()
    post = api.post(ann, api.forum(guild), "My cat", "make it fly", [("cat.png", PNG)])
    async with running(api) as bot:
        thread = bot.client.get_channel(post.channel.id)
        assert isinstance(thread, discord.Thread)
        said = await thread.send("flying")
        api.archive(post.channel)
        with pytest.raises(discord.HTTPException) as failed:
            await said.edit(content="flown")
        assert failed.value.code == 50083
        await thread.send("flown")
        assert not post.channel.archived
        api.archive(post.channel, locked=True)
        with pytest.raises(discord.HTTPException) as failed:
            await thread.send("no")
        assert failed.value.code == 50083
        api.archive(post.channel, archived=False)
        api.set_permissions(guild.everyone, guild, USUAL_PERMISSIONS & ~SEND_MESSAGES_IN_THREADS)
        api.set_permissions(guild.members[api.me.id].roles[0], guild, 0)
        with pytest.raises(discord.Forbidden):
            await thread.send("no")


async def test_interactions_wait_three_seconds_and_live_fifteen_minutes(api: DiscordApi) -> None:
    now = [time.time()]
    api.clock = lambda: now[0]
    ann, room = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:

        async def twice(interaction: discord.Interaction) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            other = discord.InteractionResponse(interaction)
            await other.send_message("again")

        bot.answer = twice
        asked = api.slash(ann, room, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: bot.errors)
        assert bot.errors[0].code == 40060
        more = await bot.got[0].followup.send("here", wait=True)
        assert asked.original
        assert more.id == asked.original.id
        assert asked.original.ephemeral
        assert room.messages == []
        now[0] += 15 * 60
        with pytest.raises(discord.HTTPException) as failed:
            await bot.got[0].edit_original_response(content="late")
        assert (failed.value.status, failed.value.code) == (401, 50027)
        api.first_answer_within = 0
        api.slash(ann, room, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: len(bot.errors) == 2)
        assert bot.errors[1].code == 10062


async def test_an_app_of_ones_own_works_where_the_bot_is_not(api: DiscordApi) -> None:
    ann, bob = api.user("ann", installed=True), api.user("bob")
    guild = api.guild("far", bot=False)
    room = api.channel(guild)
    async with running(api) as bot:
        with pytest.raises(Impossible):
            api.slash(bob, room, "animate", {"prompt": "a", "image": PNG})
        asked = api.slash(ann, room, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: asked.original)
        got = bot.got[0]
        assert got.is_user_integration()
        assert not got.is_guild_integration()
        assert not got.app_permissions.send_messages
        await got.followup.send("seen by all")
        assert room.messages == [asked.responses[1]]
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


async def test_the_gateway_resumes_and_starts_anew(api: DiscordApi) -> None:
    ann, room = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:
        api.drop()
        while_away = api.say(ann, room, "one", mention_bot=True)
        await api.until(lambda: len(api.resumes) == 1 and bot.messages)
        assert bot.messages[0].id == while_away.id
        api.reconnect()
        await api.until(lambda: len(api.resumes) == 2 and bot.events.count("RESUMED") == 2)
        assert len(api.identifies) == 1
        api.invalidate()
        await api.until(lambda: len(api.identifies) == 2 and api.connected)
        api.say(ann, room, "two", mention_bot=True)
        await api.until(lambda: len(bot.messages) == 2)
        api.forget()
        api.drop()
        await api.until(lambda: len(api.identifies) == 3 and api.connected)
        other = api.guild("new")
        await api.until(lambda: bot.client.get_guild(other.id))
        api.leave(other)
        await api.until(lambda: "GUILD_DELETE" in bot.events)


async def test_shards_share_the_guilds(api: DiscordApi) -> None:
    api.shards = 2
    ann = api.user("ann")
    rooms = [api.channel(api.guild(f"g{shard}", shard=shard)) for shard in (0, 1)]
    async with running(api, Sharded) as bot:
        assert [one["shard"] for one in api.identifies] == [[0, 2], [1, 2]]
        assert [one.shard_id for one in sorted(bot.client.guilds, key=lambda one: one.name)] == [0, 1]
        for room in [*rooms, api.dm(ann)]:
            api.say(ann, room, "hi", mention_bot=True)
        await api.until(lambda: len(bot.messages) == 3)
        for room in rooms:
            api.slash(ann, room, "animate", {"prompt": "a", "image": PNG})
        await api.until(lambda: all(one.original for one in api.interactions))
        api.invalidate(1)
        await api.until(lambda: len(api.identifies) == 3)
        assert len(api.connected) == 2


async def test_a_wrong_token_is_refused(api: DiscordApi) -> None:
    async with Alone(intents=discord.Intents.none()) as client:
        with pytest.raises(discord.LoginFailure):
            await client.login("wrong")
    api.content_allowed = False
    told = discord.Intents.default()
    told.message_content = True
    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(api, intents=told):
            pass


async def test_faults_come_in_order(api: DiscordApi, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "discord")
    room = api.channel(api.guild())
    async with running(api) as bot:
        channel = bot.channel(room.id)
        api.script(POST, too_many(0.05), too_many(0.05, "global"), FINE)
        await channel.send("kept on", nonce=1)
        assert [one.status for one in api.called(POST)] == [429, 429, 200]
        api.script(POST, broken(502, done=True))
        await channel.send("once", nonce=2)  # discord.py repeats it, with the same nonce
        assert [one.content for one in room.messages] == ["kept on", "once"]
        api.script(POST, too_many(scope="cloudflare"), broken(503), error(400, 12345, "odd"))
        for status, code in ((429, 0), (503, 0), (400, 12345)):
            with pytest.raises(discord.HTTPException) as failed:
                await channel.send("no")
            assert (failed.value.status, failed.value.code) == (status, code)
        api.script(POST, cut("before"), cut("mid"), cut("after"), cut("answer"))
        for said in ("before", "mid", "after", "answer"):
            with pytest.raises((aiohttp.ClientError, OSError)):
                await channel.send(said, file=film(300_000))
        assert [one.content for one in room.messages] == ["kept on", "once", "after", "answer"]
        for fault, there in ((hang("before"), 4), (hang("after"), 6), (hang("answered"), 7)):
            api.script(POST, fault)
            sending = asyncio.create_task(channel.send("wait"))
            assert await asyncio.wait_for(api.reached.get(), 60) == POST
            assert len(room.messages) == there
            assert fault.when == "answered" or not sending.done()
            api.let_go()
            await sending


async def test_the_real_limits_hold(api: DiscordApi) -> None:
    api.limits_calls = True
    room = api.channel(api.guild())
    async with running(api) as bot:
        start = time.monotonic()
        for at in range(4):
            await bot.channel(room.id).send(str(at))
        assert time.monotonic() - start < 4  # within the five seconds of a window
        assert len(room.messages) == 4
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {api.token}"}) as session:
            url = f"{api.base}/channels/{room.id}/messages"
            answers = [await session.post(url, json={"content": "x"}) for _ in range(2)]
            assert [one.status for one in answers] == [200, 429]
            assert (await answers[1].json())["retry_after"] > 0


async def test_the_shapes_are_strict(api: DiscordApi) -> None:
    room = api.channel(api.guild())
    url = f"{api.base}/channels/{room.id}/messages"
    button = {"type": 2, "style": 1, "label": "x", "custom_id": "a"}
    bad: list[dict[str, Any]] = [
        {"content": "x" * 2001},
        {"content": "x", "components": [{"type": 1, "components": [button | {"label": "x" * 81}]}]},
        {"content": "x", "components": [{"type": 1, "components": [button | {"custom_id": "x" * 101}]}]},
        {"content": "x", "components": [{"type": 1, "components": [button, button]}]},
        {"content": "x", "components": [{"type": 1, "components": [button] * 6}]},
        {"content": "x", "components": [{"type": 1, "components": [button]}] * 6},
        {"embeds": [{"title": "x" * 257}]},
        {"embeds": [{"description": "x" * 4000}] * 2},
        {"content": "x", "flags": COMPONENTS_V2, "components": [{"type": 10, "content": "x"}]},
    ]
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {api.token}"}) as session:
        for body in bad:
            async with session.post(url, json=body) as answer:
                assert answer.status == 400, body
                assert (await answer.json())["code"] == 50035
        commands = f"{api.base}/applications/{api.application_id}/commands"
        for options in ([{"name": "Big", "type": 3, "description": "x"}], [{"name": "a", "type": 3}]):
            async with session.put(commands, json=[{"name": "a", "description": "b", "options": options}]) as answer:
                assert answer.status == 400
        async with session.get(f"{api.base}/nothing") as answer:
            assert answer.status == 404
        expiring = api.upload(room, "me.png", PNG)
        async with session.get(api.attachment_url(expiring)) as answer:
            assert await answer.read() == PNG
        async with session.get(api.attachment_url(expiring).replace("hm=", "hm=0")) as answer:
            assert answer.status == 404
        api.cdn_lifetime = -1
        async with session.get(api.attachment_url(expiring)) as answer:
            assert answer.status == 404
