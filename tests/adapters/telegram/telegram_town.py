"""A group on Telegram: Ann's, with the bot and three others in it."""

from dataclasses import dataclass
from typing import Any

from tests.adapters.telegram.telegram_rig import Rig
from tests.houses import picture
from tests.loopback.telegram.model import Chat, Post, User, units
from tests.loopback.telegram.server import BotApi

ME = "photoplay_bot"


@dataclass
class Town:
    """Ann's group; Bob, Cem and Dora are in it, and Dora has a username."""

    rig: Rig
    ann: User
    bob: User
    cem: User
    dora: User
    group: Chat

    @property
    def api(self) -> BotApi:
        return self.rig.api

    @property
    def scope(self) -> str:
        return f"telegram:{self.group.id}"

    async def hears(self, user: User, said: str, part: str, **where: Any) -> Post:
        """The first new message of the bot in the group once this was said; it has these words."""
        count = len(self.api.sent(self.group))
        self.api.say(user, self.group, said, **where)
        post = (await self.rig.sent(self.group, count + 1))[count]
        assert part in post.words, post.words
        return post

    async def mentions(self, user: User, said: str, whom: User, part: str) -> Post:
        """The same with a `text_mention` in the place of `{}`, by which people without a username are named."""
        count = len(self.api.sent(self.group))
        before, after = said.split("{}")
        mark = {"type": "text_mention", "offset": units(before), "length": units(whom.first_name), "user": whom.json()}
        self.api._act(user, self.group, {"text": before + whom.first_name + after, "entities": [mark]})
        post = (await self.rig.sent(self.group, count + 1))[count]
        assert part in post.words, post.words
        return post

    async def orders(self, user: User, part: str, words: str = "she smiles") -> Post:
        """What is told first about an order."""
        count = len(self.api.sent(self.group))
        self.api.photo(user, self.group, picture(), f"/animate@{ME} {words}")
        post = (await self.rig.sent(self.group, count + 1))[count]
        assert part in post.words, post.words
        return post

    async def taps(self, user: User, post: Post, button: str) -> str:
        query = self.api.press(user, post, button)
        return str((await self.rig.answer(query)).get("text", ""))


def gathered(rig: Rig) -> Town:
    bob, cem, dora = rig.api.user("Bob"), rig.api.user("Cem 🎬"), rig.api.user("Dora", "Dora_77")
    group = rig.api.supergroup(rig.ann, bob, cem, dora, title="Friends", creator=rig.ann)
    return Town(rig, rig.ann, bob, cem, dora, group)
