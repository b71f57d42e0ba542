"""From a clip to a gallery on Discord, through the real library: what is posted, changed and taken away, how often."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from bot import texts
from bot.conversation import Button, Paper, Reply, ShownClip
from bot.errors import ChatError, Gone
from bot.gallery import outbox, sharing
from bot.gallery.model import Share
from bot.model import Address, Job
from bot.sentence import verbatim
from storage.database import Transaction
from tests.adapters.discord.discord_room import Now, Room, a_room
from tests.bookkeeping import rows
from tests.fakes import breaks
from tests.houses import configure, picture
from tests.loopback.discord.faults import broken, cut
from tests.loopback.discord.guilds import Channel
from tests.loopback.discord.messages import Interaction, Message
from tests.loopback.discord.permissions import EMBED_LINKS, MANAGE_GUILD, USUAL_PERMISSIONS, VIEW_CHANNEL
from tests.loopback.discord.server import DiscordApi

PHOTO = ("me.jpg", picture())
SMILES = {"image": PHOTO, "prompt": "she *smiles* at @everyone"}
POST, EDIT = "POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/{message}"
DELETE = "DELETE /channels/{channel}/messages/{message}"


@pytest.fixture
def room(room: Room) -> Room:
    """One whose films are looked at."""
    room.api.keeps_files = True
    return room


class Club:
    """A room whose guild has a gallery and a place for reviews, and who is in it."""

    def __init__(self, room: Room) -> None:
        self.room, self.api = room, room.api
        self.admin, self.bob, self.cat = (self.api.user(name) for name in ("boss", "bob", "cat"))
        rights = self.api.role(room.guild, "admins", USUAL_PERMISSIONS | MANAGE_GUILD)
        self.api.member(self.admin, room.guild, [rights])
        for one in (self.bob, self.cat):
            self.api.member(one, room.guild)
        self.gallery = self.api.channel(room.guild, "gallery")
        self.mods = self.api.channel(room.guild, "mods")

    async def open(self, **more: Any) -> None:
        """The admin sets it up."""
        asked = self.room.slash("gallery", {"set": "here"}, user=self.admin, channel=more.get("where", self.gallery))
        assert "posted here" in await heard(self.room, asked)
        asked = self.room.slash("gallery", {"set": "review", "channel": self.mods}, user=self.admin)
        assert "in #mods" in await heard(self.room, asked)

    async def clip(self, channel: Channel | None = None, options: dict[str, Any] | None = None) -> Message:
        """Ann's clip."""
        self.room.slash(options=options or SMILES, channel=channel or self.room.channel)
        video = (await self.room.clips(1, channel))[-1]
        for _ in range(500):
            if (await self.job()).state == "done":
                return video
            await asyncio.sleep(0.01)
        raise AssertionError("the delivery is not over")

    async def shared(self, video: Message, how: str = "name words", where: Channel | None = None) -> Message:
        """Ann shares it; its post."""
        before = len(self.room.posts(where or self.gallery))
        asked = self.api.press(self.room.ann, video, texts.sharing.SHARE)
        (question,) = await answers(self.room, asked)
        if question.content == texts.sharing.HOW_TO_SHARE:
            said = self.api.press(self.room.ann, question, texts.sharing.PREFERENCES[how])
            await heard(self.room, said)
        post = (await self.room.clips(before + 1, where or self.gallery))[-1]
        await self.share(post)
        return post

    async def share(self, post: Message) -> Share:
        for _ in range(500):
            if found := await self.room.house.store.gallery.at(address_of(post)):
                return found
            await asyncio.sleep(0.01)
        raise AssertionError("the post is not known")

    async def job(self) -> Job:
        return (await self.room.house.store.jobs(f"discord:{self.room.ann.id}"))[0]

    async def says(self, post: Message, label: str) -> None:
        """Wait for a button."""
        await self.api.until(lambda: label in post.labels)

    def film_stays(self, post: Message, video: Message) -> bool:
        """The post shows the film of that message."""
        return self.api.plays(post) == self.api.plays(video) != []

    def uploads(self, channel: Channel) -> int:
        return sum(bool(one.files) for one in self.api.called(POST) if one.path.startswith(f"/channels/{channel.id}/"))


def address_of(post: Message) -> Address:
    return Address("discord", str(post.channel.id), str(post.id))


