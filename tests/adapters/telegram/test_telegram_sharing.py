"""From a clip to a gallery on Telegram, through the real library: what is posted, changed and taken away, how often."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import pytest

from adapters.shared.double_taps import DOUBLE
from adapters.telegram.prompts import Question
from adapters.telegram.render import length
from bot import texts
from bot.conversation import Button, Reply, ShownClip
from bot.errors import ChatError, Gone
from bot.gallery.model import ENOUGH, Share
from bot.media.stored import StoredFile
from bot.model import Address, Job
from tests.adapters.telegram.telegram_room import Room, a_room
from tests.bookkeeping import rows
from tests.houses import configure, picture
from tests.loopback.telegram.faults import Cut, Flood, Hold, Refuse
from tests.loopback.telegram.model import JSON, Chat, Post, User
from tests.loopback.telegram.server import BotApi
from tests.loopback.telegram.world import _marked

ME = "photoplay_bot"


@dataclass
class Club:
    """A forum whose admin is Ann, with a topic for the gallery and one for reviews; Bob, Cem and Dora are in it."""

    room: Room
    ann: User
    bob: User
    cem: User
    dora: User
    forum: Chat
    gallery: int
    office: int

    @property
    def api(self) -> BotApi:
        return self.room.api

    async def open(self, *more: str) -> None:
        """Ann sets it up."""
        await self.says(self.ann, "/gallery here", "posted here", thread=self.gallery)
        await self.says(self.ann, "/gallery review here", "posted here", thread=self.office)
        for words in more:
            await self.says(self.ann, f"/gallery {words}", "")

    async def says(self, user: User, said: str, part: str, **where: Any) -> Post:
        """The first new message of the bot once this was said; it has these words."""
        count = len(self.api.sent(self.forum))
        self.api.say(user, self.forum, said, **where)
        post = (await self.room.sent(self.forum, count + 1))[count]
        assert part in post.words, post.words
        return post

    async def taps(self, user: User, post: Post, button: str) -> str:
        """What popped up."""
        return str((await self.room.answer(self.api.press(user, post, button))).get("text", ""))

    async def clip(self, user: User | None = None, words: str = "she smiles", **where: Any) -> Post:
        """A finished clip of Bob's."""
        before = len(self.room.videos(self.forum))
        self.api.photo(user or self.bob, self.forum, picture(), f"/animate@{ME} {words}", **where)
        video = (await self.room.clips(self.forum, before + 1))[-1]
        await self.until(self._done)
        return video

    async def _done(self) -> bool:
        store = self.room.house.store
        found = [job for user in self.api.users for job in await store.jobs(f"telegram:{user}", 100)]
        return all(job.state == "done" for job in found)

    async def shared(self, video: Post, how: str = "name words", user: User | None = None) -> Post:
        """Bob shares it; its post."""
        before = len(self.posts)
        self.api.press(user or self.bob, video, texts.sharing.SHARE)
        if not (await self.room.house.store.gallery.preferences(f"telegram:{(user or self.bob).id}")).named is not None:
            question = await self.room.told(self.forum, texts.sharing.HOW_TO_SHARE)
            self.api.press(user or self.bob, question, texts.sharing.PREFERENCES[how])
        await self.api.until(lambda: len(self.posts) > before)
        post = self.posts[-1]
        await self.until(lambda: self.share(post))
        return post

    @property
    def posts(self) -> list[Post]:
        """What was posted in the gallery's topic by itself, deleted ones too."""
        return [one for one in self.room.videos(self.forum) if one.thread == self.gallery and self._unasked(one)]

    @property
    def notices(self) -> list[Post]:
        """What admins are told and still stands there."""
        found = [one for one in self.room.videos(self.forum) if one.thread == self.office and self._unasked(one)]
        return [one for one in found if not one.deleted]

    def _unasked(self, post: Post) -> bool:
        return post.reply_to in (None, post.thread)

    def place(self, post: Post) -> Address:
        return Address("telegram", str(self.forum.id), str(post.id))

    async def share(self, post: Post) -> Share | None:
        return await self.room.house.store.gallery.at(self.place(post))

    async def until(self, look: Callable[[], Any], within: float = 60) -> None:
        """Wait for something in the store."""
        async with asyncio.timeout(within):
            while not await look():
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Until no entry is left, and no edit."""

        async def idle() -> bool:
            left = await self.room.house.store.outbox.next_due(("telegram",))
            return left is None and not self.room.runner._under_way and not self.room.chat._edits._tasks

        await self.until(idle)

    def uploads(self) -> int:
        return sum(bool(call.files) for call in self.api.called("sendVideo", "editMessageMedia"))

    def standing(self) -> list[Post]:
        """All of the bot's messages that still show a clip."""
        return [one for one in self.room.videos(self.forum) if not one.deleted]


