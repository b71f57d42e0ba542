"""A list is answered in writing as by a tap: by its person, while it is open, and never by other words."""

from dataclasses import replace

import pytest

from bot import texts
from bot.conversation import Button, Inbound, Reply
from bot.model import Address, Pending
from bot.ordering.about import SILENCE
from bot.quotas.pricing import Policy
from bot.sentence import verbatim
from tests.houses import House, attached, configure
from tests.samples import OFFERS


@pytest.fixture
def house(house: House) -> House:
    configure(house.core, offers=OFFERS, policy=Policy(1000))
    return house


async def posted(house: House, reply: Reply) -> Address:
    assert reply.chooser, reply.text
    place = Address("telegram", "chat", f"list-{house.sent}")
    assert await house.core.stands(reply, place)
    house.clock.tick(1)
    return place


async def listed(house: House, command: str) -> Address:
    return await posted(house, await house.say(command))


async def say(house: House, text: str, to: Address | None = None, **more: object) -> Reply:
    house.sent += 1
    where = Address("telegram", "chat", f"message-{house.sent}")
    inbound = Inbound(where, "7", f"telegram:{house.sent}", text, source=to.message if to else "")
    return await house.core.handle(replace(inbound, **more))  # type: ignore[arg-type]  # fields by name


async def clips(house: House, *prompts: str) -> list[str]:
    """Finished clips, the latest first."""
    made = []
    for words in prompts:
        made.append((await house.finish(await house.order(words))).id)
        house.clock.tick(1)
    return made[::-1]


@pytest.mark.parametrize("said", ["2", "the second", "she smiles", "/delete 2", "/animate 2"])
async def test_a_clip_by_its_number_or_words(house: House, said: str) -> None:
    _, two, _ = await clips(house, "he runs", "she smiles in the rain", "she waves")
    await listed(house, "/delete")
    reply = await say(house, said)
    assert (reply.text, reply.answered) == (texts.chat.DELETE_WHAT, f"/delete {two}")
    await posted(house, reply)
    assert (await say(house, "yes")).text == texts.chat.DELETED
    assert "smiles" not in (await house.say("/jobs")).text


async def test_what_is_unclear_is_asked_again(house: House) -> None:
    waves, smiles, _ = await clips(house, "he runs", "she smiles", "she waves")
    await listed(house, "/delete")
    for said, again, count in (
        ("7", texts.chat.NO_SUCH_LINE, 3),
        ("all of them", texts.chat.ONE_AT_A_TIME, 3),
        ("1 and 3", texts.chat.ONE_AT_A_TIME, 3),
        ("she", texts.chat.WHICH_OF_THESE, 2),
    ):
        reply = await say(house, said)
        assert (reply.text, len(reply.buttons), reply.refused) == (again, count, False)
    assert [button.label for button in reply.buttons] == ["1. “she waves”", "2. “she smiles”"]
    assert [button.command for button in reply.buttons] == [f"/delete {waves}", f"/delete {smiles}"]
    await posted(house, reply)
    assert (await say(house, "2")).answered == f"/delete {smiles}", "a number counts the lines that are seen"


@pytest.mark.parametrize("said", ["none", "no", "never mind", "Cancel."])
async def test_none_of_them(house: House, said: str) -> None:
    await clips(house, "he runs")
    await listed(house, "/delete")
    assert (await say(house, said)).text == texts.chat.NONE_OF_THEM
    assert (await say(house, "1")).text == texts.chat.NO_PHOTO, "it is closed"


async def test_what_is_no_answer_stays_what_it_is(house: House) -> None:
    await clips(house, "he runs")
    place = await listed(house, "/delete")
    for said in ("she waves", "2 people wave", "cool", "run away"):
        assert (await say(house, said)).text == texts.chat.NO_PHOTO
    assert (await say(house, "/help")).text.startswith("Send a photo")
    ordered = await house.say("1", attached())
    assert ordered.answered == "", "a photo of its own is an order, whatever is asked"
    assert (await say(house, "1", place, user="8", called=False)) == SILENCE
    assert (await say(house, "1", user="8")).text == texts.chat.NO_PHOTO
    house.clock.tick(3601)
    assert (await say(house, "1")).text == texts.chat.NO_PHOTO


