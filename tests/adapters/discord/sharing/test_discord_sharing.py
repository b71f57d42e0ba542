"""From a clip to a gallery on Discord and back, through the real library: where, by whom, and who is told."""

import asyncio
from unittest.mock import patch

import pytest

from bot import texts
from bot.conversation import Paper, Reply
from bot.sentence import verbatim
from storage.database import Transaction
from tests.adapters.discord.discord_room import Room
from tests.adapters.discord.sharing.club import (
    PHOTO,
    SMILES,
    Club,
    answers,
    heard,
    settled,
)
from tests.houses import configure


@pytest.mark.databases
async def test_from_a_clip_to_the_gallery_and_back(both: Club) -> None:
    room, club = both.room, both
    video = await club.clip()
    assert texts.sharing.SHARE in video.labels

    asked = room.api.press(room.ann, video, texts.sharing.SHARE)
    (question,) = await answers(room, asked)
    assert question.content == texts.sharing.HOW_TO_SHARE
    said = room.api.press(room.ann, question, texts.sharing.PREFERENCES["name words"])
    assert "with your name and with your words" in await heard(room, said)

    (post,) = await room.clips(1, club.gallery)
    assert club.film_stays(post, video)
    assert not post.attachments  # by link: nothing was uploaded
    assert club.uploads(club.gallery) == 0
    assert post.labels == ["♥ 0", "Remix", "Report"]
    assert "she \\*smiles\\*" in post.content
    assert "by Ann" in post.content
    assert texts.jobs.MADE_BY_AI in post.content
    assert not room.api.mentioned(post)
    assert "@\u200beveryone" in post.content
    assert not (await club.share(post)).place.thread

    # Nothing else was said aloud, and the clip's own message is as it was.
    await room.api.until(lambda: room.posts() == [video])
    assert video.labels
    assert not video.history

    # Two people at once; one of them by tap and by reaction counts once.
    room.api.press(club.bob, post, "♥ 0")
    room.api.react(club.cat, post, "❤️")
    await club.says(post, "♥ 2")
    room.api.react(club.bob, post, "💜")
    room.api.react(room.ann, post, "👍")
    await settled(room)
    room.api.unreact(club.bob, post, "💜")  # the tap stays
    room.api.unreact(club.cat, post, "❤️")
    await club.says(post, "♥ 1")
    assert club.film_stays(post, video)
    assert "she \\*smiles\\*" in post.content

    # Remix: a form for words and, maybe, a photo; the result names the maker.
    asked = room.api.press(club.bob, post, "Remix")
    modal = await room.api.until(lambda: asked.modal)
    assert (modal.title, [one["label"] for one in modal.fields]) == (
        "Remix",
        [texts.discord.FORM_OWN_PHOTO, texts.discord.FORM_WORDS],
    )
    room.api.submit(modal, {texts.discord.FORM_WORDS: "he waves"})
    (remix,) = (await room.clips(2, club.gallery))[1:]
    assert "he waves" in remix.content
    assert "Remix of a shared clip" in remix.content
    assert remix.reply_to is post
    assert len(room.house.provider.orders) == 2

    # Three reports hide it; the admins are told in their channel, and not who it was.
    for user in (club.bob, club.cat, club.admin):
        asked = room.api.press(user, post, "Report")
        (why,) = await answers(room, asked)
        said = room.api.press(user, why, texts.sharing.REASONS["spam"])
        assert (await heard(room, said)).startswith("Thank you.")
    await room.api.until(lambda: post.deleted)
    notices = await room.api.until(lambda: len(room.posts(club.mods)) >= 3 and room.posts(club.mods))
    assert all("bob" not in one.content.lower() for one in notices)
    last = next(one for one in notices if "3 people" in one.content)
    assert last.labels == ["Hide", "Keep", "Ban"]
    asked = room.api.press(club.bob, last, "Keep")  # who is no admin has no say
    assert "Manage Server" in await heard(room, asked) or "admin" in await heard(room, asked)
    assert len(await room.clips(1, club.gallery)) == 1  # the remix alone
    asked = room.api.press(club.admin, last, "Keep")
    assert texts.sharing.LET_IN in await heard(room, asked)
    posts = await room.clips(2, club.gallery)
    again = next(one for one in posts if "Report" in one.labels)
    assert again is not post
    assert club.film_stays(again, video)
    assert "♥ 1" in again.labels
    await room.api.until(lambda: not room.posts(club.mods))  # and nobody is asked twice

    # Taken back.
    asked = room.slash("unshare")
    (which,) = await answers(room, asked)
    said = room.api.press(room.ann, which, which.labels[0])
    assert texts.sharing.UNSHARED in await heard(room, said)
    await room.api.until(lambda: again.deleted)
    await settled(room)
    assert room.api.plays(video)
    assert not video.deleted
    asked = room.api.slash(club.bob, club.gallery, "remix", {"clip": (await club.job()).id, "words": "x"})
    assert texts.sharing.UNKNOWN_SHARE in await heard(room, asked)


