"""Questions on every platform: answered by a tap or in writing, by the person asked, once."""

import pytest

from bot import texts
from tests.adapters.driving import ChatDriver, Driver, sees, until
from tests.adapters.every.orders import admin, bought, go_on, hold, quiet, settled
from tests.houses import configure, picture


@pytest.fixture
def asking(driver: Driver) -> Driver:
    """Photos leave this machine, so people are asked first."""
    driver.house.provider.stand_in = False
    configure(driver.house.core, ask_consent=True)
    return driver


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_question_is_answered_by_a_tap_or_in_writing(asking: Driver, written: bool) -> None:
    driver = asking
    said = await driver.say("she smiles", picture())
    question = await sees(driver, texts.consent.ASK, label=texts.consent.AGREE)
    assert not bought(driver)
    if written:
        await driver.say("Yes!")
    else:
        await driver.tap(question, texts.consent.AGREE)
    clip = await sees(driver, "she smiles", clip=True)
    assert not driver.chats or driver.is_reply(clip, said), "it answers the photo, not the question"
    await settled(driver)
    assert bought(driver) == 1
    await until(lambda: not any(texts.consent.AGREE in shown.buttons for shown in driver.shown()))


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_one_yes_starts_all_that_wait_for_it(asking: Driver, written: bool) -> None:
    driver = asking
    said = [await driver.say("she smiles", picture())]
    await sees(driver, texts.consent.ASK, label=texts.consent.AGREE)
    said.append(await driver.say("he waves", picture()))
    await sees(driver, texts.consent.ASK_TOO, label=texts.consent.AGREE)
    if written:
        await driver.say("yes")
    else:
        await driver.tap(await sees(driver, texts.consent.ASK), texts.consent.AGREE)
    for words, one in zip(("she smiles", "he waves"), said, strict=True):
        clip = await sees(driver, words, clip=True)
        assert not driver.chats or driver.is_reply(clip, one)
    await settled(driver)
    assert bought(driver) == 2
    if driver.chats:
        await until(lambda: all(shown.clip or not shown.words for shown in driver.shown()))  # a toast has none


async def test_a_written_no_takes_back_the_latest(asking: Driver) -> None:
    driver = asking
    await driver.say("she smiles", picture())
    await sees(driver, texts.consent.ASK, label=texts.consent.AGREE)
    await driver.say("he waves", picture())
    await sees(driver, texts.consent.ASK_TOO, label=texts.consent.AGREE)
    await driver.say("No, thanks.")
    await sees(driver, texts.credits.DROPPED)
    await driver.say("yes")
    await sees(driver, "she smiles", clip=True)
    await settled(driver)
    assert [order.prompt for order in driver.house.provider.orders] == ["she smiles"]


async def test_a_question_in_a_community_is_answered_by_writing_to_the_bot(chat: ChatDriver) -> None:
    await chat.gather()
    await chat.say("", picture())
    await sees(chat, texts.chat.NO_WORDS)
    await chat.say("she smiles")
    await sees(chat, "she smiles", clip=True)
    await settled(chat)
    await chat.say("he frowns")  # one question has one answer
    await until(lambda: len([one for one in chat.shown() if "photo" in one.words or "picture" in one.words]) > 1)
    assert [order.prompt for order in chat.house.provider.orders] == ["she smiles"]


async def test_nobody_else_answers_a_question(chat: ChatDriver) -> None:
    """Their words would be an order of theirs, with somebody's photo that they have only seen asked about."""
    await chat.gather()
    await chat.say("", picture())
    question = await sees(chat, texts.chat.NO_WORDS)
    hold(chat)
    chat.interject("he frowns", question)
    await chat.say("she smiles", to=question)
    await sees(chat, "she smiles", label=texts.jobs.CANCEL)
    go_on(chat)
    await settled(chat)
    assert [order.prompt for order in chat.house.provider.orders] == ["she smiles"]


async def test_an_answer_tapped_twice_buys_once(asking: Driver) -> None:
    driver = asking
    await driver.say("she smiles", picture())
    question = await sees(driver, label=texts.consent.AGREE)
    await driver.tap(question, texts.consent.AGREE)
    await driver.tap(question, texts.consent.AGREE)
    await sees(driver, "she smiles", clip=True)
    await quiet(driver)
    await settled(driver)
    assert bought(driver) == 1
    assert sum(shown.clip for shown in driver.shown()) == 1


@pytest.mark.parametrize(
    ("answer", "prompt"),
    [
        ("", "she smiles - then waves"),
        ("yes", "she smiles - then waves"),
        ("she smiles and waves", "she smiles and waves"),
    ],
    ids=["tapped", "written", "in other words"],
)
@pytest.mark.parametrize("together", [False, True], ids=["in private", "in a community"])
async def test_an_order_with_a_wrong_option_is_asked_about(
    chat: ChatDriver, answer: str, prompt: str, together: bool
) -> None:
    if together:
        await chat.gather()
    await chat.say("she smiles --then waves", picture())
    question = await sees(chat, "Or do you mean this? “she smiles - then waves”", label=texts.credits.yes(5))
    assert not bought(chat)
    if together and answer not in ("", "yes"):
        return  # others read along, so that the next message may be another one
    if answer:
        await chat.say(answer)
    else:
        await chat.tap(question, texts.credits.yes(5))
    await sees(chat, prompt, clip=True)
    await settled(chat)
    assert [order.prompt for order in chat.house.provider.orders] == [prompt]
    await until(lambda: not any("Or do you mean" in shown.words for shown in chat.shown()))


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_panorama_is_asked_about(driver: Driver, written: bool) -> None:
    async def answer(label: str) -> None:
        question = await sees(driver, texts.pictures.TOO_LONG, label=texts.pictures.CROP)
        assert not bought(driver)
        await (driver.say(label) if written else driver.tap(question, label))

    await driver.say("she smiles", picture(1600, 400))
    await answer(texts.credits.NO)
    await sees(driver, texts.credits.DROPPED)
    await until(lambda: not any(texts.pictures.CROP in shown.buttons for shown in driver.shown()))
    await driver.say("she turns", picture(1600, 400))
    await answer(texts.pictures.CROP)
    await sees(driver, "she turns", clip=True)
    await settled(driver)
    assert bought(driver) == 1


@pytest.mark.parametrize("written", [False, True], ids=["tapped", "written"])
async def test_a_price_above_the_communitys_limit_is_asked_about(chat: ChatDriver, written: bool) -> None:
    town = await chat.gather()
    assert not (await admin(chat, town, "/limits confirm 3")).refused
    await chat.say("she smiles", picture())
    question = await sees(chat, label=texts.credits.yes(5))
    assert not bought(chat)
    await (chat.say(texts.credits.yes(5)) if written else chat.tap(question, texts.credits.yes(5)))
    await sees(chat, "she smiles", clip=True)
    await settled(chat)
    assert bought(chat) == 1