async def test_the_same_answer_twice_is_one(house: House) -> None:
    (job,) = await clips(house, "he runs")
    await listed(house, f"/with {job}")
    replies = [await say(house, "best", key="same") for _ in range(3)]
    assert len({reply.job for reply in replies}) == 1
    assert (await say(house, "best")).text == texts.chat.NO_PHOTO, "what is written after an order may be about that"


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ("2", "Best (Kling 3.0 Pro)"),
        ("best", "Best (Kling 3.0 Pro)"),
        ("KLING3.0pro", "Best (Kling 3.0 Pro)"),
        ("Best (Kling 3.0 Pro)", "Best (Kling 3.0 Pro)"),
        ("the last", "With sound (Kling 2.6 Pro)"),
        ("with sound", "With sound (Kling 2.6 Pro)"),
        ("--model veo 3.1", "Veo 3.1"),
        ("klingai/video-v3-pro-image-to-video", "Best (Kling 3.0 Pro)"),
        ("1", "Quick (Kling 1 Standard)"),
        ("kling 1", "Quick (Kling 1 Standard)"),
    ],
)
async def test_a_model_by_any_of_its_names(house: House, said: str, model: str) -> None:
    await listed(house, "/model")
    assert f"made by {model} · " in (await say(house, said)).text


async def test_a_model_that_is_unclear_or_unknown_buys_nothing(house: House) -> None:
    (job,) = await clips(house, "he runs")
    await listed(house, f"/with {job}")
    kling = await say(house, "kling")
    assert kling.text == texts.chat.WHICH_OF_THESE
    assert len(kling.buttons) > 1
    assert "I don't know a model called “klng 3.0 pro”. Did you mean" in (await say(house, "klng 3.0 pro")).text
    assert (await say(house, "a dog runs")).text == texts.chat.NO_PHOTO
    beyond = await say(house, "9")
    assert [button.label.partition(".")[0] for button in beyond.buttons] == ["1", "2", "More …"]
    await posted(house, beyond)
    assert await house.used() == 5
    assert "“he runs” · 5 s · Kling 3.0 Pro" in (await say(house, "1")).text
    assert await house.used() == 25


async def test_more_by_its_label(house: House) -> None:
    await listed(house, "/model")
    more = await say(house, "more")
    assert len(more.lines) > 3
    await posted(house, more)
    assert (await say(house, "4")).text.startswith("From now on your clips are made by ")


async def test_a_list_of_clips_by_number_alone(house: House) -> None:
    one, _ = await clips(house, "he runs", "she waves")
    await listed(house, "/jobs")
    assert (await say(house, "1")).answered == f"/clip {one}"
    assert (await say(house, "he runs")).text == texts.chat.NO_PHOTO
    assert (await say(house, "delete one")).text == texts.chat.DELETE_WHICH


async def test_a_yes_or_no_is_for_what_asks_for_it(house: House) -> None:
    (job,) = await clips(house, "he runs")
    await posted(house, await house.say(f"/delete {job}"))
    await listed(house, "/jobs")
    assert (await say(house, "yes")).text == texts.chat.DELETED


async def test_a_removal_is_asked_about_until_it_is_answered(house: House) -> None:
    (job,) = await clips(house, "he runs")
    await posted(house, await house.say(f"/delete {job}"))
    assert (await say(house, "no")).text == texts.chat.KEPT
    await listed(house, "/model")
    assert (await say(house, "no")).text == texts.chat.NONE_OF_THEM
    assert (await say(house, "yes")).text == texts.chat.NO_PHOTO


async def test_numbers_do_not_pile_up(house: House) -> None:
    await listed(house, "/model")
    for _ in range(2):
        reply = await say(house, "99")
        assert [button.label[:4] for button in reply.buttons] == ["1. Q", "2. B", "3. W", "More"]
        await posted(house, reply)


@pytest.mark.parametrize("said", ["show 2", "show me the second", "again 1", "share 1", "nice", "thanks", "not 2"])
async def test_what_says_something_else_takes_nothing_out_of_the_line(house: House, said: str) -> None:
    for words in ("nice dogs run", "thanks are given"):
        await house.order(words)
    house.clock.tick(1)
    await listed(house, "/cancel")
    assert (await say(house, said)).text == texts.chat.NO_PHOTO
    assert await house.used() == 10


async def test_that_one_is_asked_about_where_there_are_more(house: House) -> None:
    for words in ("she smiles", "he runs"):
        await house.order(words)
    house.clock.tick(1)
    await listed(house, "/cancel")
    assert (await say(house, "cancel that one")).text == texts.chat.WHICH_OF_THESE
    assert (await say(house, "cancel the first one")).text == texts.jobs.CANCELLED


