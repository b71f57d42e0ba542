"""From a clip to a gallery on Discord and back, through the real library: where, by whom, and who is told."""

import asyncio
from unittest.mock import patch

import pytest

from bot import texts
from bot.conversation import Paper, Reply
from bot.sentence import verbatim
from storage.database import Transaction
from tests.adapters.discord.discord_rig import Rig
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
    rig, club = both.rig, both
    video = await club.clip()
    assert texts.sharing.SHARE in video.labels

    asked = rig.api.press(rig.ann, video, texts.sharing.SHARE)
    (question,) = await answers(rig, asked)
    assert question.content == texts.sharing.HOW_TO_SHARE
    said = rig.api.press(rig.ann, question, texts.sharing.PREFERENCES["name words"])
    assert "with your name and with your words" in await heard(rig, said)

    (post,) = await rig.clips(1, club.gallery)
    assert club.film_stays(post, video)
    assert not post.attachments  # by link: nothing was uploaded
    assert club.uploads(club.gallery) == 0
    assert post.labels == ["♥ 0", "Remix", "Report"]
    assert "she \\*smiles\\*" in post.content
    assert "by Ann" in post.content
    assert texts.jobs.MADE_BY_AI in post.content
    assert not rig.api.mentioned(post)
    assert "@\u200beveryone" in post.content
    assert not (await club.share(post)).place.thread

    # Nothing else was said aloud, and the clip's own message is as it was.
    await rig.api.until(lambda: rig.posts() == [video])
    assert video.labels
    assert not video.history

    # Two people at once; one of them by tap and by reaction counts once.
    rig.api.press(club.bob, post, "♥ 0")
    rig.api.react(club.cat, post, "❤️")
    await club.says(post, "♥ 2")
    rig.api.react(club.bob, post, "💜")
    rig.api.react(rig.ann, post, "👍")
    await settled(rig)
    rig.api.unreact(club.bob, post, "💜")  # the tap stays
    rig.api.unreact(club.cat, post, "❤️")
    await club.says(post, "♥ 1")
    assert club.film_stays(post, video)
    assert "she \\*smiles\\*" in post.content

    # Remix: a form for words and, maybe, a photo; the result names the maker.
    asked = rig.api.press(club.bob, post, "Remix")
    modal = await rig.api.until(lambda: asked.modal)
    assert (modal.title, [one["label"] for one in modal.fields]) == (
        "Remix",
        [texts.discord.FORM_OWN_PHOTO, texts.discord.FORM_WORDS],
    )
    rig.api.submit(modal, {texts.discord.FORM_WORDS: "he waves"})
    (remix,) = (await rig.clips(2, club.gallery))[1:]
    assert "he waves" in remix.content
    assert "Remix of a shared clip" in remix.content
    assert remix.reply_to is post
    assert len(rig.house.provider.orders) == 2

    # Three reports hide it; the admins are told in their channel, and not who it was.
    for user in (club.bob, club.cat, club.admin):
        asked = rig.api.press(user, post, "Report")
        (why,) = await answers(rig, asked)
        said = rig.api.press(user, why, texts.sharing.REASONS["spam"])
        assert (await heard(rig, said)).startswith("Thank you.")
    await rig.api.until(lambda: post.deleted)
    notices = await rig.api.until(lambda: len(rig.posts(club.mods)) >= 3 and rig.posts(club.mods))
    assert all("bob" not in one.content.lower() for one in notices)
    last = next(one for one in notices if "3 people" in one.content)
    assert last.labels == ["Hide", "Keep", "Ban"]
    asked = rig.api.press(club.bob, last, "Keep")  # who is no admin has no say
    assert "Manage Server" in await heard(rig, asked) or "admin" in await heard(rig, asked)
    assert len(await rig.clips(1, club.gallery)) == 1  # the remix alone
    asked = rig.api.press(club.admin, last, "Keep")
    assert texts.sharing.LET_IN in await heard(rig, asked)
    posts = await rig.clips(2, club.gallery)
    again = next(one for one in posts if "Report" in one.labels)
    assert again is not post
    assert club.film_stays(again, video)
    assert "♥ 1" in again.labels
    await rig.api.until(lambda: not rig.posts(club.mods))  # and nobody is asked twice

    # Taken back.
    asked = rig.slash("unshare")
    (which,) = await answers(rig, asked)
    said = rig.api.press(rig.ann, which, which.labels[0])
    assert texts.sharing.UNSHARED in await heard(rig, said)
    await rig.api.until(lambda: again.deleted)
    await settled(rig)
    assert rig.api.plays(video)
    assert not video.deleted
    asked = rig.api.slash(club.bob, club.gallery, "remix", {"clip": (await club.job()).id, "words": "x"})
    assert texts.sharing.UNKNOWN_SHARE in await heard(rig, asked)