async def answers(room: Room, asked: Interaction) -> list[Message]:
    """What only the person was told, once there is something."""
    found: list[Message] = await room.api.until(
        lambda: [one for one in asked.responses if one.ephemeral and one.content and not one.loading]
    )
    return found


async def heard(room: Room, asked: Interaction) -> str:
    return (await answers(room, asked))[0].content


async def settled(room: Room) -> None:
    """Wait until no entry is left."""
    for _ in range(500):
        if await room.house.store.outbox.next_due(("discord",)) is None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("entries are left")


async def put_off(room: Room) -> None:
    """Wait until an entry that failed waits for its next try: what the clock is set to before would count for that."""
    for _ in range(500):
        if await rows(room.house.store, "SELECT 1 FROM outbox WHERE tries > 0"):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no entry was put off")


async def forever(*args: Any) -> bool:
    return await asyncio.Event().wait()


@pytest.fixture
async def both(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], database_url: str | None
) -> AsyncIterator[Club]:
    """A club on SQLite, and one on PostgreSQL."""
    async with a_room(tmp_path, large_clip, new_id, url=database_url) as room:
        room.api.keeps_files = True
        made = Club(room)
        await made.open()
        yield made


@pytest.fixture
async def club(room: Room) -> Club:
    made = Club(room)
    await made.open()
    return made


# ── Sharing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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


