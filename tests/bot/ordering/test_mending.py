"""An order with a wrong option is asked about as it is likely to be meant, and is bought by a yes alone."""

import pytest

from bot import texts
from bot.conversation import Inbound, Reply
from bot.model import Address
from bot.offers import alone
from bot.ordering.mending import mended
from bot.quotas.pricing import Policy
from tests.houses import House, attached, configure, picture
from tests.samples import OFFERS

WRONG = "she smiles --then waves"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (WRONG, "she smiles - then waves"),
        ("she smiles ——then waves", "she smiles - then waves"),
        ("she smiles --length 10", "she smiles --duration 10"),
        ("she smiles --dur=١٠", "she smiles --duration 10"),
        ("she smiles --quick --neg hats", "she smiles --model quick --no hats"),
        ("she smiles --no", "she smiles"),
        ("she smiles --no --10s", "she smiles --duration 10s"),
        ("she smiles --model", "she smiles"),
        ("she smiles --model veo --10s", "she smiles --model veo-3.1 --duration 10s"),
        ("she smiles --duration ten --cfg 7", "she smiles"),
        ("she smiles --sound maybe", "she smiles"),
        # Nothing is guessed.
        ("she smiles --ar 16:9", ""),
        ("she smiles --seed 4", ""),
        ("she smiles --model sora", ""),
        ("she smiles --no hats --no cats", ""),
        ("she smiles–no hats", ""),
        ("--no --cfg", ""),
    ],
)
def test_what_is_meant(text: str, meant: str) -> None:
    found = mended(text, OFFERS)
    assert found.replace("١٠", "10").strip() == meant


def test_the_length_next_to_one_that_the_only_model_has_not() -> None:
    assert mended("she smiles --7s", alone()) == "she smiles --duration 5"
    assert mended("she smiles --duration 9 --no fog", alone()) == "she smiles --duration 10 --no fog"


async def asked(house: House, text: str = WRONG) -> tuple[Reply, Address]:
    reply = await house.say(text, attached())
    assert reply.parked, reply.text
    place = Address("telegram", "chat", f"question-{house.sent}")
    assert await house.core.stands(reply, place)
    return reply, place


async def test_it_is_asked_with_what_was_wrong_and_what_it_costs(house: House) -> None:
    reply, _ = await asked(house)
    wrong, meant, again = reply.text.splitlines()
    assert wrong.startswith("“--then” looks like an option")
    assert meant == "Or do you mean this? “she smiles - then waves” · 5 s · 5 credits"
    assert again == texts.chat.WRITE_AGAIN
    assert [button.label for button in reply.buttons] == [texts.credits.yes(5), texts.credits.NO]
    assert await house.used() == 0
    bought = await house.say(reply.buttons[0].command)
    assert (await house.job(str(bought.job))).order.prompt == "she smiles - then waves"
    assert await house.used() == 5


@pytest.mark.parametrize(
    ("said", "prompt"), [("yes", "she smiles - then waves"), ("she smiles and waves", "she smiles and waves")]
)
async def test_it_is_answered_in_writing(house: House, said: str, prompt: str) -> None:
    reply, place = await asked(house)
    done = await house.say(f"{reply.ask} {said}", attached())
    assert (await house.job(str(done.job))).order.prompt == prompt
    assert done.over == place.message
    assert (await house.say(reply.buttons[0].command)).job in (done.job, None)
    assert await house.used() == 5
    assert len(await house.kept()) == 1
    late = await house.say(f"{reply.ask} and turns", attached())
    assert (late.text, await house.used()) == (texts.chat.NO_PHOTO, 5), "one question has one answer"


async def test_an_edited_caption_leaves_a_question_that_can_be_answered(house: House) -> None:
    house.provider.stand_in = False
    configure(house.core, ask_consent=True)
    first = await house.say(WRONG, attached(), key="same")
    edited = await house.say(f"{first.ask} she waves", attached(), key="same")
    assert edited.parked
    assert (await house.say(edited.buttons[0].command)).text == texts.consent.ASK


async def test_new_words_that_are_asked_about_are_asked_about_again(house: House) -> None:
    house.provider.stand_in = False
    configure(house.core, ask_consent=True)
    first = await house.say(WRONG, attached())
    replies = [await house.say(f"{first.ask} she waves", attached(), key="same") for _ in range(2)]
    assert [reply.text for reply in replies] == [texts.consent.ASK] * 2
    assert replies[0].parked == replies[1].parked != first.parked
    assert len(await house.kept()) == 1


async def test_a_crash_after_the_words_were_bought_leaves_no_second_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, place = await asked(house)

    async def crash(_: str) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(house.store.quotas, "unpark", crash)
        with pytest.raises(RuntimeError):
            await house.say(f"{reply.ask} she waves", attached(), key="same")
    again = await house.say(f"{reply.ask} she waves", attached(), key="same")
    assert (bool(again.job), again.over) == (True, place.message)
    assert (await house.say(reply.buttons[0].command)).text == texts.credits.PARKED_GONE
    assert (await house.used(), len(await house.kept())) == (5, 1)


async def test_no_and_talk_buy_nothing(house: House) -> None:
    reply, _ = await asked(house)
    assert (await house.say(f"{reply.ask} thanks!", attached())).text == texts.chat.NO_WORDS
    assert (await house.say(f"{reply.ask} no", attached())).text == texts.credits.DROPPED
    assert (await house.say(reply.buttons[0].command)).text == texts.credits.PARKED_GONE
    assert (await house.used(), await house.kept()) == (0, [])


async def test_the_same_message_again_is_asked_about_once(house: House) -> None:
    replies = [await house.say(WRONG, attached(), key="same") for _ in range(3)]
    assert len({(reply.parked, reply.ask) for reply in replies}) == 1
    assert len(await house.kept()) == 1


async def test_the_other_questions_come_behind_it(house: House) -> None:
    house.provider.stand_in = False
    configure(house.core, ask_consent=True)
    long = await house.say(WRONG, attached(picture(2000, 400)))
    assert long.text.startswith("“--then”")
    crop = await house.say(long.buttons[0].command)
    assert crop.buttons[0].command == f"/crop {long.parked}"
    consent = await house.say(crop.buttons[0].command)
    assert consent.text == texts.consent.ASK
    assert (await house.say(consent.buttons[0].command)).job
    assert await house.used() == 5


async def test_where_others_read_along_the_next_message_is_no_answer(house: House) -> None:
    place = Address("telegram", "-5", "m")
    shared = Inbound(place, "7", "k", WRONG, (attached(),), shared=True, scope="telegram:-5")
    reply = await house.core.handle(shared)
    assert (bool(reply.parked), reply.ask) == (True, None)
    assert texts.chat.WRITE_AGAIN not in reply.text


async def test_what_another_persons_yes_is_worth(house: House) -> None:
    reply, _ = await asked(house)
    for command in (reply.buttons[0].command, f"{reply.ask} yes", f"{reply.ask} she waves"):
        assert (await house.say(command, attached(), user="8")).job is None
    assert await house.used("8") == 0


async def test_a_model_by_a_name_like_it_is_asked_about_with_its_price(house: House) -> None:
    configure(house.core, offers=OFFERS, policy=Policy(1000))
    reply = await house.say("she smiles --model veo", attached())
    assert reply.text.splitlines()[1] == "Or do you mean this? “she smiles” · 4 s · Veo 3.1 · 24 credits"
    assert reply.buttons[0].label == "Yes, 24 credits"