async def test_a_gallery_in_a_forum_post_even_when_it_is_put_away(rig: Rig) -> None:
    club = Club(rig)
    thread = rig.api.post(club.admin, rig.api.forum(rig.guild), "Gallery", "look").channel
    await club.open(where=thread)
    video = await club.clip()
    rig.api.archive(thread)
    post = await club.shared(video, where=thread)
    rig.api.archive(thread)
    rig.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    rig.api.archive(thread)
    asked = rig.slash("unshare", {"clip": (await club.job()).id})
    assert texts.sharing.UNSHARED in await heard(rig, asked)
    await rig.api.until(lambda: post.deleted)


async def test_nothing_can_be_posted_into_a_forum_itself(rig: Rig) -> None:
    club = Club(rig)
    asked = rig.slash("gallery", {"channel": rig.api.forum(rig.guild)}, user=club.admin)
    assert await heard(rig, asked) == texts.discord.NO_POSTS_THERE


async def test_a_clip_of_an_age_restricted_channel_is_not_shared_into_one_that_is_not(rig: Rig, club: Club) -> None:
    adult = rig.api.channel(rig.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    video = await club.clip(adult)
    asked = rig.api.press(rig.ann, video, texts.sharing.SHARE)
    assert await heard(rig, asked) == texts.discord.AGE_RESTRICTED
    asked = rig.slash("share", channel=adult)
    assert await heard(rig, asked) == texts.discord.AGE_RESTRICTED
    asked = rig.slash("share", {"clip": (await club.job()).id})
    assert await heard(rig, asked) == texts.discord.AGE_RESTRICTED
    asked = rig.slash("gallery", {"channel": adult}, user=club.admin)
    assert "in #late" in await heard(rig, asked)
    rig.now.later += 10
    asked = rig.api.press(rig.ann, video, texts.sharing.SHARE)
    assert texts.sharing.HOW_TO_SHARE in await heard(rig, asked)
    thread = rig.api.thread(rig.ann, adult, "more")
    rig.slash("gallery", {"channel": thread}, user=club.admin)
    rig.now.later += 10
    post = await club.shared(video, where=thread)
    asked = rig.slash("best")
    listing = await rig.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    shown = rig.api.press(rig.ann, listing, listing.labels[0])
    assert await heard(rig, shown) == texts.discord.AGE_RESTRICTED
    assert rig.api.plays(post)


@pytest.mark.parametrize("written", ["/clip\u00a0{}", "/CLIP {}", "／clip：{}", "\u200f/clip, {}", "/clip\n{}"])
async def test_a_clip_of_an_age_restricted_channel_stays_there_however_it_is_asked_for(
    rig: Rig, club: Club, written: str
) -> None:
    adult = rig.api.channel(rig.guild, "late", nsfw=True)
    await asyncio.sleep(0.05)
    await club.clip(adult)
    words = written.format((await club.job()).id)
    rig.api.say(rig.ann, rig.channel, f"<@{rig.api.me.id}> {words}", mention_bot=True)
    await rig.api.until(lambda: any(texts.discord.AGE_RESTRICTED in post.content for post in rig.posts()))
    assert not any(rig.api.plays(post) for post in rig.posts())


async def test_others_and_other_guilds_have_no_say(rig: Rig, club: Club) -> None:
    video = await club.clip()
    asked = rig.api.press(club.bob, video, texts.sharing.SHARE)
    assert await heard(rig, asked) == texts.chat.NOT_YOURS
    post = await club.shared(video)
    share = await club.share(post)
    elsewhere = rig.api.channel(rig.api.guild("other"))
    await asyncio.sleep(0.05)
    asked = rig.slash("remix", {"clip": share.id, "words": "x"}, user=club.bob, channel=elsewhere)
    assert await heard(rig, asked) == texts.sharing.UNKNOWN_SHARE
    asked = rig.slash("gallery", {"set": "here"}, user=club.bob)
    assert "admin" in (await heard(rig, asked)).lower()
    private = rig.api.dm(club.bob)
    asked = rig.slash("remix", {"clip": share.id, "words": "x"}, user=club.bob, channel=private)
    await rig.api.until(lambda: asked.responses and texts.sharing.UNKNOWN_SHARE in asked.responses[-1].content)


async def test_what_concerns_one_person_is_for_them_alone(rig: Rig, club: Club) -> None:
    await club.clip()
    for name in ("share", "unshare", "sharing", "gallery", "mydata", "forgetme", "privacy"):
        asked = rig.slash(name)
        (told, *_) = await rig.api.until(lambda asked=asked: [one for one in asked.responses if not one.loading])
        assert told.ephemeral, name
    for name in ("wordlist", "review"):
        asked = rig.slash(name, user=club.admin)
        (told, *_) = await rig.api.until(lambda asked=asked: [one for one in asked.responses if not one.loading])
        assert told.ephemeral, name
    assert len(rig.posts()) == 1
    assert len(rig.api.commands[None]) <= 100


async def test_whoever_is_forgotten_has_no_clip_left_in_the_guild(rig: Rig, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    asked = rig.slash("clip", {"clip": (await club.job()).id})
    again = await rig.api.until(lambda: asked.original and rig.api.plays(asked.original) and asked.original)
    asked = rig.slash("forgetme")
    (question,) = await answers(rig, asked)
    rig.api.press(rig.ann, question, "Remove all of it")
    await rig.api.until(lambda: all(one.deleted for one in (video, post, again)))


async def test_the_gallery_is_called_as_the_guild_is(rig: Rig, club: Club) -> None:
    rule = (await rig.house.store.quotas.rules(f"discord:{rig.guild.id}"))[""]
    assert rule.title == "studio"


async def test_a_large_paper_goes_to_the_person_alone(rig: Rig) -> None:
    data = b"PK" + bytes(5 * 2**20)
    reply = Reply(verbatim("Here it is."), papers=(Paper("photoplay.zip", data),), private=True)
    with patch.object(type(rig.house.core), "handle", return_value=reply):
        asked = rig.slash("mydata")
        (told,) = await rig.api.until(lambda: [one for one in asked.responses if one.attachments])
        assert told.ephemeral
        assert told.attachments[0].data == data
        assert told.attachments[0].name == "photoplay.zip"
        said = rig.api.say(rig.ann, rig.channel, "/mydata", mention_bot=True)
        private = rig.api.dm(rig.ann)
        (sent,) = await rig.api.until(lambda: [one for one in rig.posts(private) if one.attachments])
        assert sent.attachments[0].size == len(data)
        assert not [one for one in rig.posts() if one.reply_to is said]


async def test_the_first_order_waits_for_a_yes_wherever_it_is_asked(rig: Rig) -> None:
    configure(rig.house.core, ask_consent=True)
    rig.house.provider.stand_in = False
    asked = rig.slash(options=SMILES)
    question = await rig.api.until(
        lambda: next((one for one in asked.responses if one.labels and not one.deleted), None)
    )
    assert not rig.house.provider.orders
    rig.api.press(rig.ann, question, question.labels[0])
    (video,) = await rig.clips()
    assert "she" in video.content
    rig.slash(options={"image": PHOTO, "prompt": "he nods"})
    await rig.clips(2)  # and is not asked again

    bob = rig.api.user("bob")
    said = rig.api.say(bob, rig.channel, "he waves", [PHOTO], mention_bot=True)
    question = await rig.api.until(
        lambda: next((one for one in rig.posts() if one.reply_to is said and one.labels), None)
    )
    cat = rig.api.user("cat")
    refused = rig.api.press(cat, question, question.labels[0])
    assert await heard(rig, refused)  # nobody agrees in another's place
    rig.api.press(bob, question, question.labels[0])
    video = (await rig.clips(3))[-1]
    assert "he waves" in video.content
    assert video.reply_to is said


async def test_a_post_that_stayed_behind_goes_when_it_is_tapped(rig: Rig, club: Club) -> None:
    """A crash came before its message was saved, and the clip was unshared."""
    await club.open()
    post = await club.shared(await club.clip())
    share = await club.share(post)
    store = rig.house.store

    async def lose(tx: Transaction) -> None:
        await tx.all("DELETE FROM shares WHERE id = $1", share.id)

    await store._db.write(lose)
    assert texts.sharing.UNKNOWN_SHARE in await heard(rig, rig.api.press(club.bob, post, texts.sharing.heart(0)))
    await rig.api.until(lambda: post not in rig.posts(club.gallery))
