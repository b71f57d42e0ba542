"""Models on Discord: options with choices, from what may be ordered there."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.offers import Choice, alone
from bot.quotas.pricing import Policy
from tests.adapters.discord.discord_rig import Rig, a_rig
from tests.houses import configure, picture
from tests.loopback.discord.messages import Interaction
from tests.loopback.discord.permissions import MANAGE_GUILD, USUAL_PERMISSIONS
from tests.samples import BEST, LOUD, OFFERS, VEO

ASKED = {"image": ("me.jpg", picture()), "prompt": "she sings"}


@pytest.fixture
async def rig(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> AsyncIterator[Rig]:
    async with a_rig(tmp_path, large_clip, new_id, start=False) as made:
        configure(made.house.core, offers=OFFERS, policy=Policy(1000))
        await made.open()
        yield made


async def choices(rig: Rig, option: str, typed: str = "", command: str = "animate", **others: Any) -> dict[str, Any]:
    asked: Interaction = rig.api.complete(rig.ann, rig.channel, command, option, typed, others)
    await rig.api.until(lambda: asked.callbacks)
    return asked.choices


async def test_models_are_offered_with_price_and_usual_time(rig: Rig) -> None:
    found = await choices(rig, "model")
    assert list(found)[:3] == [
        "Quick (Kling 1 Standard) · 5 credits for 5 s · usually about 2 min",
        "Best (Kling 3.0 Pro) · 20 credits for 5 s · usually about 2 min",
        "With sound (Kling 2.6 Pro) · 13 credits for 5 s · usually about 2 min",
    ]
    assert "Veo 3.1 · 24 credits for 4 s · usually about 2 min" in found
    assert list(found.values()) == ["quick@1", "best@4", "sound@5/2", "kling-2.6-pro@5/2", "veo-3.1@6"]
    assert list((await choices(rig, "model", "VEO")).values()) == ["veo-3.1@6"]
    assert await choices(rig, "model", command="model") == found
    assert not await choices(rig, "model", "nothing like it")


async def test_lengths_are_those_of_the_picked_model(rig: Rig) -> None:
    assert await choices(rig, "duration") == {"5 seconds · 5 credits": 5, "10 seconds · 10 credits": 10}
    of_veo = {"4 seconds · 24 credits": 4, "6 seconds · 36 credits": 6, "8 seconds · 48 credits": 8}
    assert await choices(rig, "duration", model="veo-3.1@6") == of_veo
    assert await choices(rig, "duration", "8", model="Veo 3.1") == {"8 seconds · 48 credits": 8}
    assert len(await choices(rig, "duration", model="best@4")) == len(BEST.seconds)


async def test_what_is_picked_is_ordered_at_the_price_that_was_seen(rig: Rig) -> None:
    picked = await choices(rig, "model", "with sound")
    (value,) = picked.values()
    rig.slash(options={**ASKED, "model": value, "duration": 10})
    await rig.clips()
    (order,) = rig.house.provider.orders
    assert (order.model, order.sound, order.seconds) == (LOUD.id, True, 10)
    job = (await rig.house.store.jobs(f"discord:{rig.ann.id}", 1))[0]
    assert job.price == 25
    dearer = replace(LOUD, price=BEST.price)
    configure(
        rig.house.core,
        offers=replace(OFFERS, every=(*OFFERS.every[:2], dearer), words={"sound": Choice(dearer, sound=True)}),
    )
    rig.slash(options={**ASKED, "model": value, "duration": 10})
    dear = "was shown at 25 credits, and now costs 40 credits"
    await rig.api.until(lambda: any(dear in one.content for one in rig.posts()))
    assert len(rig.house.provider.orders) == 1


async def test_sound_is_a_switch(rig: Rig) -> None:
    rig.slash(options={**ASKED, "model": "best", "sound": True})
    await rig.clips()
    rig.slash(options={**ASKED, "model": "sound", "sound": False})
    await rig.clips(2)
    assert [(order.model, order.sound) for order in rig.house.provider.orders] == [(BEST.id, True), (LOUD.id, False)]
    rig.slash(options={**ASKED, "sound": True})  # without a model it is made by the one for sound
    await rig.clips(3)
    assert (rig.house.provider.orders[-1].model, rig.house.provider.orders[-1].sound) == (LOUD.id, True)


async def test_only_what_the_community_allows_is_offered(rig: Rig) -> None:
    admin = rig.api.user("boss")
    rig.api.member(admin, rig.guild, [rig.api.role(rig.guild, "admins", USUAL_PERMISSIONS | MANAGE_GUILD)])
    told = await rig.whispers(rig.slash("limits", {"set": "models best, Veo 3.1"}, user=admin))
    assert told == ["Clips may be made by Best and Veo 3.1."]
    assert list((await choices(rig, "model")).values()) == ["best@4", "veo-3.1@6"]
    assert len(await choices(rig, "duration")) == len(BEST.seconds)
    refusal = texts.models.forbidden(OFFERS.title(OFFERS.default.model), [texts.models.WORDS["best"], VEO.title])
    assert await rig.whispers(rig.slash(options={**ASKED, "model": "quick"})) == [refusal]


async def test_one_model_has_fixed_lengths(tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]) -> None:
    async with a_rig(tmp_path, large_clip, new_id, start=False) as rig:
        configure(rig.house.core, offers=alone())
        await rig.open()
        animate = next(one for one in rig.api.commands[None] if one["name"] == "animate")
        assert [choice["value"] for choice in animate["options"][2]["choices"]] == [5, 10]
