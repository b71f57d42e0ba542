"""Orders on every platform: confirmed, refused, bought once, made by another model."""

import pytest

from bot import texts
from bot.catalogue import DEFAULT
from bot.quotas.pricing import Policy
from tests.adapters.driving import ChatDriver, Driver, Shown, sees, until
from tests.adapters.every.orders import AGAIN, a_clip, bought, go_on, hold, quiet, settled
from tests.houses import configure, picture
from tests.samples import BEST, LOUD, OFFERS


async def test_a_photo_with_words_is_confirmed_and_becomes_a_clip_in_its_place(driver: Driver) -> None:
    hold(driver)
    said = await driver.say("she smiles", picture())
    status = await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    assert not status.clip
    go_on(driver)
    clip = await sees(driver, "she smiles", clip=True)
    assert driver.is_reply(clip, said)
    assert AGAIN in clip.buttons
    await settled(driver)
    assert bought(driver) == 1
    # The status line goes.
    await until(lambda: sum("she smiles" in shown.words for shown in driver.shown()) == 1)


async def test_words_alone_are_answered_with_how_to_send_a_photo(driver: Driver) -> None:
    await driver.say("she smiles")
    await sees(driver, "photo")
    assert not bought(driver)


async def test_a_photo_alone_is_asked_about(driver: Driver) -> None:
    await driver.say("", picture())
    await sees(driver, texts.chat.NO_WORDS)
    assert not bought(driver)
    if driver.chats:  # the page keeps the photo in the form
        await driver.say("she smiles")
        await sees(driver, "she smiles", clip=True)


@pytest.mark.parametrize("said", ["yes", "thanks!"])
async def test_a_photo_with_a_mere_yes_or_thanks_is_asked_about(driver: Driver, said: str) -> None:
    await driver.say(said, picture())
    await sees(driver, texts.chat.NO_WORDS)
    if driver.chats:  # as above
        await driver.say("she smiles")
    else:
        await driver.say("she smiles", picture())
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert [order.prompt for order in driver.house.provider.orders] == ["she smiles"]


async def test_an_unknown_option_is_refused(driver: Driver) -> None:
    await driver.say("she smiles --lighting 3", picture())
    await sees(driver, "--lighting")
    assert not await driver.house.kept()
    assert not bought(driver)
    if driver.chats:  # as above
        await driver.say("she smiles --10s")
        await sees(driver, "she smiles", clip=True)
        assert driver.house.provider.orders[-1].seconds == 10


async def test_the_same_message_twice_buys_once(driver: Driver) -> None:
    hold(driver)
    said = await driver.say("she smiles", picture())
    await sees(driver, "she smiles", label=texts.jobs.CANCEL)
    await driver.again(said)
    await quiet(driver)
    go_on(driver)
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert bought(driver) == 1
    assert sum(shown.clip for shown in driver.shown()) == 1


@pytest.fixture
def choosing(driver: Driver) -> Driver:
    """There are models to choose from."""
    configure(driver.house.core, offers=OFFERS, policy=Policy(1000))
    return driver


def label(shown: Shown, part: str) -> str:
    return next(one for one in shown.buttons if part in one)


async def test_a_caption_names_another_model(choosing: Driver) -> None:
    await choosing.say("she sings --model with sound", picture())
    await sees(choosing, "she sings", clip=True)
    await settled(choosing)
    (order,) = choosing.house.provider.orders
    assert (order.model, order.sound, order.prompt) == (LOUD.id, True, "she sings")


async def test_what_a_model_cannot_is_refused_and_costs_nothing(choosing: Driver) -> None:
    await choosing.say("she sings --model veo 3.1 --10s", picture())
    await sees(choosing, "Clips of Veo 3.1 have 4, 6 or 8 seconds, not 10.")
    await choosing.say("she sings --model quick --sound on", picture())
    await sees(
        choosing,
        "Kling 1 Standard makes clips without sound. Please order one without. "
        "Kling 2.6 Pro can do all you asked for: --model sound",
    )
    assert not await choosing.house.kept()
    assert not bought(choosing)


async def test_with_sound_is_picked_with_its_price_by_a_tap(choosing: Driver) -> None:
    driver = choosing
    await driver.say("/model")
    shown = await sees(driver, "With sound (Kling 2.6 Pro) · 13 credits for 5 s")
    await driver.tap(shown, label(shown, "With sound · 13 credits"))
    await sees(driver, "From now on your clips are made by With sound (Kling 2.6 Pro) · 13 credits for 5 s")
    await driver.say("she sings", picture())
    await sees(driver, "she sings", clip=True)
    await settled(driver)
    (order,) = driver.house.provider.orders
    assert (order.model, order.sound) == (LOUD.id, True)


async def test_a_clip_is_made_again_with_another_model(choosing: Driver) -> None:
    driver = choosing
    clip = await a_clip(driver)
    await driver.tap(clip, texts.models.AGAIN_WITH)
    shown = await sees(driver, "made by another model:")
    assert "Best (Kling 3.0 Pro) · 20 credits for 5 s" in shown.words
    await driver.tap(shown, label(shown, "Best · 20 credits"))
    await until(lambda: bought(driver) == 2)
    await settled(driver)
    assert [(order.model, order.prompt) for order in driver.house.provider.orders] == [
        (DEFAULT.id, "she smiles"),
        (BEST.id, "she smiles"),
    ]
    await until(lambda: sum(shown.clip for shown in driver.shown()) == 2)


async def test_a_community_has_the_models_that_its_admins_allow(chat: ChatDriver) -> None:
    configure(chat.house.core, offers=OFFERS, policy=Policy(1000), owners=frozenset({"lines:ann"}))  # no admins there
    await chat.gather()
    await chat.say("/limits models quick, with sound")
    await sees(chat, "Clips may be made by Quick and With sound.")
    await chat.say("she smiles --model best", picture())
    best = texts.models.title("best", BEST.title)
    await sees(chat, texts.models.forbidden(best, [texts.models.WORDS["quick"], texts.models.WORDS["sound"]]))
    await chat.say("she sings --model sound", picture())
    await sees(chat, "she sings", clip=True)
    await settled(chat)
    assert [order.model for order in chat.house.provider.orders] == [LOUD.id]
