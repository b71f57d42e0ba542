"""What a message is about besides its words, as the core understands it: the same on every platform."""

from dataclasses import replace

import pytest

from bot import texts
from bot.conversation import Inbound, Reaction, Reply
from bot.errors import StoreDown
from bot.model import Address
from bot.sentence import verbatim
from tests.bot.gallery.gallery_house import Square


def about(square: Square, text: str, message: str, *, user: str = "7", photo: bool = False, **more: object) -> Inbound:
    where = Address("telegram", "-1", f"s{square.house.sent + 1}")
    return replace(square.inbound(text, user=user, where=where, photo=photo), source=message, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def clip(large_clip: bytes) -> bytes:
    """One whose frames are large enough to go on from."""
    return large_clip


async def told(square: Square, inbound: Inbound) -> Reply:
    return await square.house.core.handle(inbound)


@pytest.mark.parametrize("said", ["she turns", "/animate she turns"])
async def test_words_about_ones_own_clip_continue_it(square: Square, said: str) -> None:
    job = await square.clip()
    assert job.sent_id
    reply = await told(square, about(square, said, job.sent_id, photo=True))
    assert reply.job
    made = await square.house.job(reply.job)
    assert (made.follows, made.order.prompt) == (job.id, "she turns")


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        ("again", "she smiles"),
        ("Once more, please!", "she smiles"),
        ("again but slower", "she smiles, slower"),
        ("Same, but in the rain --10s", "she smiles, in the rain"),
        ("again —10s", "she smiles"),
    ],
)
async def test_again_to_ones_own_clip_is_made_of_its_photo_and_words(square: Square, said: str, prompt: str) -> None:
    job = await square.clip()
    assert (job.sent_id, job.order.prompt) == (job.sent_id, "she smiles")
    reply = await told(square, about(square, said, str(job.sent_id), photo=True))
    made = await square.house.job(str(reply.job))
    assert (made.follows, made.order.prompt) == (None, prompt)
    assert made.order.seconds == (10 if "10" in said else 5)


@pytest.mark.parametrize("said", ["delete it", "help", "share", "2", "join", "more"])
async def test_the_name_of_a_button_or_a_number_is_no_clip(square: Square, said: str) -> None:
    await square.open()
    job = await square.clip()
    reply = await told(square, about(square, said, str(job.sent_id), photo=True))
    answers = {
        "delete it": texts.chat.DELETE_WHAT,
        "share": texts.sharing.HOW_TO_SHARE,
        "2": texts.chat.ONLY_TALK,
        "join": texts.chat.NOTHING_TO_JOIN,
    }
    assert reply.job is None
    assert answers.get(said, reply.text) == reply.text
    assert reply.ask == (f"/continue {job.id}" if said == "more" else None)
    assert len(await square.house.store.jobs("telegram:7", 9)) == 1


async def test_without_words_it_is_asked_what_happens_next_and_the_shown_frame_is_no_part_of_it(square: Square) -> None:
    job = await square.clip()
    assert job.sent_id
    reply = await told(square, about(square, "", job.sent_id, photo=True))
    assert (reply.ask, reply.bare) == (f"/continue {job.id}", True)
    asked = await told(square, about(square, "", "another", photo=True))
    assert asked.text == texts.chat.NO_WORDS
    assert not asked.bare


async def test_of_somebody_elses_clip_what_it_shows_is_animated(square: Square) -> None:
    job = await square.clip()
    assert job.sent_id
    reply = await told(square, about(square, "she turns", job.sent_id, user="8", photo=True))
    assert reply.job
    assert (await square.house.job(reply.job)).follows is None
    nothing = await told(square, about(square, "she turns", job.sent_id, user="8", no_photo=verbatim("Which?")))
    assert (nothing.text, nothing.refused) == ("Which?", True)


