"""The whole program with Discord: what `photoplay check` says of it, and how the others do without it."""

import asyncio
from pathlib import Path

import pytest
from killed import remember_quick_renders
from shell import photoplay

from adapters.discord.gateway import invite
from bot.app import open_app
from bot.config import Settings
from tests.adapters.discord.discord_rig import elsewhere
from tests.houses import picture
from tests.loopback.discord.faults import broken
from tests.loopback.discord.server import DiscordApi
from tests.loopback.provider.paid import PaidHost
from tests.loopback.telegram.server import BotApi


async def test_check_prints_the_invitation(tmp_path: Path) -> None:
    api = DiscordApi()
    async with api.serve() as base:
        found = await photoplay(tmp_path, "check", PORT="0", DISCORD_TOKEN=api.token, DISCORD_API_URL=base)
        owned = await photoplay(
            tmp_path, "check", PORT="0", DISCORD_TOKEN=api.token, DISCORD_API_URL=base, OWNERS="discord:1"
        )
        wrong = await photoplay(tmp_path, "check", PORT="0", DISCORD_TOKEN="wrong", DISCORD_API_URL=base)
    away = await photoplay(tmp_path, "check", PORT="0", DISCORD_TOKEN=api.token, DISCORD_API_URL=base)
    assert found[0] == 0
    assert f"✓ Discord: the bot is reachable. Invite it with {invite(api.application_id)}" in found[1]
    assert ["OWNERS" in answer[1] for answer in (found, owned)] == [True, False]
    assert wrong[0] == 1
    assert "✗ Discord: Discord does not accept DISCORD_TOKEN" in wrong[1]
    assert away[0] == 1
    assert "✗ Discord: it cannot be reached" in away[1]
    assert not any(api.token in said for answer in (found, away) for said in answer[1:])
    assert not api.identifies  # looking uses up no connection


@pytest.mark.parametrize("how", ["away", "broken", "refusing"])
async def test_discord_down_and_telegram_untouched(how: str, tmp_path: Path, clip: bytes) -> None:
    telegram, discord, host = BotApi(), DiscordApi(), PaidHost(clip)
    host.renders_after = 0
    if how == "broken":
        discord.script("GET /users/@me", *[broken(503)] * 50)
    with elsewhere():
        async with telegram.serve(), host.serve(), discord.serve() as base:
            settings = Settings(
                _env_file=None,
                data_dir=tmp_path / "data",
                telegram_token=telegram.token,
                telegram_api_url=telegram.base,
                discord_token="wrong" if how == "refusing" else discord.token,
                discord_api_url="http://127.0.0.1:9/api/v10" if how == "away" else base,
                aimlapi_key="key",
                aimlapi_url=host.base,
            )
            async with open_app(settings, social=True) as app:
                await remember_quick_renders(app.store)
                working = asyncio.create_task(app.worker.run())
                listening = asyncio.create_task(app.supervisor.run())
                ann = telegram.user("Ann")
                private = telegram.private(ann)
                telegram.photo(ann, private, picture(), "she smiles")
                await telegram.until(lambda: any("video" in post for post in telegram.sent(private)), 20)
                troubles = app.supervisor.troubles()
                assert not troubles["telegram"]
                assert troubles["discord"]
                app.worker.stop()
                listening.cancel()
                await asyncio.wait({working, listening})