async def test_a_heart_is_acknowledged_and_answered_aside(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    asked = room.api.press(club.bob, post, "♥ 0")
    told = (await answers(room, asked))[0]
    assert told.ephemeral
    assert "♥ 1" in told.content
    assert asked.callbacks[0]["type"] == 6
    await club.says(post, "♥ 1")
    assert len(room.posts(club.gallery)) == 1
    room.now.later += 10  # the same finger, later
    room.api.press(club.bob, post, "♥ 1")
    await club.says(post, "♥ 0")


async def test_only_hearts_of_people_under_our_posts_count(room: Room, club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    robot = room.api.user("robot", bot=True)
    with patch.object(sharing, "reacted", wraps=sharing.reacted) as reacted:
        room.api.react(robot, post, "❤️")
        room.api.react(room.api.me, post, "❤️")
        room.api.react(club.bob, post, "💔")
        room.api.react(club.bob, room.api.say(room.ann, club.gallery, "hello"), "❤️")  # not under ours
        assert not reacted.call_count
        room.api.react(club.bob, video, "❤️")  # under ours, but not shared
        room.api.react(club.cat, post, "❤️\u200d🔥")
        await club.says(post, "♥ 1")
        assert reacted.call_count == 2


async def test_a_heart_put_and_taken_at_once_is_gone(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    slow, done, real = asyncio.Event(), [], sharing.reacted

    async def reacted(ctx: Any, inbound: Any, on: bool) -> None:
        if on:
            await slow.wait()
        await real(ctx, inbound, on)
        done.append((inbound.user, on))

    with patch.object(sharing, "reacted", reacted):
        room.api.react(club.bob, post, "❤️")
        room.api.unreact(club.bob, post, "❤️")
        room.api.unreact(club.cat, post, room.api.react(club.cat, post, "🧡") or "🧡")
        await asyncio.sleep(0.1)
        slow.set()
        await room.api.until(lambda: len(done) == 4)
    assert [on for user, on in done if user == str(club.bob.id)] == [True, False]
    await settled(room)
    assert "♥ 0" in post.labels


async def test_what_is_for_one_person_is_not_said_aloud_by_a_button(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    secret = Reply(verbatim("Between us."), ask="/report x other", private=True)
    with patch.object(type(room.house.core), "handle", return_value=secret):
        asked = room.api.press(club.bob, post, "Report")
        assert await heard(room, asked) == "Between us."
    assert room.posts(club.gallery) == [post]


async def test_a_reaction_while_the_database_is_down_is_logged(
    room: Room, club: Club, caplog: pytest.LogCaptureFixture
) -> None:
    post = await club.shared(await club.clip())
    breaks(room.house.store.gallery, "at")
    room.api.react(club.bob, post, "❤️")
    await room.api.until(lambda: "was not counted" in caplog.text or "could not be counted" in caplog.text)
    room.api.react(club.cat, post, "❤️")
    await club.says(post, "♥ 1")


async def test_reactions_are_heard_with_the_intent_only(room: Room) -> None:
    (session,) = room.api.connected
    guild = room.guild.id
    assert session.wants("MESSAGE_REACTION_ADD", guild)
    assert session.wants("MESSAGE_REACTION_REMOVE", guild)
    blind = replace_intents(session.intents & ~(1 << 10), session)
    assert not blind.wants("MESSAGE_REACTION_ADD", guild)
    assert not room.api.identifies[0]["intents"] & (1 << 1 | 1 << 8 | 1 << 15)  # none of the privileged


def replace_intents(intents: int, session: Any) -> Any:
    return type(session)("other", session.shard, session.shards, intents)


async def test_a_remix_with_a_photo_of_ones_own_uses_the_shared_words(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip(options={"image": PHOTO, "prompt": "she smiles"}))
    asked = room.api.press(club.bob, post, "Remix")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {texts.discord.FORM_OWN_PHOTO: [("cat.png", picture(500, 400, "PNG"))]})
    (remix,) = (await room.clips(2, club.gallery))[1:]
    assert "she smiles" in remix.content
    assert "Remix of a shared clip" in remix.content
    assert room.house.provider.orders[-1].photo.width == 500

    share = await club.share(post)
    room.slash("remix", {"clip": share.id, "image": PHOTO, "words": "it rains"}, user=club.cat)
    (second,) = (await room.clips(2))[1:]
    assert "it rains" in second.content
    asked = room.slash("remix", {"clip": share.id}, user=club.cat)
    modal = await room.api.until(lambda: asked.modal)
    sent = room.api.submit(modal, {})  # neither words nor a photo
    await room.api.until(lambda: sent.original and texts.discord.ADD_WORDS in sent.original.labels)


async def test_animate_this_on_a_shared_clip_is_a_remix(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip(), "name")
    asked = room.api.menu(club.bob, post, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    room.api.submit(modal, {"What should happen?": "he nods"})
    (remix,) = (await room.clips(2, club.gallery))[1:]
    assert "Remix of a shared clip" in remix.content
    room.slash("sharing")
    await room.house.store.gallery.prefer(f"discord:{room.ann.id}", remixes=False)
    room.house.core.context.wake.outbox()
    await room.api.until(lambda: "Remix" not in post.labels)
    assert room.api.plays(post)
    asked = room.api.menu(club.bob, post, "Animate this")
    modal = await room.api.until(lambda: asked.modal)
    sent = room.api.submit(modal, {"What should happen?": "he nods"})
    assert texts.sharing.NO_REMIX in await heard(room, sent)


async def test_a_reason_in_own_words_is_asked_in_a_form(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    asked = room.api.press(club.bob, post, "Report")
    (why,) = await answers(room, asked)
    other = room.api.press(club.bob, why, texts.sharing.OTHER)
    modal = await room.api.until(lambda: other.modal)
    assert modal.title == texts.sharing.REPORT
    assert modal.fields[0]["label"] == texts.sharing.REPORT_FORM
    sent = room.api.submit(modal, {modal.fields[0]["label"]: "that is my dog"})
    assert await heard(room, sent) == texts.sharing.REPORTED
    (notice,) = await room.api.until(lambda: room.posts(club.mods))
    assert "that is my dog" in notice.content
    assert len(room.posts(club.gallery)) == 1


# ── The film ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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


async def test_a_list_of_the_best_that_somebody_asked_for_goes_with_a_clip_in_it(room: Room, club: Club) -> None:
    """It says the maker's words and name, to everybody there."""
    share = await club.share(await club.shared(await club.clip()))
    asked = room.slash("best")
    listing = await room.api.until(lambda: asked.original if asked.original and asked.original.labels else None)
    assert "smiles" in listing.content
    for _ in range(500):
        if await room.house.store._db.read(lambda tx: tx.one("SELECT 1 FROM showings")):
            break
        await asyncio.sleep(0.01)
    room.slash("unshare", {"clip": share.job})
    await room.api.until(lambda: listing.deleted)


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


# ── Threads, and what may not be ─────────────────────────────────────────────────────────────────────────────────────


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


# ── Trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_killed_in_the_middle_of_a_post_it_is_there_once(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "GRACE", 0.05)
    api = DiscordApi(clock=Now())
    api.keeps_files = True
    async with api.serve() as base:
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as room:
            club = Club(room)
            await club.open()
            video = await club.clip()
            with patch.object(room.house.store.gallery, "posted", side_effect=forever) as posted:
                asked = api.press(room.ann, video, texts.sharing.SHARE)
                (question,) = await answers(room, asked)
                api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
                await room.clips(1, club.gallery)
                await api.until(lambda: posted.called)
        room.now.later += 600  # longer than Discord knows a nonce
        async with a_room(tmp_path, large_clip, new_id, api=api, base=base) as again:
            await settled(again)
            (post,) = again.posts(club.gallery)
            share = await again.house.store.gallery.at(address_of(post))
            assert share
            assert share.copy_id == (await again.house.store.job(share.job)).copy_id
            api.press(club.bob, post, "♥ 0")
            await api.until(lambda: "♥ 1" in post.labels)
            assert club.film_stays(post, video)


async def test_a_clip_that_is_shown_again_is_not_the_post_that_is_about_to_go(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    room.api.script(DELETE, broken(503))
    for state in ("hidden", "up"):
        await room.house.store.gallery.judge(share.id, state, room.now())
        room.house.core.context.wake.outbox()
    (again,) = (await room.clips(2, club.gallery))[1:]
    await room.api.until(lambda: room.api.called(DELETE))
    await put_off(room)
    room.now.later += 600
    room.runner.poke()
    await room.api.until(lambda: post.deleted)
    assert (await club.share(again)).id == share.id
    assert not again.deleted


@pytest.mark.parametrize("fault", [broken(503, done=True), cut("after"), broken(502)])
async def test_an_answer_that_is_lost_posts_nothing_twice(room: Room, club: Club, fault: Any) -> None:
    video = await club.clip()
    asked = room.api.press(room.ann, video, texts.sharing.SHARE)
    (question,) = await answers(room, asked)
    room.api.script(POST, fault)
    room.api.press(room.ann, question, texts.sharing.PREFERENCES["plain"])
    await room.clips(1, club.gallery)
    room.now.later += 60
    room.runner.poke()
    await settled(room)
    assert len(room.posts(club.gallery)) == 1
    assert all(len(one.body["nonce"]) <= 25 and one.body["enforce_nonce"] for one in room.api.called(POST))


async def test_an_edit_that_fails_is_made_up_for(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    room.api.script(EDIT, broken(503))
    room.api.press(club.bob, post, "♥ 0")
    await room.api.until(lambda: len(room.api.called(EDIT)) >= 1)
    await put_off(room)
    room.now.later += 600
    room.runner.poke()
    await club.says(post, "♥ 1")


async def test_a_film_message_is_taken_away_or_said_to_stand(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    place = Address("discord", str(club.gallery.id))
    room.api.overwrite(club.gallery, room.api.me, deny=VIEW_CHANNEL)
    with pytest.raises(ChatError) as refused:
        await room.chat.remove(place, str(post.id))
    assert not isinstance(refused.value, Gone)  # it still stands there: to be tried again
    asked = len(room.api.called(DELETE))
    with pytest.raises(ChatError):
        await room.chat.remove(place, str(post.id))
    assert len(room.api.called(DELETE)) == asked  # not asked again at once
    room.api.overwrite(club.gallery, room.api.me)
    room.chat.alive(place.chat)
    await room.chat.remove(place, str(post.id))
    assert post.deleted
    await room.chat.remove(place, str(post.id))  # gone is fine


async def test_an_edit_of_a_film_that_is_gone_is_told(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    room.api.delete(post)
    film = ShownClip(room.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    with pytest.raises(Gone):
        await room.chat.edit(share.place, str(post.id), Reply("x", clip=film))


async def test_the_latest_of_many_edits_wins(room: Room, club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    film = ShownClip(room.house.media.stored(share.clip.name), share.clip, copy=share.copy_id)
    replies = [Reply("x", (Button(f"♥ {n}", f"/heart {share.id}"),), clip=film) for n in range(1, 21)]
    await asyncio.gather(*(room.chat.edit(share.place, str(post.id), one) for one in replies))
    assert post.labels == ["♥ 20"]
    assert len(room.api.called(EDIT)) < 5


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


# ── Consent ──────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    """A crash came before it was known where it stands, and the clip was unshared."""
    await club.open()
    post = await club.shared(await club.clip())
    share = await club.share(post)
    store = room.house.store

    async def lose(tx: Transaction) -> None:
        await tx.all("DELETE FROM shares WHERE id = $1", share.id)

    await store._db.write(lose)
    assert texts.sharing.UNKNOWN_SHARE in await heard(room, room.api.press(club.bob, post, texts.sharing.heart(0)))
    await room.api.until(lambda: post not in room.posts(club.gallery))
