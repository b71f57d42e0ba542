"""Before the first clip a person is asked whether those in the photo agree: once, and for nothing."""

import asyncio
from dataclasses import replace

import pytest

from bot import texts
from bot.conversation import Inbound, Reply
from bot.model import Address
from bot.ordering import waiting
from bot.ordering.waiting import WAIT, WAITING
from bot.privacy.retention import WAITS, Retention
from bot.quotas.records import Act
from bot.quotas.rules import Rule
from tests.houses import House, attached, configure
from tests.web_gallery import film


@pytest.fixture
def house(house: House) -> House:
    configure(house.core, ask_consent=True)
    house.provider.stand_in = False
    return house


def buttons(reply: Reply) -> dict[str, str]:
    return {button.label: button.command for button in reply.buttons}


async def asked(house: House, text: str = "she smiles", user: str = "7") -> str:
    """Order; returns what the yes button says."""
    reply = await house.say(text, attached(), user=user)
    assert reply.text == texts.consent.ASK
    return buttons(reply)[texts.consent.AGREE]


async def confirm_above(house: House, credits: int) -> None:
    act = Act(id=f"act{credits}", at=house.clock(), actor="x", scope="", verb="limits confirm")
    await house.store.quotas.amend(act, lambda rule: Rule(confirm=credits))


async def test_asked_before_the_first_clip_and_never_again(house: House) -> None:
    reply = await house.say("she smiles", attached())
    assert (reply.text, reply.refused, reply.job) == (texts.consent.ASK, False, None)
    assert "asked only once" in reply.text
    assert "nothing is spent" in reply.text
    told = buttons(reply)
    assert [word.split()[0] for word in told.values()] == ["/agree"]
    assert reply.parked == told[texts.consent.AGREE].split()[1]
    assert all(len(word.encode()) <= 64 for word in told.values())
    assert await house.used() == 0
    assert len(await house.kept()) == 1
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None

    house.clock.tick(60)
    placed = await house.say(told[texts.consent.AGREE])
    assert placed.job
    assert "“she smiles”" in placed.text
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at == house.clock()
    job = await house.finish(await house.job(placed.job))
    assert (job.outcome, await house.used()) == ("clip", 5)
    assert job.address.message == "message-1", "the clip answers the photo"

    house.clock.tick(60)
    assert (await house.say("she laughs", attached())).job
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at == job.created_at


async def test_no_drops_the_order_and_the_photo(house: House) -> None:
    agree = await asked(house)
    reply = await house.say(agree.replace("/agree", "/no"))
    assert reply.text == texts.credits.DROPPED
    assert await house.kept() == []
    assert (await house.say(agree)).text == texts.credits.PARKED_GONE
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None
    await asked(house, "once more")


async def test_only_so_many_wait_for_a_yes(house: House) -> None:
    """Nothing is spent on them, so nothing else would bound the pictures that somebody leaves here."""
    first = await asked(house)
    for number in range(1, WAITING):
        await asked(house, f"she smiles {number} times")
    reply = await house.say("once more", attached())
    assert (reply.text, reply.refused) == (texts.credits.MANY_WAIT, True)
    assert len(await house.kept()) == WAITING
    await asked(house, user="8")
    await house.say(first.replace("/agree", "/no"))
    await asked(house, "once more")
    house.clock.tick(WAIT + 1)
    await asked(house, "an hour later")


async def test_nobody_answers_for_somebody_else(house: House) -> None:
    agree = await asked(house)
    reply = await house.say(agree, user="8")
    assert (reply.text, reply.refused) == (texts.chat.NOT_YOURS, True)
    assert (await house.store.gallery.preferences("telegram:8")).agreed_at is None
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None
    await asked(house, user="8")


@pytest.mark.databases
async def test_a_double_tap_pays_once(house: House) -> None:
    agree = await asked(house)
    first, second = await asyncio.gather(house.say(agree), house.say(agree))
    third = await house.say(agree)
    assert first.job == second.job == third.job
    assert await house.used() == 5
    assert len(await house.kept()) == 1


