"""The film of a post on Discord: by its link, once more, or as an upload."""

import asyncio

from bot import texts
from tests.adapters.discord.discord_rig import Rig
from tests.adapters.discord.sharing.club import (
    EDIT,
    Club,
    answers,
)
from tests.houses import picture
from tests.loopback.discord.permissions import EMBED_LINKS, USUAL_PERMISSIONS, VIEW_CHANNEL


async def test_a_film_whose_message_is_gone_is_uploaded_once(rig: Rig, club: Club) -> None:
    video = await club.clip()
    job = await club.job()
    rig.api.delete(video)
    asked = rig.slash("share", {"clip": job.id})
    (question,) = await answers(rig, asked)
    rig.api.press(rig.ann, question, texts.sharing.PREFERENCES["plain"])
    (post,) = await rig.clips(1, club.gallery)
    assert post.attachments
    assert club.uploads(club.gallery) == 1
    share = await club.share(post)
    assert share.copy_id == f"{club.gallery.id}/{post.id}"
    assert "by" not in post.content.split("\n")[0]
    assert "smiles" not in post.content
    rig.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert post.attachments
    assert "http" not in post.content
    asked = rig.slash("best")
    listing = await rig.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    rig.api.press(club.cat, listing, listing.labels[0])
    (shown,) = await rig.clips(1)
    assert not shown.attachments
    assert rig.api.plays(shown) == post.attachments
    assert club.uploads(rig.channel) == 1  # the clip itself


async def test_a_post_whose_film_went_with_its_message_gets_it_back(rig: Rig, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    rig.api.delete(video)
    assert not rig.api.plays(post)
    rig.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert [one.data for one in post.attachments] == [rig.house.media.path((await club.job()).clip.name).read_bytes()]
    assert "http" not in post.content
    rig.api.press(club.cat, post, "♥ 1")
    await club.says(post, "♥ 2")
    assert len(post.attachments) == 1
    assert sum(bool(one.files) for one in rig.api.called(EDIT)) == 1


async def test_a_film_that_is_nowhere_any_more(rig: Rig, club: Club) -> None:
    video = await club.clip()
    job = await club.job()
    assert job.clip
    rig.api.delete(video)
    rig.house.media.path(job.clip.name).unlink()
    asked = rig.slash("clip", {"clip": job.id})
    await rig.api.until(lambda: asked.original and asked.original.content == texts.chat.CLIP_GONE)


async def test_a_clip_by_link_even_without_its_file(rig: Rig, club: Club) -> None:
    await club.clip()
    job = await club.job()
    assert job.clip
    assert job.copy_id
    rig.house.media.path(job.clip.name).unlink()
    asked = rig.slash("clip", {"clip": job.id})
    await rig.api.until(lambda: asked.original and rig.api.plays(asked.original))


async def test_a_link_is_renewed_where_its_time_is_over_and_kept_where_it_is_not(rig: Rig, club: Club) -> None:
    post = await club.shared(await club.clip())
    link = post.content.split("\n")[-1]
    rig.now.later += 60
    rig.api.press(club.bob, post, "♥ 0")
    await club.says(post, "♥ 1")
    assert post.content.split("\n")[-1] == link  # the video does not load anew
    rig.now.later += 2 * 86_400
    rig.api.press(club.cat, post, "♥ 1")
    await club.says(post, "♥ 2")
    assert post.content.split("\n")[-1] != link
    assert rig.api.plays(post)


async def test_a_covered_film_stays_covered_and_words_are_never_links(rig: Rig, club: Club) -> None:
    spoiler = ("SPOILER_me.jpg", picture())
    words = "see https://example.com/x.mp4 <@&1> ||no||"
    post = await club.shared(await club.clip(options={"image": spoiler, "prompt": words}))
    last = post.content.split("\n")[-1]
    assert last.startswith("||http")
    assert last.endswith("||")
    assert "<https://example.com/x.mp4>" in post.content
    assert "\\|\\|no\\|\\|" in post.content
    assert len(rig.api.plays(post)) == 1


async def test_where_links_show_nothing_the_film_is_uploaded(rig: Rig, club: Club) -> None:
    bare = USUAL_PERMISSIONS & ~EMBED_LINKS
    for role in rig.guild.roles:
        if role.name in ("@everyone", rig.api.me.name):
            rig.api.set_permissions(role, rig.guild, bare)
    await asyncio.sleep(0.05)
    post = await club.shared(await club.clip())
    assert post.attachments


async def test_a_source_that_may_not_be_read_is_no_source(rig: Rig, club: Club) -> None:
    video = await club.clip()
    rig.api.overwrite(rig.channel, rig.api.me, deny=VIEW_CHANNEL)
    job = await club.job()
    asked = rig.slash("share", {"clip": job.id}, channel=club.gallery)
    (question,) = await answers(rig, asked)
    rig.api.press(rig.ann, question, texts.sharing.PREFERENCES["plain"])
    (post,) = await rig.clips(1, club.gallery)
    assert post.attachments
    assert not video.deleted


async def test_an_answer_where_links_show_nothing_has_the_film_itself(rig: Rig, club: Club) -> None:
    await club.clip()
    mute = rig.api.channel(rig.guild, "mute")
    rig.api.overwrite(mute, rig.guild.everyone, deny=EMBED_LINKS)
    rig.api.overwrite(mute, rig.api.me, deny=EMBED_LINKS)
    await asyncio.sleep(0.05)
    asked = rig.slash("clip", {"clip": (await club.job()).id}, channel=mute)
    await rig.api.until(lambda: asked.original and asked.original.attachments)
    asked = rig.slash("clip", {"clip": (await club.job()).id})
    await rig.api.until(lambda: asked.original and rig.api.plays(asked.original))
    assert not asked.original.attachments
