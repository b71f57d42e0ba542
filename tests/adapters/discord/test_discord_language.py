"""Whatever Discord's people are answered is in their language, the adapter's own sentences among it."""

import json
from typing import Any

import pytest

from adapters.discord import parse
from adapters.discord.interactions import Interactions
from tests.adapters.discord.discord_rig import Rig
from tests.houses import picture
from tests.loopback.discord.messages import Message
from tests.strange import english

PHOTO, TEXT = ("me.jpg", picture()), ("notes.txt", b"notes")


@pytest.fixture(autouse=True)
def spoken(strange: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse, "language", lambda interaction: strange)


def left(*posts: Message) -> list[str]:
    """English in messages and their buttons; a time that the client says is `<t:1:R>`."""
    said = "\n".join("\n".join([post.content.replace("\\", ""), *post.labels]) for post in posts)
    return english(said.replace(":R>", ""))


async def test_commands_and_their_status_lines(rig: Rig) -> None:
    rig.house.worker.only = "nobody"
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (status,) = await rig.api.until(lambda: rig.posts())
    await rig.api.until(lambda: "<t:" in status.content)
    assert left(status) == []
    for name in ("help", "quota", "jobs", "forgetme", "privacy", "share"):
        asked = rig.slash(name)
        await rig.api.until(lambda asked=asked: [one for one in asked.responses if one.content])
        assert left(*asked.responses) == [], name


async def test_first_responses_and_forms(rig: Rig) -> None:
    told = await rig.whispers(rig.slash(options={"image": TEXT, "prompt": "she smiles"}))
    assert english("\n".join(told)) == []
    for options in ({}, {"image": PHOTO}):
        asked = rig.slash(options=options)
        modal = await rig.api.until(lambda asked=asked: asked.modal)
        assert english(modal.title) == []
        assert english("\n".join(_shown(modal.components))) == []
    rig.slash(options={"image": PHOTO, "prompt": "she smiles"})
    (clip,) = await rig.clips()
    asked = rig.api.press(rig.ann, clip, "New words")  # the worker's messages are in the community's language
    modal = await rig.api.until(lambda: asked.modal)
    assert english("\n".join([modal.title, *_shown(modal.components)])) == []


async def test_a_mistake_of_ours(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise AttributeError("take")

    monkeypatch.setattr(Interactions, "_take", broken)
    told = await rig.whispers(rig.slash("quota"))
    assert english(json.dumps(told, ensure_ascii=False).replace("\\", "")) == []


def _shown(components: Any) -> list[str]:
    """What a modal shows in its fields."""
    if isinstance(components, list):
        return [text for one in components for text in _shown(one)]
    if isinstance(components, dict):
        own = [str(components[name]) for name in ("label", "description", "placeholder") if components.get(name)]
        return own + [text for value in components.values() for text in _shown(value)]
    return []