async def test_thanks_below_a_clip_buy_nothing(square: Square) -> None:
    await square.open()
    job, share = await square.clip(), await square.share(await square.shared())
    assert job.sent_id
    orders = len(square.house.provider.orders)
    for message, user, called in ((job.sent_id, "7", False), (share.place.message, "8", True)):
        reply = await told(square, about(square, "thank you!", message, user=user, called=called))
        assert (reply.text, reply.refused) == (texts.chat.ONLY_TALK, True)
    await square.house.worker.round()
    assert len(square.house.provider.orders) == orders


async def test_words_about_a_shared_clip_are_a_remix(square: Square) -> None:
    await square.open()
    share = await square.share(await square.shared())
    inbound = replace(about(square, "she turns", share.place.message, user="8", photo=True))
    reply = await told(square, inbound)
    assert reply.job
    assert (await square.house.job(reply.job)).remix_of == share.id


async def test_talk_below_a_clip_is_no_order(square: Square) -> None:
    """The bot was not addressed: only the maker's words continue the clip, and the hint comes once a day."""
    await square.open()
    job = await square.clip()
    share = await square.share(await square.shared())
    assert job.sent_id
    bought = len(square.house.provider.orders)

    async def talk(message: str, user: str, **more: object) -> Reply:
        return await told(
            square, about(square, "nice!", message, user=user, called=False, no_photo=verbatim("Which?"), **more)
        )

    assert (await talk(job.sent_id, "8", photo=True)).text == "Which?"
    assert not (await talk(job.sent_id, "8", photo=True)).text
    square.house.clock.tick(86_401)
    assert (await talk(job.sent_id, "9", photo=True)).text == "Which?"
    assert not (await talk(share.place.message, "7", photo=True)).job
    assert not (await talk("elsewhere", "8")).text
    assert len(square.house.provider.orders) == bought
    assert (await talk(job.sent_id, "7", photo=True)).text == texts.chat.ONLY_TALK
    turns = about(square, "she turns", job.sent_id, user="7", called=False, photo=True)
    assert (await told(square, turns)).job


async def test_a_command_stays_a_command_whatever_it_answers(square: Square) -> None:
    job = await square.clip()
    assert job.sent_id
    assert "credits left" in (await told(square, about(square, "/quota", job.sent_id))).text


async def test_an_edit_is_told_about_once_and_only_while_there_is_time(square: Square) -> None:
    ordered = square.inbound("she smiles", photo=True)
    reply = await told(square, ordered)
    changed = replace(ordered, text="", attachments=(), edited=True)
    first = await told(square, changed)
    assert first.text == texts.chat.NOT_EDITED
    assert [button.command for button in first.buttons] == [f"/cancel {reply.job}"]
    assert not (await told(square, changed)).text
    other = await told(square, replace(square.inbound("she smiles", photo=True), key="k2"))
    assert other.job
    await square.house.finish(await square.house.job(other.job))
    assert not (await told(square, replace(changed, key="k2", address=replace(changed.address, message="m2")))).text
    assert not (await told(square, replace(changed, key="unknown"))).text


async def test_where_nobody_waits_for_an_answer_a_database_that_is_down_is_no_reason_to_speak(square: Square) -> None:
    where = about(square, "nice!", "m1", user="8", photo=True)

    async def down(*_: object) -> None:
        raise StoreDown("gone")

    square.house.store.sent = square.house.store.find = square.house.store.gallery.at = down  # type: ignore[method-assign,assignment]
    for nobody in (
        replace(where, called=False),
        replace(where, edited=True),
        replace(where, reaction=Reaction(after=("❤",))),
    ):
        with pytest.raises(StoreDown):
            await told(square, nobody)
    assert (await told(square, where)).text == texts.chat.TRY_LATER


async def test_who_speaks_for_a_channel_orders_nothing_and_counts_for_nothing(square: Square) -> None:
    await square.open()
    share = await square.shared()

    async def said(text: str, behind: str, *, photo: bool = False) -> str:
        inbound = replace(square.inbound(text, user=behind, photo=photo), behind=behind)
        return (await square.house.core.handle(inbound)).text

    assert await said("she smiles", "-100", photo=True) == texts.chat.AS_A_PERSON
    assert await said("/help", "-100") == texts.chat.AS_A_PERSON
    assert await said(f"/heart {share.id}", "-1") == texts.chat.AS_A_PERSON
    assert await said(f"/report {share.id}", "-1") == texts.chat.AS_A_PERSON
    assert await said("/help", "-1") != texts.chat.AS_A_PERSON  # an admin, unnamed
    assert (await square.share(share)).hearts == 0


