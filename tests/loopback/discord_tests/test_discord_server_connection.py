"""The gateway, faults and limits of the loopback Discord, and how strict its HTTP is."""

import asyncio
import logging
import time
import warnings
from typing import Any

import aiohttp
import pytest

from tests.loopback.discord.faults import FINE, broken, cut, error, hang, too_many
from tests.loopback.discord.messages import COMPONENTS_V2
from tests.loopback.discord.server import DiscordApi
from tests.loopback.discord_client import PNG, POST, Alone, Sharded, film, running

with warnings.catch_warnings():  # discord.py imports `audioop`, which warns from Python 3.11 on
    warnings.simplefilter("ignore", DeprecationWarning)
    import discord


async def test_the_gateway_resumes_and_starts_anew(api: DiscordApi) -> None:
    ann, channel = api.user("ann"), api.channel(api.guild())
    async with running(api) as bot:
        api.drop()
        while_away = api.say(ann, channel, "one", mention_bot=True)
        await api.until(lambda: len(api.resumes) == 1 and bot.messages)
        assert bot.messages[0].id == while_away.id
        api.reconnect()
        await api.until(lambda: len(api.resumes) == 2 and bot.events.count("RESUMED") == 2)
        assert len(api.identifies) == 1
        api.invalidate()
        await api.until(lambda: len(api.identifies) == 2 and api.connected)
        api.say(ann, channel, "two", mention_bot=True)
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
    channels = [api.channel(api.guild(f"g{shard}", shard=shard)) for shard in (0, 1)]
    async with running(api, Sharded) as bot:
        assert [one["shard"] for one in api.identifies] == [[0, 2], [1, 2]]
        assert [one.shard_id for one in sorted(bot.client.guilds, key=lambda one: one.name)] == [0, 1]
        for channel in [*channels, api.dm(ann)]:
            api.say(ann, channel, "hi", mention_bot=True)
        await api.until(lambda: len(bot.messages) == 3)
        for channel in channels:
            api.slash(ann, channel, "animate", {"prompt": "a", "image": PNG})
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
    channel = api.channel(api.guild())
    async with running(api) as bot:
        handle = bot.channel(channel.id)
        api.script(POST, too_many(0.05), too_many(0.05, "global"), FINE)
        await handle.send("kept on", nonce=1)
        assert [one.status for one in api.called(POST)] == [429, 429, 200]
        api.script(POST, broken(502, done=True))
        await handle.send("once", nonce=2)  # discord.py repeats it, with the same nonce
        assert [one.content for one in channel.messages] == ["kept on", "once"]
        api.script(POST, too_many(scope="cloudflare"), broken(503), error(400, 12345, "odd"))
        for status, code in ((429, 0), (503, 0), (400, 12345)):
            with pytest.raises(discord.HTTPException) as failed:
                await handle.send("no")
            assert (failed.value.status, failed.value.code) == (status, code)
        api.script(POST, cut("before"), cut("mid"), cut("after"), cut("answer"))
        for said in ("before", "mid", "after", "answer"):
            with pytest.raises((aiohttp.ClientError, OSError)):
                await handle.send(said, file=film(300_000))
        assert [one.content for one in channel.messages] == ["kept on", "once", "after", "answer"]
        for fault, there in ((hang("before"), 4), (hang("after"), 6), (hang("answered"), 7)):
            api.script(POST, fault)
            sending = asyncio.create_task(handle.send("wait"))
            assert await asyncio.wait_for(api.reached.get(), 60) == POST
            assert len(channel.messages) == there
            assert fault.when == "answered" or not sending.done()
            api.let_go()
            await sending


async def test_the_real_limits_hold(api: DiscordApi) -> None:
    api.limits_calls = True
    channel = api.channel(api.guild())
    async with running(api) as bot:
        start = time.monotonic()
        for at in range(4):
            await bot.channel(channel.id).send(str(at))
        assert time.monotonic() - start < 4  # within the five seconds of a window
        assert len(channel.messages) == 4
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {api.token}"}) as session:
            url = f"{api.base}/channels/{channel.id}/messages"
            answers = [await session.post(url, json={"content": "x"}) for _ in range(2)]
            assert [one.status for one in answers] == [200, 429]
            assert (await answers[1].json())["retry_after"] > 0


async def test_the_shapes_are_strict(api: DiscordApi) -> None:
    channel = api.channel(api.guild())
    url = f"{api.base}/channels/{channel.id}/messages"
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
        expiring = api.upload(channel, "me.png", PNG)
        async with session.get(api.attachment_url(expiring)) as answer:
            assert await answer.read() == PNG
        async with session.get(api.attachment_url(expiring).replace("hm=", "hm=0")) as answer:
            assert answer.status == 404
        api.cdn_lifetime = -1
        async with session.get(api.attachment_url(expiring)) as answer:
            assert answer.status == 404
