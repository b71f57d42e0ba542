"""Mistakes of ours, and answers that Discord should not give: a sentence, a traceback, and work continues."""

import asyncio
import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import discord
import pytest

from adapters.discord.commands import Tree
from adapters.discord.interactions import Interactions
from bot import texts
from tests.adapters.discord.discord_rig import Rig, a_rig
from tests.houses import picture

SMILES = {"image": ("me.jpg", picture()), "prompt": "she smiles"}


async def broken(*_: Any, **__: Any) -> Any:
    raise AttributeError("'NoneType' object has no attribute 'read'")


@pytest.mark.parametrize("kind", ["slash", "press", "form"])
async def test_a_mistake_before_the_acknowledgement(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    rig.slash(options=SMILES)
    (video,) = await rig.clips()
    asked = rig.api.press(rig.ann, video, "New words") if kind == "form" else None
    modal = await rig.api.until(lambda: asked.modal) if asked else None
    monkeypatch.setattr(Interactions, "_take", broken)
    if kind == "slash":
        asked = rig.slash("quota")
    elif kind == "press":
        asked = rig.api.press(rig.ann, video, "Again · 5 credits")
    else:
        asked = rig.api.submit(modal, {"words": "she waves"})
    assert texts.chat.BROKE in [told.replace("\\", "") for told in await rig.whispers(asked)]
    assert "Traceback" in caplog.text
    assert "in broken" in caplog.text


async def test_a_mistake_behind_it_ends_the_thinking(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rig.house.core, "handle", broken)
    asked = rig.slash("quota")
    await rig.api.until(lambda: any("Something went wrong" in one.content for one in asked.responses))
    said = rig.api.say(rig.ann, rig.channel, "/quota", mention_bot=True)
    await rig.api.until(lambda: any("Something went wrong" in one.content for one in rig.posts()))
    assert said is not None
    assert "in broken" in caplog.text


async def test_an_acknowledgement_over_which_the_library_stumbles_leaves_nobody_thinking(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Discord took it; what the library makes of the answer raises, so the request was kept and never begun."""
    real = discord.InteractionResponse.defer

    async def stumbles(self: Any, **how: Any) -> Any:
        await real(self, **how)
        await broken()

    monkeypatch.setattr(discord.InteractionResponse, "defer", stumbles)
    rig.slash(options=SMILES)
    (video,) = await rig.clips()
    assert "she smiles" in video.content
    assert "in stumbles" in caplog.text


async def test_an_apology_that_fails_itself_is_no_task_that_nobody_looks_at(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
    monkeypatch.setattr(Interactions, "_take", broken)
    monkeypatch.setattr(discord.InteractionResponse, "send_message", broken)
    tried = asyncio.Event()
    real = Tree.on_error

    async def on_error(self: Any, *args: Any) -> None:
        await real(self, *args)
        tried.set()

    monkeypatch.setattr(Tree, "on_error", on_error)
    rig.slash("quota")
    await asyncio.wait_for(tried.wait(), 60)
    await asyncio.sleep(0)
    gc.collect()
    assert seen == []


async def test_commands_whose_answer_cannot_be_read_do_not_restart_discord(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = [], Tree.sync

    async def sync(self: Any) -> Any:
        synced.append(await real(self))
        raise KeyError("name")

    monkeypatch.setattr(Tree, "sync", sync)
    async with a_rig(tmp_path, large_clip, new_id) as rig:
        rig.slash(options=SMILES)
        await rig.clips()
        assert not rig.discord.trouble()
    assert len(synced) == 1