async def test_two_photos_before_the_first_answer(house: House) -> None:
    one, two = await asked(house, "one"), await asked(house, "two")
    assert (await house.say(one)).job
    house.clock.tick(5)
    at = (await house.store.gallery.preferences("telegram:7")).agreed_at
    assert (await house.say(two)).job
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at == at
    assert await house.used() == 10


async def test_a_photo_that_comes_twice_pays_once(house: House) -> None:
    """As after a crash: the same message, asked about twice."""
    one = buttons(await house.say("x", attached(), key="one"))[texts.consent.AGREE]
    two = buttons(await house.say("x", attached(), key="one"))[texts.consent.AGREE]
    replies = [await house.say(word) for word in (one, two, one, two)]
    assert len({reply.job for reply in replies if reply.job}) == 1
    assert await house.used() == 5
    assert len(await house.kept()) == 1


@pytest.mark.parametrize("lost", ["prefer", "submit", "unpark"])
async def test_a_crash_between_the_steps(house: House, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    """The step is done, and its process dies before the next."""
    agree = await asked(house)
    where = {"prefer": house.store.gallery, "submit": house.store, "unpark": house.store.quotas}[lost]
    real = getattr(where, lost)

    async def dies(*given: object, **named: object) -> None:
        await real(*given, **named)
        raise RuntimeError("the lights went out")

    with monkeypatch.context() as dark:
        dark.setattr(where, lost, dies)
        with pytest.raises(RuntimeError):
            await house.say(agree)
    reply = await house.say(agree)
    assert reply.job
    assert await house.used() == 5
    assert len(await house.kept()) == 1
    assert (await house.say("more", attached())).job, "not asked again"


async def test_a_dear_clip_is_asked_about_next(house: House) -> None:
    await confirm_above(house, 4)
    agree = await asked(house)
    question = await house.say(agree)
    assert question.text.startswith("“she smiles”")
    assert "a tap is asked for above 4 credits" in question.text
    assert buttons(question) == {
        "Yes, 5 credits": agree.replace("/agree", "/yes"),
        "No": agree.replace("/agree", "/no"),
    }
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at
    assert await house.used() == 0
    placed = await house.say(agree.replace("/agree", "/yes"))
    assert placed.job
    again = await house.say(agree)
    assert again.job == placed.job, "a late second tap asks nothing"
    assert await house.used() == 5
    next_one = await house.say("she laughs", attached())
    assert "a tap is asked for" in next_one.text


async def test_yes_alone_is_no_consent(house: House) -> None:
    agree = await asked(house)
    reply = await house.say(agree.replace("/agree", "/yes"))
    assert reply.text == texts.consent.ASK
    assert buttons(reply)[texts.consent.AGREE] == agree
    assert (await house.say(agree.replace("/agree", "/yes"), user="8")).text == texts.chat.NOT_YOURS
    assert await house.used() == 0
    assert (await house.say(agree)).job


async def test_an_order_waits_for_an_hour(house: House) -> None:
    agree = await asked(house)
    house.clock.tick(WAIT + 1)
    assert (await house.say(agree)).text == texts.credits.PARKED_GONE
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None
    house.clock.tick(WAITS)
    await Retention(house.store, house.media, clock=house.clock, photos=1.0, clips=1.0, platforms=["telegram"]).round()
    assert await house.kept() == []


@pytest.mark.parametrize("word", ["/agree", "/agree nothing", "/agree ../../x", "/yes nothing"])
async def test_nothing_to_agree_to(house: House, word: str) -> None:
    reply = await house.say(word)
    assert (reply.text, reply.refused) == (texts.credits.PARKED_GONE, True)
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None


async def test_credits_that_are_gone_meanwhile(house: House) -> None:
    agree = await asked(house)
    act = Act(id="act", at=house.clock(), actor="x", scope="", verb="quota set")
    await house.store.quotas.amend(act, lambda rule: Rule(credits=1, span="day", confirm=1))
    reply = await house.say(agree)
    assert reply.refused
    assert "costs 5 credits" in reply.text
    assert await house.used() == 0


async def test_a_linked_platform_is_not_asked_again(house: House) -> None:
    await house.say(await asked(house))
    await house.store.accounts.offer("telegram:7", "code", house.clock() + 60)
    assert (await house.store.accounts.join("discord:9", "code", house.clock(), 5))[0] == "joined"
    inbound = Inbound(Address("discord", "5", "1"), "9", "discord:1", "she waves", (attached(),))
    assert (await house.core.handle(inbound)).job


async def test_a_community_asks_the_same_person_once(house: House) -> None:
    def said(text: str, key: str, scope: str, photo: bool = True) -> Inbound:
        address = Address("telegram", scope.partition(":")[2] or "7", key)
        return Inbound(address, "7", key, text, (attached(),) if photo else (), shared=bool(scope), scope=scope)

    reply = await house.core.handle(said("x", "k1", "telegram:-100"))
    agree = buttons(reply)[texts.consent.AGREE]
    elsewhere = await house.core.handle(said(agree, "k2", "telegram:-200", photo=False))
    assert elsewhere.text == texts.chat.NOT_YOURS
    assert (await house.core.handle(said(agree, "k3", "telegram:-100", photo=False))).job
    assert (await house.core.handle(said("x", "k4", ""))).job


async def test_the_console_is_not_asked(house: House) -> None:
    inbound = Inbound(Address("console", "here", "1"), "me", "console:1", "x", (attached(),))
    assert (await house.core.handle(inbound)).job


async def test_whoever_is_forgotten_is_asked_again(house: House) -> None:
    agree = await asked(house)
    job = (await house.say(agree)).job
    await house.finish(await house.job(job or ""))
    word = (await house.say("/forgetme")).buttons[0].command
    await house.say(word)
    await asked(house, "back again")


async def test_nobody_is_asked_where_it_is_off(house: House) -> None:
    configure(house.core, ask_consent=False)
    assert (await house.say("x", attached())).job


async def test_nobody_is_asked_where_the_stand_in_makes_the_clips(house: House) -> None:
    """Then no photo leaves this machine."""
    house.provider.stand_in = True
    assert (await house.say("x", attached())).job
    house.provider.stand_in = False
    await asked(house, "he waves")


async def test_one_host_that_is_paid_is_enough_to_ask(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of them makes the clip is not known beforehand."""
    terms = house.provider.terms
    monkeypatch.setattr(house.provider, "hosts", lambda: ("local", "aimlapi"))
    monkeypatch.setattr(
        house.provider, "terms", lambda host=None, model="": replace(terms(host, model), stand_in=host == "local")
    )
    await asked(house)


async def test_nobody_is_asked_about_our_own_drawings(house: House) -> None:
    house.provider.clips = [film(480, 360)]  # large enough to go on from
    drawn = replace(attached(), sample=True)
    job = await house.finish(await house.job((await house.say("x", drawn)).job or ""))
    for word in (f"/again {job.id}", f"/again {job.id} otherwise", f"/continue {job.id} and on"):
        following = await house.say(word)
        assert following.job, word
        assert (await house.job(following.job)).order.sample
    assert (await house.store.gallery.preferences("telegram:7")).agreed_at is None
    both = await house.say("he waves", drawn, attached())
    assert both.text == texts.consent.ASK
    await confirm_above(house, 4)
    dear = await house.say("z", drawn)
    assert (await house.say(buttons(dear)["Yes, 5 credits"])).job, "a dear drawing is asked about for its price alone"


async def test_what_waits_is_known_with_its_question(house: House) -> None:
    person = Inbound(Address("telegram", "chat"), "7", "looking")
    assert await waiting.listed(house.core.context, person) == []
    one = await asked(house, "one")
    house.clock.tick(60)
    await asked(house, "two")
    await asked(house, "not hers", user="8")
    found = await waiting.listed(house.core.context, person)
    assert [(job.order.prompt, asked.text) for job, asked in found] == [
        ("one", texts.consent.ASK),
        ("two", texts.consent.ASK),
    ]
    await house.say(one)
    ((job, still),) = await waiting.listed(house.core.context, person)
    assert (job.order.prompt, still.text) == ("two", texts.consent.STILL)
    await confirm_above(house, 4)
    ((_, dear),) = await waiting.listed(house.core.context, person)
    assert "This costs 5 credits" in dear.text
    house.clock.tick(WAIT + 1)
    assert await waiting.listed(house.core.context, person) == []
