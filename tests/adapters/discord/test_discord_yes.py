"""Questions before an order on Discord: about its price, consent and shape; answered by a tap or in writing."""

import pytest

from bot import texts
from tests.adapters.discord.discord_rig import Rig
from tests.adapters.discord.discord_steps import PHOTO, SMILES, boss, has_left, heard, reply
from tests.eventually import eventually
from tests.houses import configure, picture
from tests.loopback.discord.messages import Message


@pytest.fixture
def rig(rig: Rig) -> Rig:
    """One whose films are looked at."""
    rig.api.keeps_files = True
    return rig


async def test_above_the_threshold_a_tap_confirms(rig: Rig) -> None:
    bob = rig.api.user("bob")
    await heard(rig, rig.slash("limits", {"set": "confirm 5"}, user=boss(rig)))
    for said in ("No", "Yes, 10 credits"):
        asked = rig.slash(options={**SMILES, "duration": 10})
        await rig.api.until(lambda asked=asked: asked.original and asked.original.labels)
        assert asked.original
        assert asked.original.labels == ["Yes, 10 credits", "No"]
        assert not rig.house.provider.orders
        assert texts.chat.NOT_YOURS in await heard(rig, rig.api.press(bob, asked.original, said))
        pressed = rig.api.press(rig.ann, asked.original, said)
        if said == "No":
            assert texts.credits.DROPPED in await heard(rig, pressed)
        await rig.api.until(lambda asked=asked: asked.original and asked.original.deleted)  # nothing is left to press
    await rig.clips()
    assert len(rig.house.provider.orders) == 1
    await has_left(rig, rig.ann, "20 credits left today")


async def test_the_question_about_consent_has_one_button_and_gives_way(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    bob = rig.api.user("bob")
    asked = rig.slash(options=SMILES)
    await rig.api.until(lambda: asked.original and asked.original.labels)
    assert asked.original
    assert asked.original.content == texts.consent.ASK
    assert asked.original.labels == [texts.consent.AGREE]
    assert texts.chat.NOT_YOURS in await heard(rig, rig.api.press(bob, asked.original, texts.consent.AGREE))
    assert not asked.original.deleted
    rig.api.press(rig.ann, asked.original, texts.consent.AGREE)
    await rig.clips()
    await rig.api.until(lambda: asked.original and asked.original.deleted)
    rig.slash(options=SMILES)
    await rig.clips(2)  # asked once


async def test_a_question_behind_a_question_answers_the_photo_as_well(rig: Rig) -> None:
    await heard(rig, rig.slash("limits", {"set": "confirm 5"}, user=boss(rig)))
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    said = rig.api.say(rig.ann, rig.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    consent = await reply(rig, said)
    assert consent.content == texts.consent.ASK
    rig.api.press(rig.ann, consent, texts.consent.AGREE)
    await rig.api.until(lambda: consent.deleted)
    price = await reply(rig, said)
    assert price.labels == ["Yes, 10 credits", "No"]
    rig.api.press(rig.ann, price, "Yes, 10 credits")
    await rig.api.until(lambda: price.deleted)
    (clip,) = await rig.clips()
    assert clip.reply_to is said


@pytest.mark.parametrize("how", ["reply", "called"])
async def test_a_written_yes_answers_like_a_press(rig: Rig, how: str) -> None:
    await heard(rig, rig.slash("limits", {"set": "confirm 5"}, user=boss(rig)))
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    said = rig.api.say(rig.ann, rig.channel, "she smiles --10s", [PHOTO], mention_bot=True)
    consent, bob = await reply(rig, said), rig.api.user("bob")
    await rig.discord._intake.idle()
    rig.api.say(bob, rig.channel, "yes", reply_to=consent)  # talk

    def says(words: str, question: Message) -> None:
        if how == "reply":
            rig.api.say(rig.ann, rig.channel, words, reply_to=question)
        else:
            rig.api.say(rig.ann, rig.channel, words, mention_bot=True)

    says("Yes", consent)
    await rig.api.until(lambda: consent.deleted)
    price = await reply(rig, said)
    assert price.labels == ["Yes, 10 credits", "No"]
    await rig.discord._intake.idle()
    says("ok", price)
    await rig.api.until(lambda: price.deleted)
    (clip,) = await rig.clips()
    assert clip.reply_to is said
    rig.api.say(rig.ann, rig.channel, "ok", reply_to=clip)  # talk about the clip
    await has_left(rig, rig.ann, "20 credits left today")
    assert len(rig.house.provider.orders) == 1


async def test_in_private_yes_is_enough_and_no_as_well(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    here = rig.api.dm(rig.ann)
    first = await reply(rig, rig.api.say(rig.ann, here, "one", [PHOTO]))
    second = await reply(rig, rig.api.say(rig.ann, here, "two", [PHOTO]))
    assert (first.content, second.content) == (texts.consent.ASK, texts.consent.ASK_TOO)
    await rig.discord._intake.idle()
    dropped = await reply(rig, rig.api.say(rig.ann, here, "no"))
    assert dropped.content == texts.credits.DROPPED
    rig.api.say(rig.ann, here, "yes", reply_to=first)
    await rig.clips(1, here)
    assert texts.chat.NO_PHOTO in (await reply(rig, rig.api.say(rig.ann, here, "yes"))).content
    assert [order.prompt for order in rig.house.provider.orders] == ["one"]


async def test_a_panorama_has_a_button_that_takes_its_middle(rig: Rig) -> None:
    asked = rig.slash(options={**SMILES, "image": ("wide.jpg", picture(2000, 400))})
    await rig.api.until(lambda: asked.original and asked.original.labels)
    assert asked.original
    assert (asked.original.content, asked.original.labels) == (
        texts.pictures.TOO_LONG,
        [texts.pictures.CROP, texts.credits.NO],
    )
    rig.api.press(rig.ann, asked.original, texts.pictures.CROP)
    await rig.clips()
    (order,) = rig.house.provider.orders
    assert (order.photo.width, order.photo.height) == (1000, 400)


async def test_a_list_that_is_asked_for_in_a_channel_comes_in_private_and_is_answered_there(rig: Rig) -> None:
    rig.api.say(rig.ann, rig.channel, "/sharing", mention_bot=True)
    private = rig.api.dm(rig.ann)
    (listed,) = await rig.api.until(lambda: rig.posts(private))
    assert texts.sharing.TOGGLES["name"][0] in listed.labels
    await rig.discord._intake.idle()
    rig.api.say(rig.ann, private, str(1 + listed.labels.index(texts.sharing.TOGGLES["name"][0])))
    person = f"discord:{rig.ann.id}"

    async def named() -> bool:
        return (await rig.house.store.gallery.preferences(person)).named is True

    await eventually(named)
