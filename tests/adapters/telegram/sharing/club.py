"""A forum with a gallery on Telegram, and who is in it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import texts
from bot.gallery.model import Share
from bot.model import Address, Job
from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import picture
from tests.loopback.telegram.model import Chat, Post, User
from tests.loopback.telegram.server import BotApi

ME = "photoplay_bot"


@dataclass
class Club:
    """A forum whose admin is Ann, with a topic for the gallery and one for reviews; Bob, Cem and Dora are in it."""

    rig: Rig
    ann: User
    bob: User
    cem: User
    dora: User
    forum: Chat
    gallery: int
    office: int

    @property
    def api(self) -> BotApi:
        return self.rig.api

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
        post = (await self.rig.sent(self.forum, count + 1))[count]
        assert part in post.words, post.words
        return post

    async def taps(self, user: User, post: Post, button: str) -> str:
        """What popped up."""
        return str((await self.rig.answer(self.api.press(user, post, button))).get("text", ""))

    async def clip(self, user: User | None = None, words: str = "she smiles", **where: Any) -> Post:
        """A finished clip of Bob's."""
        before = len(self.rig.videos(self.forum))
        self.api.photo(user or self.bob, self.forum, picture(), f"/animate@{ME} {words}", **where)
        video = (await self.rig.clips(self.forum, before + 1))[-1]
        await self.until(self._done)
        return video

    async def _done(self) -> bool:
        store = self.rig.house.store
        found = [job for user in self.api.users for job in await store.jobs(f"telegram:{user}", 100)]
        return all(job.state == "done" for job in found)

    async def shared(self, video: Post, how: str = "name words", user: User | None = None) -> Post:
        """Bob shares it; its post."""
        before = len(self.posts)
        self.api.press(user or self.bob, video, texts.sharing.SHARE)
        if not (await self.rig.house.store.gallery.preferences(f"telegram:{(user or self.bob).id}")).named is not None:
            question = await self.rig.told(self.forum, texts.sharing.HOW_TO_SHARE)
            self.api.press(user or self.bob, question, texts.sharing.PREFERENCES[how])
        await self.api.until(lambda: len(self.posts) > before)
        post = self.posts[-1]
        await self.until(lambda: self.share(post))
        return post

    @property
    def posts(self) -> list[Post]:
        """What was posted in the gallery's topic by itself, deleted ones too."""
        return [one for one in self.rig.videos(self.forum) if one.thread == self.gallery and self._unasked(one)]

    @property
    def notices(self) -> list[Post]:
        """Messages to admins that are still there."""
        found = [one for one in self.rig.videos(self.forum) if one.thread == self.office and self._unasked(one)]
        return [one for one in found if not one.deleted]

    def _unasked(self, post: Post) -> bool:
        return post.reply_to in (None, post.thread)

    def place(self, post: Post) -> Address:
        return Address("telegram", str(self.forum.id), str(post.id))

    async def share(self, post: Post) -> Share | None:
        return await self.rig.house.store.gallery.at(self.place(post))

    async def until(self, look: Callable[[], Any], within: float = 60) -> None:
        """Wait for something in the store."""
        async with asyncio.timeout(within):
            while not await look():
                await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Until no entry is left, and no edit."""

        async def idle() -> bool:
            left = await self.rig.house.store.outbox.next_due(("telegram",))
            return left is None and not self.rig.runner._under_way and not self.rig.chat._edits._tasks

        await self.until(idle)

    def uploads(self) -> int:
        return sum(bool(call.files) for call in self.api.called("sendVideo", "editMessageMedia"))

    def standing(self) -> list[Post]:
        """All of the bot's messages that still show a clip."""
        return [one for one in self.rig.videos(self.forum) if not one.deleted]


def gathered(rig: Rig) -> Club:
    bob, cem, dora = (rig.api.user(name) for name in ("Bob", "Cem", "Dora"))
    forum = rig.api.supergroup(rig.ann, bob, cem, dora, title="Lake Town", creator=rig.ann, is_forum=True)
    forum.members[rig.api.me.id] = "administrator"
    gallery, office = (rig.api.topic(rig.ann, forum, name) for name in ("Gallery", "Office"))
    return Club(rig, rig.ann, bob, cem, dora, forum, gallery, office)


async def jobs(club: Club, user: User) -> list[Job]:
    return await club.rig.house.store.jobs(f"telegram:{user.id}")


async def asked(club: Club, user: User, post: Post) -> Post:
    """The question behind Remix."""
    count = len(club.api.sent(club.forum))
    club.api.press(user, post, texts.sharing.REMIX)
    question = (await club.rig.sent(club.forum, count + 1))[count]
    assert texts.sharing.ask_remix("she smiles") in question.words
    assert question.words.startswith(user.first_name)
    assert question.force_reply
    return question


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