async def test_an_admins_word_that_a_crash_cut_off_is_not_done_without_its_rights(square: Square) -> None:
    for word in ("/grant 5", "/gallery off", "/hide k7m2p9q4xw", "/undo k7m2p9q4xw"):
        cut_off = replace(square.inbound(word, user="1"), late=True)
        assert (await told(square, cut_off)).text == texts.chat.CUT_OFF
    act = replace(square.inbound("/limits daily 10", user="1"), late=True)
    assert (await told(square, act)).text == texts.chat.CUT_OFF
    done = await told(square, replace(act, late=False))
    assert done.text != texts.chat.CUT_OFF
    assert (await told(square, act)).text == done.text, "it is told what came of it"
    assert "credits left" in (await told(square, replace(square.inbound("/quota"), late=True))).text


# ── Hearts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_hearts_among_reactions_count_where_people_are_together(square: Square) -> None:
    await square.open()
    share = await square.share(await square.shared())

    async def hearts(user: str, before: str, after: str, **changes: object) -> int:
        at = replace(square.inbound("", user=user, where=share.place), **changes)  # type: ignore[arg-type]
        reply = await told(square, replace(at, reaction=Reaction(tuple(before.split()), tuple(after.split()))))
        assert not reply.text
        return (await square.share(share)).hearts

    assert await hearts("8", "", "❤️") == 1
    assert await hearts("8", "❤️", "❤️ 👍") == 1
    assert await hearts("9", "👍", "👍 💘") == 2
    assert await hearts("9", "👍 💘", "👍") == 1
    assert await hearts("9", "", "💔 👍") == 1
    assert await hearts("9", "", "❤\u200d🔥", scope="") == 1
    assert await hearts("9", "", "❤\u200d🔥") == 2


# ── Age-restricted channels ──────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clip_of_an_age_restricted_channel_stays_there(square: Square) -> None:
    job = await square.clip(adult=True)
    for command in ("clip", "again", "join"):
        words = f"/{command} {job.id}"
        assert (await square.say(words, where=Address("telegram", "-3", "m"))).text == texts.discord.AGE_RESTRICTED
        assert (await square.say(words)).text != texts.discord.AGE_RESTRICTED  # where it was made
    away = Address("telegram", "-3", "m")
    assert (await square.say(f"/continue {job.id} she turns", where=away)).text == texts.discord.AGE_RESTRICTED
    assert (await square.say(f"/clip {job.id}", where=away, adult=True)).clip
    assert (await square.say(f"/clip {job.id}", scope="", where=Address("telegram", "7", "m"))).clip


async def test_it_is_shared_only_among_adults(square: Square) -> None:
    await square.open()
    job = await square.clip(adult=True)

    async def adults(place: str) -> bool:
        return place == "-1"

    async def breaks(place: str) -> bool:
        raise RuntimeError(place)

    refused = await square.say(f"/share {job.id} name words")
    assert refused.text == texts.discord.AGE_RESTRICTED
    assert (await square.say(f"/share {job.id} name words", is_adult=breaks)).text == texts.discord.AGE_RESTRICTED
    assert (await square.say("/share", is_adult=breaks)).text == texts.discord.AGE_RESTRICTED
    assert not (await square.say(f"/share {job.id} name words", is_adult=adults)).refused
    (share,) = await square.house.store.gallery.of_job(job.id)
    for asked in (f"/show {share.id}", f"/remix {share.id} she turns"):
        reply = await square.say(asked, user="8", where=Address("telegram", "-3", "m"))
        assert reply.text == texts.discord.AGE_RESTRICTED
    assert (await square.say(f"/show {share.id}", user="8", where=Address("telegram", "-1", "m"))).text
