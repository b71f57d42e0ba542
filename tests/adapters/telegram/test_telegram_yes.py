"""Questions before an order on Telegram: about its price, about consent; answered by a tap or in writing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from tests.adapters.telegram.telegram_rig import Rig, a_rig
from tests.adapters.telegram.telegram_town import ME, Town, gathered
from tests.houses import configure, picture
from tests.loopback.telegram.server import BotApi


async def test_a_dear_clip_waits_for_a_tap_over_a_restart(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        town = gathered(rig)
        await town.hears(town.ann, "/limits confirm 5", "A tap is asked for above 5 credits")
        question = await town.orders(town.bob, "it waits for an hour", "she smiles --10s")
    async with a_rig(tmp_path, large_clip, new_id, api=api) as rig:
        town = replace(town, rig=rig)
        assert await town.taps(town.cem, question, "Yes, 10 credits") == texts.chat.NOT_YOURS
        town.api.press(town.bob, question, "Yes, 10 credits")
        await rig.told(town.group, "10 credits, 20 left today")
        assert "“she smiles” · 10 s" in (await rig.clip(town.group)).words
        second = await town.orders(town.bob, "it waits for an hour", "she waves --10s")
        assert await town.taps(town.bob, second, "No") == texts.credits.DROPPED
        await town.api.until(lambda: second.deleted)  # nothing is left to be tapped
    (job,) = [order.prompt for order in rig.house.provider.orders]
    assert job == "she smiles"


async def test_the_question_about_consent_answers_the_photo_and_gives_way_to_the_clip(town: Town) -> None:
    house = town.rig.house
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    question = await town.orders(town.bob, texts.consent.ASK)
    assert question.labels == [texts.consent.AGREE]
    assert question.reply_to
    assert await town.taps(town.cem, question, texts.consent.AGREE) == texts.chat.NOT_YOURS
    assert not question.deleted
    town.api.press(town.bob, question, texts.consent.AGREE)
    placed = await town.rig.told(town.group, "5 credits, 25 left today")
    assert placed.reply_to == question.reply_to
    await town.api.until(lambda: question.deleted)
    await town.orders(town.bob, "5 credits, 20 left today")  # asked once


async def test_a_question_behind_a_question_answers_the_photo_as_well(town: Town) -> None:
    house = town.rig.house
    await town.hears(town.ann, "/limits confirm 5", "A tap is asked for above 5 credits")
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    consent = await town.orders(town.bob, texts.consent.ASK, "she smiles --10s")
    town.api.press(town.bob, consent, texts.consent.AGREE)
    price = await town.rig.told(town.group, "it waits for an hour")
    assert price.reply_to == consent.reply_to
    await town.api.until(lambda: consent.deleted)
    town.api.press(town.bob, price, "Yes, 10 credits")
    assert (await town.rig.told(town.group, "10 credits, 20 left today")).reply_to == consent.reply_to
    await town.api.until(lambda: price.deleted)


@pytest.mark.parametrize("how", ["reply", "called"])
async def test_a_written_yes_in_a_group_answers_like_a_tap(town: Town, how: str) -> None:
    configure(town.rig.house.core, ask_consent=True)
    town.rig.house.provider.stand_in = False
    question = await town.orders(town.bob, texts.consent.ASK)
    await town.rig.settled()
    town.api.say(town.cem, town.group, "yes", reply_to=question)  # talk
    if how == "reply":
        town.api.say(town.bob, town.group, "Yes!", reply_to=question)
    else:
        town.api.say(town.bob, town.group, f"@{ME} yes")
    placed = await town.rig.told(town.group, "5 credits, 25 left today")
    assert placed.reply_to == question.reply_to
    await town.api.until(lambda: question.deleted)
    await town.rig.settled()
    assert len(town.api.sent(town.group)) == 2


async def test_in_private_yes_is_enough_and_no_as_well(town: Town) -> None:
    rig = town.rig
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    rig.api.photo(rig.ann, rig.private, picture(), "one")
    first = await rig.told(rig.private, texts.consent.ASK)
    rig.api.photo(rig.ann, rig.private, picture(), "two")
    await rig.told(rig.private, texts.consent.ASK_TOO)
    await rig.settled()
    rig.api.say(rig.ann, rig.private, "no")
    await rig.told(rig.private, texts.credits.DROPPED)
    rig.api.say(rig.ann, rig.private, "ok", reply_to=first)
    assert "“one”" in (await rig.told(rig.private, "5 credits, 25 left today")).words
    rig.api.say(rig.ann, rig.private, "ok")
    await rig.told(rig.private, texts.chat.NO_PHOTO)
    rig.api.photo(rig.ann, rig.private, picture(2000, 400), "wide")
    await rig.told(rig.private, texts.pictures.TOO_LONG)
    await rig.settled()
    rig.api.say(rig.ann, rig.private, "yes")
    await rig.told(rig.private, "5 credits, 20 left today")


async def test_a_forwarded_yes_is_somebody_elses(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    rig.api.photo(rig.ann, rig.private, picture(), "she smiles")
    await rig.told(rig.private, texts.consent.ASK)
    rig.api.say(rig.ann, rig.private, "yes", forward=True)
    await rig.told(rig.private, texts.chat.NO_PHOTO)
    assert not rig.house.provider.orders
    rig.api.say(rig.ann, rig.private, "yes")
    await rig.clip(rig.private)