def gathered(room: Room) -> Club:
    bob, cem, dora = (room.api.user(name) for name in ("Bob", "Cem", "Dora"))
    forum = room.api.supergroup(room.ann, bob, cem, dora, title="Lake Town", creator=room.ann, is_forum=True)
    forum.members[room.api.me.id] = "administrator"
    gallery, office = (room.api.topic(room.ann, forum, name) for name in ("Gallery", "Office"))
    return Club(room, room.ann, bob, cem, dora, forum, gallery, office)


@pytest.fixture
async def club(room: Room) -> Club:
    made = gathered(room)
    await made.open()
    return made


@pytest.fixture
async def anywhere(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str], database_url: str | None
) -> AsyncIterator[Club]:
    """A club on either database."""
    async with a_room(tmp_path, large_clip, new_id, url=database_url) as made:
        club = gathered(made)
        await club.open()
        yield club


# ── Sharing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_clip_is_shared_with_one_question_and_no_upload(club: Club) -> None:
    video = await club.clip()
    assert texts.sharing.SHARE in video.labels
    assert club.uploads() == 1
    count = len(club.api.sent(club.forum))
    club.api.press(club.bob, video, texts.sharing.SHARE)
    question = await club.room.told(club.forum, texts.sharing.HOW_TO_SHARE)
    assert await club.taps(club.cem, question, "My name, my words") == texts.chat.NOT_YOURS
    club.api.press(club.bob, question, "My name, my words")
    await club.api.until(lambda: club.posts)
    (post,) = club.posts
    assert post.thread == club.gallery
    assert post.words == "“she smiles”\nby Bob · AI-generated"
    assert post.labels == ["♥ 0", "Remix", "Report"]
    assert (club.uploads(), post.clip) == (1, video.clip)
    assert post["video"]["file_id"] == video["video"]["file_id"]
    # The question became the answer: one message more for everybody, not two.
    await club.api.until(lambda: question.words.startswith("Shared in the community's gallery"))
    assert question.labels == [texts.sharing.UNSHARE, texts.sharing.HOW_I_SHARE]
    assert len(club.api.sent(club.forum)) == count + 2
    # A second clip is shared without a question, as the first was.
    second = await club.shared(await club.clip(words="she waves"))
    assert "by Bob" in second.words
    assert [one.words for one in club.api.sent(club.forum)].count(texts.sharing.HOW_TO_SHARE) == 0
    share = await club.share(second)
    assert share
    assert share.place == Address("telegram", str(club.forum.id), str(second.id), str(club.gallery))
    rule = (await club.room.house.store.quotas.rules(f"telegram:{club.forum.id}"))[""]
    assert rule.title == "Lake Town"


async def test_a_stranger_shares_nothing_of_anothers(club: Club) -> None:
    video = await club.clip()
    assert await club.taps(club.cem, video, texts.sharing.SHARE) == texts.chat.NOT_YOURS
    assert await club.room.house.store.gallery.of_job((await jobs(club, club.bob))[0].id) == []


async def jobs(club: Club, user: User) -> list[Job]:
    return await club.room.house.store.jobs(f"telegram:{user.id}")


async def test_a_copy_that_telegram_lost_is_uploaded_anew(club: Club) -> None:
    video = await club.clip()
    del club.api.files[video["video"]["file_id"]]
    post = await club.shared(video)
    assert [call.code for call in club.api.called("sendVideo")] == [200, 400, 200]
    assert (club.uploads(), post.clip, post.thread) == (2, video.clip, club.gallery)
    share = await club.share(post)
    assert share
    assert share.copy_id == post["video"]["file_id"]


@pytest.mark.parametrize(
    "refusal",
    [
        "wrong remote file identifier specified: wrong padding in the string",
        "wrong file_id or the file is temporarily unavailable",
        "FILE_REFERENCE_EXPIRED",
        "can't use file of type Document as Video",
    ],
)
async def test_whatever_telegram_says_of_a_bad_copy(club: Club, refusal: str) -> None:
    video = await club.clip()
    club.api.trouble["sendVideo"] += [Refuse(400, f"Bad Request: {refusal}")]
    assert (await club.shared(video)).clip == video.clip


async def test_where_neither_copy_nor_film_is_left_nothing_is_posted(club: Club) -> None:
    film = ShownClip(club.room.house.media.stored("none.mp4"), (await jobs_clip(club)), copy="gone")
    place = Address("telegram", str(club.forum.id), thread=str(club.gallery))
    count = len(club.api.sent(club.forum))
    with pytest.raises(Gone):
        await club.room.chat.send(place, Reply("x", clip=film), nonce="n1")
    assert len(club.api.sent(club.forum)) == count


async def jobs_clip(club: Club) -> Any:
    await club.clip()
    return (await jobs(club, club.bob))[0].clip


