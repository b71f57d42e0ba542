"""Lists on every platform: a line is picked by a tap or in writing, by number, name or words."""

import pytest

from bot import texts
from bot.quotas.pricing import Policy
from bot.quotas.rules import GONE
from tests.adapters.driving import ChatDriver, Driver, Shown, sees, until
from tests.adapters.every.orders import a_clip, bought, go_on, hold, quiet, settled
from tests.houses import configure, picture
from tests.samples import BEST, OFFERS


@pytest.fixture
def choosing(driver: Driver) -> Driver:
    """There are models to choose from."""
    configure(driver.house.core, offers=OFFERS, policy=Policy(1000))
    return driver


def clips(shown: Shown) -> list[str]:
    """The clips of a list, in its order; a page is told them instead of buttons."""
    if isinstance(shown.handle, dict) and "jobs" in shown.handle:
        return [job["id"] for job in shown.handle["jobs"]]
    return [command.split()[1] for command in shown.buttons.values()]


@pytest.mark.parametrize("said", ["2", "the second", "she smiles", "/delete 2"])
async def test_a_clip_is_deleted_in_writing(driver: Driver, said: str) -> None:
    for words in ("she smiles", "he waves"):
        await a_clip(driver, words)
    await driver.say("/delete")
    waves, smiles = clips(await sees(driver, texts.chat.DELETE_WHICH))
    await driver.say(said)
    await sees(driver, label=texts.chat.DELETE)
    await driver.say("yes")
    await sees(driver, texts.chat.DELETED)
    assert (await driver.house.job(smiles)).person.startswith(GONE)
    assert not (await driver.house.job(waves)).person.startswith(GONE)


async def test_none_of_them_is_an_answer(driver: Driver) -> None:
    await a_clip(driver)
    await driver.say("/delete")
    await sees(driver, texts.chat.DELETE_WHICH)
    await driver.say("never mind")
    await sees(driver, texts.chat.NONE_OF_THEM)
    await driver.say("1")
    await until(lambda: any("photo" in shown.words for shown in driver.shown()))
    assert not any(texts.chat.DELETE in shown.buttons for shown in driver.shown())


async def test_one_of_several_is_taken_out_of_the_line(driver: Driver) -> None:
    hold(driver)
    for words in ("she smiles", "he waves"):
        await driver.say(words, picture())
        await sees(driver, words, label=texts.jobs.CANCEL)
    await driver.say("/cancel")
    await sees(driver, texts.chat.CANCEL_WHICH)
    await driver.say("3")
    await sees(driver, texts.chat.NO_SUCH_LINE)
    await driver.say("he waves")
    await sees(driver, texts.jobs.CANCELLED)
    go_on(driver)
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert [order.prompt for order in driver.house.provider.orders] == ["she smiles"]


@pytest.mark.parametrize("said", ["2", "best", "Kling 3.0 Pro", "--model kling3.0pro"])
async def test_a_model_is_chosen_in_writing(choosing: Driver, said: str) -> None:
    await choosing.say("/model")
    await sees(choosing, "2. Best (Kling 3.0 Pro) · 20 credits for 5 s")
    await choosing.say(said)
    await sees(choosing, "From now on your clips are made by Best (Kling 3.0 Pro) · 20 credits for 5 s")


async def test_a_clip_is_made_again_with_a_model_in_writing(choosing: Driver) -> None:
    driver = choosing
    clip = await a_clip(driver)
    await driver.tap(clip, texts.models.AGAIN_WITH)
    await sees(driver, "1. Best (Kling 3.0 Pro) · 20 credits for 5 s")
    await driver.say("9")
    await sees(driver, texts.chat.NO_SUCH_LINE)
    await driver.say("1")
    await until(lambda: bought(driver) == 2)
    await settled(driver)
    assert [(order.model, order.prompt) for order in driver.house.provider.orders][1] == (BEST.id, "she smiles")
    await driver.say("1")
    await quiet(driver)
    assert bought(driver) == 2, "it was answered"


async def test_a_photo_of_its_own_is_an_order_whatever_is_asked(driver: Driver) -> None:
    await a_clip(driver)
    await driver.say("/delete")
    await sees(driver, texts.chat.DELETE_WHICH)
    await driver.say("the second one waves", picture())
    await sees(driver, "the second one waves", clip=True)
    await settled(driver)
    assert bought(driver) == 2


async def test_a_list_in_a_community_is_answered_by_its_person(chat: ChatDriver) -> None:
    configure(chat.house.core, offers=OFFERS, policy=Policy(1000))
    await chat.gather()
    clip = await a_clip(chat)
    await chat.tap(clip, texts.models.AGAIN_WITH)
    shown = await sees(chat, "1. Best (Kling 3.0 Pro) · 20 credits for 5 s")
    chat.interject("1", clip if chat.name == "discord" else shown)  # there nobody else sees the list
    await chat.say("1")
    await until(lambda: bought(chat) == 2)
    await settled(chat)
    assert bought(chat) == 2
