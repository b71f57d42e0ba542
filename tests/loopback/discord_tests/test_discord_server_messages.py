"""Messages, links, threads and permissions of the loopback Discord, driven by the real discord.py."""

import asyncio
import io
import time
import warnings
from collections.abc import Awaitable
from typing import Any

import aiohttp
import pytest

from tests.loopback.discord.permissions import (
    ATTACH_FILES,
    MANAGE_MESSAGES,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    USUAL_PERMISSIONS,
    VIEW_CHANNEL,
)
from tests.loopback.discord.refusals import Impossible
from tests.loopback.discord.server import DiscordApi
from tests.loopback.discord_client import PNG, POST, film, running

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord
    from discord.http import Route


async def test_messages_reach_the_bot_as_its_intents_allow(api: DiscordApi) -> None:
    ann, channel = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:
        plain = api.say(ann, channel, "secret", [("a.png", PNG)])
        named = api.say(ann, channel, "move", mention_bot=True, reply_to=plain)
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
        hidden = api.channel(channel.guild, "attic", bot_sees=False)
        api.say(ann, hidden, "psst", mention_bot=True)
        await asyncio.sleep(0.05)
        assert len(bot.messages) == 4
    told = discord.Intents.default()
    told.message_content = True
    async with running(api, intents=told) as bot:
        api.say(ann, channel, "open")
        await api.until(lambda: bot.messages)
        assert bot.messages[0].content == "open"


async def test_a_nonce_makes_one_message_of_two(api: DiscordApi) -> None:
    now = [time.time()]
    api.clock = lambda: now[0]
    channel = api.channel(api.guild())
    async with running(api) as bot:
        handle = bot.channel(channel.id)
        first = await handle.send("once", nonce="job:1", file=film())
        second = await handle.send("once", nonce="job:1", file=film())
        assert first.id == second.id
        assert len(channel.messages) == 1
        assert channel.messages[0].nonce == "job:1"
        assert channel.messages[0].attachments[0].data is None
        assert channel.messages[0].attachments[0].size == 1000
        assert len(api.called(POST)) == 2
        with pytest.raises(discord.HTTPException, match="25 or fewer"):
            await handle.send("long", nonce="x" * 26)
        now[0] += 600
        third = await handle.send("once", nonce="job:1")
        assert third.id != first.id  # it is known for some minutes only
        await third.delete()
        with pytest.raises(discord.NotFound):  # as the library's own documentation says
            await handle.send("once", nonce="job:1")


async def test_a_message_read_again_has_links_that_are_good_until_it_is_deleted() -> None:
    now = [time.time()]
    api = DiscordApi(clock=lambda: now[0])
    api.keeps_files = True
    async with api.serve() as base, aiohttp.ClientSession() as web:
        Route.BASE = base
        channel = api.channel(api.guild())
        async with running(api) as bot:
            handle = bot.channel(channel.id)
            sent = await handle.send("film", file=discord.File(io.BytesIO(b"f" * 1000), "film.mp4"))
            old = sent.attachments[0].url
            now[0] += api.cdn_lifetime + 1
            async with web.get(old) as answer:
                assert answer.status == 404
            new = (await handle.fetch_message(sent.id)).attachments[0].url
            assert new.partition("?")[0] == old.partition("?")[0]
            assert new != old
            async with web.get(new.replace("ex=", "ex=f")) as answer:
                assert answer.status == 404  # nobody makes it good for longer
            async with web.get(new) as answer:
                assert await answer.read() == b"f" * 1000

            linked = await handle.send(f"look\n||{new}||")
            shown = api.messages[linked.id]
            assert api.plays(shown) == api.messages[sent.id].attachments
            now[0] += api.cdn_lifetime + 1
            assert api.plays(shown)  # Discord's clients renew what they show
            quiet = await handle.send(new, suppress_embeds=True)
            wrong = await handle.send(new.replace("hm=", "hm=0"))
            bare = await handle.send(f"<{new}>")
            assert not any(api.plays(api.messages[one.id]) for one in (quiet, wrong, bare))

            await sent.edit(content="other words")
            assert api.plays(api.messages[sent.id])
            await sent.delete()
            assert not api.plays(shown)
            async with web.get(api.attachment_url(api.messages[sent.id].attachments[0])) as answer:
                assert answer.status == 404
            with pytest.raises(discord.NotFound):
                await handle.fetch_message(sent.id)


@pytest.mark.parametrize("asked", [True, False])
async def test_reactions_reach_the_bot_if_it_asked_for_them(api: DiscordApi, asked: bool) -> None:
    ann, channel = api.user("ann"), api.channel(api.guild())
    said = api.say(ann, channel, "hello")
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
        api.say(ann, channel, "and now", mention_bot=True)
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
    channel = api.channel(api.guild())
    thread = api.thread(api.user("ann"), channel)
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
    channel = api.channel(guild)
    async with running(api) as bot:
        handle = bot.channel(channel.id)
        mine = guild.members[api.me.id].roles[0]

        async def code(work: Awaitable[Any]) -> int:
            with pytest.raises(discord.HTTPException) as failed:
                await work
            return failed.value.code

        api.overwrite(channel, mine, deny=ATTACH_FILES)
        assert await code(handle.send(file=film())) == 50013
        assert await handle.send("words")
        api.overwrite(channel, mine, deny=SEND_MESSAGES)
        assert await code(handle.send("words")) == 50013
        assert await code(handle.typing().__aenter__()) == 50013
        api.overwrite(channel, mine, deny=VIEW_CHANNEL)
        assert await code(handle.send("words")) == 50001
        api.overwrite(channel, mine, deny=READ_MESSAGE_HISTORY)
        said = api.say(ann, channel, "hi")
        assert await code(handle.send("yes", reference=handle.get_partial_message(said.id))) == 160002
        api.overwrite(channel, mine)
        assert (await handle.send("yes", reference=handle.get_partial_message(said.id))).reference
        assert channel.messages[-1].reply_to is said
        assert await code(handle.get_partial_message(said.id).delete()) == 50013
        assert await code(handle.get_partial_message(said.id).edit(content="no")) == 50005
        api.set_permissions(mine, guild, USUAL_PERMISSIONS | MANAGE_MESSAGES)
        await handle.get_partial_message(said.id).delete()
        assert said.deleted
        reference = handle.get_partial_message(said.id).to_reference(fail_if_not_exists=True)
        assert await code(handle.send("gone", reference=reference)) == 50035
        reference.fail_if_not_exists = False
        assert (await handle.send("gone", reference=reference)).reference is None
        assert await code(handle.fetch_message(said.id)) == 10008
        assert await code(handle.send(file=film(10 * 2**20 + 1))) == 40005
        assert await code(handle.send("")) == 50006
        ann.takes_dms = False
        assert await code((await bot.client.fetch_user(ann.id)).send("psst")) == 50007
        api.delete_channel(channel)
        assert await code(handle.send("words")) == 10003


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
