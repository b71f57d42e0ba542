"""Discord through the real library: tokens, connections and commands."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from adapters.discord import gateway
from adapters.discord.gateway import invite, shares
from adapters.discord.identify_budget import IdentifyBudget
from bot import catalogue
from bot.commands.table import TABLE
from bot.config import Settings
from tests.adapters.discord.discord_rig import Now, Rig, a_rig
from tests.houses import configure, picture
from tests.loopback.discord.faults import error
from tests.loopback.discord.permissions import (
    ATTACH_FILES,
    EMBED_LINKS,
    MANAGE_GUILD,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    USUAL_PERMISSIONS,
    VIEW_CHANNEL,
)
from tests.loopback.discord.server import DiscordApi
from tests.wave import WAVE

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she smiles"}


async def test_a_bad_token_is_said_once(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    async with a_rig(tmp_path, large_clip, new_id, token="wrong", start=False) as rig:
        await asyncio.wait_for(rig.supervisor.run(), 60)
        assert "DISCORD_TOKEN" in rig.supervisor.troubles()["discord"]
        assert rig.api.served["GET /users/@me"] == 1
        assert not rig.api.identifies


async def test_a_token_that_is_taken_away_ends_it(rig: Rig) -> None:
    rig.api.drop(code=4004)
    await rig.api.until(lambda: "DISCORD_TOKEN" in rig.supervisor.troubles()["discord"])


async def test_discord_that_is_away_comes_back(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    api = DiscordApi(clock=Now())
    api.script("GET /users/@me", error(403, 0))
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        rig.slash(options=SMILES)
        await rig.clips()


async def test_a_connection_that_is_gone_is_said_at_once(rig: Rig) -> None:
    assert not rig.discord.trouble()
    rig.api.drop()
    await rig.api.until(lambda: rig.discord.trouble().startswith("no connection to Discord for "))
    await rig.api.until(lambda: not rig.discord.trouble())


async def test_a_crash_loop_stays_below_a_thousand(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    async with a_rig(tmp_path, large_clip, new_id, start=False) as rig:
        rig.discord._budget = IdentifyBudget(rig.house.store.inbox, rig.now, most=3)
        rig.tasks = [asyncio.create_task(rig.supervisor.run())]
        for count in range(1, 4):
            await rig.api.until(lambda count=count: len(rig.api.identifies) == count and rig.api.connected)
            rig.api.invalidate()
        await rig.api.until(lambda: "too often" in rig.discord.trouble())
        await asyncio.sleep(0.1)
        assert len(rig.api.identifies) == 3
        rig.now.later += 86_400
        await rig.api.until(lambda: len(rig.api.identifies) == 4)


async def test_a_discord_that_says_no_farewell_holds_no_stop_up(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection is dead, and that is not known yet; the library alone would wait for half a minute."""
    monkeypatch.setattr(gateway, "FAREWELL", 0.1)
    rig.api.says_farewell = False
    async with asyncio.timeout(20):
        await rig.close()
    rig.tasks.clear()


def test_shares() -> None:
    assert shares("auto") == (None, None)
    assert shares("4") == (4, None)
    assert shares("0-3/16") == (16, [0, 1, 2, 3])
    assert Settings(discord_shards="AUTO").discord_shards == "auto"
    for bad in ("0", "x", "3-1/4", "0-4/4", "1/2"):
        with pytest.raises(ValueError, match="auto, a number, or a range"):
            Settings(discord_shards=bad)
    with pytest.raises(ValueError, match="/api/v10"):
        Settings(discord_api_url="https://discord.com")


async def test_a_process_may_have_a_part_of_the_shards(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(shards=4, clock=Now())
    guild = api.guild(shard=3)
    async with a_rig(tmp_path, large_clip, new_id, api=api, shards="2-3/4") as rig:
        assert [one["shard"] for one in api.identifies] == [[2, 4], [3, 4]]
        assert rig.guild is guild
        rig.slash(options=SMILES)
        await rig.clips()


def test_the_invitation_asks_for_what_is_needed() -> None:
    address = invite(42)
    assert "client_id=42" in address
    needed = VIEW_CHANNEL | SEND_MESSAGES | SEND_MESSAGES_IN_THREADS | ATTACH_FILES | EMBED_LINKS | READ_MESSAGE_HISTORY
    assert f"permissions={needed}" in address
    assert "applications.commands" in address


async def test_commands_are_told_when_they_changed(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi(clock=Now())
    async with api.serve() as base:
        for _ in range(2):
            async with a_rig(tmp_path, large_clip, new_id, api=api, base=base):
                assert len(api.synced) == 1
        for_admins = replace(WAVE, name="nod", audience="admins", takes="nothing", private=True)
        with patch.dict(TABLE, {"wave": WAVE, "nod": for_admins}):
            async with a_rig(tmp_path, large_clip, new_id, api=api, base=base) as rig:
                assert len(api.synced) == 2
                waved = rig.slash("wave", {"words": "hand"})
                await api.until(lambda: any(one.content == "👋 hand" for one in waved.responses))
                boss = api.user("boss")
                api.member(boss, rig.guild, [api.role(rig.guild, "mod", USUAL_PERMISSIONS | MANAGE_GUILD)])
                (nodded,) = await rig.whispers(rig.slash("nod", user=boss))
                assert nodded == "👋"
    animate = next(one for one in api.commands[None] if one["name"] == "animate")
    assert animate["integration_types"] == [0, 1]
    assert animate["contexts"] == [0, 1, 2]
    assert [one["name"] for one in animate["options"]] == [
        "image",
        "prompt",
        "duration",
        "model",
        "sound",
        "negative",
        "strength",
        "end_image",
    ]
    assert animate["options"][2]["choices"] == [
        {"name": "5 seconds", "value": 5},
        {"name": "10 seconds", "value": 10},
    ]


async def test_the_lengths_to_choose_from_are_the_models(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    async with a_rig(tmp_path, large_clip, new_id, start=False) as rig:
        configure(rig.house.core, model=replace(catalogue.row("minimax/hailuo-2.3"), price=catalogue.DEFAULT.price))
        await rig.open()
        animate = next(one for one in rig.api.commands[None] if one["name"] == "animate")
        assert [choice["value"] for choice in animate["options"][2]["choices"]] == [6, 10]
        rig.slash(options={**SMILES, "duration": 10})
        await rig.clips()
        (order,) = rig.house.provider.orders
        assert (order.model, order.seconds) == ("minimax/hailuo-2.3", 10)


async def test_where_there_is_no_other_platform_nothing_can_be_linked(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = DiscordApi()
    async with api.serve() as base:
        for platforms, are_there in (({"discord"}, False), ({"discord", "web"}, True)):
            async with a_rig(tmp_path, large_clip, new_id, api=api, base=base, start=False) as rig:
                configure(rig.house.core, platforms=frozenset(platforms))
                await rig.open()
                names = {one["name"] for one in api.commands[None]}
                assert names & {"link", "unlink", "cancel"} == {"cancel", *(["link", "unlink"] if are_there else [])}
