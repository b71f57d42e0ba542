"""Remixes: one's own words or one's own photo, the remixer's own credits, and nothing that was not shared."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from bot import texts
from bot.conversation import Posted, Reply
from bot.gallery.model import Share
from bot.model import Job
from tests.bookkeeping import check
from tests.bot.gallery.gallery_house import OTHER, TOWN, Square, commands
from tests.galleries import chain
from tests.houses import attached


@pytest.fixture
def clip(large_clip: bytes) -> bytes:
    """Large enough to go on from."""
    return large_clip


async def job_of(square: Square, reply: Reply) -> Job:
    assert reply.job, reply.text
    return await square.house.job(reply.job)


async def remixed(square: Square, share: Share, words: str = "she waves", user: str = "8") -> Share:
    """A remix of somebody's, shared in turn."""
    job = await square.house.finish(await job_of(square, await square.say(f"/remix {share.id} {words}", user=user)))
    assert not (await square.say(f"/share {job.id} name words", user=user)).refused
    await square.work()
    return (await square.house.store.gallery.of_job(job.id))[0]


def shade(square: Square, job: Job) -> tuple[int, int, int]:
    """The colour in the middle of a job's photo."""
    with Image.open(square.house.media.path(job.order.photo.name)) as image:
        found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


# ── The two ways ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_it_is_asked_what_should_be_different(square: Square) -> None:
    share = await square.shared()
    asked = await square.say(commands(square.posts()[0])["Remix"], user="8")
    assert asked.ask == f"/remix {share.id}"
    assert asked.text.startswith("This clip, your way:")
    assert "with none to use the same ones" in asked.text
    hidden = await square.shared("plain")
    asked = await square.say(f"/remix {hidden.id}", user="8")
    assert asked.text.startswith("This clip, your way:")
    assert "the same ones" not in asked.text


async def test_own_words_go_with_the_first_picture_of_the_clip_not_with_the_makers_photo(square: Square) -> None:
    share = await square.shared()
    original = await square.house.job(share.job)
    job = await job_of(square, await square.say(f"/remix {share.id} she waves --10s", user="8"))
    assert (job.person, job.remix_of, job.remix_after) == ("telegram:8", share.id, "User 7")
    assert (job.order.prompt, job.order.seconds, job.price) == ("she waves", 10, 10)
    assert job.order.photo.name != original.order.photo.name
    assert (job.order.photo.width, job.order.photo.height) == (400, 320)  # the clip's, not the photo's 400 × 300
    assert max(shade(square, job)) < 30  # the clip begins black; the photo is teal
    assert await square.house.store.figures.used(f"{TOWN}/telegram:8", "day:2027-01-15") == 10
    await check(square.house.store)


async def test_an_own_photo_goes_with_the_same_words_or_with_others(square: Square) -> None:
    share = await square.shared()
    same = await job_of(square, await square.say(f"/remix {share.id}", user="8", photo=True))
    assert (same.order.prompt, same.remix_of) == ("she smiles", share.id)
    assert shade(square, same)[1] > 100  # teal
    other = await job_of(square, await square.say(f"/remix {share.id} she waves", user="8", photo=True))
    assert other.order.prompt == "she waves"
    options = await job_of(square, await square.say(f"/remix {share.id} --10s", user="8", photo=True))
    assert (options.order.prompt, options.order.seconds) == ("she smiles", 10)


async def test_words_that_were_not_shared_are_not_used(square: Square) -> None:
    share = await square.shared("name")
    reply = await square.say(f"/remix {share.id}", user="8", photo=True)
    assert (reply.text, reply.ask, reply.refused) == (texts.sharing.REMIX_WORDS, f"/remix {share.id}", True)
    reply = await square.say(f"/remix {share.id} --10s", user="8", photo=True)
    assert reply.ask == f"/remix {share.id} --10s"
    job = await job_of(square, await square.say(f"{reply.ask} she waves", user="8", photo=True))
    assert (job.order.prompt, job.order.seconds) == ("she waves", 10)


async def test_a_yes_or_thanks_is_no_remix(square: Square) -> None:
    share = await square.shared()
    for said in ("ok", "Thanks!"):
        assert (await square.say(f"/remix {share.id} {said}", user="8")).text == texts.chat.ONLY_TALK
        own = await square.say(f"/remix {share.id} {said}", user="8", photo=True)
        assert (own.text, own.refused, own.ask) == (texts.chat.NO_WORDS, True, f"/remix {share.id}")
    assert len(square.house.provider.orders) == 1


async def test_options_alone_are_no_remix(square: Square) -> None:
    share = await square.shared()
    reply = await square.say(f"/remix {share.id} --10s", user="8")
    assert (reply.text, reply.ask) == (texts.sharing.REMIX_ASK_WORDS, f"/remix {share.id} --10s")
    assert len(square.house.provider.orders) == 1


async def test_a_covered_clip_gives_a_covered_remix(square: Square) -> None:
    share = await square.shared(spoiler=True)
    assert share.spoiler
    assert (await job_of(square, await square.say(f"/remix {share.id} she waves", user="8"))).spoiler


@pytest.mark.parametrize(
    ("said", "photos", "heard"),
    [
        ("/remix", 0, texts.sharing.REMIX_HOW),
        ("/remix nosuchclip she waves", 0, texts.sharing.UNKNOWN_SHARE),
        ("/remix {id} she waves --lighting 5", 0, texts.options.option_unknown("lighting", texts.options.OF_THE_FIRST)),
        ("/remix {id}", 3, texts.pictures.ONE_PHOTO),
    ],
)
async def test_what_is_not_understood_is_said(square: Square, said: str, photos: int, heard: str) -> None:
    share = await square.shared()
    pictures = tuple(attached() for _ in range(photos))
    reply = await square.say(said.format(id=share.id), user="8", attachments=pictures)
    assert (reply.text, reply.refused) == (heard, True)
    assert len(square.house.provider.orders) == 1


