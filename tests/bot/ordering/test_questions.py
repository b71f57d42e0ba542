"""A question about an order is answered by just writing yes or no: the right one, once, and by whom it asks."""

from dataclasses import replace

import pytest

from bot import texts
from bot.commands.talk import assent, is_talk
from bot.conversation import Inbound, Reply
from bot.model import Address, Job
from bot.ordering.about import SILENCE
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from tests.houses import House, attached, configure, picture


@pytest.fixture
def house(house: House) -> House:
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    return house


async def asked(house: House, words: str = "she smiles", photo: bytes | None = None) -> Address:
    """Order, and post the question; returns its message."""
    return await posted(house, await house.say(words, attached(photo)))


async def posted(house: House, reply: Reply) -> Address:
    assert reply.parked or reply.chooser
    place = Address("telegram", "chat", f"question-{house.sent}")
    assert await house.core.stands(reply, place)
    house.clock.tick(1)
    return place


async def a_clip(house: House) -> Job:
    configure(house.core, ask_consent=False)
    return await house.finish(await house.job(str((await house.say("she smiles", attached())).job)))


async def say(house: House, text: str, to: Address | None = None, **more: object) -> Reply:
    house.sent += 1
    where = Address("telegram", "chat", f"message-{house.sent}")
    source = to.message if to else ""
    inbound = Inbound(where, "7", f"telegram:{house.sent}", text, source=source)
    return await house.core.handle(replace(inbound, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["yes", "Yes!", "ok", "Yes, make it", "yes please", "👍🏽", "/animate yes", "да"])
async def test_a_written_yes_is_the_tap(house: House, said: str) -> None:
    place = await asked(house)
    reply = await say(house, said)
    assert reply.job
    assert "“she smiles”" in reply.text
    assert reply.over == place.message, "the question goes, as after a tap"
    assert (await house.job(reply.job)).address.message == "message-1"
    assert await house.used() == 5


@pytest.mark.parametrize("said", ["no", "No, thanks.", "👎", "stop"])
async def test_a_written_no_drops_it(house: House, said: str) -> None:
    await asked(house)
    assert (await say(house, said)).text == texts.credits.DROPPED
    assert await house.kept() == []
    assert (await say(house, "yes")).text == texts.chat.NO_PHOTO
    assert await house.used() == 0


@pytest.mark.parametrize("answer", ["/crop", "/no"])
async def test_a_tapped_question_goes_however_often_the_tap_comes(house: House, answer: str) -> None:
    question = await house.say("she smiles", attached(picture(2000, 400)))
    place = await posted(house, question)
    command = next(button.command for button in question.buttons if button.command.startswith(answer))
    tap = Inbound(place, "7", "telegram:tap:1", command, pressed=True)
    assert [(await house.core.handle(tap)).over for _ in range(2)] == [place.message] * 2
    refused = await house.core.handle(replace(tap, key="telegram:tap:2", user="8"))
    assert (refused.refused, refused.over) == (True, "")


async def test_each_question_behind_the_other(house: House) -> None:
    act = Act(id="act", at=house.clock(), actor="x", scope="", verb="limits confirm")
    await house.store.quotas.amend(act, lambda rule: Rule(confirm=5))
    await asked(house, "she smiles --10s", picture(2000, 400))
    consent = await say(house, "ok")
    assert consent.text == texts.consent.ASK
    assert consent.over
    await posted(house, consent)
    price = await say(house, "ok")
    assert price.buttons[0].label == "Yes, 10 credits"
    assert await house.used() == 0, "a yes to one question is none to the next"
    await posted(house, price)
    assert (await say(house, "Yes, 10 credits")).job
    assert await house.used() == 10


async def test_of_several_the_one_that_it_replies_to_else_the_latest(house: House) -> None:
    configure(house.core, ask_consent=False)  # one yes to that is the yes to all
    one, _, _ = [await asked(house, words, picture(2000, 400)) for words in ("one", "two", "three")]
    assert "“one”" in (await say(house, "yes", one)).text
    assert "“three”" in (await say(house, "yes")).text
    assert "“two”" in (await say(house, "yes")).text
    assert (await say(house, "yes")).text == texts.chat.NO_PHOTO
    assert await house.used() == 15


async def test_that_one_yes_is_enough_is_said_where_it_is(house: House) -> None:
    await posted(house, await house.say("wide", attached(picture(2000, 400))))
    assert (await house.say("not posted, so nothing can become its line", attached())).text == texts.consent.ASK
    first = await house.say("one", attached())
    assert first.text == texts.consent.ASK, "a crop is asked about first"
    await posted(house, first)
    assert (await house.say("two", attached())).text == texts.consent.ASK_TOO
    assert (await house.say("another's", attached(), user="8")).text == texts.consent.ASK
    elsewhere = Inbound(Address("telegram", "another chat", "x"), "7", "telegram:x", "three", (attached(),))
    assert (await house.core.handle(elsewhere)).text == texts.consent.ASK
    act = Act(id="act", at=house.clock(), actor="x", scope="", verb="limits confirm")
    await house.store.quotas.amend(act, lambda rule: Rule(confirm=4))
    assert (await house.say("dear", attached())).text == texts.consent.ASK, "each price is asked about"


async def test_twice_buys_once_and_no_other(house: House) -> None:
    configure(house.core, ask_consent=False)
    await asked(house, "one", picture(2000, 400))
    two = await asked(house, "two", picture(2000, 400))
    replies = [await say(house, "yes", key="same") for _ in range(3)]
    assert len({reply.job for reply in replies}) == 1
    assert (await say(house, "yes", two)).job == replies[0].job
    assert await house.used() == 5


async def test_what_others_say_to_it_is_talk(house: House) -> None:
    place = await asked(house)
    talk = await say(house, "yes", place, user="8", called=False)
    assert (talk.text, talk.job) == ("", None)
    assert (await say(house, "yes", user="8")).text == texts.chat.NO_PHOTO
    assert (await say(house, "yes", place, called=False)).job


async def test_where_the_platform_says_what_is_seen_that_is_answered(house: House) -> None:
    one, two, three = [(await house.say(words, attached())).parked for words in ("one", "two", "three")]
    reply = await say(house, "yes", asked=f"/agree {one}")
    assert (reply.job, reply.answered, reply.over) == (one, f"/agree {one}", "")
    assert (await say(house, "yes", asked=f"/agree {one}")).job == one, "as a second tap"
    for _ in range(2):
        dropped = await say(house, "no", asked=f"/agree {two}", key="the same")
        assert (dropped.text, dropped.answered) == (texts.credits.DROPPED, f"/no {two}")
    assert (await say(house, "yes", asked=f"/agree {two}")).text == texts.credits.PARKED_GONE
    assert not (await say(house, "yes", asked=f"/yes {three}", user="8")).job
    assert (await say(house, "she runs", asked=f"/yes {three}")).text == texts.chat.NO_PHOTO
    for odd in ("/forgetme yes", f"/yes {three} x", "/agree \0", "/agree", "x"):
        assert (await say(house, "yes", asked=odd)).text == texts.chat.NO_PHOTO
    house.clock.tick(3601)
    late = await say(house, "yes", asked=f"/yes {three}")
    assert (late.text, late.answered) == (texts.credits.PARKED_GONE, f"/yes {three}")
    assert await house.used() == 5


async def test_a_removal_is_answered_by_whoever_asked_for_it_and_by_nobody_else(house: House) -> None:
    job = await a_clip(house)
    question = await house.say(f"/delete {job.id}")
    place = await posted(house, question)
    assert await say(house, "yes", place, user="8", called=False) == SILENCE
    assert (await say(house, "yes", user="8")).text == texts.chat.NO_PHOTO
    kept = await say(house, "no", place)
    assert (kept.text, kept.over, kept.answered) == (texts.chat.KEPT, place.message, f"/delete {job.id} no")
    gone = await say(house, "yes", place)
    assert (gone.text, gone.over) == (texts.chat.DELETED, place.message)
    assert (await say(house, "yes", place)).text == texts.chat.DELETED_ALREADY


async def test_a_removal_is_over_when_its_person_orders_or_gets_a_clip(house: House) -> None:
    job = await a_clip(house)
    waits = str((await house.say("he waves", attached())).job)
    house.clock.tick(1)
    place = await posted(house, await house.say(f"/delete {job.id}"))
    await house.finish(await house.job(waits))
    assert (await say(house, "yes")).text == texts.chat.NO_PHOTO
    assert (await say(house, "yes", place)).text == texts.chat.DELETED, "a reply to it is no doubt"


async def test_other_words_stay_words(house: House) -> None:
    await asked(house)
    assert (await say(house, "yes, but slower")).text == texts.chat.NO_PHOTO
    assert (await house.say("yes", attached())).text == texts.chat.NO_WORDS, "a photo of its own needs words"
    house.clock.tick(3601)
    assert (await say(house, "yes")).text == texts.chat.NO_PHOTO
    assert await house.used() == 0


@pytest.mark.parametrize(
    "said", ["yes", "No.", "2", "help", "thanks!", "ok", "wow", "so cool 😍", "👍", "?", "hello", "--10s thanks"]
)
async def test_talk_with_a_photo_of_its_own_is_asked_about(house: House, said: str) -> None:
    configure(house.core, ask_consent=False)
    reply = await house.say(said, attached())
    assert (reply.text, reply.refused, reply.ask) == (texts.chat.NO_WORDS, True, "--10s" if "--" in said else "")
    assert await house.used() == 0
    assert (await house.say(f"{reply.ask} she smiles", attached())).job


async def test_what_was_picked_in_a_form_is_not_lost_to_a_question(house: House) -> None:
    picked = Inbound(Address("discord", "chat", "m"), "7", "k", "ok", (attached(),), {"duration": "10"})
    reply = await house.core.handle(picked)
    assert (reply.text, reply.refused, reply.ask) == (texts.chat.NO_WORDS, True, None)


@pytest.mark.parametrize("said", ["💃", "no hands", "she loves it", "love is in the air"])
async def test_what_may_describe_a_clip_is_ordered(house: House, said: str) -> None:
    configure(house.core, ask_consent=False)
    assert (await house.say(said, attached())).job


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Yep", True),
        ("nein", False),
        ("👍", True),
        ("👍👎", None),
        ("", None),
        ("…", None),
        ("not now, she smiles", None),
    ],
)
def test_assent(text: str, meant: bool | None) -> None:
    assert assent(text) is meant


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("ok", True),
        ("No, thanks!", True),
        ("Thank you so much!!", True),
        ("спасибо", True),
        ("👍", True),
        ("k", True),
        ("cool", True),
        ("LOL!!", True),
        ("hahaha 😂", True),
        ("so nice, thanks ❤️", True),
        ("круто!", True),
        ("très bien", True),
        ("すごい！", True),
        ("哈哈哈", True),
        ("ㅋㅋㅋ", True),
        ("😍🔥", True),
        ("?", True),
        ("thanks, and now she waves", False),
        ("nice smile", False),
        ("the cool wind blows", False),
        ("she laughs", False),
        ("他笑了", False),
        ("--10s", False),
        ("she says thanks", False),
        ("42", True),
        ("100 %", True),
        ("5 s", True),
        ("delete it", True),
        ("2 dogs", False),
        ("again she smiles", False),
        ("", False),
    ],
)
def test_talk(text: str, talk: bool) -> None:
    assert is_talk(text) is talk
