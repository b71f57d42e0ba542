"""The film of a post on Discord: by its link, once more, or as an upload."""

import asyncio

from bot import texts
from tests.adapters.discord.discord_room import Room
from tests.adapters.discord.sharing.club import (
    EDIT,
    Club,
    answers,
)
from tests.houses import picture
from tests.loopback.discord.permissions import EMBED_LINKS, USUAL_PERMISSIONS, VIEW_CHANNEL


async def test_a_film_whose_message_is_gone_is_uploaded_once(room: Room, club: Club) -> None:
    video = await club.clip()
    job = await club.job()
    room.api.delete(video)
    asked = room.slash("share", {"clip": job.id})
    (question,) = await answers(room, asked)
    room.api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
    (post,) = await room.clips(1, club.gallery)
    assert post.attachments
    assert club.uploads(club.gallery) == 1
    share = await club.share(post)
    assert share.copy_id == f"{club.gallery.id}/{post.id}"
    assert "by" not in post.content.split("\n")[0]
    assert "smiles" not in post.content
    room.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert post.attachments
    assert "http" not in post.content
    asked = room.slash("best")
    listing = await room.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    room.api.press(club.cat, listing, listing.labels[0])
    (shown,) = await room.clips(1)
    assert not shown.attachments
    assert room.api.plays(shown) == post.attachments
    assert club.uploads(room.channel) == 1  # the clip itself


async def test_a_post_whose_film_went_with_its_message_gets_it_back(room: Room, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    room.api.delete(video)
    assert not room.api.plays(post)
    room.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert [one.data for one in post.attachments] == [room.house.media.path((await club.job()).clip.name).read_bytes()]
    assert "http" not in post.content
    room.api.press(club.cat, post, "♥ 1")
    await club.says(post, "♥ 2")
    assert len(post.attachments) == 1
    assert sum(bool(one.files) for one in room.api.called(EDIT)) == 1


async def test_a_film_that_is_nowhere_any_more(room: Room, club: Club) -> None:
    video = await club.clip()
    job = await club.job()
    assert job.clip
    room.api.delete(video)
    room.house.media.path(job.clip.name).unlink()
    asked = room.slash("clip", {"clip": job.id})
    await room.api.until(lambda: asked.original and asked.original.content == texts.chat.CLIP_GONE)


async def test_a_clip_by_link_even_without_its_file(room: Room, club: Club) -> None:
    await club.clip()
    job = await club.job()
    assert job.clip
    assert job.copy_id
    room.house.media.path(job.clip.name).unlink()
    asked = room.slash("clip", {"clip": job.id})
    await room.api.until(lambda: asked.original and room.api.plays(asked.original))


async def test_a_link_is_renewed_where_its_time_is_over_and_kept_where_it_is_not(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    link = post.content.split("\n")[-1]
    room.now.later += 60
    room.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert post.content.split("\n")[-1] == link  # the video does not load anew
    room.now.later += 2 * 86_400
    room.api.press(club.cat, post, "♥ 1")
    await club.says(post, "♥ 2")
    assert post.content.split("\n")[-1] != link
    assert room.api.plays(post)


async def test_a_covered_film_stays_covered_and_words_are_never_links(room: Room, club: Club) -> None:
    spoiler = ("SPOILER_me.jpg", picture())
    words = "see https://example.com/x.mp4 <@&1> ||no||"
    post = await club.shared(await club.clip(options={"image": spoiler, "prompt": words}))
    last = post.content.split("\n")[-1]
    assert last.startswith("||http")
    assert last.endswith("||")
    assert "<https://example.com/x.mp4>" in post.content
    assert "\\|\\|no\\|\\|" in post.content
    assert len(room.api.plays(post)) == 1


async def test_where_links_show_nothing_the_film_is_uploaded(room: Room, club: Club) -> None:
    bare = USUAL_PERMISSIONS & ~EMBED_LINKS
    for role in room.guild.roles:
        if role.name in ("@everyone", room.api.me.name):
            room.api.set_permissions(role, room.guild, bare)
    await asyncio.sleep(0.05)
    post = await club.shared(await club.clip())
    assert post.attachments


async def test_a_source_that_may_not_be_read_is_no_source(room: Room, club: Club) -> None:
    video = await club.clip()
    room.api.overwrite(room.channel, room.api.me, deny=VIEW_CHANNEL)
    job = await club.job()
    asked = room.slash("share", {"clip": job.id}, channel=club.gallery)
    (question,) = await answers(room, asked)
    room.api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
    (post,) = await room.clips(1, club.gallery)
    assert post.attachments
    assert not video.deleted


async def test_an_answer_where_links_show_nothing_has_the_film_itself(room: Room, club: Club) -> None:
    await club.clip()
    mute = room.api.channel(room.guild, "mute")
    room.api.overwrite(mute, room.guild.everyone, deny=EMBED_LINKS)
    room.api.overwrite(mute, room.api.me, deny=EMBED_LINKS)
    await asyncio.sleep(0.05)
    asked = room.slash("clip", {"clip": (await club.job()).id}, channel=mute)
    await room.api.until(lambda: asked.original and asked.original.attachments)
    asked = room.slash("clip", {"clip": (await club.job()).id})
    await room.api.until(lambda: asked.original and room.api.plays(asked.original))
    assert not asked.original.attachments