async def test_a_clip_that_is_being_made_closes_no_list(house: House) -> None:
    _, one = await clips(house, "he runs", "she waves")
    house.provider.polls = [Pending()]
    await house.order("he sings")
    polled = house.provider.polled
    house.clock.tick(1)
    await listed(house, "/delete")
    await house.work(30, each=10)
    assert house.provider.polled > polled
    assert (await say(house, "2")).answered == f"/delete {one}"


async def test_a_list_is_answered_in_its_own_topic(house: House) -> None:
    one, two = await clips(house, "he runs", "she waves")

    async def at(thread: str, text: str) -> Reply:
        house.sent += 1
        where = Address("telegram", "-5", str(house.sent), thread)
        reply = await house.core.handle(Inbound(where, "7", f"k:{house.sent}", text, no_photo=texts.chat.NO_PHOTO))
        await house.core.stands(reply, where)
        house.clock.tick(1)
        return reply

    for thread, command in (("a", f"/delete {two}"), ("a", "/delete"), ("b", "/jobs")):
        await at(thread, command)
    assert (await at("a", "2")).answered == f"/delete {two}"
    assert (await at("b", "2")).answered == f"/clip {two}"
    assert (await at("c", "2")).text == texts.chat.NO_PHOTO
    assert (await at("b", "no")).text == texts.chat.NONE_OF_THEM
    assert (await at("b", "yes")).text == texts.chat.NO_PHOTO
    assert (await at("a", "no")).text == texts.chat.KEPT
    assert (await house.job(one)).person == "telegram:7"


async def test_a_yes_is_for_the_latest_that_it_can_answer(house: House) -> None:
    one, two = await clips(house, "he runs", "she waves")
    await posted(house, await house.say(f"/delete {one}"))
    again = (Button(verbatim("Show it"), f"/clip {two}"),)
    await posted(house, Reply(texts.chat.DELETE_WHICH, again, chooser="telegram:7", lines=again))
    assert (await say(house, "ok")).answered == f"/clip {two}"
    assert (await house.job(one)).person == "telegram:7"


async def test_what_is_asked_again_is_removed_with_its_clips_and_shows_no_deleted_one(house: House) -> None:
    _, smiles, waves = await clips(house, "she waves", "she smiles", "he runs")
    await listed(house, "/delete")
    assert set((await say(house, "she")).repeats) == {smiles, waves}
    await house.say(f"/delete {smiles} yes")
    reply = await say(house, "7")
    assert (len(reply.buttons), len(reply.repeats)) == (2, 2)
    assert await house.core.stands(reply, Address("telegram", "chat", "again"))
    assert (await say(house, "2")).text == texts.chat.DELETE_WHAT


async def test_of_a_line_alone_yes_will_do(house: House) -> None:
    (job,) = await clips(house, "he runs")
    await listed(house, "/delete")
    assert (await say(house, "yes")).answered == f"/delete {job}"


async def test_the_words_of_a_clip_do_not_stay_with_a_list(house: House) -> None:
    await clips(house, "he runs")
    place = await listed(house, "/delete")
    note = await house.store.inbox.recall("telegram", "chat", f"question at {place.message}", house.clock())
    assert note
    assert "runs" not in note


async def test_a_list_that_a_platform_sends_back_is_only_as_good_as_what_is_said(house: House) -> None:
    (job,) = await clips(house, "he runs")
    for odd in (
        "[",
        '[["a", "/jobs", Infinity]]',
        r'[["a", "/jobs \ud800", 1]]',
        "[1]",
        '{"a": 1}',
        '[["x"]]',
        '[["a", "/delete", "b"]]',
        "[" * 9000,
    ):
        assert (await say(house, "1", asked=odd)).text == texts.chat.NO_PHOTO
    assert (await say(house, "1", asked=f'[["", "/delete {job}", 1]]', user="8")).text == texts.chat.NOT_YOURS
    (other,) = await clips(house, "she waves")
    probe = f'[["", "/delete {job}", 1], ["", "/delete {other}", 2], ["Mine", "/jobs", 3]]'
    for said in ("9", "he", "he runs", "1 and 2"):
        assert "runs" not in repr(await say(house, said, asked=probe, user="8")).replace(repr(said), "")