@pytest.mark.parametrize("closed", [True, False])
async def test_a_gallery_whose_topic_is_no_more_does_not_spill_into_another(club: Club, closed: bool) -> None:
    video = await club.clip()
    club.forum.members[club.api.me.id] = "member"
    if closed:
        club.api.close_topic(club.ann, club.forum, club.gallery)
    else:
        club.api.delete_topic(club.forum, club.gallery)
    club.api.press(club.bob, video, texts.sharing.SHARE)
    question = await club.room.told(club.forum, texts.sharing.HOW_TO_SHARE)
    club.api.press(club.bob, question, "My name, my words")
    await club.until(club.room.house.store.incidents)
    told = await club.room.told(club.forum, texts.sharing.CANNOT_POST)
    assert told.thread == club.office
    refused = [call for call in club.api.called("sendVideo") if call.code == 400]
    assert len(refused) == 1, "it is tried again later"
    assert club.standing() == [video]


async def test_a_post_that_was_begun_before_a_crash_stands_once(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        club = gathered(room)
        await club.open()
        video = await club.clip()
        room.runner.stop()
        await asyncio.wait(room.tasks[-1:])
        club.api.press(club.bob, video, texts.sharing.SHARE)
        question = await room.told(club.forum, texts.sharing.HOW_TO_SHARE)
        club.api.press(club.bob, question, "My name, my words")
        (job,) = await jobs(club, club.bob)
        await club.until(lambda: room.house.store.gallery.of_job(job.id))
        # Somebody took the entry and died before the post went out.
        (entry,) = await room.house.store.outbox.claim(api.now(), 1.0, 9, ["telegram"])
        assert entry.kind == "post"
        assert club.posts == []
    api.later = 2.0
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        club = replace(club, room=room)
        await api.until(lambda: len(club.posts) == 1)
        await club.until(lambda: club.share(club.posts[0]))
        await club.settled()
        # One that nobody confirmed may stand there: it is not sent again.
        second = await club.clip(words="she waves")
        api.trouble["sendVideo"] += [Cut("unanswered")]
        before = len(api.called("sendVideo"))
        api.press(club.bob, second, texts.sharing.SHARE)
        await api.until(lambda: len(club.posts) == 2)
        await club.settled()
        assert len(api.called("sendVideo")) == before + 1


async def test_the_gallery_goes_along_when_a_group_moves(room: Room) -> None:
    club = gathered(room)
    club.forum = room.api.group(club.ann, club.bob, club.cem, title="Lake Town", creator=club.ann)
    club.gallery = club.office = 0
    await club.says(club.ann, "/gallery here", "posted here")
    first = await club.clip()
    old = club.forum
    club.forum = room.api.migrate(old)
    await room.api.until(lambda: not room.api.pending)
    await room.settled()
    video = await club.clip(words="she waves")
    room.api.press(club.bob, video, texts.sharing.SHARE)
    question = await room.told(club.forum, texts.sharing.HOW_TO_SHARE)
    room.api.press(club.bob, question, "My name, my words")
    *_, post = await room.clips(club.forum, 2)
    await club.until(lambda: club.share(post))
    assert await club.taps(club.cem, post, "♥ 0") == "♥ 1"
    await room.api.until(lambda: "♥ 1" in post.labels)
    assert not first.deleted


# ── Hearts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("how", ["unshare", "hide"])
async def test_a_list_of_the_best_that_somebody_asked_for_goes_with_a_clip_in_it(club: Club, how: str) -> None:
    """It says the maker's words and name, to everybody there."""
    share = await club.share(await club.shared(await club.clip()))
    assert share
    lists = [
        await club.says(club.cem, f"/best@{ME} {span}", f"The most liked this {span}") for span in ("week", "month")
    ]
    assert all("“she smiles” · by Bob" in one.words for one in lists)
    store = club.room.house.store
    await club.until(lambda: store._db.read(lambda tx: tx.one("SELECT 1 FROM showings GROUP BY 1 HAVING count(*) = 2")))
    if how == "unshare":
        await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    else:
        await club.says(club.ann, f"/hide@{ME} {share.id}", texts.sharing.HIDDEN)
    await club.api.until(lambda: all(one.deleted for one in lists))


@pytest.mark.databases
async def test_two_at_once_and_one_person_twice(anywhere: Club) -> None:
    club = anywhere
    post = await club.shared(await club.clip())
    query = club.api.press(club.cem, post, "♥ 0")
    club.api.react(club.dora, post, "❤", "👍")
    assert (await club.room.answer(query))["text"].startswith("♥ ")
    await club.api.until(lambda: "♥ 2" in post.labels)
    assert post.words == "“she smiles”\nby Bob · AI-generated"
    assert "video" in post
    # The same people, the other way round: nothing is added.
    club.api.react(club.cem, post, "❤\u200d🔥")
    await club.room.settled()
    await club.settled()
    assert "♥ 2" in post.labels
    # What a tap gave, a reaction does not take back; what a reaction gave, it does.
    club.api.react(club.cem, post)
    club.api.react(club.dora, post, "👍")
    await club.api.until(lambda: "♥ 1" in post.labels)
    club.api.later += 2 * DOUBLE
    assert await club.taps(club.cem, post, "♥ 1") == "Taken back. ♥ 0"
    await club.api.until(lambda: "♥ 0" in post.labels)


async def test_hearts_come_only_from_people_who_show_themselves_and_from_hearts(club: Club) -> None:
    post = await club.shared(await club.clip())
    video = club.room.videos(club.forum)[0]
    robot = club.api.user("Robot", "robot_bot")
    robot.is_bot = True
    club.forum.members[robot.id] = "member"
    club.forum.anonymous.add(club.ann.id)
    for user, message, reaction in (
        (club.ann, post, "❤"),
        (robot, post, "❤"),
        (club.cem, post, "🔥"),
        (club.cem, post, "💔"),
        (club.cem, video, "❤"),  # which is shared, but this is another message
    ):
        club.api.react(user, message, reaction)
    club.api.react(club.dora, post, {"type": "custom_emoji", "custom_emoji_id": "❤"})
    club.api.react(club.dora, post, {"type": "paid"})
    club.api.react(club.bob, post, "💘")
    await club.api.until(lambda: "♥ 1" in post.labels)
    await club.room.settled()
    await club.settled()
    share = await club.share(post)
    assert share
    assert share.hearts == 1
    given = await rows(club.room.house.store, "SELECT account FROM hearts")
    assert given == [{"account": f"telegram:{club.bob.id}"}]


async def test_channels_that_somebody_speaks_for_have_no_hearts_no_reports_and_no_credits(club: Club) -> None:
    """One person may have many, would hide alone what three have to agree on, and order for all of them."""
    share = await club.share(await club.shared(await club.clip()))
    assert share
    robot = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
    for number in range(ENOUGH):
        voice = {"id": -1009990000 - number, "type": "channel", "title": "Cem's"}
        for words in (f"/heart@{ME} {share.id}", f"/report@{ME} {share.id} spam", f"/again@{ME} {share.job}"):
            club.api._act(
                club.cem, club.forum, {"text": words, **_marked("entities", words), "sender_chat": voice, "from": robot}
            )
    told = texts.chat.AS_A_PERSON
    await club.api.until(lambda: sum(one.words == told for one in club.api.sent(club.forum)) == 3 * ENOUGH)
    assert await club.room.house.store.gallery.share(share.id) == share
    assert club.notices == []


async def test_a_reaction_that_telegram_tells_twice_and_one_that_a_crash_cut_off(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        club = gathered(room)
        await club.open()
        post = await club.shared(await club.clip())
        api.react(club.cem, post, "❤")
        api.again()
        await api.until(lambda: "♥ 1" in post.labels)
        await room.settled()
    api.react(club.dora, post, "❤")
    async with a_room(tmp_path, large_clip, new_id, api=api, start=False) as room:
        await room.taken()
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        await api.until(lambda: "♥ 2" in post.labels)


async def test_many_hearts_are_few_edits(club: Club) -> None:
    post = await club.shared(await club.clip())
    club.api.trouble["editMessageCaption"] += [Hold("unread"), Flood(1)]
    people = [club.api.user(f"P{number}") for number in range(12)]
    for user in people:
        club.forum.members[user.id] = "member"
        club.api.react(user, post, "❤")
    assert await club.api.reached.get() == "editMessageCaption"
    await club.room.settled()
    await asyncio.sleep(0.1)
    club.api.let_go()
    await club.api.until(lambda: "♥ 12" in post.labels)
    assert len(club.api.called("editMessageCaption")) <= 6


async def test_an_edit_counts_as_done_once_telegram_has_answered(club: Club) -> None:
    """Until then a kill would lose it, also one that takes a name away."""
    post = await club.shared(await club.clip())
    club.api.trouble["editMessageCaption"] += [Hold("unread")]
    club.forum.members[club.ann.id] = "member"
    club.api.react(club.ann, post, "❤")
    assert await club.api.reached.get() == "editMessageCaption"
    entries = club.room.house.store.outbox
    assert await entries.next_due(["telegram"]) is not None
    club.api.let_go()
    await club.api.until(lambda: "♥ 1" in post.labels)
    await club.settled()
    assert await entries.next_due(["telegram"]) is None


async def test_an_edit_of_what_is_not_there_or_the_same_harms_nothing(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    film = ShownClip(club.room.house.media.stored(share.clip.name), share.clip)
    chat, place = club.room.chat, club.place(post)
    long = "é" * 500 + "👍" * 600
    for message, text in ((post.id, post.words), (999, "x"), (post.id, long)):
        await chat.edit(place, str(message), Reply(text, (Button("♥ 5", "/heart x"),), clip=film))
        await club.settled()
    assert length(post.words) <= 1024
    assert post.words.endswith("…")
    assert post.labels == ["♥ 5"]


async def test_where_the_film_did_not_fit_the_buttons_change_alone(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    film = ShownClip(club.room.house.media.stored(share.clip.name), share.clip)
    said = await club.room.chat.send(replace(club.place(post), message=""), Reply("it plays elsewhere"), nonce="n")
    await club.room.chat.edit(club.place(post), said.message, Reply("x", (Button("♥ 5", "/heart x"),), clip=film))
    await club.settled()
    words = club.forum.posts[int(said.message)]
    assert (words.words, words.labels) == ("it plays elsewhere", ["♥ 5"])


# ── Remixes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def asked(club: Club, user: User, post: Post) -> Post:
    """The question behind Remix."""
    count = len(club.api.sent(club.forum))
    club.api.press(user, post, texts.sharing.REMIX)
    question = (await club.room.sent(club.forum, count + 1))[count]
    assert texts.sharing.ask_remix("she smiles") in question.words
    assert question.words.startswith(user.first_name)
    assert question.force_reply
    return question


async def test_remix_with_own_words_and_with_an_own_photo(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    question = await asked(club, club.cem, post)
    before = len(club.room.videos(club.forum))
    club.api.say(club.cem, club.forum, "she frowns", reply_to=question, thread=club.gallery)
    *_, words = await club.room.clips(club.forum, before + 1)
    assert "“she frowns”" in words.words
    assert "Remix of a shared clip" in words.words
    # The frame of the clip, not Bob's photo.
    first, second = club.room.house.provider.orders
    assert (second.photo.width, second.photo.height) == (400, 320) != (first.photo.width, first.photo.height)
    question = await asked(club, club.dora, post)
    own = club.api.photo(club.dora, club.forum, picture(640, 480), reply_to=question, thread=club.gallery)
    *_, same = await club.room.clips(club.forum, before + 2)
    assert same.reply_to == own.id
    assert "“she smiles”" in same.words
    assert "Remix of a shared clip" in same.words
    third = club.room.house.provider.orders[2]
    assert (third.photo.width, third.photo.height) == (640, 480)
    club.api.later += 2 * DOUBLE
    question = await asked(club, club.dora, post)
    club.api.photo(club.dora, club.forum, picture(480, 480), "she jumps", reply_to=question, thread=club.gallery)
    *_, both = await club.room.clips(club.forum, before + 3)
    assert "“she jumps”" in both.words
    for user, count in ((club.cem, 1), (club.dora, 2)):
        assert [job.remix_of for job in await jobs(club, user)] == [share.id] * count
    # A remix can be shared as well, and says after whom it is made.
    again = await club.shared(words, "plain", club.cem)
    assert again.words == "Remix of a clip by Bob · AI-generated"


async def test_in_a_topic_that_is_the_gallery_a_remix_is_asked_about_in_private(club: Club) -> None:
    post = await club.shared(await club.clip())
    share, private = await club.share(post), club.api.private(club.cem)
    assert share
    club.api.close_topic(club.ann, club.forum, club.gallery)
    club.api.press(club.cem, post, texts.sharing.REMIX)
    question = await club.room.told(private, texts.sharing.ask_remix("she smiles"))
    club.api.say(club.cem, private, "she frowns", reply_to=question)
    video = await club.room.clip(private)
    (job,) = await jobs(club, club.cem)
    assert (job.scope, job.remix_of) == (share.scope, share.id)
    club.api.press(club.cem, video, texts.sharing.SHARE)
    how = await club.room.told(private, texts.sharing.HOW_TO_SHARE)
    club.api.press(club.cem, how, texts.sharing.PREFERENCES["words"])
    await club.api.until(lambda: len(club.posts) == 2)
    there = [one for one in club.api.sent(club.forum) if one.thread == club.gallery]
    assert there[1:] == club.posts, "behind Ann's setting it nothing but clips stands there"


async def test_an_album_answers_a_remix_with_both_frames(club: Club) -> None:
    post = await club.shared(await club.clip())
    question = await asked(club, club.cem, post)
    before = len(club.room.videos(club.forum))
    pictures = [picture(640, 480)] * 2
    club.api.album(club.cem, club.forum, pictures, shuffled=True, reply_to=question, thread=club.gallery)
    await club.room.clips(club.forum, before + 1)
    order = club.room.house.provider.orders[-1]
    assert (order.prompt, order.end is not None) == ("she smiles", True)


async def test_only_the_asker_answers_a_remix(club: Club) -> None:
    post = await club.shared(await club.clip())
    question = await asked(club, club.cem, post)
    club.api.photo(club.dora, club.forum, picture(), reply_to=question, thread=club.gallery)
    await club.says(club.dora, f"/quota@{ME}", "credits left today")
    assert len(club.room.house.provider.orders) == 1


async def test_words_not_shared_are_asked_for_and_the_photo_is_kept_meanwhile(club: Club) -> None:
    post = await club.shared(await club.clip(), "name")
    club.api.press(club.cem, post, texts.sharing.REMIX)
    question = await club.room.told(club.forum, "with your words")
    club.api.photo(club.cem, club.forum, picture(640, 480), reply_to=question, thread=club.gallery)
    second = await club.room.told(club.forum, texts.sharing.REMIX_WORDS)
    before = len(club.room.videos(club.forum))
    club.api.say(club.cem, club.forum, "she nods", reply_to=second, thread=club.gallery)
    await club.room.clips(club.forum, before + 1)
    order = club.room.house.provider.orders[-1]
    assert (order.prompt, order.photo.width) == ("she nods", 640)


async def test_a_typed_remix_takes_the_photo_that_it_captions(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    before = len(club.room.videos(club.forum))
    club.api.photo(club.cem, club.forum, picture(640, 480), f"/remix@{ME} {share.id} she nods")
    await club.room.clips(club.forum, before + 1)
    assert club.room.house.provider.orders[-1].photo.width == 640


async def test_in_private_the_next_photo_is_the_answer_and_of_other_questions_none(room: Room) -> None:
    prompts = room.telegram._messages._prompts
    place = str(room.ann.id)
    await prompts.put(place, "1", Question(place, "/remix nothing", (), ""))
    room.api.photo(room.ann, room.private, picture())
    await room.told(room.private, texts.sharing.UNKNOWN_SHARE)
    await prompts.put(place, "1", Question(place, "/remix nothing", (), ""))
    room.api.sticker(room.ann, room.private)
    await room.told(room.private, texts.chat.WHAT_WORKS)
    await prompts.put(place, "2", Question(place, "/again nothing", (), ""))
    room.api.photo(room.ann, room.private, picture(), "she smiles")
    assert "“she smiles”" in (await room.clip(room.private)).words


# ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def reports(club: Club, user: User, post: Post, reason: str = "Spam") -> str:
    """What popped up in the end."""

    def asked() -> list[Post]:
        return [one for one in club.api.sent(club.forum) if one.words == texts.sharing.REPORT_WHY]

    count = len(asked())
    club.api.press(user, post, texts.sharing.REPORT)
    await club.api.until(lambda: len(asked()) > count)
    why = asked()[-1]
    assert user.first_name not in str(dict(why, reply_to_message=None))
    said = await club.taps(user, why, reason)
    await club.api.until(lambda: why.deleted)
    return said


@pytest.mark.databases
async def test_three_reports_hide_until_an_admin_has_looked_and_unsharing_ends_it(anywhere: Club) -> None:
    club = anywhere
    video = await club.clip()
    post = await club.shared(video)
    assert await reports(club, club.cem, post) == texts.sharing.REPORTED
    await club.api.until(lambda: len(club.notices) == 1)
    first = club.notices[0]
    assert first.words.startswith("Somebody reported this clip: Spam.")
    assert first.labels == ["Hide", "Keep", "Ban"]
    assert not any(user.first_name in first.words for user in (club.cem, club.dora))
    assert await reports(club, club.dora, post, "Violent or cruel") == texts.sharing.REPORTED
    assert await reports(club, club.ann, post) == texts.sharing.REPORTED_HIDDEN
    await club.api.until(lambda: post.deleted)
    await club.settled()
    notice = club.notices[-1]
    assert notice.words.startswith("3 people reported this clip: Spam; Violent or cruel; Spam. It is hidden")
    assert club.uploads() == 1
    # Members decide nothing.
    assert "admin" in await club.taps(club.cem, notice, "Keep")
    assert club.posts == [post]
    club.api.press(club.ann, notice, "Keep")
    await club.api.until(lambda: len(club.posts) == 2)
    again = club.posts[-1]
    assert (again.words, again.labels[0], club.uploads()) == (post.words, "♥ 0", 1)
    await club.api.until(lambda: notice.deleted and first.deleted)
    await club.room.told(club.forum, texts.sharing.LET_IN)
    # What its maker takes back is gone everywhere but where they ordered it.
    await club.until(lambda: club.share(again))
    share = await club.share(again)
    assert share
    told = await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    await club.api.until(lambda: again.deleted)
    await club.settled()
    assert club.standing() == [video]
    assert await club.taps(club.cem, again, "♥ 0") == texts.sharing.UNKNOWN_SHARE
    # What was typed for stays; what a tap led to goes on where it stands, for the person whose tap it was.
    club.api.press(club.bob, told, texts.sharing.SHARE_AGAIN)
    await club.api.until(lambda: len(club.posts) == 3)
    sent = club.api.sent
    await club.api.until(lambda: any(one.id > told.id and one.words.startswith("Shared") for one in sent(club.forum)))
    dialog = await club.room.told(club.forum, "Shared in the community's gallery")
    assert told.words == texts.sharing.UNSHARED
    count = len(club.api.sent(club.forum))
    club.api.press(club.bob, dialog, texts.sharing.HOW_I_SHARE)
    await club.api.until(lambda: dialog.words.startswith("You share with your name and with your words."))
    club.api.press(club.bob, dialog, "Forbid remixes")
    await club.api.until(lambda: "Nobody may remix" in dialog.words)
    await club.api.until(lambda: club.posts[-1].labels == ["♥ 0", "Report"])
    assert len(club.api.sent(club.forum)) == count
    club.api.press(club.cem, dialog, "Allow remixes")
    assert "Others may remix" in (await club.room.sent(club.forum, count + 1))[count].words
    assert "Nobody may remix" in dialog.words


async def test_a_report_in_own_words_is_written_in_private(club: Club) -> None:
    post = await club.shared(await club.clip())
    count = len(club.api.sent(club.forum))
    club.api.press(club.cem, post, texts.sharing.REPORT)
    why = (await club.room.sent(club.forum, count + 1))[count]
    # Whom the bot may not write to is told so, alone.
    said = await club.taps(club.cem, why, texts.sharing.OTHER)
    assert said == texts.chat.not_here(ME)
    alone = club.api.private(club.cem)
    club.api.later += 2 * DOUBLE
    assert await club.taps(club.cem, why, texts.sharing.OTHER) == texts.chat.SENT_ALONE
    question = await club.room.told(alone, texts.sharing.REPORT_OTHER)
    assert question.force_reply
    assert len(club.api.sent(club.forum)) == count + 1
    club.api.say(club.cem, alone, "It is me, and I did not agree")
    await club.room.told(alone, texts.sharing.REPORTED)
    await club.api.until(lambda: club.notices)
    assert "It is me, and I did not agree" in club.notices[0].words
    assert "Cem" not in club.notices[0].words
    # That answer was about that community; what is said next is not.
    club.api.say(club.cem, alone, "/gallery")
    await club.room.told(alone, texts.sharing.GALLERY_WHERE)


async def test_an_admin_looks_at_a_hidden_clip_alone(club: Club) -> None:
    post = await club.shared(await club.clip())
    share = await club.share(post)
    assert share
    alone = club.api.private(club.ann)
    await club.says(club.ann, f"/hide@{ME} {share.id}", "Hidden")
    await club.says(club.ann, f"/show@{ME} {share.id}", texts.chat.SENT_ALONE)
    assert (await club.room.told(alone, texts.jobs.MADE_BY_AI)).clip == post.clip
    await club.says(club.cem, f"/show@{ME} {share.id}", texts.sharing.UNKNOWN_SHARE)


# ── Taking away ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_after_two_days_the_clip_makes_way_for_a_grey_picture(club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    share = await club.share(post)
    assert share
    film = post.clip
    club.api.later = 49 * 3600
    await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
    await club.api.until(lambda: post.words == texts.chat.TAKEN_BACK)
    assert not post.deleted
    assert "video" not in post
    assert "photo" in post
    assert post.clip
    assert post.clip.startswith(b"\x89PNG")
    assert post.clip != film
    assert post.labels == []
    await club.settled()
    # An edit that comes late does not bring its words back.
    late = Reply("“she smiles”", (Button("♥ 1", "/heart x"),), clip=ShownClip(StoredFile(Path("x.mp4")), share.clip))
    await club.room.chat.edit(club.place(post), str(post.id), late)
    await club.settled()
    assert (post.words, post.labels) == (texts.chat.TAKEN_BACK, [])


async def test_taking_away_is_tried_until_it_is_done(club: Club) -> None:
    post = await club.shared(await club.clip())
    place, message = club.place(post), str(post.id)
    club.api.later = 49 * 3600
    chat, api = club.room.chat, club.api
    for trouble in (
        Refuse(400, "Bad Request: not enough rights to send photos to the chat"),
        Refuse(400, "Bad Request: message can't be edited"),
        Refuse(502),
        Cut("unread"),
        Flood(1),
    ):
        api.trouble["editMessageMedia"] += [trouble]
        with pytest.raises(ChatError) as raised:
            await chat.remove(place, message)
        assert not isinstance(raised.value, Gone)
    assert "video" in post
    await asyncio.sleep(0)
    chat._limiter.hush(place.chat, 0)
    await until_removed(club, place, message)
    assert post.words == texts.chat.TAKEN_BACK
    api.delete(post)
    edits = len(api.called("editMessageMedia", "editMessageText"))
    await chat.remove(place, message)
    assert len(api.called("editMessageMedia", "editMessageText")) == edits


async def until_removed(club: Club, place: Address, message: str) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                return await club.room.chat.remove(place, message)
            except ChatError:
                await asyncio.sleep(0.05)


async def test_a_runner_that_fails_to_take_a_clip_away_tries_again(
    tmp_path: Path, large_clip: bytes, new_id: Callable[[], str]
) -> None:
    api = BotApi()
    async with a_room(tmp_path, large_clip, new_id, api=api) as room:
        club = gathered(room)
        await club.open()
        post = await club.shared(await club.clip())
        share = await club.share(post)
        assert share
        api.trouble["deleteMessage"] += [Refuse(502)]
        await club.says(club.bob, f"/unshare@{ME} {share.job}", texts.sharing.UNSHARED)
        await api.until(lambda: any(call.code == 502 for call in api.called("deleteMessage")))
        assert not post.deleted
        api.later += 60
        room.runner.poke()
        await api.until(lambda: post.deleted)


async def test_what_stood_in_a_group_that_moved_is_out_of_reach(room: Room) -> None:
    group = room.api.group(room.ann, creator=room.ann)
    said = await room.chat.send(Address("telegram", str(group.id)), Reply("hello"), nonce="n")
    group.moved_to = room.api.supergroup(room.ann, creator=room.ann)
    await room.chat.remove(Address("telegram", str(group.id)), said.message)


async def test_buttons_of_a_post_that_telegram_no_longer_shows_us_keep_to_its_topic(club: Club) -> None:
    post = await club.shared(await club.clip())
    command = next(each["callback_data"] for row in post.buttons for each in row if each["text"] == "Remix")
    gone = {"chat": club.forum.json(), "message_id": post.id, "date": 0}
    query: JSON = {"id": "5", "from": club.cem.json(), "chat_instance": "1", "data": command, "message": gone}
    club.api.queries["5"] = query
    club.api.queue("callback_query", query)
    question = await club.room.told(club.forum, "your way")
    assert question.thread == club.gallery


async def test_before_the_first_clip_the_person_says_once_that_all_agreed(club: Club) -> None:
    configure(club.room.house.core, ask_consent=True)
    club.room.house.provider.stand_in = False
    club.api.photo(club.bob, club.forum, picture(), f"/animate@{ME} she smiles")
    question = await club.room.told(club.forum, texts.consent.ASK)
    assert await club.taps(club.cem, question, texts.consent.AGREE) == texts.chat.NOT_YOURS
    assert club.room.house.provider.orders == []
    club.api.press(club.bob, question, texts.consent.AGREE)
    await club.room.clip(club.forum)
    await club.clip(words="she waves")
    asked = [post for post in club.api.sent(club.forum) if post.words == texts.consent.ASK]
    assert len(asked) == 1


async def test_whoever_is_forgotten_has_no_clip_left_in_the_group(club: Club) -> None:
    video = await club.clip()
    post = await club.shared(video)
    club.api.later = 49 * 3600
    late = await club.clip(words="she waves")
    asked = await club.says(club.bob, f"/forgetme@{ME}", "removes for good")
    club.api.press(club.bob, asked, "Remove all of it")
    await club.api.until(lambda: late.deleted)
    await club.api.until(lambda: video.words == post.words == texts.chat.TAKEN_BACK)
    assert "video" not in video
    assert "video" not in post


async def test_nor_one_that_was_sent_once_more(club: Club) -> None:
    first = await club.clip()
    (job,) = await club.room.house.store.jobs(f"telegram:{club.bob.id}", 10)
    count = len(club.room.videos(club.forum))
    club.api.say(club.bob, club.forum, f"/continue@{ME} {job.id} she waves")
    second = (await club.room.clips(club.forum, count + 1))[-1]
    latest, _ = await club.room.house.store.jobs(f"telegram:{club.bob.id}", 10)
    again = await club.says(club.bob, f"/clip@{ME} {job.id}", "smiles", thread=club.office)
    joined = await club.says(club.bob, f"/join@{ME} {latest.id}", "2 clips")
    asked = await club.says(club.bob, f"/forgetme@{ME}", "removes for good")
    club.api.press(club.bob, asked, "Remove all of it")
    await club.api.until(lambda: all(post.deleted for post in (first, second, again, joined)))


async def test_nor_one_that_came_as_its_maker_was_forgotten(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    await club.clip()
    (job,) = await club.room.house.store.jobs(f"telegram:{club.bob.id}", 10)
    monkeypatch.setattr(club.room.house.store.retention, "repeated", AsyncMock(return_value=False))
    again = await club.says(club.bob, f"/clip@{ME} {job.id}", "smiles")
    await club.api.until(lambda: again.deleted)


async def test_what_others_must_not_read_is_listed_in_private(club: Club) -> None:
    await club.open()
    private = club.room.api.private(club.bob)
    post = await club.shared(await club.clip(words="my diary burns"), "words")
    assert "Bob" not in post.words
    await club.says(club.bob, f"/unshare@{ME}", texts.chat.SENT_ALONE)
    asked = await club.room.told(private, texts.sharing.UNSHARE_WHICH)
    club.api.press(club.bob, asked, texts.sharing.unshare_this("my diary burns", 1))
    await club.api.until(lambda: post.deleted)
    club.api.private(club.ann)
    await club.says(club.ann, f"/wordlist@{ME} add casino", "that word")
    await club.says(club.ann, f"/wordlist@{ME}", texts.chat.SENT_ALONE)
    assert "casino" in (await club.room.told(club.room.private, "No prompt here may have")).words
    said = [one for one in club.api.sent(club.forum) if "casino" in one.words or "diary" in str(one.labels)]
    assert said == []