async def test_a_gallery_in_a_forum_post_even_when_it_is_put_away(room: Room) -> None:
    club = Club(room)
    thread = room.api.post(club.admin, room.api.forum(room.guild), "Gallery", "look").channel
    await club.open(where=thread)
    video = await club.clip()
    room.api.archive(thread)
    post = await club.shared(video, where=thread)
    room.api.archive(thread)
    room.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    room.api.archive(thread)
    asked = room.slash("unshare", {"clip": (await club.job()).id})
    assert texts.sharing.UNSHARED in await heard(room, asked)
    await room.api.until(lambda: post.deleted)


async def test_nothing_can_be_posted_into_a_forum_itself(room: Room) -> None:
    club = Club(room)
    asked = room.slash("gallery", {"channel": room.api.forum(room.guild)}, user=club.admin)
    assert await heard(room, asked) == texts.discord.NO_POSTS_THERE


async def test_a_clip_of_an_age_restricted_channel_is_not_shared_into_one_that_is_not(room: Room, club: Club) -> None:
    adult = room.api.channel(room.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    video = await club.clip(adult)
    asked = room.api.press(room.ann, video, texts.sharing.SHARE)
    assert await heard(room, asked) == texts.discord.AGE_RESTRICTED
    asked = room.slash("share", channel=adult)
    assert await heard(room, asked) == texts.discord.AGE_RESTRICTED
    asked = room.slash("share", {"clip": (await club.job()).id})
    assert await heard(room, asked) == texts.discord.AGE_RESTRICTED
    asked = room.slash("gallery", {"channel": adult}, user=club.admin)
    assert "in #late" in await heard(room, asked)
    room.now.later += 10
    asked = room.api.press(room.ann, video, texts.sharing.SHARE)
    assert texts.sharing.HOW_TO_SHARE in await heard(room, asked)
    thread = room.api.thread(room.ann, adult, "more")
    room.slash("gallery", {"channel": thread}, user=club.admin)
    room.now.later += 10
    post = await club.shared(video, where=thread)
    asked = room.slash("best")
    listing = await room.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    shown = room.api.press(room.ann, listing, listing.labels[0])
    assert await heard(room, shown) == texts.discord.AGE_RESTRICTED
    assert room.api.plays(post)


@pytest.mark.parametrize("written", ["/clip\u00a0{}", "/CLIP {}", "／clip：{}", "\u200f/clip, {}", "/clip\n{}"])
async def test_a_clip_of_an_age_restricted_channel_stays_there_however_it_is_asked_for(
    room: Room, club: Club, written: str
) -> None:
    adult = room.api.channel(room.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    await club.clip(adult)
    words = written.format((await club.job()).id)
    room.api.say(room.ann, room.channel, f"<@{room.api.me.id}> {words}", mention_bot=True)
    await room.api.until(lambda: any(texts.discord.AGE_RESTRICTED in post.content for post in room.posts()))
    assert not any(room.api.plays(post) for post in room.posts())


async def test_others_and_other_guilds_have_no_say(room: Room, club: Club) -> None:
    video = await club.clip()
    asked = room.api.press(club.bob, video, texts.sharing.SHARE)
    assert await heard(room, asked) == texts.chat.NOT_YOURS
    post = await club.shared(video)
    share = await club.share(post)
    elsewhere = room.api.channel(room.api.guild("other"))
    await asyncio.sleep(0.05)
    asked = room.slash("remix", {"clip": share.id, "words": "x"}, user=club.bob, channel=elsewhere)
    assert await heard(room, asked) == texts.sharing.UNKNOWN_SHARE
    asked = room.slash("gallery", {"set": "here"}, user=club.bob)
    assert "admin" in (await heard(room, asked)).lower()
    private = room.api.dm(club.bob)
    asked = room.slash("remix", {"clip": share.id, "words": "x"}, user=club.bob, channel=private)
    await room.api.until(lambda: asked.responses and texts.sharing.UNKNOWN_SHARE in asked.responses[-1].content)


async def test_what_concerns_one_person_is_for_them_alone(room: Room, club: Club) -> None:
    await club.clip()
    for name in ("share", "unshare", "sharing", "gallery", "mydata", "forgetme", "privacy"):
        asked = room.slash(name)
        (told, *_) = await room.api.until(lambda asked=asked: [one for one in asked.responses if not one.loading])
        assert told.ephemeral, name
    for name in ("wordlist", "review"):
        asked = room.slash(name, user=club.admin)
        (told, *_) = await room.api.until(lambda asked=asked: [one for one in asked.responses if not one.loading])
        assert told.ephemeral, name
    assert len(room.posts()) == 1
    assert len(room.api.commands[None]) <= 100


async def test_whoever_is_forgotten_has_no_clip_left_in_the_guild(room: Room, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    asked = room.slash("clip", {"clip": (await club.job()).id})
    again = await room.api.until(lambda: asked.original and room.api.plays(asked.original) and asked.original)
    asked = room.slash("forgetme")
    (question,) = await answers(room, asked)
    room.api.press(room.ann, question, "Remove all of it")
    await room.api.until(lambda: all(one.deleted for one in (video, post, again)))


async def test_the_gallery_is_called_as_the_guild_is(room: Room, club: Club) -> None:
    rule = (await room.house.store.quotas.rules(f"discord:{room.guild.id}"))[""]
    assert rule.title == "studio"


async def test_a_large_paper_goes_to_the_person_alone(room: Room) -> None:
    data = b"PK" + bytes(5 * 2**20)
    reply = Reply(verbatim("Here it is."), papers=(Paper("photoplay.zip", data),), private=True)
    with patch.object(type(room.house.core), "handle", return_value=reply):
        asked = room.slash("mydata")
        (told,) = await room.api.until(lambda: [one for one in asked.responses if one.attachments])
        assert told.ephemeral
        assert told.attachments[0].data == data
        assert told.attachments[0].name == "photoplay.zip"
        said = room.api.say(room.ann, room.channel, "/mydata", mention_bot=True)
        private = room.api.dm(room.ann)
        (sent,) = await room.api.until(lambda: [one for one in room.posts(private) if one.attachments])
        assert sent.attachments[0].size == len(data)
        assert not [one for one in room.posts() if one.reply_to is said]


async def test_the_first_order_waits_for_a_yes_wherever_it_is_asked(room: Room) -> None:
    configure(room.house.core, ask_consent=True)
    room.house.provider.stand_in = False
    asked = room.slash(options=SMILES)
    question = await room.api.until(
        lambda: next((one for one in asked.responses if one.labels and not one.deleted), None)
    )
    assert not room.house.provider.orders
    room.api.press(room.ann, question, question.labels[0])
    (video,) = await room.clips()
    assert "she" in video.content
    room.slash(options={"image": PHOTO, "prompt": "he nods"})
    await room.clips(2)  # and is not asked again

    bob = room.api.user("bob")
    said = room.api.say(bob, room.channel, "he waves", [PHOTO], mention_bot=True)
    question = await room.api.until(
        lambda: next((one for one in room.posts() if one.reply_to is said and one.labels), None)
    )
    cat = room.api.user("cat")
    refused = room.api.press(cat, question, question.labels[0])
    assert await heard(room, refused)  # nobody agrees in another's place
    room.api.press(bob, question, question.labels[0])
    video = (await room.clips(3))[-1]
    assert "he waves" in video.content
    assert video.reply_to is said


async def test_a_post_that_stayed_behind_goes_when_it_is_tapped(room: Room, club: Club) -> None:
    """A crash came before its message was saved, and the clip was unshared."""
    await club.open()
    post = await club.shared(await club.clip())
    share = await club.share(post)
    store = room.house.store

    async def lose(tx: Transaction) -> None:
        await tx.all("DELETE FROM shares WHERE id = $1", share.id)

    await store._db.write(lose)
    assert texts.sharing.UNKNOWN_SHARE in await heard(room, room.api.press(club.bob, post, texts.sharing.heart(0)))
    await room.api.until(lambda: post not in room.posts(club.gallery))