# ── Credit where it is due ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_original_and_its_maker_are_named_and_the_chain_is_kept(square: Square) -> None:
    first = await square.shared()
    second = await remixed(square, first)
    third = await remixed(square, second, "she dances", "9")
    assert square.posts()[1].text == "“she waves”\nby User 8 · Remix of a clip by User 7 · AI-generated"
    assert square.posts()[2].text == "“she dances”\nby User 9 · Remix of a clip by User 8 · AI-generated"
    assert [one.id for one in await chain(square.house.store, third)] == [second.id, first.id]
    assert "Remix of a clip by User 8" in (await square.say("/jobs", user="9")).text
    result = next(reply for _, reply in square.wall.sent if reply.job == third.job)
    assert "Remix of a shared clip" in result.text, "what User 8 takes back must go, and this stays"


@pytest.mark.parametrize("how", ["unshared", "forgotten"])
async def test_the_name_goes_from_what_was_made_after_a_clip_that_is_taken_back(square: Square, how: str) -> None:
    """At once, not with its next heart; other messages that show it are removed."""
    first = await square.shared()
    second = await remixed(square, first)
    third = await remixed(square, second, "she dances", "9")
    assert "by User 7" in (await square.show(second, "9")).text
    if how == "unshared":
        await square.say(f"/unshare {first.job}")
    else:
        asked = await square.say("/forgetme", scope="")
        await square.say(asked.buttons[0].command, scope="")
    await square.work()
    assert [post.text for post in square.posts()] == [
        "“she waves”\nby User 8 · Remix of a shared clip · AI-generated",
        "“she dances”\nby User 9 · Remix of a clip by User 8 · AI-generated",
    ]
    assert square.here() == []
    assert (await square.share(third)).state == "up"


async def test_the_name_goes_from_a_remix_that_was_being_posted(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await square.shared()
    job = await square.clip(f"/remix {first.id} she waves", user="8")
    await square.say(f"/share {job.id} name words", user="8")
    send = square.wall.send

    async def slow(*args: Any, **kwargs: Any) -> Posted:
        posted = await send(*args, **kwargs)
        if args[1].text.startswith("“she waves”"):
            await square.say(f"/unshare {first.job}")
        return posted

    monkeypatch.setattr(square.wall, "send", slow)
    await square.work()
    assert [post.text for post in square.posts()] == ["“she waves”\nby User 8 · Remix of a shared clip · AI-generated"]


async def test_without_a_name_it_is_a_shared_clip(square: Square) -> None:
    share = await remixed(square, await square.shared("plain"))
    assert "Remix of a shared clip" in square.posts()[1].text
    assert (await square.house.job(share.job)).remix_after == ""


async def test_in_another_community_nothing_of_the_original_is_told(square: Square) -> None:
    second = await remixed(square, await square.shared())
    where = replace(second.place, chat="-2", thread="", message="set")
    await square.say("/gallery here", user="2", scope=OTHER, where=where)
    assert not (await square.say(f"/share {second.job}", user="8", scope=OTHER)).refused
    await square.work()
    (post,) = square.wall.at("-2/")
    assert post.text == "“she waves”\nby User 8 · AI-generated"


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_remix_of_what_is_not_to_be_seen_is_refused_before_it_costs(square: Square) -> None:
    unshared, hidden, foreign = [await square.shared(text=text) for text in ("one", "two", "three")]
    ask = (await square.say(f"/remix {unshared.id}", user="8")).ask
    await square.say(f"/unshare {unshared.job}")
    await square.say(f"/hide {hidden.id}", user="1")
    for photo in (False, True):
        for said, scope in (
            (f"{ask} she waves", TOWN),  # asked while it was shared
            (f"/remix {hidden.id} she waves", TOWN),
            (f"/remix {foreign.id} she waves", OTHER),
            (f"/remix {foreign.id} she waves", ""),
            (f"/remix {foreign.job} she waves", TOWN),
        ):
            reply = await square.say(said, user="8", scope=scope, photo=photo)
            assert (reply.text, reply.refused) == (texts.sharing.UNKNOWN_SHARE, True)
    assert len(square.house.provider.orders) == 3
    assert await square.house.store.figures.used(f"{TOWN}/telegram:8", "day:2027-01-15") == 0


async def test_a_maker_may_forbid_it_to_others(square: Square) -> None:
    await square.say("/sharing remixes off")
    share = await square.shared()
    assert "Remix" not in commands(square.posts()[0])
    for said in (f"/remix {share.id}", f"/remix {share.id} she waves"):
        assert (await square.say(said, user="8")).text == texts.sharing.NO_REMIX
    assert (await square.say(f"/remix {share.id} she waves")).job


async def test_a_clip_whose_file_is_gone_has_no_first_picture(square: Square) -> None:
    share = await square.shared()
    await square.house.media.discard([share.clip.name])
    reply = await square.say(f"/remix {share.id} she waves", user="8")
    assert (reply.text, reply.refused) == (texts.chat.CLIP_GONE, True)
    assert (await square.say(f"/remix {share.id} she waves", user="8", photo=True)).job
    await check(square.house.store)


@pytest.mark.databases
async def test_the_same_message_twice_is_one_remix(square: Square) -> None:
    share = await square.shared()
    said = square.inbound(f"/remix {share.id} she waves", user="8")
    replies = await asyncio.gather(*(square.house.core.handle(said) for _ in range(3)))
    assert len({reply.job for reply in replies}) == 1
